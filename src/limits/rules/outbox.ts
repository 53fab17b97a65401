import type { DecisionRow, LimiterState } from '../limiter-state'

/** A few seconds, so that what comes at once is one write. */
const FLUSH_DELAY_MS = 4_000
/** For what only goes on: who hammers must not have D1 written to all the time. */
const COUNT_DELAY_MS = 60_000
const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 15 * 60_000

/** The state once these rows are safely in D1. What changed meanwhile stays. */
export function dropCarried(state: LimiterState, rows: readonly DecisionRow[]): LimiterState {
  const carried = new Set(rows.map((row) => JSON.stringify(row)))
  const outbox = state.outbox.filter((row) => !carried.has(JSON.stringify(row)))
  return { ...state, outbox, toldId: rows.at(-1)?.id ?? state.toldId, flushFailures: 0 }
}

/**
 * When the object's one alarm is due: soon for what waits for D1, later and later while D1 fails (for ever), and when
 * nothing here decides anything any more, to delete the storage.
 * @param jitter 0 to 1; spreads the limiters that wait for the same outage
 */
export function nextAlarmAt(state: LimiterState, now: number, jitter: number): number {
  const { outbox, toldId, flushFailures } = state
  if (outbox.length === 0) return Math.max(now, state.keepUntil)
  if (flushFailures === 0) return now + (outbox.every(({ id }) => id === toldId) ? COUNT_DELAY_MS : FLUSH_DELAY_MS)
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(flushFailures - 1, 20))
  return now + pause * (0.8 + 0.4 * jitter)
}

/** Is there nothing left that decides or waits? Then the object's storage can go. */
export function isQuiet({ outbox, keepUntil }: LimiterState, now: number): boolean {
  return outbox.length === 0 && now >= keepUntil
}
