import { getTableColumns, getTableName, is, SQL } from 'drizzle-orm'
import { SQLiteSyncDialect, SQLiteTable, getTableConfig } from 'drizzle-orm/sqlite-core'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { writeAudit } from '../../src/audit/write-audit'
import * as schema from '../../src/db/schema'
import { aRecord, anEvent, rowsWritten, watchedDatabase } from '../support/audit'
import { destructiveStatements } from '../support/destructive-statements'

const migrations = import.meta.glob<string>('../../migrations/*.sql', { query: '?raw', import: 'default', eager: true })

/** Destructive statements that were looked at and are wanted, as `file: statement`. */
const ALLOWED: readonly string[] = []

/** Tables that do not grow with the traffic: a rowid costs nothing there. */
const SMALL_TABLES: readonly string[] = [
  'api_key',
  'communication_template',
  'payment_mode',
  'repayment_status',
  'retention_position',
]

const tables = Object.values(schema).filter((value) => is(value, SQLiteTable))

/** As SQLite tells it: quoted texts, and expressions without the brackets around them. */
function defaultOf(value: unknown): string | null {
  if (value === undefined) return null
  if (is(value, SQL)) return dialect.sqlToQuery(value).sql.replace(/^\((.*)\)$/, '$1')
  return typeof value === 'string' ? `'${value}'` : JSON.stringify(value)
}
const dialect = new SQLiteSyncDialect()

interface MasterRow {
  readonly name: string
  readonly sql: string
}

const realTables = async () => {
  const { results } = await env.DB.prepare(
    `SELECT name, sql FROM sqlite_master WHERE type = 'table'
     AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name <> 'd1_migrations'`,
  ).all<MasterRow>()
  return results
}

