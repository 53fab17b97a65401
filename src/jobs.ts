import { expireVerifications } from './audit/expire-verifications'
import { errorName } from './core/log'
import type { Deps } from './http/http-env'
import { sendDueNotices } from './leads/notices/send-due-notices'
import { resealLeads } from './leads/reseal-leads'
import { submitDueLeads } from './leads/submission/submit-due-leads'
import type { Caller } from './otp/deps'
import { eraseExpired } from './privacy/erase-expired'

type Job = (deps: Deps, caller: Caller) => Promise<number>

const EVERY_MINUTE: Readonly<Record<string, Job>> = {
  'verifications.expired': ({ verification: { db, clock } }) => expireVerifications(db, clock()),
  'leads.submitted': ({ leads }, caller) => submitDueLeads(leads, caller),
  'notices.sent': ({ leads }) => sendDueNotices(leads),
}

const EVERY_HOUR: Readonly<Record<string, Job>> = {
  'retention.erased': async ({ verification }) => {
    const erased = await eraseExpired(verification, verification.clock())
    return Object.values(erased).reduce((sum, rows) => sum + rows, 0)
  },
  'leads.encrypted_anew': ({ leads }) => resealLeads(leads),
}

/** What a run of the schedule does, by its line in `wrangler.toml`. */
const JOBS: Readonly<Record<string, Readonly<Record<string, Job>>>> = {
  '* * * * *': EVERY_MINUTE,
  '7 * * * *': EVERY_HOUR,
}

/**
 * Runs the jobs of a line of the schedule, all of them at once: one that fails keeps no other from its work.
 * @param cron the line; an unknown one, such as that of a version before, is that of each minute
 */
export async function runJobs(deps: Deps, cron: string): Promise<void> {
  const { log } = deps.verification
  const deferred: Promise<unknown>[] = []
  const caller: Caller = { surface: 'schedule', requestId: crypto.randomUUID(), defer: (work) => deferred.push(work) }
  const run = async ([event, job]: [string, Job]) => {
    try {
      const count = await job(deps, caller)
      if (count > 0) log('info', event, { request_id: caller.requestId, count })
    } catch (error) {
      log('error', `${event}.failed`, { request_id: caller.requestId, error_name: errorName(error) })
    }
  }
  await Promise.all(Object.entries(JOBS[cron] ?? EVERY_MINUTE).map(run))
  await Promise.all(deferred)
}
