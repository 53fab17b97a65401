import type { AbuseRule } from '../../config/abuse'
import type { LimitDeps } from '../limit-deps'
import { limiterName } from '../limiters'

/**
 * Ends what a rule has against a subject, for the operator who knows better. Where it has nothing, nothing changes.
 * @returns whether there was anything to end
 * @throws `dependency_unavailable`
 */
export async function liftStrike(
  { limiters, log }: Pick<LimitDeps, 'limiters' | 'log'>,
  { requestId }: { readonly requestId: string },
  { rule, subject }: { readonly rule: AbuseRule; readonly subject: string },
): Promise<boolean> {
  const isLifted = await limiters.call(limiterName(rule, subject), (limiter) => limiter.lift())
  log('info', isLifted ? 'limit.lifted' : 'limit.nothing_to_lift', { request_id: requestId, reason: rule })
  return isLifted
}
