import { nthPhone } from './phones.ts'
import type { Route } from './reads.ts'
import type { SampleLead } from './sample-leads.ts'
import { nthApplicant } from './applicants.ts'

/** The query of `GET /v1/leads`, in our terms. */
interface LeadFilter {
  /** For `nthApplicant`. */
  readonly person?: number
  readonly submission?: string
  readonly loanType?: string
  readonly status?: string
  /** Milliseconds since the epoch. */
  readonly createdAfter?: number
  readonly createdBefore?: number
  /** The place that the page begins at, from 0 for the newest lead. */
  readonly place?: number
}

export const PAGE_SIZE = 20
/** An index entry and a row for each lead of a page, and for the one that tells whether there is a further page. */
const PAGE_ROWS = 2 * (PAGE_SIZE + 1)
/** Of conditions without an index so many leads are looked at for a page, and as many more to know where the next begins. */
const LOOKED_AT = 2_000
/** A page of leads that a filter leaves one in so many of. */
const among = (times: number) => times * PAGE_ROWS
/** The others of a short page, and the one behind it. */
const SCAN_ROWS = 2 * LOOKED_AT + 100

const DAY_MS = 24 * 60 * 60 * 1000
/** Apart by a number that shares no factor with the others. */
const STEP = 37

/** Where pages of the list begin: place by cursor. */
export type Cursors = ReadonlyMap<number, string>

/**
 * The ways to ask for the list. None of them reads more rows where there are more leads, but for those that wait.
 * @param newestFirst all leads
 */
export function leadRoutes(
  newestFirst: readonly SampleLead[],
  cursors: Cursors,
  {
    now,
    days,
    people,
    waiting,
  }: { readonly now: number; readonly days: number; readonly people: number; readonly waiting: number },
): readonly Route[] {
  const places = [...cursors.keys()].filter((place) => place >= newestFirst.length / 2)
  const route = (name: string, mostRows: number, filterOf: (nth: number) => LeadFilter): Route => ({
    name,
    mostRows,
    pathOf: (nth) => `/v1/leads?${queryOf(filterOf(nth), cursors)}`,
    isRight: (nth, body) => isPage(body, expectedPage(newestFirst, filterOf(nth))),
  })
  const someone = (nth: number) => (nth * STEP) % people
  const someDay = (nth: number) => {
    const createdBefore = now - (nth % (days - 1)) * DAY_MS
    return { createdAfter: createdBefore - DAY_MS, createdBefore }
  }
  return [
    route('nothing', PAGE_ROWS, () => ({})),
    route('the next page', PAGE_ROWS, () => ({ place: PAGE_SIZE })),
    route('a page in the depth', PAGE_ROWS, (nth) => ({ place: places[(nth * STEP) % places.length]! })),
    route('a number', PAGE_ROWS, (nth) => ({ person: someone(nth) })),
    route('a day', PAGE_ROWS, someDay),
    route('submitted (97 %)', among(2), () => ({ submission: 'submitted' })),
    route('refused (2 %)', PAGE_ROWS, () => ({ submission: 'refused' })),
    route('given up (0.3 %)', PAGE_ROWS, () => ({ submission: 'given_up' })),
    // They stand in their index by the time of the next attempt, so all of them are read.
    route(`waiting (${waiting} of all)`, 2 * waiting + PAGE_ROWS, () => ({ submission: 'waiting' })),
    route('a loan type (46 %)', among(4), () => ({ loanType: 'HL' })),
    route('a status (40 %)', among(4), (nth) => ({ status: 'Under Review', ...someDay(nth) })),
    route('a status (0.5 %)', SCAN_ROWS, (nth) => ({ status: 'On Hold', ...someDay(nth) })),
    route('a status of nobody', SCAN_ROWS, () => ({ status: 'Nobody' })),
    route('a number, a status', PAGE_ROWS, (nth) => ({ person: someone(nth), status: 'Approved' })),
    route('refused, a loan type', among(30), () => ({ submission: 'refused', loanType: 'PL' })),
  ]
}

/** @param cursors of the places */
function queryOf(
  { person, submission, loanType, status, createdAfter, createdBefore, place }: LeadFilter,
  cursors: Cursors,
): string {
  const time = (ms: number) => new Date(ms).toISOString()
  const query = new URLSearchParams({
    ...(person !== undefined && { phone: nthPhone(person) }),
    ...(submission !== undefined && { submission }),
    ...(loanType !== undefined && { loan_type: loanType }),
    ...(status !== undefined && { status }),
    ...(createdAfter !== undefined && { created_after: time(createdAfter) }),
    ...(createdBefore !== undefined && { created_before: time(createdBefore) }),
    ...(place !== undefined && { cursor: cursors.get(place)! }),
    limit: String(PAGE_SIZE),
  })
  return query.toString()
}

/** The page, found by looking at one lead after the other, as far as the service looks. */
function expectedPage(newestFirst: readonly SampleLead[], filter: LeadFilter): SampleLead[] {
  const { person, submission, loanType, status, createdAfter = 0, createdBefore = Infinity, place = 0 } = filter
  const hasIndex = person !== undefined || (submission !== undefined && submission !== 'submitted')
  const page: SampleLead[] = []
  let lookedAt = 0
  for (let at = place; at < newestFirst.length && page.length < PAGE_SIZE; at++) {
    const lead = newestFirst[at]!
    const { row } = lead
    if (row.created_at < createdAfter || row.created_at >= createdBefore) continue
    if (!hasIndex && ++lookedAt > LOOKED_AT && (loanType ?? status ?? submission) !== undefined) break
    const isWanted =
      (person ?? lead.person) === lead.person &&
      (submission ?? row.submission) === row.submission &&
      (loanType ?? row.loan_type) === row.loan_type &&
      (status === undefined || row.status === status)
    if (isWanted) page.push(lead)
  }
  return page
}

/** With the names that only who opens them knows. */
function isPage(body: unknown, expected: readonly SampleLead[]): boolean {
  const { leads } = body as {
    readonly leads: readonly { readonly id: string; readonly first_name: string; readonly last_name: string }[]
  }
  const names = ({ person }: SampleLead) => nthApplicant(person)
  return (
    leads.length === expected.length &&
    leads.every(({ id, first_name, last_name }, at) => {
      const lead = expected[at]!
      return id === lead.row.id && first_name === names(lead).first_name && last_name === names(lead).last_name
    })
  )
}
