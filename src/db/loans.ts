import { sql } from 'drizzle-orm'
import { check, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

/** One loan. Amounts of its repayments are in the minor unit of its currency. WITHOUT ROWID. */
export const loans = sqliteTable('loan', {
  /** The lender's own. */
  id: text('id').primaryKey(),
  /** ISO 4217. */
  currency: text('currency').notNull(),
  /** Who is paid, as messages call them. */
  payee: text('payee').notNull(),
  createdAt: integer('created_at').notNull(),
})

/** Who can confirm for a loan. WITHOUT ROWID. */
export const loanContacts = sqliteTable(
  'loan_contact',
  {
    loanId: text('loan_id').notNull(),
    /** `applicant` or `co_applicant`. */
    contactType: text('contact_type').notNull(),
    /** The name of the number's gate (keyed hash). All four are null for a contact without a number. */
    phoneHash: text('phone_hash'),
    phoneMasked: text('phone_masked'),
    /** The number, encrypted for this row (`core/seal.ts`). */
    phoneSealed: text('phone_sealed'),
    country: text('country'),
    /** Counts up with every change. */
    version: integer('version').notNull().default(1),
    createdAt: integer('created_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.loanId, table.contactType] })],
)

/**
 * Every change of a contact after the loan was created, only ever inserted: who changes a number just before a code is sent
 * to it is what an auditor looks for. WITHOUT ROWID.
 */
export const loanContactChanges = sqliteTable(
  'loan_contact_change',
  {
    loanId: text('loan_id').notNull(),
    contactType: text('contact_type').notNull(),
    /** The version of the contact that it made. */
    version: integer('version').notNull(),
    at: integer('at').notNull(),
    /** Null: there was no number before, or there is none after. */
    fromPhoneHash: text('from_phone_hash'),
    fromPhoneMasked: text('from_phone_masked'),
    toPhoneHash: text('to_phone_hash'),
    toPhoneMasked: text('to_phone_masked'),
    surface: text('surface').notNull(),
    requestId: text('request_id').notNull(),
    requestedBy: text('requested_by'),
  },
  (table) => [primaryKey({ columns: [table.loanId, table.contactType, table.version] })],
)

/** What is due, and what came in. Its key is the loan's, too: lenders may number from 1 in each. WITHOUT ROWID. */
export const repayments = sqliteTable(
  'repayment',
  {
    loanId: text('loan_id').notNull(),
    id: text('id').notNull(),
    /** Of `repayment_status`. */
    statusId: integer('status_id').notNull(),
    /** Minor units, as below. */
    amountDue: integer('amount_due').notNull(),
    amountCollected: integer('amount_collected').notNull().default(0),
    /** Of `payment_mode`; null until something was collected. */
    paymentModeId: integer('payment_mode_id'),
    /** `2026-12-05`. */
    dueOn: text('due_on'),
    /** Counts up with every change: one that was decided over another version is not made. */
    version: integer('version').notNull().default(1),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.loanId, table.id] }),
    check(
      'repayment_amounts',
      sql.raw(
        `typeof(amount_due) = 'integer' and typeof(amount_collected) = 'integer' and amount_due > 0 and amount_collected between 0 and amount_due`,
      ),
    ),
  ],
)

/** Every change of a repayment, only ever inserted. WITHOUT ROWID. */
export const repaymentChanges = sqliteTable(
  'repayment_change',
  {
    loanId: text('loan_id').notNull(),
    repaymentId: text('repayment_id').notNull(),
    /** The version of the repayment that it made. */
    version: integer('version').notNull(),
    at: integer('at').notNull(),
    fromStatusId: integer('from_status_id').notNull(),
    toStatusId: integer('to_status_id').notNull(),
    /** Collected by this change, in minor units. */
    amount: integer('amount').notNull(),
    /** Collected in all, after it. */
    amountCollected: integer('amount_collected').notNull(),
    paymentModeId: integer('payment_mode_id').notNull(),
    /** Whose code confirmed it. */
    contactType: text('contact_type').notNull(),
    verificationId: text('verification_id').notNull(),
    /** The message that had the code; null where that is not known. */
    communicationId: text('communication_id'),
    /** Where it was asked for, in which request, and by whom as far as the caller said. */
    surface: text('surface').notNull(),
    requestId: text('request_id').notNull(),
    requestedBy: text('requested_by'),
  },
  (table) => [
    primaryKey({ columns: [table.loanId, table.repaymentId, table.version] }),
    check('repayment_change_amounts', sql.raw(`typeof(amount) = 'integer' and typeof(amount_collected) = 'integer'`)),
  ],
)

/** What a repayment can be. Operators may number and name them as their clients do; `kind` is what we go by. */
export const repaymentStatuses = sqliteTable(
  'repayment_status',
  {
    id: integer('id').primaryKey(),
    /** For programs: `paid`. */
    code: text('code').notNull(),
    /** For people: `Paid`. */
    name: text('name').notNull(),
    /** `open`: nothing collected yet; `partial`: some of what is due; `paid`: all of it. */
    kind: text('kind').notNull(),
  },
  (table) => [
    uniqueIndex('repayment_status_code_unique').on(table.code),
    check('repayment_status_kind', sql.raw(`kind in ('open', 'partial', 'paid')`)),
  ],
)

/** How money comes in. Operators may add to them. */
export const paymentModes = sqliteTable(
  'payment_mode',
  {
    id: integer('id').primaryKey(),
    code: text('code').notNull(),
    name: text('name').notNull(),
  },
  (table) => [uniqueIndex('payment_mode_code_unique').on(table.code)],
)
