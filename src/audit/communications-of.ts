import type { communicationLog, communications } from '../db/schema'
import { DELIVERY_RANK, type DeliveryStatus } from './delivery-status'
import { textIn, wholeIn } from './detail'
import type { AuditBatch, AuditDetail, AuditEvent, AuditEventKind, VerificationRecord } from './event'
import { timeOfUuidv7 } from './uuid-time'

export type CommunicationRow = typeof communications.$inferSelect
export type AttemptRow = typeof communicationLog.$inferSelect

/** Messages, and the attempts to hand them over. */
export interface ToldMessages {
  readonly communications: readonly CommunicationRow[]
  readonly attempts: readonly AttemptRow[]
}

/** What a settled send has come to, where its event is of a time before it said so itself. */
const SETTLED_AS: Partial<Record<AuditEventKind, DeliveryStatus>> = {
  'send.accepted': 'queued',
  'send.rejected': 'failed',
  'send.unknown': 'unknown',
}

/**
 * The messages that a batch tells of, a row each, and the attempts to hand them over. A row has what the batch knows: the
 * surface is the reservation's and the channel that of the carrier or else of the reservation, empty where the batch has
 * neither; all other things that it does not tell are null. Events of another form give less, or nothing.
 */
export function communicationsOf({ events, records }: AuditBatch): ToldMessages {
  const recordOf = new Map(records.map((record) => [record.id, record]))
  const told = events.flatMap((event) => tellingOf(event, recordOf.get(event.verificationId)) ?? [])
  const rows = told.flatMap((telling) => rowOf(telling) ?? [])
  const rowsOfOne = Map.groupBy(rows, ({ id }) => id).values()
  return {
    communications: Array.from(rowsOfOne, (all) => all.reduce(mergeRows)),
    attempts: told.flatMap(attemptsOf),
  }
}

/** An event that names a message. */
interface Telling {
  readonly event: AuditEvent
  readonly record: VerificationRecord
  readonly id: string
  readonly createdAt: number
}

function tellingOf(event: AuditEvent, record: VerificationRecord | undefined): Telling | undefined {
  const id = textIn(event.detail, 'communication_id')
  const createdAt = id === null ? undefined : timeOfUuidv7(id)
  return record && id !== null && createdAt !== undefined ? { event, record, id, createdAt } : undefined
}

function rowOf(telling: Telling): CommunicationRow | undefined {
  const { event, record } = telling
  const { kind, detail, at, surface } = event
  if (kind === 'send.reserved') {
    return { ...blankRow(telling), surface, channel: textIn(detail, 'channel') ?? record.channel }
  }
  // A code that was typed has arrived.
  if (kind === 'check.approved') return { ...blankRow(telling), ...progress('delivered', at), verified: true }
  const settledAs = SETTLED_AS[kind]
  return settledAs && { ...blankRow(telling), ...settledPart(event, record.channel, settledAs) }
}

function blankRow({ event, record, id, createdAt }: Telling): CommunicationRow {
  const { id: verificationId, purpose, phoneHash, phoneMasked, country, owner } = record
  const who = { verificationId, leadId: null, purpose, phoneHash, phoneMasked, country, owner }
  return pendingMessage({ id, createdAt, ...who, surface: '', channel: '' }, event.at)
}

/** What is known of a message before anybody was asked to carry it. */
export type MessageFacts = Pick<
  CommunicationRow,
  | 'id'
  | 'verificationId'
  | 'leadId'
  | 'surface'
  | 'channel'
  | 'purpose'
  | 'phoneHash'
  | 'phoneMasked'
  | 'country'
  | 'createdAt'
  | 'owner'
>

/** The row of a message of which no more is known. @param at since when, in milliseconds since the epoch */
export function pendingMessage(facts: MessageFacts, at: number): CommunicationRow {
  return {
    ...facts,
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
  }
}

/**
 * What the row of a message has of its outcome.
 * @param channel where the outcome names none
 * @param settledAs the status, likewise
 */
