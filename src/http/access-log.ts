import type { MiddlewareHandler } from 'hono'
import type { Log } from '../core/log'
import type { HttpEnv } from './http-env'

/** One line a request: the operation and never the path, which a caller may have put a number into. */
export function accessLog(log: Log): MiddlewareHandler<HttpEnv> {
  return async function logAccess(c, next) {
    const startedAt = Date.now()
    await next()
    log('info', 'request', {
      request_id: c.get('requestId'),
      method: c.req.method,
      operation: c.get('operation'),
      status: c.res.status,
      error_code: c.get('refusal'),
      caller: c.get('principal')?.id || undefined,
      duration_ms: Date.now() - startedAt,
    })
  }
}
