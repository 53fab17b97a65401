import type { Refusal } from '../../core/app-error'
import type { ErrorStatuses } from '../../http/error-status'
import { refusalText } from '../../http/refusal-text'
import type { Envelope } from '../../http/surface'
import { retryAfterOf } from '../../http/to-refusal'
import { failureSchema } from './schemas'

/** `{success:false, message, data:{phone_number, error}}`, the failure body of briefs 001 and 004. */
export function createPhoneOtpEnvelope(surface: string, statuses: ErrorStatuses): Envelope {
  return { surface, statuses, failureSchema, failure: (refusal, { requestId, body }) => failure(refusal, requestId, body) }
}

/** `{success:true, message, data}`. */
export function success(message: string, phoneNumber: string, mockCode?: string) {
  const data = mockCode === undefined ? { phone_number: phoneNumber } : { phone_number: phoneNumber, otp: mockCode }
  return { success: true, message, data } as const
}

function failure(refusal: Refusal, requestId: string, body: unknown): object {
  const retryAfter = retryAfterOf(refusal)
  return {
    success: false,
    message: refusalText(refusal),
    data: {
      phone_number: phoneNumberIn(body),
      error: refusal.code,
      ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
      ...(refusal.code === 'code_incorrect' ? { attempts_left: refusal.details.guessesLeft } : {}),
      ...(refusal.code === 'internal' ? { request_id: requestId } : {}),
    },
  }
}

/** What the caller gave as the number, if it has the size of one. */
function phoneNumberIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null
  const { phone_number, mobile_number } = body as { readonly phone_number?: unknown; readonly mobile_number?: unknown }
  const value = phone_number ?? mobile_number
  return typeof value === 'string' && value.length <= 64 ? value : null
}
