import type { Context, MiddlewareHandler } from 'hono'
import type { Config } from '../config/config'
import { refuse } from '../core/app-error'
import { sameSecret } from '../core/same-secret'
import type { HttpEnv, Provide } from './http-env'
import { ADMIN_ONLY, tag } from './operation'

const BEARER = /^Bearer +(\S+) *$/i

/** Does the request bring `ADMIN_API_KEY` as a bearer token? Never, where there is no such key. */
export async function isOperator({ adminApiKey }: Pick<Config, 'adminApiKey'>, c: Context<HttpEnv>): Promise<boolean> {
  const given = BEARER.exec(c.req.header('authorization') ?? '')?.[1] ?? ''
  return adminApiKey !== undefined && sameSecret(given, adminApiKey)
}

/**
 * Lets only the operator in, who sends `ADMIN_API_KEY` as a bearer token. Without such a key in the configuration the
 * route is open in development, and closed to everybody in production.
 * @throws `unauthorized`, `misconfigured`
 */
export function adminOnly(provide: Provide): MiddlewareHandler<HttpEnv> {
  const handler: MiddlewareHandler<HttpEnv> = async (c, next) => {
    const { config } = provide(c.env)
    const isOpen = config.adminApiKey === undefined && config.environment === 'development'
    if (!isOpen && !(await isOperator(config, c))) throw refuse('unauthorized', {})
    return next()
  }
  return tag(handler, ADMIN_ONLY, true)
}
