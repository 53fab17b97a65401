import type { Platform } from './platform.ts'
import { RUN_JOBS } from './run-jobs.ts'
import { WATCH_DATABASE } from './rows.ts'

/** What D1 was asked, and what that cost by its own account. */
export interface DatabaseCounts {
  readonly roundTrips: number
  /** Round trips that wrote something: each is one transaction. */
  readonly transactions: number
  readonly statements: number
  readonly rowsRead: number
  readonly rowsWritten: number
  /** UTF-8 bytes of the largest text that was bound. */
  readonly largestParameter: number
}

/** What happened since it was asked for the time before. */
export interface Counts {
  /** By the Worker, which somebody waits for, or for which it answers first. */
  readonly worker: DatabaseCounts
  /** By the objects, in their alarms and where they are asked to carry what they have. */
  readonly gates: DatabaseCounts
  /** Calls to objects. */
  readonly calls: number
  /** Calls to vendors and lenders. */
  readonly fetches: number
  /** Alarms that have done their work. */
  readonly alarms: number
  /** Rows that objects wrote in their own storage: their state, and the alarms that they set. */
  readonly ownRows: number
}

const PATH = '/counts-of-the-benchmark'

/**
 * The entry script of a service that counts all of {@link Counts}; it imports the built one as `service.js`. Not for
 * measuring time.
 */
export const COUNTS_SCRIPT = `
import service, { PhoneGate as Complete } from './service.js'
${WATCH_DATABASE}
${RUN_JOBS}
const nothing = () => ({ roundTrips: 0, transactions: 0, statements: 0, rowsRead: 0, rowsWritten: 0, largestParameter: 0 })
const start = () => ({ worker: nothing(), gates: nothing(), calls: 0, fetches: 0, alarms: 0, ownRows: 0 })
let counts = start()

const sum = (results, name) => results.reduce((total, { meta }) => total + meta[name], 0)
const bytes = (value) => (typeof value === 'string' ? new TextEncoder().encode(value).length : 0)

function watched(env, who) {
  const bound = (values) => {
    counts[who].largestParameter = Math.max(counts[who].largestParameter, ...values.map(bytes))
  }
  const afterwards = (results) => {
    const written = sum(results, 'rows_written')
    counts[who].roundTrips += 1
    counts[who].transactions += written > 0 ? 1 : 0
    counts[who].statements += results.length
    counts[who].rowsRead += sum(results, 'rows_read')
    counts[who].rowsWritten += written
  }
  return { ...env, DB: watchDatabase(env.DB, { bound, afterwards }) }
}

function watchObjects(namespace) {
  const call = (stub, name) => (...args) => {
    counts.calls += 1
    return stub[name](...args)
  }
  return {
    get: (id) => new Proxy(namespace.get(id), { get: (stub, name) => call(stub, name) }),
    idFromName: (text) => namespace.idFromName(text),
    idFromString: (text) => namespace.idFromString(text),
  }
}

const leave = globalThis.fetch
globalThis.fetch = (...args) => {
  counts.fetches += 1
  return leave(...args)
}

const forget = new WeakSet()
function watchStorage({ storage }) {
  const setAlarm = storage.setAlarm.bind(storage)
  storage.setAlarm = (at) => {
    counts.ownRows += 1
    return setAlarm(at)
  }
  const kv = Object.getPrototypeOf(storage.kv)
  if (forget.has(kv)) return
  forget.add(kv)
  const put = kv.put
  kv.put = function (...args) {
    counts.ownRows += 1
    return put.apply(this, args)
  }
}

// One set of bindings each in an isolate: the service composes itself once for each.
let ofWorker, ofGates

export class PhoneGate extends Complete {
  constructor(ctx, env) {
    watchStorage(ctx)
    super(ctx, (ofGates ??= watched(env, 'gates')))
  }

  async alarm(info) {
    await super.alarm(info)
    counts.alarms += 1
  }
}

export default {
  fetch(request, env, ctx) {
    if (request.url.endsWith('${PATH}')) {
      const told = Response.json(counts)
      counts = start()
      return told
    }
    ofWorker ??= { ...watched(env, 'worker'), PHONE_GATE: watchObjects(env.PHONE_GATE) }
    if (isForJobs(request)) return runJobs(service, request, ofWorker)
    return service.fetch(request, ofWorker, ctx)
  },
}
`

/** The counts since this was called the time before, of a service with {@link COUNTS_SCRIPT}. */
export async function takeCounts({ url }: Platform): Promise<Counts> {
  return (await (await fetch(url + PATH)).json()) as Counts
}
