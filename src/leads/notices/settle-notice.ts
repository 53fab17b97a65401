import { and, eq, sql } from 'drizzle-orm'
import { type CommunicationRow, attemptsIn } from '../../audit/communications-of'
import { DELIVERY_RANK, type DeliveryStatus } from '../../audit/delivery-status'
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
  const communication = nextAt === undefined ? settledRow(lead, notice, detail, at) : pendingRow(lead, notice, at)
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

function pendingRow(lead: LeadRow, notice: LeadNoticeRow, at: number): CommunicationRow {
  return {
    id: notice.communicationId,
    // No code was in it.
    verificationId: '',
    surface: notice.surface,
    channel: 'whatsapp',
    purpose: notice.kind,
    phoneHash: lead.phoneHash,
    phoneMasked: lead.phoneMasked,
    country: lead.country,
    templateId: null,
    templateVersion: null,
    provider: null,
    providerMessageId: null,
    ...progress('pending', at),
    reason: null,
    providerCode: null,
    segments: null,
    costMicros: null,
    currency: null,
    verified: false,
    createdAt: notice.createdAt,
    leadId: lead.id,
  }
}

function settledRow(lead: LeadRow, notice: LeadNoticeRow, detail: SettledDetail, at: number): CommunicationRow {
  return {
    ...pendingRow(lead, notice, at),
    ...progress(detail.delivery_status, at),
    channel: detail.channel,
    provider: detail.provider,
    providerMessageId: detail.provider_message_id,
    reason: detail.reason,
    providerCode: detail.provider_code,
    segments: detail.segments,
    costMicros: detail.cost_micros,
    currency: detail.currency,
  }
}

function progress(status: DeliveryStatus, at: number) {
  return { status, statusRank: DELIVERY_RANK[status], statusAt: at }
}
