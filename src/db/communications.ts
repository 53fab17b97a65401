import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/**
 * One message to a person. WITHOUT ROWID (set in the migration); the id is a UUIDv7, so the key is in order of time and
 * each index below ends with it: every list is a range of one of them.
 */
export const communications = sqliteTable(
  'communication',
  {
    id: text('id').primaryKey(),
    /** The verification that it was sent for; empty for a message that has no code. */
    verificationId: text('verification_id').notNull(),
    surface: text('surface').notNull(),
    channel: text('channel').notNull(),
    purpose: text('purpose').notNull(),
    phoneHash: text('phone_hash').notNull(),
    phoneMasked: text('phone_masked').notNull(),
    country: text('country').notNull(),
    /** Null: the built-in text. */
    templateId: text('template_id'),
    templateVersion: integer('template_version'),
    /** Who carries it, or may; null until a provider was tried, and where all refused. */
    provider: text('provider'),
    providerMessageId: text('provider_message_id'),
    status: text('status').notNull(),
    statusRank: integer('status_rank').notNull(),
    statusAt: integer('status_at').notNull(),
    /** The first failure's. */
    reason: text('reason'),
    providerCode: text('provider_code'),
    segments: integer('segments'),
    costMicros: integer('cost_micros'),
    currency: text('currency'),
    /** Its code was typed and right. */
    verified: integer('verified', { mode: 'boolean' }).notNull(),
    createdAt: integer('created_at').notNull(),
    /** The lead that it tells of; null for all others. */
    leadId: text('lead_id'),
    /** Whose it is (`access/principal.ts`); empty: nobody's. */
    owner: text('owner').notNull().default(''),
  },
  (table) => [
    index('communication_by_phone').on(table.phoneHash),
    index('communication_by_provider').on(table.provider),
    index('communication_by_purpose').on(table.purpose),
    index('communication_by_status').on(table.status),
    index('communication_by_provider_message').on(table.providerMessageId),
  ],
)

/** Each attempt to hand a message to a provider. WITHOUT ROWID. */
export const communicationLog = sqliteTable(
  'communication_log',
  {
    communicationId: text('communication_id').notNull(),
    /** From 1. */
    attempt: integer('attempt').notNull(),
    at: integer('at').notNull(),
    provider: text('provider').notNull(),
    channel: text('channel').notNull(),
    outcome: text('outcome').notNull(),
    reason: text('reason'),
    providerCode: text('provider_code'),
    httpStatus: integer('http_status'),
    durationMs: integer('duration_ms').notNull(),
  },
  (table) => [primaryKey({ columns: [table.communicationId, table.attempt] })],
)

/**
 * What vendors reported, by their own ids, since a receipt may be here before its communication. The key makes a report
 * that comes again a no-op. WITHOUT ROWID.
 */
export const communicationReceipts = sqliteTable(
  'communication_receipt',
  {
    provider: text('provider').notNull(),
    providerMessageId: text('provider_message_id').notNull(),
    status: text('status').notNull(),
    statusRank: integer('status_rank').notNull(),
    /** By the vendor's clock, where it says. */
    at: integer('at'),
    receivedAt: integer('received_at').notNull(),
    reason: text('reason'),
    providerCode: text('provider_code'),
  },
  (table) => [primaryKey({ columns: [table.provider, table.providerMessageId, table.status] })],
)
