import { sql } from 'drizzle-orm'
import { integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** The keys of callers. What they send is kept as a hash only; the id stays when a key is rotated. */
export const apiKeys = sqliteTable(
  'api_key',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** `secret` for servers, `publishable` for pages. */
    kind: text('kind').notNull(),
    /** SHA-256 of the key, base64url. */
    hash: text('hash').notNull(),
    /** Its last characters, by which people know it. */
    hint: text('hint').notNull(),
    /** The key before the rotation, which works on until then. */
    previousHash: text('previous_hash'),
    previousUntil: integer('previous_until'),
    /** JSON: names. */
    scopes: text('scopes', { mode: 'json' }).notNull(),
    /** JSON: names; null: every purpose. */
    purposes: text('purposes', { mode: 'json' }),
    /** JSON: origins of pages; null for a secret key. */
    origins: text('origins', { mode: 'json' }),
    createdAt: integer('created_at').notNull(),
    rotatedAt: integer('rotated_at'),
    /** Null: never. */
    expiresAt: integer('expires_at'),
    revokedAt: integer('revoked_at'),
  },
  (table) => [
    uniqueIndex('api_key_by_hash').on(table.hash),
    uniqueIndex('api_key_by_previous_hash')
      .on(table.previousHash)
      .where(sql`${table.previousHash} is not null`),
  ],
)
