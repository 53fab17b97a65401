import type { Bundle } from './build-bundle.ts'
import { createClient, expectAnswer } from './client.ts'
import { fillMessages } from './message-rows.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'
import { nthReport, type Report, type ReportingVendor } from './reports.ts'
import { COUNTING_SCRIPT, type Rows, rowsOf } from './rows.ts'
import { startBare, startOperated } from './service.ts'

/** One burst of reports, and as many bare writes of the same two rows right after it. */
export interface ReceiptSample {
  readonly connections: number
  readonly service: Phase
  readonly bare: Phase
}

export interface ReceiptsResult {
  readonly samples: readonly ReceiptSample[]
  /** What each report of a further burst cost in D1. */
  readonly rows: readonly (Rows & { readonly vendor: ReportingVendor })[]
  readonly reports: number
  /** What contradicts the reports, or costs too much; a sentence each. */
  readonly findings: readonly string[]
  readonly complaints: readonly string[]
}

const CONNECTIONS = [1, 16]
/** The report itself, the message, and its place in the index of statuses. */
const ROWS_WRITTEN = 3
/** What its four statements read and sort, however many messages there are. More is a scan. */
const MOST_ROWS_READ = 40
const BURST = 1_000
const QUICK_BURST = 100

/** Sends bursts of vendors' reports on messages that D1 has, each message with one report, and reads D1 afterwards. */
export async function measureReceipts(
  bundle: Bundle,
  rounds: number,
  quick: boolean,
  progress: (text: string) => void,
): Promise<ReceiptsResult> {
  const platforms: Platform[] = []
  const burst = quick ? QUICK_BURST : BURST
  let taken = 0
  const take = () => Promise.all(Array.from({ length: burst }, () => nthReport(taken++)))
  try {
    platforms.push(await startOperated(bundle), await startBare(bundle))
    const [service, bare] = platforms as [Platform, Platform]
    const sent: Report[] = []
    const measure = async (connections: number): Promise<ReceiptSample> => {
      const reports = await take()
      const rows = reports.map(({ row }) => row)
      for (const platform of [service, bare]) await fillMessages(platform, rows)
      sent.push(...reports)
      return {
        connections,
        service: await runReports(service, connections, reports),
        bare: await runBare(bare, connections, reports),
      }
    }

    progress('receipts: warming up')
    await measure(CONNECTIONS.at(-1)!)
    const samples: ReceiptSample[] = []
    for (let round = 1; round <= rounds; round++) {
      for (const connections of CONNECTIONS) {
        progress(`receipts: round ${round} of ${rounds}, ${connections} connections`)
        samples.push(await measure(connections))
      }
    }

    progress('receipts: counting rows')
    const script = { script: COUNTING_SCRIPT, modules: { 'service.js': bundle.script } }
    const counting = await startOperated(bundle, script)
    platforms.push(counting)
    const counted = await take()
    const rows = await countRows(counting, counted)
    const findings = [
      ...(await contradictions(service, sent)),
      ...(await contradictions(counting, counted)),
      ...(await bareContradictions(bare, sent.length)),
      ...costly(rows),
    ]
    return { samples, rows, reports: sent.length, findings, complaints: service.complaints }
  } finally {
    for (const each of platforms) await each.stop()
  }
}

async function runReports(service: Platform, connections: number, reports: readonly Report[]): Promise<Phase> {
  const client = createClient(service.url, connections)
  const requests = reports.map(
    ({ vendor, call }) =>
      async () =>
        expectThanks(vendor, await client.send(call)),
  )
  const phase = await runPhase(service, connections, requests)
  client.close()
  return phase
}

async function runBare(bare: Platform, connections: number, reports: readonly Report[]): Promise<Phase> {
  const client = createClient(bare.url, connections)
  const requests = reports.map(
    ({ row }) =>
      async () =>
        expectAnswer(await client.get(`/receipt/${row.id}`), { changes: 2 }),
  )
  const phase = await runPhase(bare, connections, requests)
  client.close()
  return phase
}

async function countRows(counting: Platform, reports: readonly Report[]): Promise<ReceiptsResult['rows']> {
  await fillMessages(
    counting,
    reports.map(({ row }) => row),
  )
  const client = createClient(counting.url, 1)
  const counts = []
  for (const { vendor, call } of reports) {
    const answer = await client.send(call)
    expectThanks(vendor, answer)
    counts.push({ vendor, ...rowsOf(answer) })
  }
  client.close()
  return counts
}

function expectThanks(vendor: ReportingVendor, { status, text }: { readonly status: number; readonly text: string }): void {
  if (status !== 200) throw new Error(`unexpected answer to ${vendor}: ${status} ${text.slice(0, 300)}`)
}

/** Every message must be what its report says, and every report be kept. */
async function contradictions(service: Platform, reports: readonly Report[]): Promise<string[]> {
  const found = await service.query('SELECT id, status FROM communication')
  const statusOf = new Map(found.map(({ id, status }) => [id, status]))
  const wrong = reports.filter(({ row, status }) => statusOf.get(row.id) !== status)
  const [kept] = await service.query(
    `SELECT count(*) AS n FROM communication_receipt r JOIN communication c
     ON c.provider = r.provider AND c.provider_message_id = r.provider_message_id AND c.status = r.status`,
  )
  const findings = wrong.slice(0, 5).map(({ vendor, row, status }) => {
    return `message ${row.id} of ${vendor} is "${statusOf.get(row.id)}", not "${status}"`
  })
  if (wrong.length > 0) findings.push(`${wrong.length} of ${reports.length} messages are not what their reports say`)
  if (kept?.['n'] !== reports.length) findings.push(`${kept?.['n']} reports are kept, not ${reports.length}`)
  return findings
}

async function bareContradictions(bare: Platform, reports: number): Promise<string[]> {
  const [delivered] = await bare.query(`SELECT count(*) AS n FROM communication WHERE status = 'delivered'`)
  return delivered?.['n'] === reports ? [] : [`the bare Worker wrote ${delivered?.['n']} messages, not ${reports}`]
}

function costly(rows: ReceiptsResult['rows']): string[] {
  const tooMany = rows.filter(({ read, written }) => read > MOST_ROWS_READ || written !== ROWS_WRITTEN)
  return tooMany.slice(0, 5).map(({ vendor, read, written }) => {
    return `a report of ${vendor} read ${read} rows and wrote ${written}: not ${MOST_ROWS_READ} at most and ${ROWS_WRITTEN}`
  })
}
