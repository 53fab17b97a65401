import { sql } from 'drizzle-orm'
import { type DeliveryStatus, DELIVERY_RANK, isLost } from '../../audit/delivery-status'
import { applyReceipts } from '../../audit/write-communications'
import { selectRows } from '../../db/select-rows'
import type { VendorId } from '../../config/vendors'
import type { Database } from '../../db/client'
import { communicationReceipts, communications } from '../../db/schema'
import type { FailureReason } from '../failure-reason'
import type { Receipt } from './receipt'

/** A message that does not arrive, as its vendor says. */
export interface LostMessage {
  readonly communicationId: string
  readonly verificationId: string
  readonly reason: FailureReason
}

export interface RecordedReceipts {
  /**
   * The messages that the receipts call failed or undelivered, and that no other report has called delivered. One is here
   * again when its receipt comes again: whoever acts on it does so once.
   */
  readonly lost: readonly LostMessage[]
  /** Receipts of messages that D1 does not know, or not yet. They are kept, and count as soon as their message is there. */
  readonly unmatched: readonly Receipt[]
}

/** As many as one round trip to D1 carries. A report has one or a few; Meta's largest has 1,000. */
const RECEIPTS_PER_BATCH = 100

/** A vendor's clock is believed when it is ahead of ours by no more than this. */
const MAX_AHEAD_MS = 24 * 60 * 60 * 1000

/**
 * Keeps what a vendor reports, and moves its messages forward by it. A receipt that comes again, late or in another order
 * changes nothing that it should not: it can be recorded any number of times, and the vendor may be told to send it again
 * when this throws.
 * @param now milliseconds since the epoch
 */
export async function recordReceipts(
  db: Database,
  provider: VendorId,
  receipts: readonly Receipt[],
  now: number,
): Promise<RecordedReceipts> {
  const matches = new Map<string, Match>()
  for (let from = 0; from < receipts.length; from += RECEIPTS_PER_BATCH) {
    const found = await recordBatch(db, provider, receipts.slice(from, from + RECEIPTS_PER_BATCH), now)
    for (const match of found) matches.set(match.providerMessageId, match)
  }
  return {
    lost: lostOf(receipts, matches),
    unmatched: receipts.filter(({ providerMessageId }) => !matches.has(providerMessageId)),
  }
}

/** Each once, with the reason of its first failure among these. */
function lostOf(receipts: readonly Receipt[], matches: ReadonlyMap<string, Match>): LostMessage[] {
  const lost = new Map<string, LostMessage>()
  for (const { providerMessageId, status, reason } of receipts) {
    const match = matches.get(providerMessageId)
    if (!match || !isLost(status) || !isLost(match.status as DeliveryStatus) || lost.has(providerMessageId)) continue
    const { communicationId, verificationId } = match
    lost.set(providerMessageId, { communicationId, verificationId, reason: reason ?? 'unknown' })
  }
  return [...lost.values()]
}

/** A message with receipts, as it is once they are recorded. */
interface Match {
  readonly providerMessageId: string
  readonly communicationId: string
  readonly verificationId: string
  readonly status: string
}

/** One transaction and one round trip. */
async function recordBatch(db: Database, provider: VendorId, receipts: readonly Receipt[], now: number): Promise<Match[]> {
  const rows = receipts.map((receipt) => ({
    ...receipt,
    provider,
    statusRank: DELIVERY_RANK[receipt.status],
    at: receipt.at !== null && receipt.at <= now + MAX_AHEAD_MS ? receipt.at : null,
    receivedAt: now,
  }))
  const ids = JSON.stringify([...new Set(receipts.map(({ providerMessageId }) => providerMessageId))])
  // The "+" keeps the planner from the index of providers, of which each has a large part of the table.
  const ofThese = sql`json_each(${ids}) told cross join ${communications} c
    on c.provider_message_id = told.value and +c.provider = ${provider}`
  const results = await db.batch([
    db.insert(communicationReceipts).select(selectRows(communicationReceipts, rows)).onConflictDoNothing(),
    adoptIds(db, provider, receipts),
    applyReceipts(db, ofThese),
    db
      .select({
        providerMessageId: sql<string>`c.provider_message_id`.as('provider_message_id'),
        communicationId: sql<string>`c.id`.as('id'),
        verificationId: sql<string>`c.verification_id`.as('verification_id'),
        status: sql<string>`c.status`.as('status'),
      })
      .from(ofThese),
  ])
  return results[3]
}

/** A message whose acceptance got lost, and with it the vendor's id, is known by our own where the vendor tells it. */
function adoptIds(db: Database, provider: VendorId, receipts: readonly Receipt[]) {
  const echoes = receipts.filter(({ communicationId }) => communicationId !== null)
  const told = Object.fromEntries(echoes.map(({ communicationId, providerMessageId }) => [communicationId, providerMessageId]))
  return (
    db
      .update(communications)
      .set({ providerMessageId: sql`told.value` })
      .from(sql`json_each(${JSON.stringify(told)}) told`)
      // The "+" keeps the planner from the indexes of the two: many messages have no vendor's id.
      .where(
        sql`${communications.id} = told.key and +${communications.provider} = ${provider}
        and +${communications.providerMessageId} is null`,
      )
  )
}
