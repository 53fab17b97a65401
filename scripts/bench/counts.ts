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

/** What the objects of one class did. */
export interface ObjectCounts {
  /** By the Worker. */
  readonly calls: number
  /** Alarms that have done their work. */
  readonly alarms: number
  /** Rows that they wrote in their own storage: their state, and the alarms that they set. */
  readonly ownRows: number
}

/** The classes of objects: of a number, of a rule against abuse, of an `Idempotency-Key`. */
export const OBJECT_KINDS = ['gate', 'limiter', 'record'] as const
export type ObjectKind = (typeof OBJECT_KINDS)[number]

/** What happened since it was asked for the time before. */
export interface Counts extends Readonly<Record<ObjectKind, ObjectCounts>> {
  /** D1, by the Worker, which somebody waits for, or for which it answers first. */
  readonly worker: DatabaseCounts
  /** The same, but to find out who asks: once in a while, whatever the request. */
  readonly keys: DatabaseCounts
  /** D1, by the objects, in their alarms and where they are asked to carry what they have. */
  readonly gates: DatabaseCounts
  /** Calls to vendors, lenders and identity providers. */
  readonly fetches: number
}

const PATH = '/counts-of-the-benchmark'

/**
 * The entry script of a service that counts all of {@link Counts}; it imports the built one as `service.js`. Not for
 * measuring time.
 */
export const COUNTS_SCRIPT = `
import service, * as complete from './service.js'
${WATCH_DATABASE}
${RUN_JOBS}
const nothing = () => ({ roundTrips: 0, transactions: 0, statements: 0, rowsRead: 0, rowsWritten: 0, largestParameter: 0 })
const idle = () => ({ calls: 0, alarms: 0, ownRows: 0 })
const start = () => ({ worker: nothing(), keys: nothing(), gates: nothing(), fetches: 0, gate: idle(), limiter: idle(), record: idle() })
let counts = start()

const sum = (results, name) => results.reduce((total, { meta }) => total + meta[name], 0)
const bytes = (value) => (typeof value === 'string' ? new TextEncoder().encode(value).length : 0)

function watched(env, who) {
  const bound = (values) => {
    counts[who].largestParameter = Math.max(counts[who].largestParameter, ...values.map(bytes))
  }
  const afterwards = (results, sql) => {
    const written = sum(results, 'rows_written')
    const taken = counts[/ from "api_key"/.test(sql) ? 'keys' : who]
    taken.roundTrips += 1
    taken.transactions += written > 0 ? 1 : 0
    taken.statements += results.length
    taken.rowsRead += sum(results, 'rows_read')
    taken.rowsWritten += written
  }
  return { ...env, DB: watchDatabase(env.DB, { bound, afterwards }) }
}

function watchObjects(namespace, kind) {
  const call = (stub, name) => (...args) => {
    counts[kind].calls += 1
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

// All storages have one method to write with: each is known by its class.
const kinds = new WeakMap()
let put
function watchStorage({ storage }, kind) {
  const setAlarm = storage.setAlarm.bind(storage)
  storage.setAlarm = (at) => {
    counts[kind].ownRows += 1
    return setAlarm(at)
  }
  kinds.set(storage.kv, kind)
  if (put) return
  const kv = Object.getPrototypeOf(storage.kv)
  put = kv.put
  kv.put = function (...args) {
    counts[kinds.get(this)].ownRows += 1
    return put.apply(this, args)
  }
}

// One set of bindings each in an isolate: the service composes itself once for each.
let ofWorker, ofObjects

const watchedClass = (Complete, kind) =>
  class extends Complete {
    constructor(ctx, env) {
      watchStorage(ctx, kind)
      super(ctx, (ofObjects ??= watched(env, 'gates')))
    }

    async alarm(info) {
      await super.alarm(info)
      counts[kind].alarms += 1
    }
  }

export const PhoneGate = watchedClass(complete.PhoneGate, 'gate')
export const Limiter = watchedClass(complete.Limiter, 'limiter')
export const IdempotencyRecord = watchedClass(complete.IdempotencyRecord, 'record')

function watchedEnv(env) {
  return {
    ...watched(env, 'worker'),
    PHONE_GATE: watchObjects(env.PHONE_GATE, 'gate'),
    LIMITER: watchObjects(env.LIMITER, 'limiter'),
    IDEMPOTENCY: watchObjects(env.IDEMPOTENCY, 'record'),
  }
}

export default {
  fetch(request, env, ctx) {
    if (request.url.endsWith('${PATH}')) {
      const told = Response.json(counts)
      counts = start()
      return told
    }
    ofWorker ??= watchedEnv(env)
    if (isForJobs(request)) return runJobs(service, request, ofWorker)
    return service.fetch(request, ofWorker, ctx)
  },
}
`

/** The counts since this was called the time before, of a service with {@link COUNTS_SCRIPT}. */
export async function takeCounts({ url }: Platform): Promise<Counts> {
  return (await (await fetch(url + PATH)).json()) as Counts
}
