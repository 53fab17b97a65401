import { type SQL, type Table, getTableColumns, sql } from 'drizzle-orm'
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core'

/**
 * Rows to insert as one parameter, since D1 takes only 100 in a statement: a select that gives the columns of the table in
 * their order.
 */
export function selectRows<Of extends Table>(table: Of, rows: readonly Of['$inferSelect'][]): SQL {
  const fields = Object.keys(getTableColumns(table)).map((name) => sql.raw(`value ->> '${name}'`))
  // Without the "where", SQLite takes the "on conflict" that follows for a join.
  return sql`select ${sql.join(fields, sql`, `)} from json_each(${JSON.stringify(rows)}) where true`
}

/** One parameter, however many they are: D1 takes a hundred in a statement. */
export function isOneOf(column: SQLiteColumn, ids: readonly string[]): SQL {
  return sql`${column} in (select value from json_each(${JSON.stringify(ids)}))`
}
