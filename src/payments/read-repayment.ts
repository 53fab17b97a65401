import { and, eq } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import type { Database } from '../db/client'
import { loanContacts, loans, repayments } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { ContactRow, LoanRow, RepaymentRow, RepaymentStatusRow } from './loan'
import { type References, selectReferences } from './read-references'

/** A repayment with all that a decision on it needs. */
export interface RepaymentContext extends References {
  readonly loan: LoanRow
  readonly contacts: readonly ContactRow[]
  readonly repayment: RepaymentRow
  /** The status that it has. */
  readonly status: RepaymentStatusRow
}

/**
 * A repayment of a loan, in one round trip.
 * @throws `loan_not_found`, `repayment_not_found`, `dependency_unavailable`
 */
export async function readRepayment(db: Database, loanId: string, repaymentId: string): Promise<RepaymentContext> {
  const isIts = and(eq(repayments.loanId, loanId), eq(repayments.id, repaymentId))
  const [[loan], contacts, [repayment], statuses, modes] = await fromDatabase(
    db.batch([
      db.select().from(loans).where(eq(loans.id, loanId)),
      db.select().from(loanContacts).where(eq(loanContacts.loanId, loanId)),
      db.select().from(repayments).where(isIts),
      ...selectReferences(db),
    ]),
  )
  if (!loan) throw refuse('loan_not_found', {})
  if (!repayment) throw refuse('repayment_not_found', {})
  const status = statuses.find(({ id }) => id === repayment.statusId) ?? statusByAmounts(repayment)
  return { loan, contacts, repayment, status, statuses, modes }
}

/** Operators may take a status away that repayments still have: what came in tells what it was. */
function statusByAmounts({ statusId: id, amountDue, amountCollected }: RepaymentRow): RepaymentStatusRow {
  const kindOfSome = amountCollected < amountDue ? 'partial' : 'paid'
  return { id, code: String(id), name: String(id), kind: amountCollected === 0 ? 'open' : kindOfSome }
}
