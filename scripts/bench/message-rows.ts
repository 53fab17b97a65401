import { createHmac } from 'node:crypto'
import type { Platform } from './platform.ts'
import { PHONE_HASH_KEY } from './settings.ts'

/** A row of D1's `communication`, by the names of its columns. Times in milliseconds since the epoch. */
export interface MessageRow {
  readonly id: string
  readonly verification_id: string
  readonly surface: string
  readonly channel: string
  readonly purpose: string
  readonly phone_hash: string
  readonly phone_masked: string
  readonly country: string
  readonly provider: string | null
  readonly provider_message_id: string | null
  readonly status: string
  readonly status_rank: number
  readonly status_at: number
  readonly reason: string | null
  readonly provider_code: string | null
  readonly segments: number
  readonly cost_micros: number | null
  readonly currency: string | null
  readonly verified: 0 | 1
  readonly created_at: number
}

/** A statement takes them as one parameter, which may be 2 MB in D1. */
const ROWS_PER_STATEMENT = 1_000

/** Puts messages into D1 as they are. */
export function fillMessages(platform: Platform, rows: readonly MessageRow[]): Promise<void> {
  return fillTable(platform, 'communication', rows)
}

/** Puts rows into a table of D1. @param rows by the names of its columns, all with the same ones */
export async function fillTable(platform: Platform, table: string, rows: readonly object[]): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  const values = columns.map((column) => `value ->> '${column}'`)
  const sql = `INSERT INTO ${table} (${columns.join()}) SELECT ${values.join()} FROM json_each(?)`
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    await platform.query(sql, JSON.stringify(rows.slice(from, from + ROWS_PER_STATEMENT)))
  }
}

/** A UUIDv7 of a moment that no other message of the run has. @param nth under 2 ** 48 */
export function messageId(ms: number, nth: number): string {
  const [time, rest] = [ms, nth].map((value) => value.toString(16).padStart(12, '0')) as [string, string]
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-${rest}`
}

/** As the service names a number in D1 (`src/phone/phone-hash.ts`). */
export function phoneHash(e164: string): string {
  return createHmac('sha256', PHONE_HASH_KEY).update(`phone:v1:${e164}`).digest('base64url')
}

/** The last two digits, as the service shows an Indian number. */
export function phoneMasked(e164: string): string {
  return `+91********${e164.slice(-2)}`
}
