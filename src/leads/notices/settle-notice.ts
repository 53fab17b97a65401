import { and, eq, sql } from 'drizzle-orm'
import { type CommunicationRow, attemptsIn, pendingMessage, settledPart } from '../../audit/communications-of'
import type { SettledDetail } from '../../audit/event'
import { writeCommunications } from '../../audit/write-communications'
import { leadNotices } from '../../db/schema'
import type { LeadDeps } from '../deps'
import type { LeadNoticeRow, LeadRow } from '../lead'

/**
 * Writes down what came of a message to a customer, in one transaction: the message and its attempts, as of codes, and that
 * it is over, or when it is sent again.
 * @param nextAt undefined: it is over
 */
export async function settleNotice(
  { db, clock }: Pick<LeadDeps, 'db' | 'clock'>,
  lead: LeadRow,
  notice: LeadNoticeRow,
  detail: SettledDetail,
  nextAt: number | undefined,
): Promise<void> {
  const isIts = and(eq(leadNotices.leadId, notice.leadId), eq(leadNotices.version, notice.version))
  const at = clock()
  const settled = nextAt === undefined ? settledPart({ detail, at }, detail.channel, detail.delivery_status) : {}
  const communication = { ...rowOf(lead, notice, at), ...settled }
  const tried = attemptsIn(detail, { communicationId: notice.communicationId, at, channel: detail.channel })
  const attempts = tried.map((one) => ({ ...one, attempt: one.attempt + notice.attempts - 1 }))
  // Whoever was erased while it went out leaves nothing of it.
  const isKept = sql`exists (select 1 from ${leadNotices} where ${isIts})`
  const [first, ...rest] = writeCommunications(db, { communications: [communication], attempts }, isKept)
  await db.batch([
    first!,
    ...rest,
    // Last, since the others ask for it.
    nextAt === undefined
      ? db.delete(leadNotices).where(isIts)
      : db.update(leadNotices).set({ isSending: false, dueAt: nextAt }).where(isIts),
  ])
}

/** Of a message that is over though no provider was asked just now. */
export function unsentDetail({ communicationId }: LeadNoticeRow, status: 'unknown' | 'failed'): SettledDetail {
  return {
    communication_id: communicationId,
    template_id: null,
    template_version: null,
    channel: 'whatsapp',
    provider: null,
    provider_message_id: null,
    delivery_status: status,
    reason: 'unknown',
    provider_code: null,
    segments: null,
    cost_micros: null,
    currency: null,
    attempts: [],
  }
}

function rowOf(lead: LeadRow, notice: LeadNoticeRow, at: number): CommunicationRow {
  const { id: leadId, phoneHash, phoneMasked, country, owner } = lead
  const { communicationId: id, kind: purpose, surface, createdAt } = notice
  // No code was in it.
  const facts = { id, verificationId: '', leadId, surface, channel: 'whatsapp', purpose, createdAt }
  return pendingMessage({ ...facts, phoneHash, phoneMasked, country, owner }, at)
}
