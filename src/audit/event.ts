/** What can happen to a verification, as the audit names it. Refusals are kept only up to a bound (`otp/rules/refusals.ts`). */
export type AuditEventKind =
  | 'send.reserved'
  | 'send.accepted'
  | 'send.rejected'
  | 'send.unknown'
  | 'send.refused'
  | 'check.approved'
  | 'check.incorrect'
  | 'check.refused'
  | 'verification.canceled'
  /** What a right code was given for is let through. */
  | 'intent.accepted'
  /** It could not be carried out any more. */
  | 'intent.refused'
  | 'token.redeemed'
  /** It was redeemed before. */
  | 'token.refused'

/** One fact, never changed once written. It has no number and no code in it. */
export interface AuditEvent {
  readonly verificationId: string
  /** Counts up in the gate of the number. With the id it is the key that makes a second write of the same event a no-op. */
  readonly seq: number
  /** Milliseconds since the epoch, by the gate's clock. */
  readonly at: number
  readonly kind: AuditEventKind
  readonly surface: string
  readonly requestId: string
  readonly detail: AuditDetail
}

/** Reasons, counts and identifiers; flat but for the attempts of a delivery. */
export type AuditDetail = { readonly [name: string]: string | number | boolean | null | readonly AuditDetail[] }

export type VerificationStatus = 'pending' | 'approved' | 'expired' | 'locked' | 'canceled' | 'failed'

/** The state of a verification as D1 keeps it for later. A greater `version` replaces a smaller one. */
export interface VerificationRecord {
  readonly id: string
  readonly version: number
  readonly phoneHash: string
  readonly phoneMasked: string
  readonly country: string
  readonly purpose: string
  readonly bindingHash: string | null
  readonly surface: string
  readonly channel: string
  readonly status: VerificationStatus
  readonly sends: number
  readonly guesses: number
  readonly createdAt: number
  readonly expiresAt: number
  readonly completedAt: number | null
  readonly subject: string | null
  /** What its code confirms, or has confirmed. */
  readonly intent: AuditDetail | null
  /** Whose it is; empty: nobody's. */
  readonly owner: string
}

/** What `send.reserved` says of the message that it lets through. */
export type ReservedDetail = {
  readonly communication_id: string
  readonly channel: string
  /** Which send of the verification it is, from 1. */
  readonly send: number
  /** The message that was lost and that this one is sent for. */
  readonly replaces?: string
}

/** What `send.accepted`, `send.rejected` and `send.unknown` say of it. */
export type SettledDetail = {
  readonly communication_id: string
  /** Null: the built-in text. */
  readonly template_id: string | null
  readonly template_version: number | null
  /** The one it went by, which can be another than was reserved. */
  readonly channel: string
  /** Null where everybody refused. */
  readonly provider: string | null
  readonly provider_message_id: string | null
  readonly delivery_status: 'queued' | 'sent' | 'unknown' | 'failed'
  readonly reason: string | null
  readonly provider_code: string | null
  /** Segments of an SMS; null on other channels. */
  readonly segments: number | null
  /** Null where the price is not known, or nothing was taken. */
  readonly cost_micros: number | null
  readonly currency: string | null
  readonly attempts: readonly AttemptDetail[]
}

export type AttemptDetail = {
  readonly at: number
  readonly provider: string
  readonly channel: string
  readonly status: string
  readonly reason: string | null
  readonly provider_code: string | null
  readonly http_status: number | null
  readonly duration_ms: number
}

/** What `check.approved` says: which message had the code. */
export type ApprovedDetail = {
  readonly guess: number
  readonly guesses_left: number
  /** Null for a message that was sent before its id was kept. */
  readonly communication_id: string | null
}

export interface AuditBatch {
  readonly events: readonly AuditEvent[]
  readonly records: readonly VerificationRecord[]
}
