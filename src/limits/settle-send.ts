import { errorName } from '../core/log'
import { type Budget, correctBudget } from './budget'
import type { Counted } from './count-by'
import type { Asker, LimitDeps } from './limit-deps'
import { ruleOf } from './limiters'
import type { UsageRule } from './subjects'

/** With what a send was let through: to be given back, or corrected. */
export interface Admission {
  readonly counted: readonly Counted[]
  readonly budget: Budget | undefined
}

/** Gives back what a send was counted by, and what was reserved for it: it did not go out. */
export function withdrawSend(deps: LimitDeps, asker: Pick<Asker, 'defer'>, admission: Admission): void {
  settleSend(deps, asker, admission, { isSent: false, spent: 0 })
}

/** Tells, after the answer, what came of a send. @param outcome.isSent was it, or may it have been? */
export function settleSend(
  deps: LimitDeps,
  { defer }: Pick<Asker, 'defer'>,
  { counted, budget }: Admission,
  { isSent, spent }: { readonly isSent: boolean; readonly spent: number },
): void {
  if (budget && budget.micros !== spent) defer(correctBudget(deps, budget, spent))
  if (isSent || counted.length === 0) return
  const giveBack = ({ limiter, at }: Counted) => {
    const { limit, share, leastAfterStrike } = deps.rules[ruleOf(limiter) as UsageRule]
    const figures = { limit, share, ...(leastAfterStrike !== undefined && { leastAfterStrike }) }
    return deps.limiters.call(limiter, (remote) => remote.giveBack({ at, ...figures }))
  }
  defer(tellAll(deps, counted, giveBack))
}

/** Tells that the codes of these sends were typed, or that these guesses were right. Never throws. */
export async function clearVerified(deps: LimitDeps, counted: readonly Counted[]): Promise<void> {
  const byLimiter = Map.groupBy(counted, ({ limiter }) => limiter)
  await tellAll(deps, [...byLimiter], ([limiter, sends]) => {
    const { share } = deps.rules[ruleOf(limiter) as UsageRule]
    return deps.limiters.call(limiter, (remote) => remote.verify({ at: sends.map(({ at }) => at), share }))
  })
}

/** What is not told stays counted: nobody waits for it, and nothing fails for it. */
async function tellAll<T>({ log }: LimitDeps, items: readonly T[], tell: (item: T) => Promise<void>): Promise<void> {
  const told = await Promise.allSettled(items.map(async (item) => tell(item)))
  for (const one of told) {
    if (one.status === 'rejected') log('warn', 'limits.not_told', { error_name: errorName(one.reason) })
  }
}
