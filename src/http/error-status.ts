import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { ErrorCode } from '../core/app-error'

export type ErrorStatuses = Readonly<Record<ErrorCode, ContentfulStatusCode>>

/** The status of every refusal; `/v1` uses them as they are, the other surfaces change what their documents say (DESIGN 8). */
export const ERROR_STATUSES: ErrorStatuses = {
  invalid_request: 400,
  malformed_json: 400,
  unsupported_media_type: 415,
  payload_too_large: 413,
  route_not_found: 404,
  method_not_allowed: 405,
  invalid_phone: 422,
  cooldown_active: 429,
  send_limit_reached: 429,
  verification_not_found: 404,
  verification_not_pending: 409,
  code_expired: 410,
  code_incorrect: 400,
  too_many_guesses: 429,
  delivery_failed: 502,
  delivery_unknown: 502,
  not_configured: 503,
  misconfigured: 503,
  dependency_unavailable: 503,
  unauthorized: 401,
  webhook_forbidden: 403,
  unreadable_report: 400,
  communication_not_found: 404,
  template_not_found: 404,
  template_exists: 409,
  internal: 500,
}
