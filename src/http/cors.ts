import type { Context, MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { CHALLENGE_HEADER } from './challenge'
import type { HttpEnv, Provide } from './http-env'

/** How long a browser remembers what it may send. Seconds. */
const MAX_AGE_SECONDS = 600

/** For an origin that is known. No credentials: keys are sent by hand, and there are no cookies. */
const allow = cors({
  origin: (origin) => origin,
  allowMethods: ['GET', 'POST', 'DELETE'],
  allowHeaders: ['Authorization', 'X-API-Key', 'Content-Type', 'Idempotency-Key', CHALLENGE_HEADER, 'X-Request-Id'],
  exposeHeaders: ['X-Request-Id', 'Retry-After', 'RateLimit', 'RateLimit-Policy', 'Idempotent-Replayed', 'Location'],
  maxAge: MAX_AGE_SECONDS,
})

/**
 * Lets the pages of publishable keys read the answers, refusals too. A preflight carries no key, so the origins of all keys
 * are good for it; the key itself is good from its own origins only (`access.ts`). For every other origin the answer is what
 * it would be without this, so its browser keeps it from the page. Never fails.
 */
export function corsForPages(provide: Provide): MiddlewareHandler<HttpEnv> {
  return async (c, next) => {
    // An OPTIONS that no browser asks ahead of a request is a method like others, which no route has.
    const isPlainOptions = c.req.method === 'OPTIONS' && c.req.header('access-control-request-method') === undefined
    if (!isPlainOptions && (await isOfPage(c, provide))) return allow(c, next)
    await next()
    c.header('Vary', 'Origin', { append: true })
  }
}

async function isOfPage(c: Context<HttpEnv>, provide: Provide): Promise<boolean> {
  const origin = c.req.header('origin')
  // `null` is what sandboxed frames and files call themselves: anybody can be that.
  if (origin === undefined || origin === 'null') return false
  try {
    return await provide(c.env).origins.has(origin, (work) => c.executionCtx.waitUntil(work))
  } catch {
    // A configuration that is wrong is told by the surface.
    return false
  }
}
