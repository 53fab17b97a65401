import type { ErrorCode } from '../core/app-error'

// What a use case can refuse on any surface, for the documentation of the routes that call it.

/** `sendVerification`. */
export const SEND_REFUSALS = [
  'purpose_not_allowed',
  'abnormal_usage',
  'budget_exhausted',
  'cooldown_active',
  'send_limit_reached',
  'too_many_guesses',
  'delivery_failed',
  'delivery_unknown',
  'not_configured',
  'dependency_unavailable',
] as const satisfies readonly ErrorCode[]

/** Whatever hands in a lead. */
export const LEAD_REFUSALS = ['leads_not_configured', 'dependency_unavailable'] as const satisfies readonly ErrorCode[]

/** `checkVerification`. */
export const CHECK_REFUSALS = [
  'purpose_not_allowed',
  'abnormal_usage',
  'verification_not_found',
  'code_expired',
  'too_many_guesses',
  'dependency_unavailable',
] as const satisfies readonly ErrorCode[]
