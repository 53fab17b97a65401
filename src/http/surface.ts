import { type Context, Hono } from 'hono'
import { methodNotAllowed } from 'hono/method-not-allowed'
import type { ErrorCode, Refusal } from '../core/app-error'
import type { ErrorStatuses } from './error-status'
import type { HttpEnv } from './http-env'
import { type LazySchema, createOperation } from './operation'
import { asToldTo } from './stranger'
import { rateLimitHeaders } from './rate-limit-headers'
import { retryAfterOf, toRefusal } from './to-refusal'

/** What a surface says of a refusal, besides its status. */
export interface Envelope {
  /** Its name in logs, audit and OpenAPI. */
  readonly surface: string
  readonly statuses: ErrorStatuses
  readonly failureSchema: LazySchema
  readonly failureMediaType?: 'application/problem+json'
  readonly failure: (
    refusal: Refusal,
    about: { readonly requestId: string; readonly status: number; readonly body: unknown },
  ) => object
}

/**
 * A Hono app in which every error, an unknown path and a wrong method are told in the surface's own envelope. Routes are
 * added to `app`; `close` is called last and returns it.
 */
export function createSurface(envelope: Envelope) {
  const app = new Hono<HttpEnv>({ strict: false })
  const answer = (c: Context<HttpEnv>, refusal: Refusal) => refuseWith(c, envelope, refusal)

  const fail = (c: Context<HttpEnv>, thrown: unknown) => answer(c, asToldTo(c, toRefusal(thrown, c.get('requestId'))))

  app.onError((error, c) => fail(c, error))
  // Hono hands only instances of Error to onError, and lets everything else out of the app.
  app.use(async (c, next) => {
    try {
      return await next()
    } catch (thrown) {
      return fail(c, thrown)
    }
  })
  app.use(
    methodNotAllowed({ app, onMethodNotAllowed: (c, allow) => answer(c, { code: 'method_not_allowed', details: { allow } }) }),
  )
  return {
    app,
    operation: createOperation({
      tag: envelope.surface,
      statuses: envelope.statuses,
      failureSchema: envelope.failureSchema,
      failureMediaType: envelope.failureMediaType ?? 'application/json',
      failure: envelope.failure,
    }),
    close: () => app.all('*', (c) => answer(c, { code: 'route_not_found', details: {} })),
  }
}

/** What to send to be let in (RFC 6750). */
const CHALLENGES: Partial<Record<ErrorCode, string>> = {
  unauthorized: 'Bearer',
  insufficient_scope: 'Bearer error="insufficient_scope"',
}

function refuseWith(c: Context<HttpEnv>, envelope: Envelope, refusal: Refusal): Response {
  c.set('refusal', refusal.code)
  const status = envelope.statuses[refusal.code]
  const retryAfter = retryAfterOf(refusal)
  if (retryAfter !== undefined) c.header('Retry-After', String(retryAfter))
  const quotas = 'quotas' in refusal.details ? refusal.details.quotas : undefined
  for (const [name, value] of Object.entries(rateLimitHeaders(quotas, c.get('principal')))) c.header(name, value)
  const challenge = CHALLENGES[refusal.code]
  if (challenge !== undefined) c.header('WWW-Authenticate', challenge)
  if (refusal.code === 'method_not_allowed') c.header('Allow', refusal.details.allow.join(', '))
  const body = envelope.failure(refusal, { requestId: c.get('requestId'), status, body: c.get('body') })
  return c.json(body, status, { 'Content-Type': envelope.failureMediaType ?? 'application/json' })
}
