import { fromDatabase } from '../messaging/communications/from-database'
import type { Caller } from '../otp/deps'
import type { LeadChange } from './decide-submission'
import type { LeadDeps } from './deps'
import { findLead } from './find-lead'
import type { LeadRow } from './lead'
import { sendNotice } from './notices/send-notice'
import { changeLead } from './write-lead'

/** Of changes at once each is made over the one before. */
const TRIES = 3

/** What is new of a lead. */
export interface StatusNews {
  readonly status: string
  /** Milliseconds since the epoch, where the lender says: news that is older than what is known changes nothing. */
  readonly changedAt: number | undefined
  /** Did we ask, or were we told? */
  readonly source: 'asked' | 'pushed'
}

/**
 * Keeps a status that is another than before, and has the customer told of it: once, however many hear of it at the same
 * time. The same status again changes nothing.
 * @returns the lead with its status of now; undefined where the lead is gone
 * @throws `dependency_unavailable`
 */
export async function changeStatus(
  deps: LeadDeps,
  caller: Caller,
  before: LeadRow,
  news: StatusNews,
): Promise<LeadRow | undefined> {
  let lead: LeadRow | undefined = before
  for (let tries = 1; lead && isNews(lead, news) && tries <= TRIES; tries++) {
    const changed = await fromDatabase(changeLead(deps, caller, lead, toChange(lead, news, deps.clock())))
    if (changed?.notice) caller.defer(sendNotice(deps, changed.lead, changed.notice))
    if (changed) return changed.lead
    lead = await findLead(deps.db, { id: before.id })
  }
  return lead
}

function isNews({ status, statusAt }: LeadRow, news: StatusNews): boolean {
  const isOld = news.changedAt !== undefined && statusAt !== null && news.changedAt < statusAt
  return !isOld && news.status !== status
}

function toChange({ status: from }: LeadRow, { status, changedAt, source }: StatusNews, now: number): LeadChange {
  return {
    set: { status, statusAt: Math.min(changedAt ?? now, now) },
    event: { kind: 'status.changed', detail: { from, to: status, source } },
    notice: { kind: 'lead_status', status },
  }
}
