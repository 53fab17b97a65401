import { sql } from 'drizzle-orm'
import { check, integer, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core'

const TEXTS = ['template_id', 'template_name', 'content', 'status', 'variables', 'locale', 'vendor_templates']
const TEXTS_OR_NULL = ['dlt_id', 'purpose', 'webotp_domain', 'android_app_hash']
const INTEGERS = ['channel_type', 'version', 'created_at']

/** SQLite keeps any value in any column; rows come by hand here, and one odd value must not stop the messages of all others. */
const TYPES = [
  ...TEXTS.map((name) => `typeof(${name}) = 'text'`),
  ...TEXTS_OR_NULL.map((name) => `typeof(${name}) in ('text', 'null')`),
  ...INTEGERS.map((name) => `typeof(${name}) = 'integer'`),
  'version > 0',
].join(' and ')

/**
 * The texts of messages, a row a version. The first seven columns after the id are brief 000's, by name and type, and all
 * others have defaults: its INSERT works as it is printed.
 */
export const communicationTemplates = sqliteTable(
  'communication_template',
  {
    id: integer('id').primaryKey({ autoIncrement: true }),
    templateId: text('template_id').notNull(),
    templateName: text('template_name').notNull(),
    /** 1: SMS, 2: WhatsApp. */
    channelType: integer('channel_type').notNull(),
    content: text('content').notNull(),
    dltId: text('dlt_id'),
    /** `ACTIVE`, `INACTIVE`, or `REPLACED` by a later version. */
    status: text('status').notNull().default('ACTIVE'),
    /** JSON: the names in the text with their types. */
    variables: text('variables').notNull().default('{}'),
    version: integer('version').notNull().default(1),
    /** Null: chosen by its template id only. */
    purpose: text('purpose'),
    locale: text('locale').notNull().default('en'),
    /** JSON: the ids of the same text at vendors, by provider. */
    vendorTemplates: text('vendor_templates').notNull().default('{}'),
    /** The last line for browsers: `@domain #code`. */
    webotpDomain: text('webotp_domain'),
    /** The last line for Android's SMS Retriever: 11 characters. */
    androidAppHash: text('android_app_hash'),
    createdAt: integer('created_at')
      .notNull()
      .default(sql`(unixepoch() * 1000)`),
  },
  (table) => [
    uniqueIndex('communication_template_version').on(table.templateId, table.version),
    check('communication_template_types', sql.raw(TYPES)),
  ],
)
