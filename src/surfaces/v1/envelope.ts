import type { Refusal } from '../../core/app-error'
import { toRfc3339 } from '../../core/clock'
import { ERROR_STATUSES } from '../../http/error-status'
import { refusalText } from '../../http/refusal-text'
import type { Envelope } from '../../http/surface'
import { retryAfterOf } from '../../http/to-refusal'
import type { VerificationView } from '../../otp/get-verification'
import type { ProvedVerification } from '../../tokens/check-and-prove'
import { answers } from './answers'

/** RFC 9457 problem details with a stable `code`. */
export const v1Envelope: Envelope = {
  surface: 'v1',
  statuses: ERROR_STATUSES,
  failureSchema: () => answers().problem,
  failureMediaType: 'application/problem+json',
  failure: (refusal, { requestId, status }) => problem(refusal, requestId, status),
}

/** A verification as `/v1` shows it. */
export function verificationBody(view: VerificationView) {
  return {
    id: view.id,
    status: view.status,
    to: view.phoneMasked,
    channel: view.channel,
    purpose: view.purpose,
    created_at: toRfc3339(view.createdAt),
    expires_at: toRfc3339(view.expiresAt),
    completed_at: view.completedAt === null ? null : toRfc3339(view.completedAt),
    resend_at: view.resendAt === null ? null : toRfc3339(view.resendAt),
    guesses_left: view.guessesLeft,
    communication_id: view.communicationId,
  }
}

/** The answer to a check: a wrong code is a 200 that says so. */
export function checkedBody({ id, status, valid, guessesLeft, token }: ProvedVerification) {
  const proof = token && { token: token.token, token_expires_at: toRfc3339(token.expiresAt) }
  return { id, status, valid, guesses_left: guessesLeft, ...proof }
}

function problem(refusal: Refusal, requestId: string, status: number): object {
  const retryAfter = retryAfterOf(refusal)
  return {
    type: `urn:edge-verify:problem:${refusal.code}`,
    title: titleOf(refusal.code),
    status,
    detail: refusalText(refusal),
    code: refusal.code,
    // The same bytes for everybody who is told this.
    ...(refusal.code === 'code_not_accepted' ? {} : { request_id: requestId }),
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(refusal.code === 'delivery_unknown' ? { verification_id: refusal.details.verificationId } : {}),
    ...('issues' in refusal.details ? { errors: refusal.details.issues } : {}),
    ...(refusal.code === 'import_refused' ? { rows: refusal.details.rows.map(rowBody) } : {}),
  }
}

/** One row of an import that was refused. */
function rowBody({ row, id, issues }: Extract<Refusal, { code: 'import_refused' }>['details']['rows'][number]) {
  return { row, id, errors: issues }
}

/** `send_limit_reached` as "Send limit reached". */
function titleOf(code: string): string {
  const words = code.replaceAll('_', ' ')
  return words[0]!.toUpperCase() + words.slice(1)
}
