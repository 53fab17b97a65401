import { once } from 'node:events'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { nthApplicant } from './applicants.ts'
import { createClient } from './client.ts'
import { takeCounts } from './counts.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'
import { get, HEADERS } from './reads.ts'
import type { SampleLead } from './sample-leads.ts'

/** A period whose leads are taken out. */
export interface Period {
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly from: number
  readonly until: number
}

/** Exports in all rounds. */
export interface TimedExports {
  readonly phases: readonly Phase[]
  /** MiB of workerd: before the first one, and the most during any. Undefined where it cannot be told. */
  readonly memoryBefore: number | undefined
  readonly memoryMost: number | undefined
}

/** Exports of one period, and what one of them cost. */
export interface ExportResult extends TimedExports {
  readonly name: string
  readonly leads: number
  readonly bytes: number
  readonly roundTrips: number
  readonly rowsRead: number
  /** More makes the benchmark fail. */
  readonly mostRowsRead: number
}

export interface ExportsResult {
  readonly exports: readonly ExportResult[]
  /** All rows, without any logic. */
  readonly bareExports: TimedExports
  /** How often D1 was read for an export of which nobody took anything. */
  readonly untakenReads: number
}

/** Leads that the service reads at a time (`src/leads/reading/export-leads.ts`). */
const READ_AT_A_TIME = 1_000
const MEMORY_POLL_MS = 20
/** Long enough for a whole export. */
const UNTAKEN_MS = 10_000
/** What the sockets of the two sides hold at most, and some. */
const SOCKETS_BYTES = 16 * 1024 * 1024

/**
 * Exports periods, one after the other, each once more where rows are counted; then all rows from a bare Worker, and the
 * first period once more for somebody who takes nothing.
 * @param leads all, oldest first
 * @param findings takes a sentence for each export that is not whole, or costs too much
 */
export async function measureExports(
  { service, counted, bare }: { readonly service: Platform; readonly counted: Platform; readonly bare: Platform },
  { leads, periods }: { readonly leads: readonly SampleLead[]; readonly periods: readonly [Period, ...Period[]] },
  rounds: number,
  progress: (text: string) => void,
  findings: string[],
): Promise<ExportsResult> {
  const results: ExportResult[] = []
  for (const period of periods) {
    const wanted = leads.filter(({ row }) => row.created_at >= period.from && row.created_at < period.until)
    const timed = await timeExports(service, pathOf(period), rounds, (round) => progress(`${round}, export of ${period.name}`))
    progress(`counting rows, export of ${period.name}`)
    const { text, roundTrips, rowsRead } = await countExport(counted, period)
    const reads = Math.floor(wanted.length / READ_AT_A_TIME) + 1
    const mostRowsRead = wanted.length + 2 * reads
    const name = `the export of ${period.name}`
    if (!isWhole(text, wanted)) findings.push(`${name} is not its ${wanted.length} leads, each once`)
    if (rowsRead > mostRowsRead) findings.push(`${name} read ${rowsRead} rows of D1, more than ${mostRowsRead}`)
    if (roundTrips > reads) findings.push(`${name} read D1 ${roundTrips} times, more than ${reads}`)
    const bytes = Buffer.byteLength(text)
    results.push({ name: period.name, leads: wanted.length, bytes, ...timed, roundTrips, rowsRead, mostRowsRead })
  }
  const bareExports = await timeExports(bare, '/rows/lead', rounds, (round) => progress(`${round}, all rows without any logic`))
  progress('an export that nobody takes')
  const untakenReads = await countUntaken(counted, periods[0])
  const [{ bytes, roundTrips }] = results as [ExportResult]
  if (bytes > SOCKETS_BYTES && untakenReads === roundTrips) findings.push('an export is read to its end though nobody takes it')
  return { exports: results, bareExports, untakenReads }
}

async function timeExports(
  platform: Platform,
  path: string,
  rounds: number,
  progress: (round: string) => void,
): Promise<TimedExports> {
  const memoryBefore = platform.residentMemory()
  const memory: (number | undefined)[] = [memoryBefore]
  const timer = setInterval(() => memory.push(platform.residentMemory()), MEMORY_POLL_MS)
  const phases: Phase[] = []
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    progress(`round ${round} of ${rounds}`)
    const client = createClient(platform.url, 1)
    const phase = await runPhase(platform, 1, [async () => void (await get(client, path))])
    client.close()
    if (round > 0) phases.push(phase)
  }
  clearInterval(timer)
  const known = memory.filter((mib) => mib !== undefined)
  return { phases, memoryBefore, memoryMost: known.length > 0 ? Math.max(...known) : undefined }
}

async function countExport(counted: Platform, period: Period) {
  const client = createClient(counted.url, 1)
  await takeCounts(counted)
  const { text } = await get(client, pathOf(period))
  client.close()
  const { roundTrips, rowsRead } = (await takeCounts(counted)).worker
  return { text, roundTrips, rowsRead }
}

/** Asks for an export, takes nothing of it for a while, and leaves. */
async function countUntaken(counted: Platform, period: Period): Promise<number> {
  await takeCounts(counted)
  const asking = request(counted.url + pathOf(period), { headers: HEADERS })
  asking.end()
  await once(asking, 'response')
  await sleep(UNTAKEN_MS)
  const { worker } = await takeCounts(counted)
  asking.destroy()
  return worker.roundTrips
}

function pathOf({ from, until }: Period): string {
  const [created_after, created_before] = [from, until].map((ms) => new Date(ms).toISOString()) as [string, string]
  return `/v1/leads/export?${new URLSearchParams({ created_after, created_before }).toString()}`
}

/** A line for each lead, in their order, with what only who opens it knows. */
function isWhole(csv: string, leads: readonly SampleLead[]): boolean {
  const [titles = '', ...lines] = csv.trimEnd().split('\r\n')
  const columns = titles.split(',')
  const [id, email, phone] = ['id', 'email', 'phone'].map((title) => columns.indexOf(title)) as [number, number, number]
  return (
    lines.length === leads.length &&
    lines.every((line, at) => {
      const { row, person } = leads[at]!
      const cells = line.split(',')
      const applicant = nthApplicant(person)
      return cells[id] === row.id && cells[email] === applicant.email && cells[phone] === applicant.mobile_number.slice(1)
    })
  )
}
