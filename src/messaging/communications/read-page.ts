import { type SQL, and, desc, gte, lt, sql } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { uuidv7From } from '../../audit/uuid-time'
import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { fromCursor, toCursor } from './cursor'
import { fromDatabase } from './from-database'

/** Of rows that meet the condition of an index and have others to meet, so many are looked at for a page: it may be short, and have a next. */
export const LOOKED_AT_FOR_A_PAGE = 2_000

/** Where a page begins and ends. What is left out excludes nothing; times in milliseconds since the epoch. */
export interface PageBounds {
  /** From this moment on. */
  readonly createdAfter?: number | undefined
  /** Not from this moment on. */
  readonly createdBefore?: number | undefined
  /** Of the page before. */
  readonly cursor?: string | undefined
  /** 1 to 100. */
  readonly limit: number
}

/** A table whose ids are UUIDv7: they are in order of time, and end every index. */
type TimedTable = SQLiteTable & { readonly id: SQLiteColumn }

/** Which rows a list is of. */
export interface Wanted<Table extends TimedTable> {
  readonly table: Table
  /** What is looked up in an index, so that a page is all that is read. Undefined: nothing, and the key itself is read. */
  readonly indexed: SQL | undefined
  /** What has to be equal besides: it is looked at row by row. */
  readonly others: readonly Condition[]
}

export type Condition = readonly [column: SQLiteColumn, value: string]

export interface Page<Row> {
  /** Newest first. */
  readonly rows: readonly Row[]
  /** Of the next page; null on the last one. A page before it can have fewer rows than the limit. */
  readonly nextCursor: string | null
}

/**
 * The rows that are wanted, a page of them: a range of one index, read from its end.
 * @throws `invalid_request` for a cursor that is not one, `dependency_unavailable`
 */
export async function readPage<Table extends TimedTable>(
  db: Database,
  wanted: Wanted<Table>,
  bounds: PageBounds,
): Promise<Page<Table['$inferSelect']>> {
  const range = and(wanted.indexed, ...inBounds(wanted.table, bounds))
  const rows = await fromDatabase(selectPage(db, wanted, range, bounds.limit).all())
  const page = rows.slice(0, bounds.limit) as Table['$inferSelect'][]
  const last = rows.length > bounds.limit ? rows[bounds.limit - 1]!['id'] : await lastLookedAt(db, wanted, range)
  return { rows: page, nextCursor: typeof last === 'string' ? toCursor(last) : null }
}

function selectPage(db: Database, { table, others }: Wanted<TimedTable>, isInRange: SQL | undefined, limit: number) {
  const range = db.select().from(table).where(isInRange).orderBy(desc(table.id))
  const lookedAt = (others.length > 0 ? range.limit(LOOKED_AT_FOR_A_PAGE) : range).as('range')
  const isLikeOthers = others.map(([column, value]) => sql`${sql.identifier(column.name)} = ${value}`)
  return db
    .select()
    .from(lookedAt)
    .where(and(...isLikeOthers))
    .limit(limit + 1)
}

/** Where a page that is not full ended because enough was looked at, and not because there is no more; else undefined. */
async function lastLookedAt(db: Database, { table, others }: Wanted<TimedTable>, isInRange: SQL | undefined): Promise<unknown> {
  if (others.length === 0) return undefined
  const read = db
    .select({ id: table.id })
    .from(table)
    .where(isInRange)
    .orderBy(desc(table.id))
    .limit(1)
    .offset(LOOKED_AT_FOR_A_PAGE - 1)
  return (await fromDatabase(read.all()))[0]?.id
}

function inBounds({ id }: TimedTable, { createdAfter, createdBefore, cursor }: PageBounds): (SQL | undefined)[] {
  return [
    createdAfter === undefined ? undefined : gte(id, uuidv7From(createdAfter)),
    createdBefore === undefined ? undefined : lt(id, uuidv7From(createdBefore)),
    cursor === undefined ? undefined : lt(id, requireCursor(cursor)),
  ]
}

function requireCursor(cursor: string): string {
  const id = fromCursor(cursor)
  if (id === undefined) throw refuse('invalid_request', { issues: [{ path: 'cursor', message: 'is not one of this list' }] })
  return id
}
