import type { Micros } from '../config/prices'
import { type AppError, refuse } from '../core/app-error'
import { wholeSeconds } from '../core/clock'
import { errorName } from '../core/log'
import type { Asker, LimitDeps } from './limit-deps'
import { WHOLE_DEPLOYMENT, limiterName } from './limiters'

/** What was reserved of a day's cap. */
export interface Budget {
  readonly day: number
  readonly micros: Micros
}

const NAME = limiterName('spend', WHOLE_DEPLOYMENT)

/**
 * Reserves what a message may cost, before anybody is asked to send it. A limiter that only observes refuses nothing, not
 * even when it cannot be reached.
 * @param price asked for where there is a cap
 * @returns undefined where nothing was reserved
 * @throws `budget_exhausted`, `dependency_unavailable`, and as `price`
 */
export async function reserveBudget(
  { limiters, rules: { spend }, log }: LimitDeps,
  { requestId }: Pick<Asker, 'requestId'>,
  price: () => Promise<Micros>,
): Promise<Budget | undefined> {
  if (!spend || spend.mode === 'off') return undefined
  const { mode, capMicros } = spend
  const micros = await price()
  const request = { rule: 'spend', subject: WHOLE_DEPLOYMENT, mode, requestId, micros, capMicros } as const
  const reply = await limiters
    .call(NAME, (limiter) => limiter.spend(request))
    .catch((error: AppError) => {
      if (mode === 'enforce') throw error
      return undefined
    })
  if (!reply) return undefined
  if (reply.status === 'refused' || reply.struck) {
    log('warn', 'limit.struck', { request_id: requestId, reason: 'spend', outcome: mode })
  }
  if (reply.status === 'refused') throw refuse('budget_exhausted', { retryAfterSeconds: wholeSeconds(reply.waitMs) })
  return { day: reply.day, micros }
}

/** Tells what was really spent. Never throws: what is not told stays reserved. */
export async function correctBudget(
  { limiters, log }: Pick<LimitDeps, 'limiters' | 'log'>,
  budget: Budget | undefined,
  spent: Micros,
): Promise<void> {
  if (!budget || spent === budget.micros) return
  const { day, micros } = budget
  await limiters
    .call(NAME, (limiter) => limiter.correct({ day, change: spent - micros }))
    .catch((error: unknown) => log('warn', 'limits.not_told', { reason: 'spend', error_name: errorName(error) }))
}
