import { type SQL, and, eq, isNull, sql } from 'drizzle-orm'
import { leads } from '../../db/schema'
import type { Submission } from '../lead'

/**
 * The condition for leads that the lender does not have, so that it is looked up in their index. Those that are over stand
 * there by their ids; of those that wait, all are read to bring them into that order.
 */
export function isUnsubmitted(submission: Exclude<Submission, 'submitted'>): SQL | undefined {
  return and(
    // As in the index, which has only these.
    sql`${leads.submission} <> 'submitted'`,
    eq(leads.submission, submission),
    // Nobody tries them any more, so they have no time. With it, what is left of the index is the id.
    submission === 'waiting' ? undefined : isNull(leads.nextAttemptAt),
  )
}
