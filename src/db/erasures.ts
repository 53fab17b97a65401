import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** That a person was erased: when, by whose request and how much, and nothing by which the person could be found. WITHOUT ROWID. */
export const erasures = sqliteTable('erasure', {
  /** UUIDv7. */
  id: text('id').primaryKey(),
  at: integer('at').notNull(),
  surface: text('surface').notNull(),
  requestId: text('request_id').notNull(),
  /** By whom, as far as the caller said. */
  requestedBy: text('requested_by'),
  /** JSON: rows by kind. */
  erased: text('erased', { mode: 'json' }).notNull(),
})

/** How far the search for what is past its time has come, in tables whose keys are not in order of time. */
export const retentionPositions = sqliteTable('retention_position', {
  kind: text('kind').primaryKey(),
  /** JSON: the key that the next search begins behind. */
  position: text('position').notNull(),
})
