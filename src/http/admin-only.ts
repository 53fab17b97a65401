import type { MiddlewareHandler } from 'hono'
import { refuse } from '../core/app-error'
import { sameSecret } from '../core/same-secret'
import type { HttpEnv, Provide } from './http-env'
import { ADMIN_ONLY, tag } from './operation'

const BEARER = /^Bearer +(\S+) *$/i

/**
 * Lets only the operator in, who sends `ADMIN_API_KEY` as a bearer token. Without such a key in the configuration the
 * route is open in development, and closed to everybody in production.
 * @throws `unauthorized`, `misconfigured`
 */
export function adminOnly(provide: Provide): MiddlewareHandler<HttpEnv> {
  const handler: MiddlewareHandler<HttpEnv> = async (c, next) => {
    const { adminApiKey, environment } = provide(c.env).config
    const isOpen = adminApiKey === undefined && environment === 'development'
    const given = BEARER.exec(c.req.header('authorization') ?? '')?.[1] ?? ''
    if (!isOpen && !(adminApiKey !== undefined && (await sameSecret(given, adminApiKey)))) throw refuse('unauthorized', {})
    return next()
  }
  return tag(handler, ADMIN_ONLY, true)
}
