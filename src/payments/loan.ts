import type {
  loanContactChanges,
  loanContacts,
  loans,
  paymentModes,
  repayments,
  repaymentChanges,
  repaymentStatuses,
} from '../db/schema'

/** Who can confirm for a loan. */
export const CONTACT_TYPES = ['applicant', 'co_applicant'] as const
export type ContactType = (typeof CONTACT_TYPES)[number]

export type LoanRow = typeof loans.$inferSelect
export type ContactRow = typeof loanContacts.$inferSelect
export type ContactChangeRow = typeof loanContactChanges.$inferSelect
export type RepaymentRow = typeof repayments.$inferSelect
export type RepaymentChangeRow = typeof repaymentChanges.$inferSelect
export type RepaymentStatusRow = typeof repaymentStatuses.$inferSelect
export type PaymentModeRow = typeof paymentModes.$inferSelect

/** Ids of loans and repayments are the lender's own. */
export const LENDER_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/

/** By which the audit finds all verifications for a repayment. */
export function repaymentSubject(loanId: string, repaymentId: string): string {
  return `repayment:${loanId}/${repaymentId}`
}

/** Where a contact's number stands, for sealing it. */
export function contactPlace(loanId: string, contactType: string): string {
  return `${loanId}/${contactType}`
}

/** The end of an id, for messages: enough for its owner. */
export function maskLoanId(id: string): string {
  return id.length <= 4 ? `*${id.slice(1)}` : `*${id.slice(-4)}`
}
