import type { limitDecisions } from '../db/schema'

/** The sends of a sixtieth of a rule's window. */
export interface Slice {
  /** Its first moment. Milliseconds since the epoch. */
  readonly at: number
  /** Sends that were let through. */
  readonly sends: number
  /** Those of them whose code was typed. */
  readonly verified: number
}

/** A strike of a rule, with the requests that it met: a row of D1. */
export type DecisionRow = typeof limitDecisions.$inferSelect

/** What was spent on one day (UTC). */
export interface Spending {
  /** Its first moment. Milliseconds since the epoch. */
  readonly day: number
  /** Reservations included. */
  readonly micros: number
  /** How often the cap may be spent: once, and once more each time that the operator lifts it. */
  readonly caps: number
  /** Was it told today that the cap is reached? */
  readonly alerted: boolean
}

/**
 * All that the limiter of one rule and subject knows. Versioned: old and new code run side by side during a deploy, so
 * fields are only ever added, each with a meaning for "absent".
 */
export interface LimiterState {
  readonly v: 1
  /** Those of the window that have sends, the oldest first. */
  readonly slices: readonly Slice[]
  /** Strikes that are remembered: the more, the longer the next one. */
  readonly strikes: number
  /** Until when the last one strikes; 0: it is over. */
  readonly until: number
  /** When they are forgotten, if none is added. */
  readonly forgetAt: number
  /** Absent: nothing was spent, or this is not the limiter of that. */
  readonly spending?: Spending
  /** The strike in force, once it met a request. */
  readonly decision: DecisionRow | null
  /** Rows that D1 does not have as they are now, each once. */
  readonly outbox: readonly DecisionRow[]
  /** The newest row that D1 has heard of: news of it can wait a little. */
  readonly toldId: string
  /** Failed attempts in a row to carry them. */
  readonly flushFailures: number
  /** From when on nothing here decides anything. */
  readonly keepUntil: number
  /** When the alarm is set for; 0 for none. */
  readonly alarmAt: number
}

export const EMPTY_LIMITER_STATE: LimiterState = {
  v: 1,
  slices: [],
  strikes: 0,
  until: 0,
  forgetAt: 0,
  decision: null,
  outbox: [],
  toldId: '',
  flushFailures: 0,
  keepUntil: 0,
  alarmAt: 0,
}

/** What a rule decides: the state after it and the answer. The same state object back means that nothing is to be written. */
export interface Decision<Reply> {
  readonly state: LimiterState
  readonly reply: Reply
}

export const DAY_MS = 24 * 60 * 60 * 1000
