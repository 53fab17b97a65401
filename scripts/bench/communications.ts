import type { Bundle } from './build-bundle.ts'
import { createClient } from './client.ts'
import { expectedPage, type ListCase, listCases, type ListFilter, queryOf } from './list-cases.ts'
import { fillMessages, type MessageRow } from './message-rows.ts'
import type { Phase } from './phase.ts'
import type { Platform } from './platform.ts'
import { getJson, measureReads, type Reading, type Route } from './reads.ts'
import { COUNTING_SCRIPT, rowsOf } from './rows.ts'
import { fillLogs } from './sample-logs.ts'
import { sampleMessages } from './sample-messages.ts'
import { startBare, startOperated } from './service.ts'

export interface CommunicationsResult {
  readonly messages: number
  readonly lists: readonly Reading[]
  readonly stats: Reading
  /** The read of a page without any logic, in the same rounds. */
  readonly bare: readonly Phase[]
  /** What is wrong with the answers, or with what they cost; a sentence each. */
  readonly findings: readonly string[]
  readonly complaints: readonly string[]
}

export interface CommunicationsPlan {
  readonly messages: number
  readonly numbers: number
  /** Of one kind in one round. */
  readonly requests: number
  /** Of one kind, whose rows are counted and whose answers are compared with the messages. */
  readonly counted: number
}

export const COMMUNICATIONS: CommunicationsPlan = { messages: 100_000, numbers: 30_000, requests: 100, counted: 60 }
export const QUICK_COMMUNICATIONS: CommunicationsPlan = { messages: 10_000, numbers: 3_000, requests: 10, counted: 10 }

const DAYS = 30
const DAY_MS = 24 * 60 * 60 * 1000
const WALK_PAGE = 100
/** More than there are of provider, channel and country in the messages. */
const GROUPS = 20

/** Reads lists and statistics of as many messages as the plan says, one request at a time. */
export async function measureCommunications(
  bundle: Bundle,
  plan: CommunicationsPlan,
  rounds: number,
  progress: (text: string) => void,
): Promise<CommunicationsResult> {
  const platforms: Platform[] = []
  const start = async (platform: Promise<Platform>) => platforms[platforms.push(await platform) - 1]!
  try {
    progress('communications: filling D1')
    const now = Date.now()
    const rows = sampleMessages({ count: plan.messages, numbers: plan.numbers, days: DAYS, now })
    const newestFirst = rows.toReversed()
    const counting = { script: COUNTING_SCRIPT, modules: { 'service.js': bundle.script } }
    const [service, counted, bare] = [
      await start(startOperated(bundle)),
      await start(startOperated(bundle, counting)),
      await start(startBare(bundle)),
    ]
    for (const platform of platforms) await fillMessages(platform, rows)
    for (const platform of [service, counted]) await fillLogs(platform, rows)

    progress('communications: going through all pages')
    const findings: string[] = []
    const cursors = await walk(service, newestFirst, findings)
    const deep = Array.from(cursors.keys()).filter((place) => place >= plan.messages / 2)
    const lists = listCases(now, DAYS, plan.numbers, deep).map((one) => listRoute(one, cursors, newestFirst))
    const routes = [...lists, statsRoute(now, newestFirst)]

    const { readings, bare: barePhases } = await measureReads(
      { service, counted, bare },
      { routes, barePath: '/page/communication', costOf: (answer) => rowsOf(answer).read },
      { ...plan, rounds },
      (text) => progress(`communications: ${text}`),
      findings,
    )
    const stats = readings.at(-1)!
    return {
      messages: plan.messages,
      lists: readings.slice(0, -1),
      stats,
      bare: barePhases,
      findings,
      complaints: service.complaints,
    }
  } finally {
    for (const each of platforms) await each.stop()
  }
}

function listRoute({ name, mostRows, filterOf }: ListCase, cursors: Cursors, newestFirst: readonly MessageRow[]): Route {
  const pathOf = (filter: ListFilter) => `/v1/communications?${queryOf(filter, (place) => cursors.get(place)!)}`
  return {
    name,
    mostRows,
    pathOf: (nth) => pathOf(filterOf(nth)),
    isRight: (nth, body) => idsIn(body).join() === expectedPage(newestFirst, filterOf(nth)).join(),
  }
}

/** Every message of the day is read, and each once. */
function statsRoute(now: number, rows: readonly MessageRow[]): Route {
  const dayOf = (nth: number) => {
    const until = now - (nth % (DAYS - 1)) * DAY_MS
    return { from: until - DAY_MS, until }
  }
  const countOf = ({ from, until }: { readonly from: number; readonly until: number }) =>
    rows.filter(({ created_at }) => created_at >= from && created_at < until).length
  const counts = Array.from({ length: DAYS - 1 }, (_, day) => countOf(dayOf(day)))
  return {
    name: 'statistics of a day',
    // Sorting them into groups reads each once more.
    mostRows: 2 * Math.max(...counts) + GROUPS,
    pathOf(nth) {
      const { from, until } = dayOf(nth)
      return `/v1/stats/delivery?from=${new Date(from).toISOString()}&until=${new Date(until).toISOString()}`
    },
    isRight: (nth, body) => (body as { totals: { messages: number } }).totals.messages === counts[nth % counts.length],
  }
}

/** The cursor of the page that begins at a place of the list, which counts from 0. */
type Cursors = ReadonlyMap<number, string>

/** Goes through the whole list; every message must come once and in order. */
async function walk(service: Platform, newestFirst: readonly MessageRow[], findings: string[]): Promise<Cursors> {
  const client = createClient(service.url, 1)
  const cursors = new Map<number, string>()
  const found: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const body = await getJson(client, `/v1/communications?limit=${WALK_PAGE}${cursor && `&cursor=${cursor}`}`)
    found.push(...idsIn(body))
    cursor = (body as { next_cursor: string | null }).next_cursor
    if (cursor !== null) cursors.set(found.length, cursor)
    if (found.length > newestFirst.length) break
  }
  client.close()
  if (found.join() !== newestFirst.map(({ id }) => id).join())
    findings.push('the pages of the list are not all messages, each once')
  return cursors
}

function idsIn(body: unknown): string[] {
  return (body as { communications: readonly { id: string }[] }).communications.map(({ id }) => id)
}
