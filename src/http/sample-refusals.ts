import type { ErrorCode, ErrorDetails, Refusal } from '../core/app-error'

/** One of each, for the examples in the OpenAPI document. */
const SAMPLE_DETAILS: { readonly [Code in ErrorCode]: ErrorDetails[Code] } = {
  invalid_request: { issues: [{ path: 'code', message: 'is required' }] },
  malformed_json: {},
  unsupported_media_type: {},
  payload_too_large: { limitBytes: 16_384 },
  route_not_found: {},
  method_not_allowed: { allow: ['POST'] },
  invalid_phone: { reason: 'too_short' },
  cooldown_active: { retryAfterSeconds: 42 },
  send_limit_reached: { retryAfterSeconds: 371 },
  verification_not_found: {},
  verification_not_pending: { status: 'approved' },
  code_expired: {},
  code_incorrect: { guessesLeft: 4 },
  too_many_guesses: { retryAfterSeconds: 60 },
  delivery_failed: { reason: 'provider_unavailable' },
  delivery_unknown: { verificationId: 'ver_example', retryAfterSeconds: 60 },
  not_configured: { anyOf: [['MSG91_AUTH_KEY', 'MSG91_TEMPLATE_ID']] },
  misconfigured: { problems: ['OTP_PEPPER is missing'] },
  dependency_unavailable: { dependency: 'gate' },
  unauthorized: {},
  webhook_forbidden: {},
  unreadable_report: {},
  communication_not_found: {},
  template_not_found: {},
  template_exists: {},
  loan_not_found: {},
  repayment_not_found: {},
  contact_unreachable: { contactType: 'co_applicant' },
  repayment_settled: {},
  update_refused: { issues: [{ path: 'amount', message: 'is more than what is due' }] },
  repayment_changed: {},
  update_pending: { retryAfterSeconds: 5 },
  confirmation_used: {},
  confirmation_expired: {},
  confirmation_changed: {},
  loan_exists: { issues: [{ path: 'id', message: 'exists already' }] },
  import_refused: { rows: [{ row: 7, id: '130', issues: [{ path: 'currency', message: 'is required' }] }] },
  phone_not_verified: { withinMinutes: 15 },
  lead_not_found: {},
  lead_refused: { leadId: '019aa5f0-0000-7000-8000-000000000000' },
  leads_not_configured: { missing: ['PII_ENCRYPTION_KEY'] },
  internal: {},
}

/** A refusal as it could happen. */
export function sampleRefusal(code: ErrorCode): Refusal {
  return { code, details: SAMPLE_DETAILS[code] } as Refusal
}
