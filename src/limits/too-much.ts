import { type AppError, refuse } from '../core/app-error'
import { randomFraction } from '../core/random-fraction'
import { hiddenWaitSeconds } from './hidden-wait'

/** Tells that it is too much, and never by which rule. @param waitMs until the strike is over */
export function tooMuch(waitMs: number): AppError {
  return refuse('abnormal_usage', { retryAfterSeconds: hiddenWaitSeconds(waitMs, randomFraction()) })
}
