import type { ContactType } from '../loan'

// The fields have the names of `/v1`: what is wrong with one is told by its path.

/** A loan as it was sent: its form is right, and nothing more is known of it. */
export interface LoanDraft {
  readonly id: string
  readonly currency: string
  /** Left out: what messages of payments call the app. */
  readonly payee?: string | undefined
  readonly contacts: { readonly [Type in ContactType]?: { readonly phone?: string | null | undefined } | undefined }
  readonly repayments: readonly RepaymentDraft[]
}

/** A repayment as it was sent. Amounts are decimal text, in the loan's currency. */
export interface RepaymentDraft {
  readonly id: string
  readonly amount_due: string
  /** Left out: nothing. */
  readonly amount_collected?: string | undefined
  /** By id or by code. Left out: what the amounts make it. */
  readonly status?: number | string | undefined
  /** By id or by code: how something came in, where something did. */
  readonly payment_mode?: number | string | undefined
  /** `2026-12-05`. */
  readonly due_on?: string | undefined
}
