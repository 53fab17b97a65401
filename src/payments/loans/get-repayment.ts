import { and, eq } from 'drizzle-orm'
import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { loans, repaymentChanges, repayments } from '../../db/schema'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { LoanRow, RepaymentChangeRow, RepaymentRow } from '../loan'
import { type References, selectReferences } from '../read-references'

/** A repayment with all that was done to it. */
export interface RepaymentView {
  readonly loan: LoanRow
  readonly repayment: RepaymentRow
  /** The oldest first. */
  readonly history: readonly RepaymentChangeRow[]
  readonly references: References
}

/**
 * A repayment with its history, in one round trip: both are of the same moment.
 * @throws `loan_not_found`, `repayment_not_found`, `dependency_unavailable`
 */
export async function getRepayment(db: Database, loanId: string, repaymentId: string): Promise<RepaymentView> {
  const isIts = and(eq(repayments.loanId, loanId), eq(repayments.id, repaymentId))
  const isOfIt = and(eq(repaymentChanges.loanId, loanId), eq(repaymentChanges.repaymentId, repaymentId))
  const [[loan], [repayment], history, statuses, modes] = await fromDatabase(
    db.batch([
      db.select().from(loans).where(eq(loans.id, loanId)),
      db.select().from(repayments).where(isIts),
      db.select().from(repaymentChanges).where(isOfIt).orderBy(repaymentChanges.version),
      ...selectReferences(db),
    ]),
  )
  if (!loan) throw refuse('loan_not_found', {})
  if (!repayment) throw refuse('repayment_not_found', {})
  return { loan, repayment, history, references: { statuses, modes } }
}
