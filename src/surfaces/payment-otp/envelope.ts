import type { Refusal } from '../../core/app-error'
import { toRfc3339 } from '../../core/clock'
import { ERROR_STATUSES } from '../../http/error-status'
import { refusalText } from '../../http/refusal-text'
import type { Envelope } from '../../http/surface'
import { retryAfterOf } from '../../http/to-refusal'
import { sendFailureSchema, verifyFailureSchema } from './schemas'

/** A code that came too late is a wrong one to brief 000's clients, however late. */
const statuses = { ...ERROR_STATUSES, code_expired: 400, confirmation_expired: 400 } as const

/** `{success:false, message, error}` and what else is known. */
export function createSendEnvelope(surface: string): Envelope {
  return {
    surface,
    statuses,
    failureSchema: sendFailureSchema,
    failure: (refusal, { requestId }) => failure(refusal, requestId),
  }
}

/** The same with `payment_status_updated:false`, which its clients look at. */
export function createVerifyEnvelope(surface: string): Envelope {
  return {
    surface,
    statuses,
    failureSchema: verifyFailureSchema,
    failure: (refusal, { requestId }) => ({
      ...failure(refusal, requestId),
      ...(refusal.code === 'code_incorrect' ? { attempts_left: refusal.details.guessesLeft } : {}),
      payment_status_updated: false,
    }),
  }
}

/** @param lifetimeSeconds of the code; the configuration has whole minutes */
export function sentBody(mobileNumber: string, communicationId: string, lifetimeSeconds: number) {
  return {
    success: true,
    message: 'OTP sent successfully',
    mobile_number: mobileNumber,
    communication_id: communicationId,
    expires_in_minutes: Math.floor(lifetimeSeconds / 60),
  }
}

/** @param verifiedAt milliseconds since the epoch */
export function verifiedBody(mobileNumber: string, verifiedAt: number) {
  return {
    success: true,
    message: 'OTP verified successfully',
    mobile_number: mobileNumber,
    verified_at: toZoneless(verifiedAt),
    payment_status_updated: false,
  }
}

/** @param changedAt milliseconds since the epoch */
export function updatedBody(mobileNumber: string, changedAt: number) {
  const message = 'OTP verified and payment status updated successfully'
  return { ...verifiedBody(mobileNumber, changedAt), message, payment_status_updated: true }
}

/** As brief 000 writes times: UTC, without saying so. */
function toZoneless(ms: number): string {
  return toRfc3339(ms).replace('Z', '')
}

function failure(refusal: Refusal, requestId: string) {
  const retryAfter = retryAfterOf(refusal)
  return {
    success: false,
    message: refusalText(refusal),
    error: refusal.code,
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...('issues' in refusal.details ? { errors: refusal.details.issues } : {}),
    ...(refusal.code === 'internal' ? { request_id: requestId } : {}),
  }
}
