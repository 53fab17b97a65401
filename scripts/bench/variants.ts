/**
 * The service with some of its work taken away, by a few lines around the built script: what is missing from its processor
 * time then is what that work costs.
 */
export interface Variant {
  readonly name: string
  /** JavaScript that runs at the start of the isolate and of each object, with `env` and (in an object) `ctx` to change. */
  readonly change: string
}

const NO_KV = `env.OTP_KV = { put: async () => {}, get: async () => null }`
const NO_VENDOR = `globalThis.fetch = answerAsVendor`
const NO_SETTLE = `env.PHONE_GATE = withoutSettle(env.PHONE_GATE)`
const NO_ALARM = `if (ctx) ctx.storage.setAlarm = async () => {}`
/** By the settings: nobody is counted then. */
const NO_RULES = `for (const rule of ['KEY', 'ADDRESS', 'PREFIX', 'COUNTRY']) env['LIMIT_' + rule + '_MODE'] = 'off'`
const NO_LOG = `console.info = console.warn = console.error = () => {}`

/** The first is the service as it is. */
export const VARIANTS: readonly Variant[] = [
  { name: 'the whole service', change: '' },
  { name: 'without KV', change: NO_KV },
  { name: 'without the call to the vendor', change: NO_VENDOR },
  { name: 'without the settle', change: NO_SETTLE },
  { name: 'without the alarm', change: NO_ALARM },
  { name: 'without the rules against abuse', change: NO_RULES },
  { name: 'without log lines', change: NO_LOG },
  { name: 'without KV and vendor', change: [NO_KV, NO_VENDOR].join('\n') },
  { name: 'without all six', change: [NO_KV, NO_VENDOR, NO_SETTLE, NO_ALARM, NO_RULES, NO_LOG].join('\n') },
]

/** Where a variant that keeps the messages to itself tells the codes. */
export const CODES_PATH = '/codes-of-the-variant'

/** The entry script of a variant; it imports the built one as `service.js`. */
export function variantScript({ change }: Variant): string {
  return `
import service, { PhoneGate as CompleteGate, Limiter as CompleteLimiter } from './service.js'
export { IdempotencyRecord } from './service.js'

const codes = {}

async function answerAsVendor(_url, { body }) {
  const form = new URLSearchParams(body)
  codes[form.get('destination')] = JSON.parse(form.get('template')).params[0]
  return Response.json({ status: 'submitted', messageId: 'none' }, { status: 202 })
}

function withoutSettle(namespace) {
  const settle = async () => ({ status: 'settled' })
  const get = (id) => {
    const stub = namespace.get(id)
    return new Proxy(stub, { get: (_, name) => (name === 'settle' ? settle : (...args) => stub[name](...args)) })
  }
  return { get, idFromName: (text) => namespace.idFromName(text), idFromString: (text) => namespace.idFromString(text) }
}

function change(original, ctx) {
  const env = { ...original }
  ${change}
  return env
}

// One changed set of bindings in an isolate: the service composes itself once for each.
let changed
function changeOnce(env, ctx) {
  const another = change(env, ctx)
  return (changed ??= another)
}

export class PhoneGate extends CompleteGate {
  constructor(ctx, env) {
    super(ctx, changeOnce(env, ctx))
  }
}

export class Limiter extends CompleteLimiter {
  constructor(ctx, env) {
    super(ctx, changeOnce(env, ctx))
  }
}

export default {
  fetch(request, env, ctx) {
    if (request.url.endsWith('${CODES_PATH}')) return Response.json(codes)
    changed ??= change(env)
    return service.fetch(request, changed, ctx)
  },
}
`
}
