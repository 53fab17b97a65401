import { type SQL, sql } from 'drizzle-orm'
import type { RunnableQuery } from 'drizzle-orm/runnable-query'
import type { SQLiteTable } from 'drizzle-orm/sqlite-core'

/** A statement that takes something away, for a batch. It is told how many rows that were. */
export type Taking = RunnableQuery<D1Result, 'sqlite'>

/** How the rows of one kind that tell of a person are erased. */
export interface Erasing {
  /** How many they are, as a value in a statement that comes before the others. */
  readonly count: SQL
  /** In their order, in one transaction. */
  readonly statements: readonly Taking[]
}

/** The number of rows that meet a condition, as a value in a statement. */
export function countOf(table: SQLiteTable, condition: SQL | undefined): SQL {
  return sql`(select count(*) from ${table} where ${condition})`
}
