import type { Channel } from '../config/vendors'

/**
 * Why a vendor refused, in words of no vendor.
 * - `failover`: whether another provider may carry the same message: `any`, only on `other_channel`, or `never`.
 * - `alert`: somebody has to mend the set-up; it will not pass by itself.
 */
export const FAILURE_REASONS = {
  invalid_recipient: { failover: 'other_channel', alert: false },
  unreachable: { failover: 'any', alert: false },
  opted_out: { failover: 'never', alert: false },
  recipient_rate_limited: { failover: 'other_channel', alert: false },
  template_rejected: { failover: 'any', alert: true },
  content_blocked: { failover: 'any', alert: false },
  insufficient_funds: { failover: 'any', alert: true },
  provider_auth: { failover: 'any', alert: true },
  config_error: { failover: 'any', alert: true },
  bad_request: { failover: 'never', alert: true },
  rate_limited: { failover: 'any', alert: false },
  provider_unavailable: { failover: 'any', alert: false },
  unknown: { failover: 'any', alert: false },
} as const satisfies Record<string, { failover: 'any' | 'other_channel' | 'never'; alert: boolean }>

export type FailureReason = keyof typeof FAILURE_REASONS

/**
 * Whether a message that failed for this reason on one channel makes sense on the next. A number that is not on WhatsApp
 * may still take an SMS; the other way round a fault of the number is final.
 */
export function mayFollow(reason: FailureReason, channel: Channel, next: Channel): boolean {
  const { failover } = FAILURE_REASONS[reason]
  return failover === 'any' || (failover === 'other_channel' && channel === 'whatsapp' && next === 'sms')
}
