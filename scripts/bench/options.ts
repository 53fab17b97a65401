import { parseArgs } from 'node:util'

export interface BenchOptions {
  /** How often every combination of delay and connections is run. */
  readonly rounds: number
  /** A few hundred verifications: shows that the service and this benchmark work, no figures to quote. */
  readonly quick: boolean
  /** Also measures the parts that a send and a check are made of, one by one. */
  readonly parts: boolean
  /** Where to write the results as JSON. */
  readonly json: string | undefined
}

export const USAGE = 'npm run bench [-- --quick] [--rounds 3] [--parts] [--json results.json]'

/** The options of the command line, or a sentence about what is wrong with them. */
export function parseOptions(args: readonly string[]): BenchOptions | { readonly problem: string } {
  try {
    const { quick, rounds, parts, json } = parseArgs({
      args: [...args],
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        parts: { type: 'boolean', default: false },
        json: { type: 'string' },
      },
    }).values
    const count = Number(rounds ?? (quick ? 1 : parts ? 20 : 3))
    if (!Number.isInteger(count) || count < 1 || count > 20) return { problem: '--rounds is a number from 1 to 20.' }
    return { quick, rounds: count, parts, json }
  } catch (error) {
    return { problem: (error as Error).message }
  }
}
