import { eq } from 'drizzle-orm'
import type { CommunicationRow } from '../../audit/communications-of'
import { type DeliveryStatus } from '../../audit/delivery-status'
import type { Database } from '../../db/client'
import { communications } from '../../db/schema'
import { fromDatabase } from './from-database'
import { type CommunicationLogs, selectLogs, toLogs } from './read-logs'
import { type Condition, type PageBounds, readPage } from './read-page'

/** What is left out excludes nothing. */
export interface CommunicationFilter extends PageBounds {
  readonly phoneHash?: string | undefined
  readonly purpose?: string | undefined
  readonly provider?: string | undefined
  readonly status?: DeliveryStatus | undefined
  /** Whose they are. */
  readonly owner?: string | undefined
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

/** Messages end in one of these, unless something goes wrong. */
const USUAL_STATUSES: ReadonlySet<DeliveryStatus | undefined> = new Set(['queued', 'sent', 'delivered', 'read'])

/**
 * The messages that a filter leaves, a page of them. One condition is looked up in an index, the others message by message.
 * @throws `invalid_request` for a cursor that is not one, `dependency_unavailable`
 */
export async function listCommunications(db: Database, filter: CommunicationFilter): Promise<CommunicationPage> {
  const [first, ...rest] = conditionsOf(filter)
  const indexed = first && eq(...first)
  const others = filter.owner === undefined ? rest : [...rest, [communications.owner, filter.owner] as const]
  const { rows, nextCursor } = await readPage(db, { table: communications, indexed, others }, filter)
  return { communications: rows, logs: filter.withLogs ? await readLogs(db, rows) : undefined, nextCursor }
}

async function readLogs(db: Database, page: readonly CommunicationRow[]): Promise<CommunicationLogs> {
  const ids = page.map(({ id }) => id)
  const [attempts, receipts] = selectLogs(db, ids)
  return ids.length === 0 ? new Map() : toLogs(await fromDatabase(db.batch([attempts, receipts])))
}

/** What has to be equal. The first has its index looked up: it is the one that usually leaves the fewest messages. */
function conditionsOf({ phoneHash, purpose, provider, status }: CommunicationFilter): Condition[] {
  const byStatus = [communications.status, status] as const
  const isUsual = USUAL_STATUSES.has(status)
  const conditions = [
    [communications.phoneHash, phoneHash] as const,
    ...(isUsual ? [] : [byStatus]),
    [communications.provider, provider] as const,
    [communications.purpose, purpose] as const,
    ...(isUsual ? [byStatus] : []),
  ]
  return conditions.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const]))
}
