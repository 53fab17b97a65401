import { type SQL, and, eq, lte, not, sql } from 'drizzle-orm'
import type { NoticeKind } from '../../config/notices'
import { NOTICE_LEASE_MS } from '../../config/limits'
import { AppError } from '../../core/app-error'
import { errorName } from '../../core/log'
import { leadNotices } from '../../db/schema'
import { correctBudget, reserveBudget } from '../../limits/budget'
import { messageCosts } from '../../limits/message-costs'
import { deliver } from '../../messaging/deliver'
import { settledDetail } from '../../messaging/settled-detail'
import type { LeadDeps } from '../deps'
import type { LeadNoticeRow, LeadRow } from '../lead'
import { openPersonal } from '../personal'
import { nextNoticeAt } from './after-notice'
import { composeNotice } from './compose-notice'
import { settleNotice, unsentDetail } from './settle-notice'

/**
 * Tells a customer what became of a lead, at most once: whoever takes the message first sends it, and one whose Worker died
 * meanwhile is not sent again. Never throws: nothing of the lead depends on it.
 */
export async function sendNotice(deps: LeadDeps, lead: LeadRow, notice: LeadNoticeRow): Promise<void> {
  try {
    const taken = await take(deps, notice)
    if (taken) await send(deps, lead, taken)
  } catch (error) {
    const note = { lead_id: lead.id, communication_id: notice.communicationId, error_name: errorName(error) }
    deps.log('error', 'notice.failed', note)
  }
}

/** @returns undefined where somebody else has it, or it is over, or not due */
async function take({ db, clock }: LeadDeps, notice: LeadNoticeRow): Promise<LeadNoticeRow | undefined> {
  const now = clock()
  const taken = { isSending: true, dueAt: now + NOTICE_LEASE_MS, attempts: notice.attempts + 1 }
  const isDue = and(
    eq(leadNotices.leadId, notice.leadId),
    eq(leadNotices.version, notice.version),
    eq(leadNotices.isSending, false),
    eq(leadNotices.attempts, notice.attempts),
    lte(leadNotices.dueAt, now),
    not(isHeldUp()),
  )
  const done = await db.update(leadNotices).set(taken).where(isDue)
  return done.meta.changes > 0 ? { ...notice, ...taken } : undefined
}

/**
 * A lead's news come in their order. What waits of an earlier status holds no later one up: it is overtaken.
 * @param beyond milliseconds since the epoch: only by what is not due then; left out: by any
 */
export function isHeldUp(beyond = 0): SQL {
  return sql`exists (select 1 from ${leadNotices} earlier
    where earlier.lead_id = ${leadNotices.leadId} and earlier.version < ${leadNotices.version} and earlier.due_at > ${beyond}
    and (earlier.is_sending or earlier.kind <> ${'lead_status' satisfies NoticeKind}))`
}

async function send(deps: LeadDeps, lead: LeadRow, notice: LeadNoticeRow): Promise<void> {
  const { personalKeys, carrierOf, breaker, clock, log, config, limits } = deps
  if (isOvertaken(lead, notice)) {
    log('warn', 'notice.overtaken', { lead_id: lead.id, communication_id: notice.communicationId })
    return settleNotice(deps, lead, notice, unsentDetail(notice, 'failed'), undefined)
  }
  const carrier = carrierOf(notice.kind as NoticeKind)
  const personal = personalKeys && (await openPersonal(personalKeys, lead))
  if (!carrier || !personal) return dropNotice(deps, lead, notice)
  const message = composeNotice(lead, notice, personal, carrier)
  const hops = [{ provider: carrier.provider, channel: message.channel }]
  const messageOn = async () => message
  const costs = messageCosts(config.prices, { hops, messageOn, country: lead.country })
  const budget = await reserveBudget(limits, lead, costs.dearest).catch(toPostponed)
  if (budget === POSTPONED) return postpone(deps, lead, notice)
  const delivery = await deliver(hops, messageOn, { maxProviders: 1, breaker, clock, log })
  if (budget) await correctBudget(limits, budget, await costs.spent(delivery))
  const detail = settledDetail(config.prices, { message, template: null, delivery, country: lead.country })
  await settleNotice(deps, lead, notice, detail, nextNoticeAt(delivery, notice.attempts, clock()))
}

const POSTPONED = Symbol('postponed')

/** What may be spent today is spent, or nobody can tell: the news has to wait. */
function toPostponed(error: unknown): typeof POSTPONED {
  if (error instanceof AppError) return POSTPONED
  throw error
}

/** As after a refusal of its carrier: later, or not at all. */
async function postpone(deps: LeadDeps, lead: LeadRow, notice: LeadNoticeRow): Promise<void> {
  const refused = { status: 'rejected', reason: 'insufficient_funds' } as const
  const detail = { ...unsentDetail(notice, 'failed'), reason: refused.reason }
  deps.log('warn', 'notice.postponed', { lead_id: lead.id, communication_id: notice.communicationId, reason: 'spend' })
  await settleNotice(deps, lead, notice, detail, nextNoticeAt(refused, notice.attempts, deps.clock()))
}

/** It waited for so long that the lead stands otherwise now, which its customer is told by another message. */
function isOvertaken(lead: LeadRow, { kind, version, status }: LeadNoticeRow): boolean {
  return kind === ('lead_status' satisfies NoticeKind) && version < lead.version && status !== lead.status
}

/** Nobody can carry it any more, or its reader cannot be told from the lead. */
async function dropNotice({ db, log }: LeadDeps, lead: LeadRow, notice: LeadNoticeRow): Promise<void> {
  log('warn', 'notice.dropped', { lead_id: lead.id, communication_id: notice.communicationId })
  await db.delete(leadNotices).where(and(eq(leadNotices.leadId, notice.leadId), eq(leadNotices.version, notice.version)))
}
