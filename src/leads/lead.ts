import type { leadEvents, leadNotices, leads } from '../db/schema'

export type LeadRow = typeof leads.$inferSelect
export type LeadEventRow = typeof leadEvents.$inferSelect
export type LeadNoticeRow = typeof leadNotices.$inferSelect

/** The lender's codes of loans, with what people call them. */
export const LOAN_TYPES = {
  HL: 'Home Loan',
  LAP: 'Loan Against Property',
  PL: 'Personal Loan',
  BL: 'Business Loan',
  CL: 'Car Loan',
  EL: 'Education Loan',
} as const
export type LoanType = keyof typeof LOAN_TYPES

/** Has the lender a lead? `refused`: it said no. `given_up`: it could not be asked for so long that nobody tries any more. */
export const SUBMISSIONS = ['waiting', 'submitted', 'refused', 'given_up'] as const
export type Submission = (typeof SUBMISSIONS)[number]

/** What can happen to a lead after it was asked for. */
export type LeadEventKind =
  | 'submission.accepted'
  /** The lender said no. */
  | 'submission.refused'
  /** The lender did not take it this time, or could not be asked. */
  | 'submission.failed'
  /** It may have taken it. */
  | 'submission.unknown'
  | 'submission.given_up'
  /** Asked for again after a refusal, or after it was given up. */
  | 'submission.resumed'
  | 'status.changed'

/** The status of a lead that the lender took without a word on it (brief 001). */
export const FIRST_STATUS = 'created'
