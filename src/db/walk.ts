import { type SQL, and, eq, sql } from 'drizzle-orm'
import type { SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import type { Database } from './client'
import { retentionPositions } from './erasures'

// Tables that are searched from one end to the other, some rows at a time, by jobs that end in between.

/** The values of a row's key, or of its first columns. Empty: before all rows. */
export type Place = readonly (string | number)[]

/** A table with the columns of its primary key. */
export interface Walked {
  readonly table: SQLiteTable
  readonly key: readonly [SQLiteColumn, ...SQLiteColumn[]]
}

/** Some rows of a table, in the order of its key. */
export interface NextRows {
  /** Which they are; undefined: all. */
  readonly range: SQL | undefined
  /** The last of them; undefined where there are none behind them. */
  readonly last: Place | undefined
}

/**
 * The next rows behind a place: about `limit`, since rows can come and go before the range is used.
 */
export async function nextRows(db: Database, { table, key }: Walked, place: Place, limit: number): Promise<NextRows> {
  const columns = sql.join([...key], sql`, `)
  const valuesOf = (of: Place) =>
    sql.join(
      of.map((value) => sql`${value}`),
      sql`, `,
    )
  const behind = place.length === 0 ? undefined : sql`(${columns}) > (${valuesOf(place)})`
  const [found] = await db
    .select(Object.fromEntries(key.map((column) => [column.name, column])))
    .from(table)
    .where(behind)
    .orderBy(...key)
    .limit(1)
    .offset(limit - 1)
  if (!found) return { range: behind, last: undefined }
  const last = Object.values(found) as Place
  return { range: and(behind, sql`(${columns}) <= (${valuesOf(last)})`), last }
}

/** Where a search came to, from where it goes on. */
export async function readPlace(db: Database, kind: string): Promise<Place> {
  const found = await db
    .select({ position: retentionPositions.position })
    .from(retentionPositions)
    .where(eq(retentionPositions.kind, kind))
    .get()
  return found ? (JSON.parse(found.position) as Place) : []
}

/** Keeps where a search came to, in the batch with what it did there. */
export function keepPlace(db: Database, kind: string, place: Place) {
  const position = JSON.stringify(place)
  return db
    .insert(retentionPositions)
    .values({ kind, position })
    .onConflictDoUpdate({ target: retentionPositions.kind, set: { position } })
}
