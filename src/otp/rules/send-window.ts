import type { GateState } from '../gate-state'

/** A sliding window: at most `limit` in any `windowMs`. */
export interface SendWindow {
  readonly limit: number
  readonly windowMs: number
}

/** The first moment at which every window has room for one more, or 0 when all have it now. */
export function windowsOpenAt(times: readonly number[], windows: readonly SendWindow[], now: number): number {
  return Math.max(0, ...windows.map((window) => opensAt(times, window, now)))
}

function opensAt(times: readonly number[], { limit, windowMs }: SendWindow, now: number): number {
  const inside = times.filter((at) => at > now - windowMs)
  // With the newest `limit` still inside, the oldest of those has to slide out first.
  return inside.length < limit ? 0 : inside[inside.length - limit]! + windowMs
}

/** When the next send to the number is allowed, by cooldown and windows together; not before `now`. */
export function nextSendAt(state: GateState, windows: readonly SendWindow[], now: number): number {
  return Math.max(now, state.cooldownUntil, windowsOpenAt(state.sends, windows, now))
}
