import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * What happened, in order, a row an event; only ever inserted. WITHOUT ROWID (set in the migration) and without a further
 * index: the story of a verification is one range of the primary key, and an event costs exactly one row written.
 */
export const auditEvents = sqliteTable(
  'audit_events',
  {
    verificationId: text('verification_id').notNull(),
    seq: integer('seq').notNull(),
    at: integer('at').notNull(),
    kind: text('kind').notNull(),
    surface: text('surface').notNull(),
    requestId: text('request_id').notNull(),
    detail: text('detail', { mode: 'json' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.verificationId, table.seq] })],
)
