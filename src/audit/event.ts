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
}

export interface AuditBatch {
  readonly events: readonly AuditEvent[]
  readonly records: readonly VerificationRecord[]
}
