import type { RunWrangler } from '../wrangler.ts'
import type { Where } from './options.ts'

export type DatabaseAnswer<Row> =
  | { readonly rows: readonly Row[] }
  /** `isUntouched`: the statement has certainly changed nothing. */
  | { readonly problem: string; readonly isUntouched: boolean }

/**
 * Runs one statement in the database that is meant, through wrangler.
 *
 * It stands on wrangler's command line, since no key is in it. A file would be an import, for which a remote database stops
 * serving the service, and which gives back no rows.
 */
export async function askDatabase<Row>(sql: string, where: Where, run: RunWrangler): Promise<DatabaseAnswer<Row>> {
  const { code, stdout, stderr } = await run(['d1', 'execute', 'DB', ...where, '--json', `--command=${sql}`], {
    capture: true,
    // In a terminal it would ask, and the answer would not be read.
    env: { CI: '1' },
  })
  if (code !== 0) return problemIn(stdout, stderr)
  try {
    const [first] = JSON.parse(stdout.slice(stdout.indexOf('['))) as { readonly results: readonly Row[] }[]
    return { rows: first!.results }
  } catch {
    return { problem: `Wrangler said what nobody understands here:\n${stdout}${stderr}`, isUntouched: false }
  }
}

function problemIn(stdout: string, stderr: string) {
  const said = `${stdout}${stderr}`
  if (said.includes('no such table: api_key')) {
    const problem =
      'This database has no table for keys yet. `npm run dev` makes it in the local one, `npm run deploy` in that of the deployment.'
    return { problem, isUntouched: true }
  }
  return { problem: `Wrangler could not ask the database:\n${textIn(stdout) ?? said}`, isUntouched: false }
}

/** The sentences in the JSON that wrangler prints of an error. */
function textIn(stdout: string): string | undefined {
  try {
    const { error } = JSON.parse(stdout.slice(stdout.indexOf('{'))) as {
      error: { text: string; notes?: readonly { text: string }[] }
    }
    return [error.text, ...(error.notes ?? []).map(({ text }) => text)].join('\n')
  } catch {
    return undefined
  }
}
