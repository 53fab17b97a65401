import type { Answer } from './client.ts'

/** What one request cost in D1, as D1 itself tells it. */
export interface Rows {
  readonly statements: number
  readonly read: number
  readonly written: number
}

const HEADER = 'x-bench-rows'

/**
 * The entry script of a service that counts rows; it imports the built one as `service.js`. Every answer tells what its
 * request cost until then, so requests must come one at a time. Not for measuring time: a read whose rows have no names
 * (as drizzle asks for them) tells no cost, so it is done twice and counted once.
 */
export const COUNTING_SCRIPT = `
import service from './service.js'
export { PhoneGate } from './service.js'

let rows
const originals = new WeakMap()

function note(result) {
  rows.statements += 1
  rows.read += result.meta.rows_read
  rows.written += result.meta.rows_written
  return result
}

function watch(statement) {
  const watched = {
    bind: (...values) => watch(statement.bind(...values)),
    run: async () => note(await statement.run()),
    all: async () => note(await statement.all()),
    async raw(options) {
      note(await statement.run())
      return statement.raw(options)
    },
  }
  originals.set(watched, statement)
  return watched
}

function watchDatabase(database) {
  return {
    prepare: (sql) => watch(database.prepare(sql)),
    async batch(statements) {
      const results = await database.batch(statements.map((statement) => originals.get(statement)))
      return results.map(note)
    },
  }
}

// One set of bindings in an isolate: the service composes itself once for each.
let watched

export default {
  async fetch(request, env, ctx) {
    rows = { statements: 0, read: 0, written: 0 }
    watched ??= { ...env, DB: watchDatabase(env.DB) }
    const answer = await service.fetch(request, watched, ctx)
    const told = new Response(answer.body, answer)
    told.headers.set('${HEADER}', JSON.stringify(rows))
    return told
  },
}
`

/** @throws where the answer is not one of {@link COUNTING_SCRIPT} */
export function rowsOf({ headers }: Answer): Rows {
  const text = headers[HEADER]
  if (typeof text !== 'string') throw new Error('the answer does not tell its rows')
  return JSON.parse(text) as Rows
}
