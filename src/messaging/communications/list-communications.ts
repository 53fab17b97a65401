import { type SQL, and, desc, eq, gte, lt } from 'drizzle-orm'
import type { CommunicationRow } from '../../audit/communications-of'
import { type DeliveryStatus } from '../../audit/delivery-status'
import { uuidv7From } from '../../audit/uuid-time'
import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { communications } from '../../db/schema'
import { fromCursor, toCursor } from './cursor'
import { fromDatabase } from './from-database'
import { type CommunicationLogs, selectLogs, toLogs } from './read-logs'

/** What is left out excludes nothing. Times in milliseconds since the epoch. */
export interface CommunicationFilter {
  readonly phoneHash?: string | undefined
  readonly purpose?: string | undefined
  readonly provider?: string | undefined
  readonly status?: DeliveryStatus | undefined
  /** From this moment on. */
  readonly createdAfter?: number | undefined
  /** Not from this moment on. */
  readonly createdBefore?: number | undefined
  /** Of the page before. */
  readonly cursor?: string | undefined
  /** 1 to 100. */
  readonly limit: number
  /** With all that happened to each message: one round trip more. */
  readonly withLogs?: boolean
}

export interface CommunicationPage {
  /** Newest first. */
  readonly communications: readonly CommunicationRow[]
  /** Undefined where they were not asked for. */
  readonly logs: CommunicationLogs | undefined
  /** Of the next page; null on the last one. A page before it can have fewer messages than the limit. */
  readonly nextCursor: string | null
}

/** Of messages that meet the first of several conditions, so many are looked at for a page: it may be short, and have a next. */
export const LOOKED_AT_FOR_A_PAGE = 2_000

/** Messages end in one of these, unless something goes wrong. */
const USUAL_STATUSES: ReadonlySet<DeliveryStatus | undefined> = new Set(['queued', 'sent', 'delivered', 'read'])

/**
 * The messages that a filter leaves, a page of them. The id is in order of time and ends every index, so a page is a range
 * of one index, read from its end.
 * @throws `invalid_request` for a cursor that is not one, `dependency_unavailable`
 */
export async function listCommunications(db: Database, filter: CommunicationFilter): Promise<CommunicationPage> {
  const rows = await fromDatabase(selectPage(db, filter).all())
  const page = rows.slice(0, filter.limit)
  const last = rows.length > filter.limit ? page.at(-1)?.id : await lastLookedAt(db, filter)
  return {
    communications: page,
    logs: filter.withLogs ? await readLogs(db, page) : undefined,
    nextCursor: last === undefined ? null : toCursor(last),
  }
}

/** One condition is looked up in an index, so that a page is all that is read. The others are looked at message by message. */
function selectPage(db: Database, filter: CommunicationFilter) {
  const [, ...others] = conditionsOf(filter)
  const range = db.select().from(communications).where(rangeOf(filter)).orderBy(desc(communications.id))
  const lookedAt = (others.length > 0 ? range.limit(LOOKED_AT_FOR_A_PAGE) : range).as('range')
  const isLikeOthers = others.map(([column, value]) => eq(lookedAt[column], value))
  return db
    .select()
    .from(lookedAt)
    .where(and(...isLikeOthers))
    .limit(filter.limit + 1)
}

/** Where a page that is not full ended because enough was looked at, and not because there is no more; else undefined. */
async function lastLookedAt(db: Database, filter: CommunicationFilter): Promise<string | undefined> {
  if (conditionsOf(filter).length < 2) return undefined
  const read = db
    .select({ id: communications.id })
    .from(communications)
    .where(rangeOf(filter))
    .orderBy(desc(communications.id))
    .limit(1)
    .offset(LOOKED_AT_FOR_A_PAGE - 1)
  return (await fromDatabase(read.all()))[0]?.id
}

async function readLogs(db: Database, page: readonly CommunicationRow[]): Promise<CommunicationLogs> {
  const ids = page.map(({ id }) => id)
  const [attempts, receipts] = selectLogs(db, ids)
  return ids.length === 0 ? new Map() : toLogs(await fromDatabase(db.batch([attempts, receipts])))
}

function rangeOf(filter: CommunicationFilter): SQL | undefined {
  const [first] = conditionsOf(filter)
  return and(...(first ? [eq(communications[first[0]], first[1])] : []), ...bounds(filter))
}

type Condition = readonly ['phoneHash' | 'purpose' | 'provider' | 'status', string]

/** What has to be equal. The first has its index looked up: it is the one that usually leaves the fewest messages. */
function conditionsOf({ phoneHash, purpose, provider, status }: CommunicationFilter): Condition[] {
  const byStatus = ['status', status] as const
  const isUsual = USUAL_STATUSES.has(status)
  const conditions = [
    ['phoneHash', phoneHash] as const,
    ...(isUsual ? [] : [byStatus]),
    ['provider', provider] as const,
    ['purpose', purpose] as const,
    ...(isUsual ? [byStatus] : []),
  ]
  return conditions.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const]))
}

function bounds({ createdAfter, createdBefore, cursor }: CommunicationFilter): (SQL | undefined)[] {
  return [
    createdAfter === undefined ? undefined : gte(communications.id, uuidv7From(createdAfter)),
    createdBefore === undefined ? undefined : lt(communications.id, uuidv7From(createdBefore)),
    cursor === undefined ? undefined : lt(communications.id, requireCursor(cursor)),
  ]
}

function requireCursor(cursor: string): string {
  const id = fromCursor(cursor)
  if (id === undefined) throw refuse('invalid_request', { issues: [{ path: 'cursor', message: 'is not one of this list' }] })
  return id
}
