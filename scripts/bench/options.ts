import { parseArgs } from 'node:util'

/** What can be measured, in this order. */
export const SECTIONS = ['verifications', 'receipts', 'communications', 'payments', 'leads', 'access', 'limits'] as const
export type Section = (typeof SECTIONS)[number]

export interface BenchOptions {
  /** What is measured. */
  readonly sections: readonly Section[]
  /** How often every combination is run. */
  readonly rounds: number
  /** A few hundred requests: shows that the service and this benchmark work, no figures to quote. */
  readonly quick: boolean
  /** Measures the parts that a send and a check are made of, one by one, and nothing else. */
  readonly parts: boolean
  /** Where to write the results as JSON. */
  readonly json: string | undefined
}

export const USAGE = `npm run bench [-- [${SECTIONS.join('] [')}] [--quick] [--rounds 3] [--parts] [--json results.json]]`

/** The options of the command line, or a sentence about what is wrong with them. */
export function parseOptions(args: readonly string[]): BenchOptions | { readonly problem: string } {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        parts: { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    })
    const { quick, rounds, parts, json } = values
    const stranger = positionals.find((name) => !SECTIONS.includes(name as Section))
    if (stranger !== undefined) return { problem: `There is no "${stranger}" to measure: it is one of ${SECTIONS.join(', ')}.` }
    if (parts && positionals.length > 0) return { problem: '--parts stands alone: it measures the parts of a verification.' }
    const count = Number(rounds ?? (quick ? 1 : parts ? 20 : 3))
    if (!Number.isInteger(count) || count < 1 || count > 20) return { problem: '--rounds is a number from 1 to 20.' }
    const sections = SECTIONS.filter((section) => positionals.length === 0 || positionals.includes(section))
    return { sections, quick, rounds: count, parts, json }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}
