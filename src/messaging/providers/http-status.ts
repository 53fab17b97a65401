import type { FailureReason } from '../failure-reason'

/** What an HTTP status says where the body says nothing. Undefined for 2xx. */
export function reasonOfHttpStatus(httpStatus: number): FailureReason | undefined {
  if (httpStatus === 401 || httpStatus === 403) return 'provider_auth'
  if (httpStatus === 429) return 'rate_limited'
  if (httpStatus >= 500) return 'provider_unavailable'
  // Nothing is there: it is the address that is wrong, which another provider does not share.
  if (httpStatus === 404 || httpStatus === 405) return 'config_error'
  if (httpStatus >= 400) return 'bad_request'
  // Redirects are not followed (`http.ts`): the address that was configured is not the one of the call.
  if (httpStatus >= 300) return 'config_error'
  return undefined
}
