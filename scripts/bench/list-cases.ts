import { type MessageRow, phoneHash } from './message-rows.ts'
import { nthPhone } from './phones.ts'

/** One way to ask for the list of messages, with other values in each request. */
export interface ListCase {
  readonly name: string
  /** The rows of D1 that a page may read at most. More is a scan, and makes the benchmark fail. */
  readonly mostRows: number
  readonly filterOf: (nth: number) => ListFilter
}

/** As the query of a request has it. */
export interface ListFilter {
  readonly to?: string
  readonly purpose?: string
  readonly provider?: string
  readonly status?: string
  /** Milliseconds since the epoch. */
  readonly createdAfter?: number
  readonly createdBefore?: number
  /** The place that the page begins at, from 0 for the newest message. */
  readonly place?: number
  /** With all that happened to each message? */
  readonly include?: 'log'
}

export const PAGE_SIZE = 20

/** An index entry and a row for each message of a page, and for the one that tells whether there is a further page. */
const PAGE_ROWS = 2 * (PAGE_SIZE + 1)
/** For each message of a page an attempt, the message again and its reports; ids are unpacked and all of it is sorted. */
const LOG_ROWS = 16 * PAGE_SIZE
/** Of a combination one condition is looked up and the others are compared: this many are looked at for each that is found. */
const COMBINED = 10 * PAGE_ROWS

const DAY_MS = 24 * 60 * 60 * 1000
/** Apart by a number that shares no factor with the others. */
const STEP = 37

/** @param places how deep the further pages are that can be asked for */
export function listCases(now: number, days: number, numbers: number, places: readonly number[]): readonly ListCase[] {
  const someone = (nth: number) => nthPhone((nth * STEP) % numbers)
  const someDay = (nth: number, length = 1) => {
    const createdBefore = now - (nth % (days - length)) * DAY_MS
    return { createdAfter: createdBefore - length * DAY_MS, createdBefore }
  }
  const single = (name: string, filterOf: ListCase['filterOf']): ListCase => ({ name, mostRows: PAGE_ROWS, filterOf })
  const combined = (name: string, filterOf: ListCase['filterOf'], mostRows = COMBINED): ListCase => ({ name, mostRows, filterOf })
  return [
    single('nothing', () => ({})),
    single('a number', (nth) => ({ to: someone(nth) })),
    single('a purpose (70 %)', () => ({ purpose: 'login' })),
    single('a purpose (3 %)', () => ({ purpose: 'password_reset' })),
    single('a provider (40 %)', () => ({ provider: 'twilio' })),
    single('a status (86 %)', () => ({ status: 'delivered' })),
    single('a status (0.2 %)', () => ({ status: 'unknown' })),
    single('a day', (nth) => someDay(nth)),
    combined('a day, with the logs', (nth) => ({ ...someDay(nth), include: 'log' }), PAGE_ROWS + LOG_ROWS),
    single('a page in the depth', (nth) => ({ place: places[(nth * STEP) % places.length]! })),
    combined('a number, a purpose, a provider', (nth) => ({ to: someone(nth), purpose: 'login', provider: 'twilio' })),
    combined('a provider, a purpose, a status, a week', (nth) => ({
      provider: 'msg91',
      purpose: 'login',
      status: 'delivered',
      ...someDay(nth, 7),
    })),
    combined('a provider, a failure, a week', (nth) => ({ provider: 'twilio', status: 'undelivered', ...someDay(nth, 7) })),
    // What few or none have in common ends when enough was looked at, which is asked once more for the next page.
    combined('a provider (20 %), a purpose of nobody', () => ({ provider: 'msg91', purpose: 'nobody' }), 4_100),
  ]
}

/** The query of a request. @param cursorAt the cursor of a place */
export function queryOf(filter: ListFilter, cursorAt: (place: number) => string): string {
  const { createdAfter, createdBefore, place, ...plain } = filter
  const time = (ms: number) => new Date(ms).toISOString()
  const query = new URLSearchParams({
    ...plain,
    ...(createdAfter !== undefined && { created_after: time(createdAfter) }),
    ...(createdBefore !== undefined && { created_before: time(createdBefore) }),
    ...(place !== undefined && { cursor: cursorAt(place) }),
    limit: String(PAGE_SIZE),
  })
  return query.toString()
}

/** The ids of the page, found by looking at one message after the other. @param newestFirst all messages */
export function expectedPage(newestFirst: readonly MessageRow[], filter: ListFilter): string[] {
  const { to, purpose, provider, status, createdAfter = 0, createdBefore = Infinity, place = 0 } = filter
  const hash = to === undefined ? undefined : phoneHash(to)
  const page: string[] = []
  for (let at = place; at < newestFirst.length && page.length < PAGE_SIZE; at++) {
    const row = newestFirst[at]!
    const isWanted =
      (hash === undefined || row.phone_hash === hash) &&
      (purpose === undefined || row.purpose === purpose) &&
      (provider === undefined || row.provider === provider) &&
      (status === undefined || row.status === status) &&
      row.created_at >= createdAfter &&
      row.created_at < createdBefore
    if (isWanted) page.push(row.id)
  }
  return page
}
