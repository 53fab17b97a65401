import { AppError, type Refusal } from '../core/app-error'
import { consoleLog, errorName } from '../core/log'

/** Any thrown thing as a refusal. What is not ours is logged by its class and told as nothing but "internal". */
export function toRefusal(error: unknown, requestId: string): Refusal {
  if (error instanceof AppError) return error.refusal
  consoleLog('error', 'request.failed', { request_id: requestId, error_name: errorName(error) })
  return { code: 'internal', details: {} }
}

/** Seconds to wait, where waiting helps: the `Retry-After` header and the number in the body. */
export function retryAfterOf({ details }: Refusal): number | undefined {
  // A refusal that says "0" would be asked again at once by a loop; one second later is still exact enough to succeed.
  return 'retryAfterSeconds' in details ? Math.max(1, details.retryAfterSeconds) : undefined
}
