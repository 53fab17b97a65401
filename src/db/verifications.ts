import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * One row a verification, kept after the code is gone (DESIGN 9.3). WITHOUT ROWID (set in the migration, which drizzle
 * cannot say): a text key on a rowid table costs one more row written. The one index is partial, so that it stays as small
 * as the number of people who are typing a code right now.
 */
export const verifications = sqliteTable(
  'verifications',
  {
    id: text('id').primaryKey(),
    version: integer('version').notNull(),
    phoneHash: text('phone_hash').notNull(),
    phoneMasked: text('phone_masked').notNull(),
    country: text('country').notNull(),
    purpose: text('purpose').notNull(),
    bindingHash: text('binding_hash'),
    surface: text('surface').notNull(),
    channel: text('channel').notNull(),
    status: text('status').notNull(),
    isUsed: integer('is_used', { mode: 'boolean' }).notNull(),
    sends: integer('sends').notNull(),
    guesses: integer('guesses').notNull(),
    createdAt: integer('created_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
    completedAt: integer('completed_at'),
  },
  (table) => [
    index('verifications_pending')
      .on(table.expiresAt)
      .where(sql`${table.status} = 'pending'`),
  ],
)
