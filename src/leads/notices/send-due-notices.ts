import { and, eq, lte, not } from 'drizzle-orm'
import { NOTICES_PER_RUN } from '../../config/limits'
import { errorName } from '../../core/log'
import { leadNotices, leads } from '../../db/schema'
import type { LeadDeps } from '../deps'
import type { LeadNoticeRow, LeadRow } from '../lead'
import { isHeldUp, sendNotice } from './send-notice'
import { settleNotice, unsentDetail } from './settle-notice'

/**
 * For the scheduled job: sends the messages that are due and that nobody has sent, the oldest first. Of those whose Worker
 * died while it sent them, it is written down that nobody knows whether they went.
 * @returns how many were looked at
 */
export async function sendDueNotices(deps: LeadDeps): Promise<number> {
  const now = deps.clock()
  const due = await deps.db
    .select({ notice: leadNotices, lead: leads })
    .from(leadNotices)
    .innerJoin(leads, eq(leads.id, leadNotices.leadId))
    // What waits for another that is not due must not take the place of those that can go.
    .where(and(lte(leadNotices.dueAt, now), not(isHeldUp(now))))
    .orderBy(leadNotices.createdAt)
    .limit(NOTICES_PER_RUN)
    .all()
  // One after the other, so that a lead's news come in their order.
  for (const { notice, lead } of due) await (notice.isSending ? abandon(deps, lead, notice) : sendNotice(deps, lead, notice))
  return due.length
}

async function abandon(deps: LeadDeps, lead: LeadRow, notice: LeadNoticeRow): Promise<void> {
  const note = { lead_id: lead.id, communication_id: notice.communicationId }
  try {
    await settleNotice(deps, lead, notice, unsentDetail(notice, 'unknown'), undefined)
    deps.log('warn', 'notice.abandoned', note)
  } catch (error) {
    deps.log('error', 'notice.failed', { ...note, error_name: errorName(error) })
  }
}
