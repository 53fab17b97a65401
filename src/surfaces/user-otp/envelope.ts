import type { ErrorCode, Refusal } from '../../core/app-error'
import { ERROR_STATUSES } from '../../http/error-status'
import { refusalText } from '../../http/refusal-text'
import type { Envelope } from '../../http/surface'
import { retryAfterOf } from '../../http/to-refusal'
import { MISSING, sendFailureSchema, verifyFailureSchema } from './schemas'
import { TEXT } from './texts'

/** Brief 002 knows 400 for whatever is wrong with the input, 429, and 500 where the message could not be sent. */
const statuses = {
  ...ERROR_STATUSES,
  invalid_phone: 400,
  verification_not_found: 400,
  code_expired: 400,
  delivery_failed: 500,
  delivery_unknown: 500,
} as const

/** `{message, status:"error"}`. */
export function createSendEnvelope(surface: string): Envelope {
  return {
    surface,
    statuses,
    failureSchema: sendFailureSchema,
    failure: (refusal, { requestId }) => failure(refusal, requestId, sendText(refusal)),
  }
}

/** `{message, status:"error", verified:false}`: its clients look at `verified` first. */
export function createVerifyEnvelope(surface: string): Envelope {
  return {
    surface,
    statuses,
    failureSchema: verifyFailureSchema,
    failure: (refusal, { requestId }) => ({
      ...failure(refusal, requestId, textOf(refusal)),
      verified: false,
      ...(refusal.code === 'code_incorrect' ? { attempts_left: refusal.details.guessesLeft } : {}),
    }),
  }
}

function failure(refusal: Refusal, requestId: string, message: string) {
  const retryAfter = retryAfterOf(refusal)
  return {
    message,
    status: 'error',
    ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
    ...(refusal.code === 'internal' ? { request_id: requestId } : {}),
  }
}

function sendText(refusal: Refusal): string {
  return refusal.code === 'too_many_guesses' ? TEXT.tooManySends : textOf(refusal)
}

/** The brief's words, wherever it has some. */
const TEXTS: Partial<Record<ErrorCode, string>> = {
  invalid_phone: TEXT.phoneIsWrong,
  cooldown_active: TEXT.tooManySends,
  send_limit_reached: TEXT.tooManySends,
  delivery_failed: TEXT.notSent,
  delivery_unknown: TEXT.notSent,
  // That there is no code, and so whether anybody asked for one, is nobody's business.
  verification_not_found: TEXT.codeIsWrong,
  code_incorrect: TEXT.codeIsWrong,
  code_not_accepted: TEXT.codeIsWrong,
  code_expired: TEXT.codeIsExpired,
}

function textOf(refusal: Refusal): string {
  return refusal.code === 'invalid_request' ? inputText(refusal) : (TEXTS[refusal.code] ?? refusalText(refusal))
}

/** What to say where a field is missing. The other sentences about these fields come with their issues. */
const FIELDS: ReadonlyMap<string, string> = new Map([
  ['phone', TEXT.phoneIsMissing],
  ['otp', TEXT.codeIsMissing],
  ['verification_type', 'verification_type is required'],
])

/** One fault at a time, as the brief does: the first field's. */
function inputText(refusal: Extract<Refusal, { code: 'invalid_request' }>): string {
  const first = refusal.details.issues[0]
  const whenMissing = FIELDS.get(first?.path ?? '')
  if (!first || whenMissing === undefined) return refusalText(refusal)
  return first.message === MISSING ? whenMissing : first.message
}
