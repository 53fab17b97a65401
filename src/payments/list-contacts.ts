import { eq } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import type { Database } from '../db/client'
import { loanContactChanges, loanContacts, loans } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { ContactChangeRow, ContactRow } from './loan'

export interface ContactWithHistory extends ContactRow {
  /** Oldest first. */
  readonly history: readonly ContactChangeRow[]
}

/**
 * The contacts of a loan with all that was changed of them, in one round trip.
 * @throws `loan_not_found`, `dependency_unavailable`
 */
export async function listContacts(db: Database, loanId: string): Promise<readonly ContactWithHistory[]> {
  const [[loan], contacts, changes] = await fromDatabase(
    db.batch([
      db.select().from(loans).where(eq(loans.id, loanId)),
      db.select().from(loanContacts).where(eq(loanContacts.loanId, loanId)).orderBy(loanContacts.contactType),
      db.select().from(loanContactChanges).where(eq(loanContactChanges.loanId, loanId)).orderBy(loanContactChanges.version),
    ]),
  )
  if (!loan) throw refuse('loan_not_found', {})
  const historyOf = (contactType: string) => changes.filter((change) => change.contactType === contactType)
  return contacts.map((contact) => ({ ...contact, history: historyOf(contact.contactType) }))
}
