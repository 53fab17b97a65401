import { sql } from 'drizzle-orm'
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/**
 * One application for a loan, from the moment that it was asked for. Who it is of stands in it encrypted only
 * (`leads/personal.ts`). WITHOUT ROWID (set in the migration); the id is a UUIDv7, so the key is in order of time.
 */
export const leads = sqliteTable(
  'lead',
  {
    id: text('id').primaryKey(),
    /** Counts up with every change: one that was decided over another version is not made. */
    version: integer('version').notNull(),
    surface: text('surface').notNull(),
    requestId: text('request_id').notNull(),
    /** The name of the number's gate (keyed hash), by which a person's leads are found. */
    phoneHash: text('phone_hash').notNull(),
    phoneMasked: text('phone_masked').notNull(),
    country: text('country').notNull(),
    /** JSON of the personal data, encrypted for this row. */
    personalSealed: text('personal_sealed').notNull(),
    /** Which key it was sealed with. */
    personalKeyId: text('personal_key_id').notNull(),
    loanType: text('loan_type').notNull(),
    /** Whole units of the currency, as the lender takes them. */
    loanAmount: integer('loan_amount').notNull(),
    loanTenureYears: integer('loan_tenure_years').notNull(),
    /** Keyed hash of all that was asked for: the same again is this lead. Null once it may be asked for anew. */
    requestHash: text('request_hash'),
    /** `waiting`, `submitted`, `refused` or `given_up`. */
    submission: text('submission').notNull(),
    /** The id that we gave the application at the lender: the same in every attempt. */
    lenderRequestId: text('lender_request_id').notNull(),
    attempts: integer('attempts').notNull(),
    /** An attempt was begun, and it is not known what came of it: the lender is asked before the next one. */
    inDoubt: integer('in_doubt', { mode: 'boolean' }).notNull(),
    /** When the next attempt may begin; while one is under way, when it is taken for dead. Null: there is none. */
    nextAttemptAt: integer('next_attempt_at'),
    /** When it was first tried, which is when the time began after which it is given up. */
    waitingSince: integer('waiting_since').notNull(),
    /** Why the last attempt came to nothing. */
    failure: text('failure'),
    /** The lender's own id of it. */
    applicationId: text('application_id'),
    customerId: text('customer_id'),
    relationId: text('relation_id'),
    /** In the lender's words; null before it has one. */
    status: text('status'),
    /** When we learned of that status. */
    statusAt: integer('status_at'),
    /** JSON: the lender's answer, without personal data. */
    lenderResponse: text('lender_response', { mode: 'json' }),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    /** Whose it is (`access/principal.ts`); empty: nobody's. */
    owner: text('owner').notNull().default(''),
  },
  (table) => [
    uniqueIndex('lead_by_request')
      .on(table.requestHash)
      .where(sql`${table.requestHash} is not null`),
    index('lead_by_phone').on(table.phoneHash),
    index('lead_by_application')
      .on(table.applicationId)
      .where(sql`${table.applicationId} is not null`),
    // As small as the number of leads that the lender does not have.
    index('lead_unsubmitted')
      .on(table.submission, table.nextAttemptAt)
      .where(sql`${table.submission} <> 'submitted'`),
  ],
)

/** What happened to a lead after it was asked for, only ever inserted: a row for each change of its state. WITHOUT ROWID. */
export const leadEvents = sqliteTable(
  'lead_event',
  {
    leadId: text('lead_id').notNull(),
    /** The version of the lead that it made. */
    version: integer('version').notNull(),
    at: integer('at').notNull(),
    kind: text('kind').notNull(),
    /** Where it came from, in which request. */
    surface: text('surface').notNull(),
    requestId: text('request_id').notNull(),
    detail: text('detail', { mode: 'json' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.leadId, table.version] })],
)

/**
 * What customers are still to be told; a row goes when its message went, or will not. So the table stays as small as the
 * number of messages that are under way. WITHOUT ROWID.
 */
export const leadNotices = sqliteTable(
  'lead_notice',
  {
    leadId: text('lead_id').notNull(),
    /** The version of the lead that it tells of. */
    version: integer('version').notNull(),
    /** `lead_created` or `lead_status`. */
    kind: text('kind').notNull(),
    /** What it tells, where that is a status. */
    status: text('status'),
    /** UUIDv7 of the message. */
    communicationId: text('communication_id').notNull(),
    surface: text('surface').notNull(),
    /** Is somebody sending it? Then it is never sent again: nobody is told twice. */
    isSending: integer('is_sending', { mode: 'boolean' }).notNull(),
    /** When it may be sent; while somebody does, when that one is taken for dead. */
    dueAt: integer('due_at').notNull(),
    attempts: integer('attempts').notNull(),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.leadId, table.version] })],
)
