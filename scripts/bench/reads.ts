import { type Answer, type Client, createClient } from './client.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'
import { ADMIN_KEY } from './settings.ts'

/** Something that an operator reads, with other values in each request. */
export interface Route {
  readonly name: string
  /** The rows of D1 that a request may read at most. More is a scan, and makes the benchmark fail. */
  readonly mostRows: number
  readonly pathOf: (nth: number) => string
  /** Is this the right answer to the nth request? */
  readonly isRight: (nth: number, body: unknown) => boolean
}

/** One way to read, in all rounds. */
export interface Reading {
  readonly name: string
  readonly phases: readonly Phase[]
  /** What D1 read for each request of a further run. */
  readonly rows: readonly number[]
  readonly mostRows: number
}

export interface ReadPlan {
  readonly rounds: number
  /** Of one kind in one round. */
  readonly requests: number
  /** Of one kind, whose rows are counted and whose answers are compared. */
  readonly counted: number
}

/** Of an operator. */
export const HEADERS = { authorization: `Bearer ${ADMIN_KEY}` }

/**
 * Reads all routes, one request at a time, each round followed by as many reads of a bare Worker; then once more where rows
 * are counted.
 * @param costOf the rows of D1 that the request of an answer has read, where it was the last one
 * @param findings takes a sentence for each route with wrong or costly answers
 */
export async function measureReads(
  { service, counted, bare }: { readonly service: Platform; readonly counted: Platform; readonly bare: Platform },
  what: {
    readonly routes: readonly Route[]
    readonly barePath: string
    readonly costOf: (answer: Answer) => number | Promise<number>
  },
  { rounds, requests, counted: count }: ReadPlan,
  progress: (text: string) => void,
  findings: string[],
): Promise<{ readonly readings: Reading[]; readonly bare: readonly Phase[] }> {
  const phases = what.routes.map((): Phase[] => [])
  const barePhases: Phase[] = []
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [index, route] of what.routes.entries()) {
      progress(`round ${round} of ${rounds}, ${route.name}`)
      const phase = await runReads(service, requests, (nth) => route.pathOf(round * requests + nth))
      if (round > 0) phases[index]!.push(phase)
    }
    const phase = await runReads(bare, requests, () => what.barePath)
    if (round > 0) barePhases.push(phase)
  }
  const readings: Reading[] = []
  for (const [index, route] of what.routes.entries()) {
    const { name, mostRows } = route
    progress(`counting rows, ${name}`)
    const rows = await countRows(counted, { route, costOf: what.costOf }, count, findings)
    readings.push({ name, mostRows, phases: phases[index]!, rows })
  }
  return { readings, bare: barePhases }
}

async function runReads(platform: Platform, count: number, pathOf: (nth: number) => string): Promise<Phase> {
  const client = createClient(platform.url, 1)
  const requests = Array.from({ length: count }, (_, nth) => async () => void (await get(client, pathOf(nth))))
  const phase = await runPhase(platform, 1, requests)
  client.close()
  return phase
}

async function countRows(
  counted: Platform,
  { route, costOf }: { readonly route: Route; readonly costOf: (answer: Answer) => number | Promise<number> },
  count: number,
  findings: string[],
): Promise<number[]> {
  const client = createClient(counted.url, 1)
  const rows: number[] = []
  let wrong = 0
  for (let nth = 0; nth < count; nth++) {
    const answer = await get(client, route.pathOf(nth))
    rows.push(await costOf(answer))
    if (!route.isRight(nth, JSON.parse(answer.text))) wrong += 1
  }
  client.close()
  const most = Math.max(...rows)
  if (wrong > 0) findings.push(`${route.name}: ${wrong} of ${count} answers are wrong`)
  if (most > route.mostRows) findings.push(`${route.name}: a request read ${most} rows of D1, more than ${route.mostRows}`)
  return rows
}

/** What an operator is answered. @throws unless it is 200 */
export async function get(client: Client, path: string): Promise<Answer> {
  const answer = await client.send({ method: 'GET', path, headers: HEADERS })
  if (answer.status !== 200) throw new Error(`unexpected answer to ${path}: ${answer.status} ${answer.text.slice(0, 300)}`)
  return answer
}

export async function getJson(client: Client, path: string): Promise<unknown> {
  return JSON.parse((await get(client, path)).text)
}
