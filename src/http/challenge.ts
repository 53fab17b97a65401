import type { Context, MiddlewareHandler } from 'hono'
import { type ErrorCode, refuse } from '../core/app-error'
import { consoleLog } from '../core/log'
import type { HttpEnv, Provide } from './http-env'
import { CHALLENGED, tag } from './operation'

/** Where a page puts the token of its Turnstile widget. */
export const CHALLENGE_HEADER = 'X-Turnstile-Token'

/** What a route that {@link challengeBrowsers} can refuse for it. */
export const CHALLENGE_REFUSALS = ['challenge_failed', 'challenge_not_configured'] as const satisfies readonly ErrorCode[]

/**
 * Lets a page send only where a person solved a challenge on it: a publishable key can be read by everybody, programs too.
 * A token is good once, so this comes after all that can be refused by the request alone, and before any limit: a failed
 * challenge counts nowhere. Whoever does not come with a publishable key needs none.
 * @throws `challenge_failed`, `challenge_not_configured`, `dependency_unavailable`
 */
export function challengeBrowsers(provide: Provide): MiddlewareHandler<HttpEnv> {
  const handler: MiddlewareHandler<HttpEnv> = async (c, next) => {
    if (c.get('principal')?.kind === 'browser') await requirePerson(c, provide)
    return next()
  }
  return tag(handler, CHALLENGED, true)
}

async function requirePerson(c: Context<HttpEnv>, provide: Provide): Promise<void> {
  const { config, turnstile } = provide(c.env)
  if (!turnstile) {
    if (config.environment === 'development') return
    throw refuse('challenge_not_configured', { missing: ['TURNSTILE_SECRET_KEY'] })
  }
  const token = c.req.header(CHALLENGE_HEADER)?.trim() ?? ''
  const outcome = token === '' ? 'missing' : await turnstile.check({ token, ...pageOf(c) })
  if (outcome === 'passed') return
  consoleLog('info', 'challenge.failed', { request_id: c.get('requestId'), reason: outcome })
  throw refuse('challenge_failed', {})
}

/** The page: of an origin of the key's, since `requireScope` let it in. */
function pageOf(c: Context<HttpEnv>) {
  return { hostname: new URL(c.req.header('origin')!).hostname, address: c.req.header('cf-connecting-ip') }
}