describe('the migrations', () => {
  it('are there, numbered without gaps', () => {
    const names = Object.keys(migrations).map((path) => path.replace(/^.*\//, ''))
    expect(names.length).toBeGreaterThan(0)
    for (const [index, name] of names.toSorted().entries()) {
      expect(name).toMatch(new RegExp(`^${String(index).padStart(4, '0')}_\\w+\\.sql$`))
    }
  })

  it('destroy nothing that is not on the list', () => {
    const found = Object.entries(migrations).flatMap(([path, sql]) =>
      destructiveStatements(sql).map((statement) => `${path.replace(/^.*\//, '')}: ${statement}`),
    )
    expect(found.filter((statement) => !ALLOWED.includes(statement))).toEqual([])
    expect(ALLOWED.filter((statement) => !found.includes(statement))).toEqual([])
  })

  it.each([
    'DROP TABLE `verifications`;',
    'drop table if exists verifications',
    'ALTER TABLE `verifications` DROP COLUMN `guesses`;',
    'ALTER TABLE verifications\n  DROP guesses;',
    'CREATE TABLE `__new_verifications` (`id` text);',
    'INSERT INTO `__new_verifications` SELECT * FROM verifications;',
    'ALTER TABLE `verifications` RENAME TO `old`;',
    'DELETE FROM verifications;',
    'UPDATE verifications SET status = 1;',
    'REPLACE INTO verifications VALUES (1);',
    'PRAGMA foreign_keys=OFF;',
    'CREATE TABLE a (b text REFERENCES c(d) ON DELETE CASCADE);',
    'CREATE TABLE a (b text REFERENCES c(d) on update no action on  delete\n set null);',
    'CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;',
  ])('would be seen to destroy: %s', (statement) => {
    expect(destructiveStatements(`CREATE TABLE x (y text);\n--> statement-breakpoint\n${statement}`)).toHaveLength(1)
  })

  it.each([
    'ALTER TABLE `verifications` ADD `note` text;',
    'CREATE INDEX a ON b (c);',
    'DROP INDEX `verifications_pending`;',
    'CREATE TABLE a (b text REFERENCES c(d) ON UPDATE no action ON DELETE no action);',
    '-- this once said DROP TABLE x\nCREATE TABLE dropped_tables (y text);',
    "CREATE INDEX a ON b (c) WHERE status = 'DELETE FROM';",
  ])('would not be blamed for: %s', (statement) => {
    expect(destructiveStatements(statement)).toEqual([])
  })
})

describe('the database', () => {
  it('has the tables of the schema and no other', async () => {
    const names = (await realTables()).map(({ name }) => name)
    expect(names.toSorted()).toEqual(tables.map((table) => getTableName(table)).toSorted())
  })

  it('keeps every table that grows WITHOUT ROWID', async () => {
    for (const { name, sql } of await realTables()) {
      if (!SMALL_TABLES.includes(name)) expect(sql, name).toMatch(/\)\s*WITHOUT ROWID\s*$/i)
    }
  })

  it('deletes and empties nothing by itself', async () => {
    for (const { name } of await realTables()) {
      const { results } = await env.DB.prepare(`PRAGMA foreign_key_list(${name})`).all<{ on_delete: string }>()
      for (const { on_delete } of results) expect(on_delete, name).toMatch(/^(NO ACTION|RESTRICT)$/)
    }
    const triggers = await env.DB.prepare(`SELECT name FROM sqlite_master WHERE type = 'trigger'`).all()
    expect(triggers.results).toEqual([])
  })

  it.each(tables.map((table) => [getTableName(table), table] as const))(
    'has the columns of the schema: %s',
    async (name, table) => {
      const { results } = await env.DB.prepare(`PRAGMA table_info(${name})`).all()
      const { primaryKeys } = getTableConfig(table)
      const composite = primaryKeys.flatMap(({ columns }) => columns.map((column) => column.name))
      expect(results).toEqual(
        Object.values(getTableColumns(table)).map((column, cid) => ({
          cid,
          name: column.name,
          type: column.getSQLType().toUpperCase(),
          notnull: column.notNull ? 1 : 0,
          dflt_value: defaultOf(column.default),
          pk: column.primary ? 1 : composite.indexOf(column.name) + 1,
        })),
      )
    },
  )

  it.each(tables.map((table) => [getTableName(table), table] as const))(
    'has the indexes of the schema: %s',
    async (name, table) => {
      const { results } = await env.DB.prepare(`PRAGMA index_list(${name})`).all<{ name: string; origin: string }>()
      const made = results.filter(({ origin }) => origin === 'c').map((index) => index.name)
      expect(made.toSorted()).toEqual(
        getTableConfig(table)
          .indexes.map(({ config }) => config.name)
          .toSorted(),
      )
    },
  )
})

describe('rows written, which is what D1 is paid by', () => {
  const cost = async (batch: Parameters<typeof writeAudit>[1]) => {
    const { db, done } = watchedDatabase()
    await writeAudit(db, batch)
    return rowsWritten(done)
  }

  it('an event is 1', async () => {
    expect(await cost({ events: [anEvent()], records: [] })).toBe(1)
  })

  it('a pending verification is 2, its approval 1, and telling it again 0', async () => {
    const pending = aRecord()
    const approved = { ...pending, version: 2, status: 'approved', completedAt: 1 } as const
    expect(await cost({ events: [], records: [pending] })).toBe(2)
    expect(await cost({ events: [], records: [pending] })).toBe(0)
    expect(await cost({ events: [], records: [approved] })).toBe(1)
    expect(await cost({ events: [], records: [approved] })).toBe(0)
  })

  it('a verification that was approved before it was first carried is 1', async () => {
    expect(await cost({ events: [], records: [aRecord({ status: 'approved' })] })).toBe(1)
  })

  it('a verification that is about something is 1 more, once', async () => {
    const pending = aRecord({ subject: 'repayment:1/2' })
    const approved = { ...pending, version: 2, status: 'approved', completedAt: 1, intent: { amount: 1 } } as const
    expect(await cost({ events: [], records: [pending] })).toBe(3)
    expect(await cost({ events: [], records: [approved] })).toBe(1)
  })

  it('a resend, which moves the pending one in its index, is 2', async () => {
    const pending = aRecord()
    await cost({ events: [], records: [pending] })
    expect(await cost({ events: [], records: [{ ...pending, version: 2, expiresAt: pending.expiresAt + 60_000 }] })).toBe(2)
  })
})
