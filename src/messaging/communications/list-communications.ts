import { type SQL, and, desc, eq, gte, lt, sql } from 'drizzle-orm'
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
  /** Of the next page; null on the last one. */
  readonly nextCursor: string | null
}

/** Messages end in one of these, unless something goes wrong. */
const USUAL_STATUSES: ReadonlySet<DeliveryStatus | undefined> = new Set(['queued', 'sent', 'delivered', 'read'])

/**
 * The messages that a filter leaves, a page of them. The id is in order of time and ends every index, so a page is a range
 * of one index, read from its end.
 * @throws `invalid_request` for a cursor that is not one, `dependency_unavailable`
 */
export async function listCommunications(db: Database, filter: CommunicationFilter): Promise<CommunicationPage> {
  const read = db
    .select()
    .from(communications)
    .where(and(...equalities(filter), ...bounds(filter)))
    .orderBy(desc(communications.id))
    .limit(filter.limit + 1)
  const rows = await fromDatabase(read.all())
  const page = rows.slice(0, filter.limit)
  const last = page.at(-1)
  return {
    communications: page,
    logs: filter.withLogs ? await readLogs(db, page) : undefined,
    nextCursor: last && rows.length > filter.limit ? toCursor(last.id) : null,
  }
}

async function readLogs(db: Database, page: readonly CommunicationRow[]): Promise<CommunicationLogs> {
  const ids = page.map(({ id }) => id)
  const [attempts, receipts] = selectLogs(db, ids)
  return ids.length === 0 ? new Map() : toLogs(await fromDatabase(db.batch([attempts, receipts])))
}

/**
 * The first is looked up in its index: it is the one that usually leaves the fewest messages. SQLite cannot know that, so a
 * "+" keeps it from the indexes of the others.
 */
function equalities({ phoneHash, purpose, provider, status }: CommunicationFilter): SQL[] {
  const byStatus = [communications.status, status] as const
  const isUsual = USUAL_STATUSES.has(status)
  const [first, ...others] = [
    [communications.phoneHash, phoneHash] as const,
    ...(isUsual ? [] : [byStatus]),
    [communications.provider, provider] as const,
    [communications.purpose, purpose] as const,
    ...(isUsual ? [byStatus] : []),
  ].filter(([, value]) => value !== undefined)
  if (!first) return []
  return [eq(first[0], first[1]!), ...others.map(([column, value]) => sql`+${column} = ${value}`)]
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
