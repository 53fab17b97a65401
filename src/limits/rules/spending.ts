import type { Micros } from '../../config/prices'
import { DAY_MS, type Decision, type LimiterState, type Spending } from '../limiter-state'
import { type AskedOf, recordMet } from './met'

/** Asks whether so much may be spent. */
export interface SpendRequest extends AskedOf {
  readonly micros: Micros
  /** What may be spent on one day (UTC). */
  readonly capMicros: Micros
}

export type SpendReply =
  /** It is reserved, of that day. `struck`: had the cap been enforced, it would have been refused. */
  | { readonly status: 'reserved'; readonly day: number; readonly struck: boolean; readonly alerts: boolean }
  /** `waitMs`: until the next day. `alerts`: it is the first time today. */
  | { readonly status: 'refused'; readonly waitMs: number; readonly alerts: boolean }

/** Reserves an amount of the day's cap, or refuses it. Whatever is not spent of it is to be told by {@link correctSpend}. */
export function reserveSpend(state: LimiterState, request: SpendRequest, now: number): Decision<SpendReply> {
  const { micros, capMicros, mode } = request
  const spending = ofToday(state, now)
  const end = spending.day + DAY_MS
  const kept = { ...state, decision: spending === state.spending ? state.decision : null, keepUntil: end }
  const isOver = micros > 0 && spending.micros + micros > capMicros * spending.caps
  const alerts = isOver && !spending.alerted
  const told = { ...spending, alerted: spending.alerted || isOver }
  const met = isOver ? recordMet(kept, request, end, now) : kept
  if (isOver && mode === 'enforce') {
    return { state: { ...met, spending: told }, reply: { status: 'refused', waitMs: end - now, alerts } }
  }
  return {
    state: { ...met, spending: { ...told, micros: spending.micros + micros } },
    reply: { status: 'reserved', day: spending.day, struck: isOver, alerts },
  }
}

/**
 * Takes down what was really spent of a reservation. What comes after the end of its day changes nothing any more.
 * @param change what to add; under 0 where less was spent
 */
export function correctSpend(
  state: LimiterState,
  { day, change }: { readonly day: number; readonly change: Micros },
): LimiterState {
  const { spending } = state
  if (spending?.day !== day || change === 0) return state
  return { ...state, spending: { ...spending, micros: Math.max(0, spending.micros + change) } }
}

function ofToday({ spending }: LimiterState, now: number): Spending {
  const day = Math.floor(now / DAY_MS) * DAY_MS
  return spending?.day === day ? spending : { day, micros: 0, caps: 1, alerted: false }
}
