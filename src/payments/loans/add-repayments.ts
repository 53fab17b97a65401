import { type SQL, and, eq, notExists, sql } from 'drizzle-orm'
import { REPAYMENTS_PER_LOAN } from '../../config/limits'
import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { repayments } from '../../db/schema'
import { isOneOf } from '../../db/select-rows'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { RepaymentRow } from '../loan'
import type { LoanDeps } from './deps'
import type { RepaymentDraft } from './draft'
import { type LoanView, getLoan } from './get-loan'
import { insertAll } from './insert-loans'
import { toRepaymentRow } from './to-rows'
import { weighRepayments } from './weigh-repayments'

/**
 * Adds repayments to a loan, all or none of them.
 * @returns the loan with them
 * @throws `loan_not_found`, `invalid_request`, `loan_exists`, `dependency_unavailable`
 */
export async function addRepayments(
  { db, verification: { clock } }: Pick<LoanDeps, 'db' | 'verification'>,
  loanId: string,
  drafts: readonly RepaymentDraft[],
): Promise<LoanView> {
  const view = await getLoan(db, loanId)
  const { facts, issues } = weighRepayments(drafts, view.loan.currency, view.references)
  if (issues.length > 0) throw refuse('invalid_request', { issues })
  const createdAt = clock()
  const rows = facts.map((repayment) => toRepaymentRow(repayment, loanId, createdAt))
  return { ...view, repayments: await insertRepayments(db, loanId, rows) }
}

/** One transaction: what was true when the loan was read may be so no more. */
async function insertRepayments(db: Database, loanId: string, rows: readonly RepaymentRow[]): Promise<readonly RepaymentRow[]> {
  const ids = rows.map(({ id }) => id)
  const isOfLoan = eq(repayments.loanId, loanId)
  const known = db
    .select({ id: repayments.id })
    .from(repayments)
    .where(and(isOfLoan, isOneOf(repayments.id, ids)))
  const hasRoom = sql`(select count(*) from ${repayments} where ${isOfLoan}) + ${rows.length} <= ${REPAYMENTS_PER_LOAN}`
  const isNew: SQL = sql`${notExists(known)} and ${hasRoom}`
  const [found, , all] = await fromDatabase(
    db.batch([known, insertAll(db, repayments, rows, isNew), db.select().from(repayments).where(isOfLoan)]),
  )
  if (found.length > 0) {
    const issues = found.map(({ id }) => ({ path: `repayments.${ids.indexOf(id)}.id`, message: 'exists already' }))
    throw refuse('loan_exists', { issues })
  }
  if (!all.some(({ id }) => id === ids[0])) {
    const message = `would be more than the ${REPAYMENTS_PER_LOAN} that a loan can have: it has ${all.length}`
    throw refuse('invalid_request', { issues: [{ path: 'repayments', message }] })
  }
  return all
}
