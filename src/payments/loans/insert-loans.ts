import { type SQL, type Table, notExists, sql } from 'drizzle-orm'
import { IMPORT_TIMEOUT_MS } from '../../config/limits'
import { isOneOf, selectRows } from '../../db/select-rows'
import type { Database } from '../../db/client'
import { loanContacts, loans, repayments } from '../../db/schema'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { LoanRows } from './to-rows'

/** A row is under 500 bytes of JSON, and D1 takes 2 MB for a parameter: they come to half of it. */
const ROWS_PER_STATEMENT = 2_000

/**
 * Puts new loans into D1, all or none of them, in one transaction: where only one of them exists, nothing is written. Who
 * asks at the same moment comes before or after, and never in between.
 * @returns the ids that exist already; none where the loans are in
 * @throws `dependency_unavailable`
 */
export async function insertLoans(db: Database, all: readonly LoanRows[]): Promise<readonly string[]> {
  const known = selectKnown(
    db,
    all.map(({ loan }) => loan.id),
  )
  const isNew = notExists(known)
  const [found] = await fromDatabase(
    db.batch([
      known,
      ...statementsFor(all.flatMap((loan) => loan.contacts)).map((rows) => insertAll(db, loanContacts, rows, isNew)),
      ...statementsFor(all.flatMap((loan) => loan.repayments)).map((rows) => insertAll(db, repayments, rows, isNew)),
      // Last, since from here on they exist.
      insertAll(
        db,
        loans,
        all.map(({ loan }) => loan),
        isNew,
      ),
    ]),
    IMPORT_TIMEOUT_MS,
  )
  return found.map(({ id }) => id)
}

/** Which of these loans exist, for a batch. */
export function selectKnown(db: Database, ids: readonly string[]) {
  return db.select({ id: loans.id }).from(loans).where(isOneOf(loans.id, ids))
}

/** Inserts the rows where the condition holds, else none of them. */
export function insertAll<Of extends typeof loans | typeof loanContacts | typeof repayments>(
  db: Database,
  table: Of,
  rows: readonly Of['$inferSelect'][],
  condition: SQL,
) {
  // The columns come from `selectRows`, by the table's own; drizzle's types take one table, not one of three.
  return db.insert(table as Table as typeof repayments).select(sql`${selectRows(table, rows)} and ${condition}`)
}

function statementsFor<Row>(rows: readonly Row[]): Row[][] {
  return Array.from({ length: Math.ceil(rows.length / ROWS_PER_STATEMENT) }, (_, index) =>
    rows.slice(index * ROWS_PER_STATEMENT, (index + 1) * ROWS_PER_STATEMENT),
  )
}