export function settledPart(
  { detail, at }: Pick<AuditEvent, 'detail' | 'at'>,
  channel: string,
  settledAs: DeliveryStatus,
): Partial<CommunicationRow> {
  const status = textIn(detail, 'delivery_status')
  const provider = textIn(detail, 'provider')
  const costMicros = wholeIn(detail, 'cost_micros')
  return {
    ...progress(status !== null && isDeliveryStatus(status) ? status : settledAs, at),
    templateId: textIn(detail, 'template_id'),
    templateVersion: wholeIn(detail, 'template_version'),
    provider,
    providerMessageId: textIn(detail, 'provider_message_id'),
    reason: textIn(detail, 'reason'),
    providerCode: textIn(detail, 'provider_code'),
    segments: wholeIn(detail, 'segments'),
    costMicros,
    currency: costMicros === null ? null : textIn(detail, 'currency'),
    // Where nobody took it, it went by none.
    ...(provider !== null && { channel: textIn(detail, 'channel') ?? channel }),
  }
}

/**
 * Two tellings of one message as one, in whatever order they are given. The upsert in `write-communications.ts` does the
 * same with what D1 has already.
 */
function mergeRows(one: CommunicationRow, other: CommunicationRow): CommunicationRow {
  const ahead = isAhead(other, one) ? other : one
  const settled = [one, other].find(({ provider }) => provider !== null)
  const failure = [one, other].find(
    ({ status, reason, providerCode }) => status !== 'unknown' && (reason ?? providerCode) !== null,
  )
  return {
    ...one,
    surface: one.surface || other.surface,
    channel: settled?.channel ?? (one.channel || other.channel),
    templateId: one.templateId ?? other.templateId,
    templateVersion: one.templateVersion ?? other.templateVersion,
    provider: settled?.provider ?? null,
    providerMessageId: one.providerMessageId ?? other.providerMessageId,
    status: ahead.status,
    statusRank: ahead.statusRank,
    statusAt: ahead.statusAt,
    // Why an outcome is not known is of no interest once it is known.
    reason: (ahead.status === 'unknown' ? ahead : failure)?.reason ?? null,
    providerCode: (ahead.status === 'unknown' ? ahead : failure)?.providerCode ?? null,
    segments: one.segments ?? other.segments,
    costMicros: one.costMicros ?? other.costMicros,
    currency: one.currency ?? other.currency,
    verified: one.verified || other.verified,
  }
}

function isAhead(one: CommunicationRow, other: CommunicationRow): boolean {
  return one.statusRank > other.statusRank || (one.statusRank === other.statusRank && one.statusAt < other.statusAt)
}

function attemptsOf({ event: { kind, detail, at }, record, id }: Telling): AttemptRow[] {
  return SETTLED_AS[kind] === undefined ? [] : attemptsIn(detail, { communicationId: id, at, channel: record.channel })
}

/** The attempts that a settled message tells of. @param message what an attempt of another form leaves out */
export function attemptsIn(
  { attempts }: AuditDetail,
  { communicationId, at, channel }: { readonly communicationId: string; readonly at: number; readonly channel: string },
): AttemptRow[] {
  if (!Array.isArray(attempts)) return []
  return (attempts as readonly AuditDetail[]).flatMap((attempt, index) => {
    const provider = textIn(attempt, 'provider')
    const outcome = textIn(attempt, 'status')
    if (provider === null || outcome === null) return []
    return {
      communicationId,
      attempt: index + 1,
      at: wholeIn(attempt, 'at') ?? at,
      provider,
      channel: textIn(attempt, 'channel') ?? channel,
      outcome,
      reason: textIn(attempt, 'reason'),
      providerCode: textIn(attempt, 'provider_code'),
      httpStatus: wholeIn(attempt, 'http_status'),
      durationMs: wholeIn(attempt, 'duration_ms') ?? 0,
    }
  })
}

function progress(status: DeliveryStatus, at: number): Pick<CommunicationRow, 'status' | 'statusRank' | 'statusAt'> {
  return { status, statusRank: DELIVERY_RANK[status], statusAt: at }
}

function isDeliveryStatus(text: string): text is DeliveryStatus {
  return Object.hasOwn(DELIVERY_RANK, text)
}
