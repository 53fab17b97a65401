import type { Decision, LimiterState } from '../limiter-state'
import { toCarry } from './met'

/**
 * Ends what is in force, for the operator who knows better: a strike, with all that led to it and those before it; or the
 * day's cap, which may be spent once more.
 * @returns whether there was anything to end
 */
export function lift(state: LimiterState, now: number): Decision<boolean> {
  const { spending, strikes } = state
  const decision = state.decision && now < state.decision.until ? state.decision : null
  const isSpent = spending !== undefined && decision !== null
  if (!decision && now >= state.until && strikes === 0) return { state, reply: false }
  const told = decision ? toCarry(state, { ...decision, liftedAt: now }) : state
  return {
    state: {
      ...told,
      slices: [],
      strikes: 0,
      until: 0,
      decision: null,
      ...(spending && { spending: { ...spending, caps: spending.caps + (isSpent ? 1 : 0) } }),
    },
    reply: true,
  }
}
