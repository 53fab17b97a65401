import { env } from 'cloudflare:workers'
import type { AuditEvent, VerificationRecord } from '../../src/audit/event'
import { createDatabase } from '../../src/db/client'
import { T0 } from './pure-gate'

let ids = 0

/** An id that no other test of the file has used. */
export const uniqueId = () => `ver_${String(++ids).padStart(6, '0')}`

export const anEvent = (changes: Partial<AuditEvent> = {}): AuditEvent => ({
  verificationId: uniqueId(),
  seq: 0,
  at: T0,
  kind: 'send.reserved',
  surface: 'v1',
  requestId: 'req-1',
  detail: { communication_id: 'com-1', channel: 'sms', send: 1 },
  ...changes,
})

export const aRecord = (changes: Partial<VerificationRecord> = {}): VerificationRecord => ({
  id: uniqueId(),
  version: 1,
  phoneHash: 'hash-of-the-number',
  phoneMasked: '+91******8888',
  country: 'IN',
  purpose: 'login',
  bindingHash: null,
  surface: 'v1',
  channel: 'sms',
  status: 'pending',
  sends: 1,
  guesses: 0,
  createdAt: T0,
  expiresAt: T0 + 300_000,
  completedAt: null,
  ...changes,
})

/** What one statement did, as D1 reports it. */
export interface Done {
  readonly sql: string
  readonly parameters: number
  readonly rowsRead: number
  readonly rowsWritten: number
}

/** The real database; every statement that goes through is noted, with what it cost. */
export function watchedDatabase() {
  const done: Done[] = []
  const calls = { batch: 0 }
  const notes = new WeakMap<D1PreparedStatement, { sql: string; values: unknown[] }>()
  const watch = (statement: D1PreparedStatement, sql: string, values: unknown[]): D1PreparedStatement => {
    const watched = new Proxy(statement, {
      get(target, name) {
        if (name === 'bind') return (...bound: unknown[]) => watch(target.bind(...bound), sql, bound)
        if (name === 'run') return () => target.run().then((result) => note(sql, values, result))
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })
    notes.set(watched, { sql, values })
    originals.set(watched, statement)
    return watched
  }
  const originals = new WeakMap<D1PreparedStatement, D1PreparedStatement>()
  const note = <T>(sql: string, values: unknown[], result: D1Result<T>): D1Result<T> => {
    const { rows_read, rows_written } = result.meta
    done.push({ sql, parameters: values.length, rowsRead: rows_read, rowsWritten: rows_written })
    return result
  }
  const binding = {
    prepare: (sql: string) => watch(env.DB.prepare(sql), sql, []),
    async batch(statements: D1PreparedStatement[]) {
      calls.batch += 1
      const results = await env.DB.batch(statements.map((one) => originals.get(one)!))
      results.forEach((result, index) => {
        const { sql, values } = notes.get(statements[index]!)!
        note(sql, values, result)
      })
      return results
    },
  }
  return { db: createDatabase(binding as unknown as D1Database), done, calls }
}

/** Sum of the rows written by statements on a table. */
export const rowsWritten = (done: readonly Done[], table = '') =>
  done.filter(({ sql }) => sql.includes(table)).reduce((sum, one) => sum + one.rowsWritten, 0)
