import { NOTICE_ATTEMPTS, NOTICE_PAUSE_MS } from '../../config/limits'
import type { Delivery } from '../../messaging/deliver'
import { FAILURE_REASONS, type FailureReason } from '../../messaging/failure-reason'

/**
 * When a message to a customer is to be sent again: where it certainly was not sent, and may be later. What may have
 * arrived is not repeated, since nobody is told twice.
 * @param attempts that were made, with this one
 * @param now milliseconds since the epoch
 * @returns undefined: it is over, one way or the other
 */
export function nextNoticeAt(
  { status, reason }: Pick<Delivery, 'status' | 'reason'>,
  attempts: number,
  now: number,
): number | undefined {
  const isForNow = status === 'rejected' && reason !== null && FAILURE_REASONS[reason as FailureReason]?.failover === 'any'
  return isForNow && attempts < NOTICE_ATTEMPTS ? now + attempts * NOTICE_PAUSE_MS : undefined
}
