import { and, eq, gte, lt, sql } from 'drizzle-orm'
import { DELIVERY_RANK } from '../../audit/delivery-status'
import { uuidv7From } from '../../audit/uuid-time'
import type { Database } from '../../db/client'
import { communications } from '../../db/schema'
import { fromDatabase } from './from-database'
import { toDecimalText } from './money'

/** How many messages there were, and what became of them. `delivered`, `failed`, `pending` and `unknown` make up all. */
export interface DeliveryCounts {
  readonly messages: number
  /** A provider took them. */
  readonly accepted: number
  /** They arrived. */
  readonly delivered: number
  /** Nobody took them, or they did not arrive. */
  readonly failed: number
  /** On their way, or let through just now. */
  readonly pending: number
  /** They left for a provider, and no usable answer came back. */
  readonly unknown: number
  /** Their code was typed. */
  readonly verified: number
}

export interface DeliveryFigures extends DeliveryCounts {
  /** Delivered of accepted, 0 to 1 with four decimals; null where nothing was accepted. */
  readonly deliveryRate: number | null
  /** Verified of the accepted ones that had a code, likewise. */
  readonly verificationRate: number | null
  /** Decimal text, an entry for each currency; of the messages whose price is known. */
  readonly cost: readonly { readonly amount: string; readonly currency: string }[]
}

export interface DeliveryGroup extends DeliveryFigures {
  /** Null: nobody took the messages, or nobody was asked yet. */
  readonly provider: string | null
  readonly channel: string
  /** ISO 3166-1 alpha-2. */
  readonly country: string
}

export interface DeliveryStats {
  readonly totals: DeliveryFigures
  readonly groups: readonly DeliveryGroup[]
}

/**
 * What became of the messages of a period: in all, and by provider, channel and country. Reads every message of it.
 * @param period milliseconds since the epoch; `until` is no part of it
 * @param owner only of this one's messages; undefined: of everybody's
 * @throws `dependency_unavailable`
 */
export async function deliveryStats(
  db: Database,
  period: { readonly from: number; readonly until: number },
  owner?: string,
): Promise<DeliveryStats> {
  const rows = await fromDatabase(countGroups(db, period, owner))
  const byGroup = Map.groupBy(rows, ({ provider, channel, country }) => JSON.stringify([provider, channel, country]))
  const groups = Array.from(byGroup.values(), (ofOne) => {
    const { provider, channel, country } = ofOne[0]!
    return { provider, channel, country, ...toFigures(ofOne) }
  })
  return { totals: toFigures(rows), groups }
}

/** A row for each currency of a group, and one for its messages without a price. */
async function countGroups(db: Database, { from, until }: { readonly from: number; readonly until: number }, owner?: string) {
  const { id, verificationId, provider, channel, country, currency, statusRank, status, verified, costMicros } = communications
  const { failed, delivered, unknown } = DELIVERY_RANK
  const taken = sql`${statusRank} > ${unknown} and (${provider} is not null or ${statusRank} <> ${failed})`
  const countOf = (condition: ReturnType<typeof sql>) => sql<number>`count(*) filter (where ${condition})`
  return db
    .select({
      provider,
      channel,
      country,
      currency,
      messages: sql<number>`count(*)`,
      accepted: countOf(taken),
      // What tells of a lead has no code that could be typed.
      withCode: countOf(sql`${taken} and ${verificationId} <> ''`),
      delivered: countOf(sql`${statusRank} >= ${delivered}`),
      failed: countOf(sql`${statusRank} = ${failed}`),
      unknown: countOf(sql`${status} = 'unknown'`),
      verified: countOf(sql`${verified}`),
      // As text: a sum can be more than a JavaScript number holds exactly.
      micros: sql<string | null>`cast(sum(${costMicros}) as text)`,
    })
    .from(communications)
    .where(
      and(
        gte(id, uuidv7From(from)),
        lt(id, uuidv7From(until)),
        owner === undefined ? undefined : eq(communications.owner, owner),
      ),
    )
    .groupBy(provider, channel, country, currency)
    .orderBy(provider, channel, country, currency)
    .all()
}

type GroupRow = Awaited<ReturnType<typeof countGroups>>[number]

function toFigures(rows: readonly GroupRow[]): DeliveryFigures {
  const sumOf = (name: 'messages' | 'accepted' | 'withCode' | 'delivered' | 'failed' | 'unknown' | 'verified') =>
    rows.reduce((sum, row) => sum + row[name], 0)
  const [messages, accepted, delivered, failed, unknown, verified] = [
    sumOf('messages'),
    sumOf('accepted'),
    sumOf('delivered'),
    sumOf('failed'),
    sumOf('unknown'),
    sumOf('verified'),
  ]
  return {
    messages,
    accepted,
    delivered,
    failed,
    pending: messages - delivered - failed - unknown,
    unknown,
    verified,
    deliveryRate: rateOf(delivered, accepted),
    verificationRate: rateOf(verified, sumOf('withCode')),
    cost: costOf(rows),
  }
}

function rateOf(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000
}

function costOf(rows: readonly GroupRow[]): DeliveryFigures['cost'] {
  const sums = new Map<string, bigint>()
  for (const { currency, micros } of rows) {
    if (currency !== null && micros !== null) sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(micros))
  }
  return Array.from(sums, ([currency, micros]) => ({ amount: toDecimalText(micros), currency }))
}
