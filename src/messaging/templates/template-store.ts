import { and, desc, eq, inArray, lt, ne, sql } from 'drizzle-orm'
import { DEPENDENCY_TIMEOUT_MS } from '../../config/limits'
import { refuse } from '../../core/app-error'
import type { Clock } from '../../core/clock'
import { type Log, errorName } from '../../core/log'
import { withTimeout } from '../../core/with-timeout'
import type { Database } from '../../db/client'
import { communicationTemplates as table } from '../../db/schema'
import type { Channel } from '../message'
import type { TemplateDraft } from './draft'
import { CHANNEL_TYPES, type StoredTemplate, type TemplateRow, toColumns, toStored } from './stored-template'

/** Which templates to list; absent: whichever. */
export interface TemplateFilter {
  readonly channel?: Channel | undefined
  readonly purpose?: string | undefined
  readonly locale?: string | undefined
  /** Only those with a smaller row id: where the page before ended. */
  readonly before?: number | undefined
  readonly limit: number
}

/**
 * The templates in D1. A change is a new version; a version is never changed, but for its status, and never deleted. Drafts
 * have been checked before (`check-template.ts`). All methods throw `dependency_unavailable` where D1 does not answer.
 */
export interface TemplateStore {
  /** @throws `template_exists` */
  create(templateId: string, draft: TemplateDraft): Promise<StoredTemplate>
  /**
   * Puts a new version in force, also of a template that was retired. Of several at once each becomes one, in some order.
   * @throws `template_not_found`
   */
  replace(templateId: string, draft: TemplateDraft): Promise<StoredTemplate>
  /**
   * Takes a template out of force. Once more is no error.
   * @throws `template_not_found`
   */
  retire(templateId: string): Promise<void>
  /**
   * All versions of a template, the newest first.
   * @throws `template_not_found`
   */
  versions(templateId: string): Promise<readonly [StoredTemplate, ...StoredTemplate[]]>
  /** The templates in force, the newest first; `next` is the `before` of the next page, where there is one. */
  list(filter: TemplateFilter): Promise<{ readonly templates: readonly StoredTemplate[]; readonly next: number | undefined }>
}

interface StoreDeps {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
}

export function createTemplateStore({ db, clock, log }: StoreDeps): TemplateStore {
  const ask = <T>(work: PromiseLike<T>) => askDatabase(work, log)
  const rowsOf = (templateId: string) =>
    db
      .select()
      .from(table)
      .where(and(eq(table.templateId, templateId), isOurChannel()))
      .orderBy(desc(table.version))
  /** Once known is known for ever: nothing is deleted. */
  const isKnown = async (templateId: string) =>
    (await ask(db.select({ id: table.id }).from(table).where(eq(table.templateId, templateId)).limit(1))).length > 0

  return {
    async versions(templateId) {
      const [newest, ...older] = storedIn(await ask(rowsOf(templateId)))
      if (!newest) throw refuse('template_not_found', {})
      return [newest, ...older]
    },
    async create(templateId, draft) {
      const taken = await isKnown(templateId)
      const row = { templateId, ...toColumns(draft), version: 1, createdAt: clock() }
      // Of two that are created at once, the index on id and version lets one in.
      const [created] = taken ? [] : storedIn(await ask(db.insert(table).values(row).onConflictDoNothing().returning()))
      if (!created) throw refuse('template_exists', {})
      return created
    },
    async replace(templateId, draft) {
      if (!(await isKnown(templateId))) throw refuse('template_not_found', {})
      const next = sql<number>`(select max(version) + 1 from ${table} where template_id = ${templateId})`
      const row = { templateId, ...toColumns(draft), version: next, createdAt: clock() }
      // One transaction, which numbers as it writes: nobody can come between.
      const [rows] = await ask(
        db.batch([
          db.insert(table).values(row).returning(),
          db
            .update(table)
            .set({ status: 'REPLACED' })
            .where(and(eq(table.templateId, templateId), ne(table.status, 'REPLACED'), isNotNewest(templateId))),
        ]),
      )
      return storedIn(rows)[0]!
    },
    async retire(templateId) {
      if (!(await isKnown(templateId))) throw refuse('template_not_found', {})
      await ask(
        db
          .update(table)
          .set({ status: 'INACTIVE' })
          .where(and(eq(table.templateId, templateId), eq(table.status, 'ACTIVE'))),
      )
    },
    async list({ channel, purpose, locale, before, limit }) {
      const conditions = and(
        inForce(),
        channel && eq(table.channelType, CHANNEL_TYPES[channel]),
        purpose === undefined ? undefined : eq(sql`lower(${table.purpose})`, purpose.toLowerCase()),
        locale === undefined ? undefined : eq(sql`lower(${table.locale})`, locale.toLowerCase()),
        before === undefined ? undefined : lt(table.id, before),
      )
      const rows = db.select().from(table).where(conditions).orderBy(desc(table.id))
      const templates = storedIn(await ask(rows.limit(limit + 1)))
      const page = templates.slice(0, limit)
      return { templates: page, next: templates.length > limit ? page.at(-1)!.id : undefined }
    },
  }
}

/** Everything that may be in force, by row id, the newest first. */
export async function readActiveRows(db: Database): Promise<TemplateRow[]> {
  return db.select().from(table).where(eq(table.status, 'ACTIVE')).orderBy(desc(table.id))
}

/** The channel that a row by plain SQL names can be none of ours. */
function isOurChannel() {
  return inArray(table.channelType, Object.values(CHANNEL_TYPES))
}

function isNotNewest(templateId: string) {
  return sql`${table.version} < (select max(version) from ${table} where template_id = ${templateId})`
}

/** Plain SQL can leave two versions active: the later one counts. */
function inForce() {
  return and(
    eq(table.status, 'ACTIVE'),
    isOurChannel(),
    sql`not exists (select 1 from ${table} as later where later.template_id = ${table.templateId}
      and later.version > ${table.version} and later.status = 'ACTIVE')`,
  )
}

function storedIn(rows: readonly TemplateRow[]): StoredTemplate[] {
  return rows.flatMap((row) => toStored(row) ?? [])
}

async function askDatabase<T>(work: PromiseLike<T>, log: Log): Promise<T> {
  try {
    return await withTimeout(Promise.resolve(work), DEPENDENCY_TIMEOUT_MS)
  } catch (error) {
    log('error', 'templates.database_failed', { dependency: 'd1', error_name: errorName(error) })
    throw refuse('dependency_unavailable', { dependency: 'd1' }, error)
  }
}
