import type { Bundle } from './build-bundle.ts'
import { type Answer, type Client, createClient } from './client.ts'
import { expectedPage, type ListCase, listCases, type ListFilter, queryOf } from './list-cases.ts'
import { fillMessages, type MessageRow } from './message-rows.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'
import { COUNTING_SCRIPT, rowsOf } from './rows.ts'
import { fillLogs } from './sample-logs.ts'
import { sampleMessages } from './sample-messages.ts'
import { ADMIN_KEY, startBare, startOperated } from './service.ts'

/** One way to read, in all rounds. */
export interface Reading {
  readonly name: string
  readonly phases: readonly Phase[]
  /** What D1 read for each request of a further run. */
  readonly rows: readonly number[]
  readonly mostRows: number
}

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
const HEADERS = { authorization: `Bearer ${ADMIN_KEY}` }
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

    const phases = routes.map((): Phase[] => [])
    const barePhases: Phase[] = []
    // The first round only warms up.
    for (let round = 0; round <= rounds; round++) {
      for (const [index, route] of routes.entries()) {
        progress(`communications: round ${round} of ${rounds}, ${route.name}`)
        const phase = await runReads(service, plan.requests, (nth) => route.pathOf(round * plan.requests + nth))
        if (round > 0) phases[index]!.push(phase)
      }
      const phase = await runReads(bare, plan.requests, () => '/page')
      if (round > 0) barePhases.push(phase)
    }

    const readings: Reading[] = []
    for (const [index, route] of routes.entries()) {
      progress(`communications: counting rows, ${route.name}`)
      const { name, mostRows } = route
      readings.push({ name, mostRows, phases: phases[index]!, rows: await countRows(counted, route, plan.counted, findings) })
    }
    const stats = readings.pop()!
    return { messages: plan.messages, lists: readings, stats, bare: barePhases, findings, complaints: service.complaints }
  } finally {
    for (const each of platforms) await each.stop()
  }
}

interface Route {
  readonly name: string
  readonly mostRows: number
  readonly pathOf: (nth: number) => string
  /** Is this the right answer to the nth request? */
  readonly isRight: (nth: number, body: unknown) => boolean
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
    const body = await read(client, `/v1/communications?limit=${WALK_PAGE}${cursor && `&cursor=${cursor}`}`)
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

async function runReads(platform: Platform, count: number, pathOf: (nth: number) => string): Promise<Phase> {
  const client = createClient(platform.url, 1)
  const requests = Array.from({ length: count }, (_, nth) => async () => void (await get(client, pathOf(nth))))
  const phase = await runPhase(platform, 1, requests)
  client.close()
  return phase
}

async function countRows(counted: Platform, route: Route, count: number, findings: string[]): Promise<number[]> {
  const client = createClient(counted.url, 1)
  const rows: number[] = []
  let wrong = 0
  for (let nth = 0; nth < count; nth++) {
    const answer = await get(client, route.pathOf(nth))
    rows.push(rowsOf(answer).read)
    if (!route.isRight(nth, JSON.parse(answer.text))) wrong += 1
  }
  client.close()
  const most = Math.max(...rows)
  if (wrong > 0) findings.push(`${route.name}: ${wrong} of ${count} answers are wrong`)
  if (most > route.mostRows) findings.push(`${route.name}: a request read ${most} rows of D1, more than ${route.mostRows}`)
  return rows
}

async function get(client: Client, path: string): Promise<Answer> {
  const answer = await client.send({ method: 'GET', path, headers: HEADERS })
  if (answer.status !== 200) throw new Error(`unexpected answer to ${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
  return answer
}

async function read(client: Client, path: string): Promise<unknown> {
  return JSON.parse((await get(client, path)).text)
}

function idsIn(body: unknown): string[] {
  return (body as { communications: readonly { id: string }[] }).communications.map(({ id }) => id)
}
