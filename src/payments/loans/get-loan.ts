import { eq } from 'drizzle-orm'
import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { loanContacts, loans, repayments } from '../../db/schema'
import { fromDatabase } from '../../messaging/communications/from-database'
import { type References, selectReferences } from '../read-references'
import type { LoanRows } from './to-rows'

/** A loan with all that shows it. */
export interface LoanView extends LoanRows {
  readonly references: References
}

/**
 * A loan with its contacts and repayments, in one round trip.
 * @throws `loan_not_found`, `dependency_unavailable`
 */
export async function getLoan(db: Database, id: string): Promise<LoanView> {
  const [[loan], contacts, found, statuses, modes] = await fromDatabase(
    db.batch([
      db.select().from(loans).where(eq(loans.id, id)),
      db.select().from(loanContacts).where(eq(loanContacts.loanId, id)),
      db.select().from(repayments).where(eq(repayments.loanId, id)),
      ...selectReferences(db),
    ]),
  )
  if (!loan) throw refuse('loan_not_found', {})
  return { loan, contacts, repayments: found, references: { statuses, modes } }
}
