import { refuse } from '../../core/app-error'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { Caller } from '../../otp/deps'
import type { LeadChange } from '../submission/decide-submission'
import type { LeadDeps } from '../deps'
import { findLead } from '../find-lead'
import type { LeadRow } from '../lead'
import { sendNotice } from '../notices/send-notice'
import { changeLead } from '../write-lead'

const SECOND_MS = 1000

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
  // Others were faster each time: whoever brought it has to bring it again.
  if (lead && isNews(lead, news)) throw refuse('dependency_unavailable', { dependency: 'd1' })
  if (lead && lead.status !== news.status) deps.log('info', 'lead.status_not_taken', { lead_id: lead.id, reason: news.source })
  return lead
}

/** Older news is none, nor is the same status again. */
function isNews({ status, statusAt }: LeadRow, news: StatusNews): boolean {
  return news.status !== status && (news.changedAt === undefined || statusAt === null || !isBefore(news.changedAt, statusAt))
}

/** Who tells of whole seconds only may mean the end of one. */
function isBefore(changedAt: number, statusAt: number): boolean {
  return changedAt < (changedAt % SECOND_MS === 0 ? Math.floor(statusAt / SECOND_MS) * SECOND_MS : statusAt)
}

function toChange({ status: from }: LeadRow, { status, changedAt, source }: StatusNews, now: number): LeadChange {
  return {
    set: { status, statusAt: Math.min(changedAt ?? now, now) },
    event: { kind: 'status.changed', detail: { from, to: status, source } },
    notice: { kind: 'lead_status', status },
  }
}
