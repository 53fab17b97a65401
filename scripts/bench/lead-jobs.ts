import { createClient } from './client.ts'
import { takeCounts } from './counts.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'
import { runJobs } from './run-jobs.ts'

/** A run of the schedule. */
export interface JobResult {
  readonly name: string
  readonly phase: Phase
  readonly roundTrips: number
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly fetches: number
  /** More makes the benchmark fail. */
  readonly mostRowsRead: number
  readonly mostRowsWritten: number
}

/** Leads that one run submits (`SUBMISSIONS_PER_RUN`). */
const SUBMITTED_A_RUN = 60
/** The lines of the schedule (`wrangler.toml`). */
const EVERY_MINUTE = '* * * * *'
const EVERY_HOUR = '7 * * * *'
const WARM_UPS = 3

interface JobCase {
  readonly name: string
  readonly cron: string
  /** Of those that wait, how many are made due before. */
  readonly due: number
  readonly mostRowsRead: number
  readonly mostRowsWritten: number
}

/** A look at what each job is about; for a lead the row, its claim, and its change with the row of its history. */
const JOB_CASES: readonly JobCase[] = [
  { name: 'each minute, nothing due', cron: EVERY_MINUTE, due: 0, mostRowsRead: 10, mostRowsWritten: 0 },
  { name: 'each minute, 60 due', cron: EVERY_MINUTE, due: 60, mostRowsRead: 10 + 6 * 60, mostRowsWritten: 5 * 60 },
  { name: 'each minute, 200 due', cron: EVERY_MINUTE, due: 200, mostRowsRead: 10 + 6 * 60, mostRowsWritten: 5 * 60 },
  { name: 'each hour, nothing past its time', cron: EVERY_HOUR, due: 0, mostRowsRead: 40, mostRowsWritten: 10 },
]

/** @param findings takes a sentence for each run that did not do its work, or cost too much */
export async function measureJobs(
  { service, counted }: { readonly service: Platform; readonly counted: Platform },
  progress: (text: string) => void,
  findings: string[],
): Promise<JobResult[]> {
  const [client, countedClient] = [createClient(service.url, 1), createClient(counted.url, 1)]
  const results: JobResult[] = []
  for (let nth = 0; nth < WARM_UPS; nth++) await runJobs(client, EVERY_MINUTE)
  for (const { name, cron, due, mostRowsRead, mostRowsWritten } of JOB_CASES) {
    progress(`the scheduled job, ${name}`)
    const run = async (platform: Platform, work: () => Promise<void>) => {
      const before = await waiting(platform)
      await makeDue(platform, due)
      await work()
      const submitted = before - (await waiting(platform))
      const wanted = Math.min(due, SUBMITTED_A_RUN)
      if (submitted !== wanted) findings.push(`the job of ${name} submitted ${submitted} leads, not ${wanted}`)
    }
    let phase: Phase | undefined
    await run(service, async () => {
      phase = await runPhase(service, 1, [() => runJobs(client, cron)])
    })
    await run(counted, async () => {
      await takeCounts(counted)
      await runJobs(countedClient, cron)
    })
    const { worker, fetches } = await takeCounts(counted)
    const { roundTrips, rowsRead, rowsWritten } = worker
    if (rowsRead > mostRowsRead) findings.push(`the job of ${name} read ${rowsRead} rows of D1, more than ${mostRowsRead}`)
    if (rowsWritten > mostRowsWritten)
      findings.push(`the job of ${name} wrote ${rowsWritten} rows of D1, more than ${mostRowsWritten}`)
    results.push({ name, phase: phase!, roundTrips, rowsRead, rowsWritten, fetches, mostRowsRead, mostRowsWritten })
  }
  client.close()
  countedClient.close()
  return results
}

async function waiting(platform: Platform): Promise<number> {
  const [row] = await platform.query(`SELECT count(*) AS n FROM lead WHERE submission = 'waiting'`)
  return Number(row?.['n'])
}

/** So many wait and are due, and all others that wait are not. */
async function makeDue(platform: Platform, count: number): Promise<void> {
  await platform.query(
    `UPDATE lead SET next_attempt_at = CAST(? AS INTEGER) WHERE submission = 'waiting' AND submission <> 'submitted'`,
    String(Date.now() + 60 * 60 * 1000),
  )
  if (count === 0) return
  await platform.query(
    `UPDATE lead SET next_attempt_at = 1 WHERE id IN
     (SELECT id FROM lead WHERE submission = 'waiting' AND submission <> 'submitted' LIMIT CAST(? AS INTEGER))`,
    String(count),
  )
}
