import type { Answer } from './client.ts'

/** What one request cost in D1, as D1 itself tells it. */
export interface Rows {
  readonly statements: number
  readonly read: number
  readonly written: number
}

const HEADER = 'x-bench-rows'

/**
 * JavaScript of `watchDatabase(database, { bound, afterwards })`: D1 that tells of the values that are bound to a statement,
 * and of each round trip its results and its first statement. Not for measuring time: a read whose rows have no names (as drizzle asks for them)
 * tells no cost, so it is done twice and told of once.
 */
export const WATCH_DATABASE = `
function watchDatabase(database, { bound = () => {}, afterwards }) {
  const originals = new WeakMap()
  const tell = (results, sql) => {
    afterwards(results, sql)
    return results
  }
  const watch = (statement, sql) => {
    const watched = {
      bind(...values) {
        bound(values)
        return watch(statement.bind(...values), sql)
      },
      run: async () => tell([await statement.run()], sql)[0],
      all: async () => tell([await statement.all()], sql)[0],
      async raw(options) {
        tell([await statement.run()], sql)
        return statement.raw(options)
      },
    }
    originals.set(watched, { statement, sql })
    return watched
  }
  return {
    prepare: (sql) => watch(database.prepare(sql), sql),
    async batch(statements) {
      const known = statements.map((statement) => originals.get(statement))
      return tell(await database.batch(known.map(({ statement }) => statement)), known[0]?.sql)
    },
  }
}
`

/**
 * The entry script of a service that counts rows; it imports the built one as `service.js`. Every answer tells what its
 * request cost until then, so requests must come one at a time.
 */
export const COUNTING_SCRIPT = `
import service from './service.js'
export { PhoneGate, Limiter, IdempotencyRecord } from './service.js'
${WATCH_DATABASE}
let rows
const note = ({ meta }) => {
  rows.statements += 1
  rows.read += meta.rows_read
  rows.written += meta.rows_written
}

// One set of bindings in an isolate: the service composes itself once for each.
let watched

export default {
  async fetch(request, env, ctx) {
    rows = { statements: 0, read: 0, written: 0 }
    watched ??= { ...env, DB: watchDatabase(env.DB, { afterwards: (results) => results.forEach(note) }) }
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
