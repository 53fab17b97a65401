import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * What the rules against abuse have decided: a row for each time that a rule struck, which counts the requests that it
 * refused, or would have. WITHOUT ROWID; the id is a UUIDv7, so the key is in order of time.
 */
export const limitDecisions = sqliteTable('limit_decision', {
  id: text('id').primaryKey(),
  /** `key`, `address`, `prefix`, `country`, `guess` or `spend`. */
  rule: text('rule').notNull(),
  /** `enforce` refused, `observe` did not. */
  mode: text('mode').notNull(),
  /** What the rule counts by: the id of a key, a keyed hash of an address, a prefix without its last digits, a country. */
  subject: text('subject').notNull(),
  firstAt: integer('first_at').notNull(),
  lastAt: integer('last_at').notNull(),
  /** Requests that it met. */
  count: integer('count').notNull(),
  /** The first of them. */
  requestId: text('request_id').notNull(),
  /** Until when it strikes: it is over then by itself. */
  until: integer('until').notNull(),
  /** When the operator lifted it. */
  liftedAt: integer('lifted_at'),
})
