import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadBundled } from '../load-bundled.ts'
import type { RunWrangler } from '../wrangler.ts'

const ENTRY = join(import.meta.dirname, 'sample-loan.ts')

export type SampleResult =
  | 'there'
  /** There is a loan 123 that is not ours to change. */
  | 'other_loan'
  | { readonly problem: string }

/**
 * Puts the sample loan into the local database, or puts it back. Never throws: without it all else works.
 * @param sql of {@link loadSampleSql}
 * @param sameDatabase the options of wrangler that say which database is meant
 */
export async function putSampleLoan(sql: string, sameDatabase: readonly string[], run: RunWrangler): Promise<SampleResult> {
  try {
    // In a file: what stands on a command line is seen by everybody on the machine.
    const folder = await mkdtemp(join(tmpdir(), 'edge-verify-sample-'))
    try {
      const file = join(folder, 'sample-loan.sql')
      await writeFile(file, sql, { mode: 0o600 })
      const { code, stdout, stderr } = await run(['d1', 'execute', 'DB', '--local', '--json', '--file', file, ...sameDatabase], {
        capture: true,
        env: { CI: '1' },
      })
      return code === 0 ? readResult(stdout) : { problem: `${stdout}${stderr}` }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}

/** The SQL of `sample-loan.ts`. */
export async function loadSampleSql(phoneHashKey: string, now: number): Promise<string> {
  const { sampleLoanSql } = await loadBundled<typeof import('./sample-loan.ts')>(ENTRY)
  return sampleLoanSql(phoneHashKey, now)
}

/** What the last statement said, in the JSON that wrangler prints: an entry for each. */
function readResult(printed: string): SampleResult {
  const entries = JSON.parse(printed.slice(printed.indexOf('['))) as { results?: { is_sample?: number }[] }[]
  return entries.at(-1)?.results?.[0]?.is_sample === 1 ? 'there' : 'other_loan'
}
