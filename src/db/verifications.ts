import { sql } from 'drizzle-orm'
import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * One row a verification, kept after the code is gone (DESIGN 9.3). WITHOUT ROWID (set in the migration, which drizzle
 * cannot say): a text key on a rowid table costs one more row written. Both indexes are partial: the one stays as small as
 * the number of people who are typing a code right now, the other has only what is about something.
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
    /** What it is about, such as a repayment: `repayment:123/456`. Null: nothing that has a story of its own. */
    subject: text('subject'),
    /** JSON: what its code confirms, or has confirmed. */
    intent: text('intent', { mode: 'json' }),
    /** Whose it is (`access/principal.ts`); empty: nobody's. */
    owner: text('owner').notNull().default(''),
  },
  (table) => [
    index('verifications_pending')
      .on(table.expiresAt)
      .where(sql`${table.status} = 'pending'`),
    index('verifications_by_subject')
      .on(table.subject, table.createdAt)
      .where(sql`${table.subject} is not null`),
  ],
)
