import type { Context, MiddlewareHandler } from 'hono'
import type { StatusCode } from 'hono/utils/http-status'
import { ownerOf } from '../access/principal'
import { IDEMPOTENT_ANSWER_LIMIT_BYTES } from '../config/limits'
import type { ErrorCode } from '../core/app-error'
import { parseJson } from '../core/decode'
import { consoleLog, errorName } from '../core/log'
import type { Begun, IdempotencyKeys, KeptAnswer } from '../idempotency/idempotency-keys'
import { IDEMPOTENCY_KEY, readKey } from '../idempotency/read-key'
import type { HttpEnv, Provide } from './http-env'
import { IDEMPOTENT, tag } from './operation'
import { readBody } from './read-body'

export interface IdempotentOptions {
  /** Fields of the answer that are shown once: whoever asks again has null there. */
  readonly withhold?: readonly string[]
  /** Which successes are kept, by their body. Left out: all. */
  readonly keeps?: (body: unknown) => boolean
  /** Of the largest body, as the route's `jsonBody` has it. Left out: `BODY_LIMIT_BYTES`. */
  readonly limitBytes?: number
}

export const REPLAYED = 'Idempotent-Replayed'

/** What a route that is {@link idempotent} can refuse for it. */
export const IDEMPOTENCY_REFUSALS = [
  'invalid_request',
  'payload_too_large',
  'idempotency_key_reused',
  'idempotency_key_in_use',
  'dependency_unavailable',
] as const satisfies readonly ErrorCode[]

/** After these something has happened that must not happen again. After all others the same request may do it still. */
export const KEPT_REFUSALS: ReadonlySet<ErrorCode> = new Set(['delivery_unknown', 'lead_refused'])

const KEPT_HEADERS = ['Content-Type', 'Location', 'Retry-After']

/**
 * Does what is asked once, however often the same request comes with one `Idempotency-Key`, and answers as the first time.
 * Stands behind the check of access, whose caller owns the key, and in front of all that reads the body. A request without
 * the header passes.
 * @throws `invalid_request`, `payload_too_large`, `idempotency_key_reused`, `idempotency_key_in_use`, `dependency_unavailable`
 */
export function idempotent(provide: Provide, options: IdempotentOptions = {}): MiddlewareHandler<HttpEnv> {
  const handler: MiddlewareHandler<HttpEnv> = async (c, next) => {
    const header = c.req.header(IDEMPOTENCY_KEY)
    if (header === undefined) return next()
    const { config, idempotency } = provide(c.env)
    const begun = await beginOnce(c, idempotency, readKey(header), options.limitBytes ?? config.limits.bodyLimitBytes)
    if (begun.status === 'kept') return replay(c, begun.answer)
    const work = answer(c, next, begun, options)
    // Whoever goes away before the answer comes back for it: what has begun is ended all the same.
    c.executionCtx.waitUntil(work.catch(() => {}))
    return work
  }
  return tag(handler, IDEMPOTENT, options)
}

async function beginOnce(c: Context<HttpEnv>, keys: IdempotencyKeys, key: string, limitBytes: number): Promise<Begun> {
  const body = await readBody(c.req.raw.body, limitBytes)
  c.set('bytes', body)
  const { pathname, search: query } = new URL(c.req.url)
  // A route is the same with and without a slash at its end.
  const path = pathname.replace(/\/$/, '')
  return keys.begin({ owner: ownerOf(c.get('principal')), key, method: c.req.method, path, query, body })
}

function replay(c: Context<HttpEnv>, { status, headers, body }: KeptAnswer): Response {
  return c.newResponse(body || null, status as StatusCode, { ...headers, [REPLAYED]: 'true' })
}

async function answer(
  c: Context<HttpEnv>,
  next: () => Promise<void>,
  begun: Extract<Begun, { status: 'begun' }>,
  options: IdempotentOptions,
): Promise<void> {
  try {
    await next()
  } catch (thrown) {
    await settle(c, begun.giveBack())
    throw thrown
  }
  const kept = await toKept(c, options)
  await settle(c, kept ? begun.keep(kept) : begun.giveBack())
}

/** What was done is done, and is told, also where nobody could write it down: the lease frees the key then. */
async function settle(c: Context<HttpEnv>, settling: Promise<boolean>): Promise<void> {
  try {
    if (await settling) return
    consoleLog('warn', 'idempotency.lease_over', { request_id: c.get('requestId'), operation: c.get('operation') })
  } catch (error) {
    const fields = { request_id: c.get('requestId'), operation: c.get('operation'), dependency: 'idempotency' }
    consoleLog('error', 'idempotency.not_settled', { ...fields, error_name: errorName(error) })
  }
}

/** The answer as it is kept; undefined where the same request may be tried again. */
async function toKept(c: Context<HttpEnv>, { withhold = [], keeps }: IdempotentOptions): Promise<KeptAnswer | undefined> {
  const { status, ok, headers } = c.res
  const refusal = c.get('refusal')
  if (!ok && (refusal === undefined || !KEPT_REFUSALS.has(refusal))) return undefined
  const text = await textOf(c.res.clone())
  if (text === undefined) return undefined
  const body = parseJson(text)
  if (ok && keeps?.(body) === false) return undefined
  const named = KEPT_HEADERS.flatMap((name) => {
    const value = headers.get(name)
    return value === null ? [] : [[name, value] as const]
  })
  return { status, headers: Object.fromEntries(named), body: withhold.length > 0 ? without(withhold, body) : text }
}

/** Undefined where it is too large to be kept. */
async function textOf({ body }: Response): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await readBody(body, IDEMPOTENT_ANSWER_LIMIT_BYTES))
  } catch {
    return undefined
  }
}

function without(fields: readonly string[], body: unknown): string {
  return JSON.stringify({ ...(body as object), ...Object.fromEntries(fields.map((field) => [field, null])) })
}
