import type { Quota } from './quota'

/**
 * Every refusal the system can give, with what it tells the caller. The keys are stable: they are the `code` of `/v1`
 * and the `error` of the other surfaces. No HTTP status and no surface's wording here (`http/error-status.ts`).
 */
export interface ErrorDetails {
  invalid_request: { issues: readonly { path: string; message: string }[] }
  malformed_json: Record<string, never>
  unsupported_media_type: Record<string, never>
  payload_too_large: { limitBytes: number }
  route_not_found: Record<string, never>
  method_not_allowed: { allow: readonly string[] }
  invalid_phone: { reason: string }
  /** `quotas`: what is left of the number's limits, where that is known. */
  cooldown_active: { retryAfterSeconds: number; quotas?: readonly Quota[] }
  send_limit_reached: { retryAfterSeconds: number; quotas?: readonly Quota[] }
  verification_not_found: Record<string, never>
  /** It is over: approved, canceled, locked or expired. */
  verification_not_pending: { status: string }
  code_expired: Record<string, never>
  code_incorrect: { guessesLeft: number }
  too_many_guesses: { retryAfterSeconds: number }
  delivery_failed: { reason: string }
  delivery_unknown: { verificationId: string; retryAfterSeconds: number }
  /** The settings of each vendor that could serve the channel: those of any one are enough. */
  not_configured: { anyOf: readonly (readonly string[])[] }
  misconfigured: { problems: readonly string[] }
  dependency_unavailable: { dependency: string }
  /** Whoever asks brings no credential, or none that is good here. */
  unauthorized: Record<string, never>
  /** The credential is good, and not for this. */
  insufficient_scope: { scope: string }
  /** A key for browsers, used from a page that it is not for, or from no page. */
  origin_not_allowed: Record<string, never>
  /** A key that is for other purposes. */
  purpose_not_allowed: { purpose: string }
  /** A browser did not prove that a person sits before it. */
  challenge_failed: Record<string, never>
  /** What it takes to tell people from programs that is not set. */
  challenge_not_configured: { missing: readonly string[] }
  /** More than honest use looks like. Which rule says so is nobody's business. */
  abnormal_usage: { retryAfterSeconds: number }
  /** What may be spent on messages today is spent. */
  budget_exhausted: { retryAfterSeconds: number }
  /** All that a stranger is told of a code that does not do, whatever is wrong with it. */
  code_not_accepted: Record<string, never>
  /** The `Idempotency-Key` was used for another request. */
  idempotency_key_reused: Record<string, never>
  /** The first request with the `Idempotency-Key` is not answered yet. */
  idempotency_key_in_use: { retryAfterSeconds: number }
  /** A verification token that is not ours, not for this audience, or past its time. */
  token_not_accepted: Record<string, never>
  /** It was redeemed before. */
  token_redeemed: Record<string, never>
  /** What verification tokens need that is not set. */
  tokens_not_configured: { missing: readonly string[] }
  api_key_not_found: Record<string, never>
  /** It is revoked, or has expired: it stays so. */
  api_key_not_active: { status: string }
  /** A request to a webhook that its vendor did not send, as far as can be told. */
  webhook_forbidden: Record<string, never>
  /** A report of a vendor that is in none of its forms. */
  unreadable_report: Record<string, never>
  communication_not_found: Record<string, never>
  template_not_found: Record<string, never>
  /** A template of this name exists already. */
  template_exists: Record<string, never>
  loan_not_found: Record<string, never>
  /** The loan has none of this id. */
  repayment_not_found: Record<string, never>
  /** The loan has no such contact, or none with a number. */
  contact_unreachable: { contactType: string }
  /** It is paid already. */
  repayment_settled: Record<string, never>
  /** What a repayment is to be changed to does not fit the loan. */
  update_refused: { issues: readonly { path: string; message: string }[] }
  /** Somebody else changed the repayment, or the number of its contact, first. */
  repayment_changed: Record<string, never>
  /** The code was right and is used up; D1 does not answer, so the change follows. */
  update_pending: { retryAfterSeconds: number }
  /** The code has confirmed something, which was something else. */
  confirmation_used: Record<string, never>
  /** The code was right too long ago. */
  confirmation_expired: Record<string, never>
  /** It is to confirm something else than it was sent for: it is worth nothing now. */
  confirmation_changed: Record<string, never>
  /** A loan or repayment of this id exists already. */
  loan_exists: { issues: readonly { path: string; message: string }[] }
  /** Nothing of an import was taken. `row` counts from 0. */
  import_refused: { rows: readonly { row: number; id: string | null; issues: readonly { path: string; message: string }[] }[] }
  /** A lead is only for who has proved the number just now. */
  phone_not_verified: { withinMinutes: number }
  lead_not_found: Record<string, never>
  /** The lender said no. It is kept, with why. */
  lead_refused: { leadId: string }
  /** What leads need that is not set. */
  leads_not_configured: { missing: readonly string[] }
  internal: Record<string, never>
}

export type ErrorCode = keyof ErrorDetails

/** A refusal together with its details, as one closed union over `code`. */
export type Refusal = { [Code in ErrorCode]: { readonly code: Code; readonly details: ErrorDetails[Code] } }[ErrorCode]

/** Thrown by use cases and validation; turned into an answer by the surface. Anything else thrown is a bug or an outage. */
export class AppError extends Error {
  readonly refusal: Refusal

  constructor(refusal: Refusal, options?: ErrorOptions) {
    super(refusal.code, options)
    this.name = 'AppError'
    this.refusal = refusal
  }
}

/** Builds an {@link AppError} with the details that its code needs. */
export function refuse<Code extends ErrorCode>(code: Code, details: ErrorDetails[Code], cause?: unknown): AppError {
  return new AppError({ code, details } as Refusal, cause === undefined ? undefined : { cause })
}
