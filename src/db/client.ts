import { type DrizzleD1Database, drizzle } from 'drizzle-orm/d1'

export type Database = DrizzleD1Database

/** The typed client of the D1 binding. */
export function createDatabase(binding: D1Database): Database {
  return drizzle(binding)
}
