import { env } from 'cloudflare:workers'
import type {
  ApprovedDetail,
  AttemptDetail,
  AuditBatch,
  AuditEvent,
  AuditEventKind,
  ReservedDetail,
  SettledDetail,
  VerificationRecord,
} from '../../src/audit/event'
import type { CommunicationRow } from '../../src/audit/communications-of'
import { selectRows } from '../../src/db/select-rows'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { communications } from '../../src/db/schema'
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
  subject: null,
  intent: null,
  owner: '',
  ...changes,
})

export const reservedDetail = (changes: Partial<ReservedDetail> = {}): ReservedDetail => ({
  communication_id: uuidv7(T0),
  channel: 'sms',
  send: 1,
  ...changes,
})

export const anAttempt = (changes: Partial<AttemptDetail> = {}): AttemptDetail => ({
  at: T0 + 100,
  provider: 'twilio',
  channel: 'sms',
  status: 'accepted',
  reason: null,
  provider_code: null,
  http_status: 201,
  duration_ms: 212,
  ...changes,
})

export const settledDetail = (changes: Partial<SettledDetail> = {}): SettledDetail => ({
  communication_id: uuidv7(T0),
  template_id: null,
  template_version: null,
  channel: 'sms',
  provider: 'twilio',
  provider_message_id: `SM-${uniqueId()}`,
  delivery_status: 'queued',
  reason: null,
  provider_code: null,
  segments: 1,
  cost_micros: 83_200,
  currency: 'USD',
  attempts: [anAttempt()],
  ...changes,
})

/** What the gate tells of one message, from the reservation to the approved code, a batch for each event. */
export function aStory(
  changes: {
    readonly id?: string
    readonly record?: Partial<VerificationRecord>
    readonly reserved?: Partial<ReservedDetail>
    readonly outcome?: Extract<AuditEventKind, 'send.accepted' | 'send.rejected' | 'send.unknown'>
    readonly settled?: Partial<SettledDetail>
  } = {},
) {
  const id = changes.id ?? uuidv7(T0)
  const record = aRecord(changes.record)
  const settled = settledDetail({ communication_id: id, ...changes.settled })
  const approvedDetail: ApprovedDetail = { guess: 1, guesses_left: 4, communication_id: id }
  const batchOf = (event: Partial<AuditEvent>, told: Partial<VerificationRecord> = {}): AuditBatch => ({
    events: [anEvent({ verificationId: record.id, ...event })],
    records: [{ ...record, ...told }],
  })
  const reserved = batchOf({ seq: 0, detail: reservedDetail({ communication_id: id, ...changes.reserved }) })
  const outcome = batchOf({ seq: 1, kind: changes.outcome ?? 'send.accepted', at: T0 + 500, detail: settled })
  const approved = batchOf(
    // Codes may be typed elsewhere than they were asked for.
    { seq: 2, kind: 'check.approved', at: T0 + 20_000, surface: 'homi', detail: approvedDetail },
    { version: 2, status: 'approved', guesses: 1, completedAt: T0 + 20_000 },
  )
  return { id, record, settled, reserved, outcome, approved }
}

/** Several batches of one gate as one, with its newest records. */
export const joined = (...batches: readonly AuditBatch[]): AuditBatch => ({
  events: batches.flatMap(({ events }) => events),
  records: [...new Map(batches.flatMap(({ records }) => records).map((record) => [record.id, record])).values()],
})

/** What one statement did, as D1 reports it. */
export interface Done {
  readonly sql: string
  readonly values: readonly unknown[]
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
        // A read of rows without their names tells no cost: it is done once more.
        if (name === 'raw') return () => target.run().then((result) => (note(sql, values, result), target.raw()))
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
    done.push({ sql, values, parameters: values.length, rowsRead: rows_read, rowsWritten: rows_written })
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

/** How SQLite goes about a statement that was done, a line a step. */
export async function planOf({ sql, values }: Done): Promise<string[]> {
  const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>()
  return results.map(({ detail }) => detail)
}

/** Puts messages into D1 as they are. */
export async function fillCommunications(rows: readonly CommunicationRow[]): Promise<void> {
  const db = createDatabase(env.DB)
  for (let from = 0; from < rows.length; from += 1_000) {
    await db.insert(communications).select(selectRows(communications, rows.slice(from, from + 1_000)))
  }
}
