import { and, eq, lte, sql } from 'drizzle-orm'
import { SUBMISSION_FAILURES_BEFORE_STOP, SUBMISSIONS_AT_A_TIME, SUBMISSIONS_PER_RUN } from '../../config/limits'
import { errorName } from '../../core/log'
import { leads } from '../../db/schema'
import type { Caller } from '../../otp/deps'
import type { LeadDeps } from '../deps'
import type { LeadRow } from '../lead'
import type { LenderFailure } from '../lender/lender'
import { submitIfDue } from './submit-lead'

/**
 * For the scheduled job: submits the leads that are due, those that wait longest first. A lender that fails again and again
 * is left alone until the next run.
 * @returns how many the lender has now
 */
export async function submitDueLeads(deps: LeadDeps, caller: Caller): Promise<number> {
  const { personalKeys, lender } = deps
  const due = await selectDue(deps)
  if (due.length === 0) return 0
  if (!personalKeys || !lender) {
    deps.log('error', 'leads.waiting_without_lender', { count: due.length })
    return 0
  }
  const ready = { ...deps, personalKeys, lender }
  let submitted = 0
  let failures = 0
  const work = async () => {
    for (let lead = due.shift(); lead && failures < SUBMISSION_FAILURES_BEFORE_STOP; lead = due.shift()) {
      const told: Promise<unknown>[] = []
      const after = await submitIfDue(ready, { ...caller, defer: (telling) => told.push(telling) }, lead).catch(
        (error: unknown) => {
          deps.log('error', 'lead.not_submitted', { dependency: 'd1', error_name: errorName(error) })
          return undefined
        },
      )
      // Waited for, so that no more calls are out at a time than leads: an isolate has six connections.
      await Promise.all(told)
      // Somebody else took it.
      if (after === lead) continue
      if (after?.submission === 'submitted') submitted += 1
      failures = after && hasAnswered(after) ? 0 : failures + 1
    }
  }
  await Promise.all(Array.from({ length: SUBMISSIONS_AT_A_TIME }, work))
  return submitted
}

/** Has the lender said something, or was it not the one who could not? */
function hasAnswered({ submission, failure }: LeadRow): boolean {
  return submission === 'submitted' || submission === 'refused' || failure === ('unreadable_lead' satisfies LenderFailure)
}

async function selectDue({ db, clock }: LeadDeps): Promise<LeadRow[]> {
  const isWaiting = and(
    // As in the index, which has only these.
    sql`${leads.submission} <> 'submitted'`,
    eq(leads.submission, 'waiting'),
    lte(leads.nextAttemptAt, clock()),
  )
  return db.select().from(leads).where(isWaiting).orderBy(leads.nextAttemptAt).limit(SUBMISSIONS_PER_RUN).all()
}
