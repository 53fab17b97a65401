import { DAY_MS, type Decision, type LimiterState, type Slice } from '../limiter-state'
import { type AskedOf, recordMet, toCarry } from './met'

const MINUTE_MS = 60 * 1000
const HOUR_MS = 60 * MINUTE_MS

/** How long a strike lasts: the first, the next, … and from the last on always as long. Milliseconds. */
export const STRIKE_MS = [15 * MINUTE_MS, HOUR_MS, 4 * HOUR_MS, 12 * HOUR_MS] as const
/** Strikes are forgotten when there was none for so long. Milliseconds. */
export const STRIKES_KEPT_MS = 7 * DAY_MS
/** Of the limit, where strikes are remembered: who goes on is stopped sooner. */
export const SHARE_AFTER_STRIKE = 0.25
/** Into so many slices a window is cut, that slides by one at a time. */
const SLICES = 60

/** The figures of a rule about unverified sends, or guesses. */
export interface UsageFigures {
  readonly limit: number
  readonly windowMs: number
  /** Strikes only where more than this of all sends came to nothing, 0 to 1. */
  readonly share: number
  /** Where strikes are remembered, fewer than this never strike: the quarter of the limit may be less. */
  readonly leastAfterStrike?: number
  /** Counts up to a slice less than the window, and never more. Absent: up to a slice more, and never less. */
  readonly neverMore?: boolean
}

/** The figures by which it is told whether a strike was one. */
export type StrikeFigures = Pick<UsageFigures, 'limit' | 'share' | 'leastAfterStrike'>

/** Asks whether one more send may go out. */
export interface CountRequest extends AskedOf, UsageFigures {
  /** False: it is refused while a strike is in force, and not counted. Absent in a request of older code: it counts. */
  readonly counts?: boolean
}

export type CountReply =
  /** It is counted in that slice. `struck`: had the rule been enforced, it would have been refused. */
  | { readonly status: 'counted'; readonly at: number; readonly struck: boolean }
  | { readonly status: 'refused'; readonly waitMs: number }

/**
 * Counts one send, or refuses it. It is counted before anything is sent, so that of any number at once no more go out than
 * the limit has room for.
 */
export function countSend(state: LimiterState, request: CountRequest, now: number): Decision<CountReply> {
  const current = withinWindow(afterStrike(state, now), request, now)
  const isOnlyWeighed = request.counts === false
  if (now >= current.until && (isOnlyWeighed || !isTooMuch(current, request))) {
    return isOnlyWeighed ? uncounted(state, false) : counted(current, request, now, false)
  }
  const struck = now < current.until ? current : strike(current, now)
  const met = recordMet(struck, request, struck.until, now)
  if (request.mode === 'enforce') return { state: met, reply: { status: 'refused', waitMs: met.until - now } }
  return isOnlyWeighed ? uncounted(met, true) : counted(met, request, now, true)
}

/**
 * Takes a send back that did not go out. Where a strike was for sends like that (many at once to one number, which let one
 * of them through), it ends there and was none.
 * @param at its slice
 */
export function giveBackSend(
  state: LimiterState,
  { at, ...figures }: { readonly at: number } & StrikeFigures,
  now: number,
): LimiterState {
  const given = withSlice(state, at, (slice) => ({ ...slice, sends: Math.max(slice.verified, slice.sends - 1) }))
  if (given === state || now >= state.until) return given
  return isTooMuch({ ...given, strikes: given.strikes - 1 }, figures) ? given : pardon(given, now)
}

/**
 * Takes down that the codes of sends were typed. Where that shows a strike to be a mistake (a crowd behind one address asked
 * at once, and then typed its codes), it ends there and was none.
 * @param at the slices of the sends
 */
export function verifySends(
  state: LimiterState,
  { at, share }: { readonly at: readonly number[]; readonly share: number },
  now: number,
): LimiterState {
  const verified = at.reduce(
    (next, one) => withSlice(next, one, (slice) => ({ ...slice, verified: Math.min(slice.sends, slice.verified + 1) })),
    state,
  )
  return verified !== state && now < state.until && !isMostly(verified.slices, share) ? pardon(verified, now) : verified
}

function isTooMuch({ slices, strikes }: LimiterState, { limit, share, leastAfterStrike = 0 }: StrikeFigures): boolean {
  const least = Math.min(limit, Math.max(Math.ceil(limit * SHARE_AFTER_STRIKE), leastAfterStrike))
  const allowed = strikes > 0 ? least : limit
  return unverifiedIn(slices) >= allowed && isMostly(slices, share)
}

/** Did more than this share of the sends come to nothing? */
function isMostly(slices: readonly Slice[], share: number): boolean {
  return unverifiedIn(slices) > share * slices.reduce((sum, { sends }) => sum + sends, 0)
}

function unverifiedIn(slices: readonly Slice[]): number {
  return slices.reduce((sum, { sends, verified }) => sum + sends - verified, 0)
}

function strike(state: LimiterState, now: number): LimiterState {
  const until = now + STRIKE_MS[Math.min(state.strikes, STRIKE_MS.length - 1)]!
  const forgetAt = until + STRIKES_KEPT_MS
  return { ...state, strikes: state.strikes + 1, until, forgetAt, keepUntil: Math.max(state.keepUntil, forgetAt) }
}

/** Once a strike is over, what led to it counts no more: the next one needs new sends. */
function afterStrike(state: LimiterState, now: number): LimiterState {
  const over = state.until !== 0 && now >= state.until ? { ...state, until: 0, slices: [], decision: null } : state
  return over.strikes > 0 && now >= over.forgetAt ? { ...over, strikes: 0 } : over
}

function pardon(state: LimiterState, now: number): LimiterState {
  const { decision, strikes } = state
  const row = decision && { ...decision, until: now }
  const ended = row ? { ...toCarry(state, row), decision: row } : state
  return { ...ended, until: 0, strikes: strikes - 1 }
}

function counted(state: LimiterState, { windowMs }: UsageFigures, now: number, struck: boolean): Decision<CountReply> {
  const sliceMs = windowMs / SLICES
  const at = Math.floor(now / sliceMs) * sliceMs
  const slices = state.slices.some((slice) => slice.at === at) ? state.slices : [...state.slices, { at, sends: 0, verified: 0 }]
  const next = withSlice({ ...state, slices }, at, (slice) => ({ ...slice, sends: slice.sends + 1 }))
  const keepUntil = Math.max(state.keepUntil, at + windowMs + sliceMs)
  return { state: { ...next, keepUntil }, reply: { status: 'counted', at, struck } }
}

/** It is let through, and counted nowhere: `at` is of no slice. */
function uncounted(state: LimiterState, struck: boolean): Decision<CountReply> {
  return { state, reply: { status: 'counted', at: 0, struck } }
}

/** The slices that are in the window, with the one that is leaving it or without. */
function withinWindow(state: LimiterState, { windowMs, neverMore = false }: UsageFigures, now: number): LimiterState {
  const oldest = now - windowMs - (neverMore ? 0 : windowMs / SLICES)
  return state.slices.some(({ at }) => at <= oldest) ? { ...state, slices: state.slices.filter(({ at }) => at > oldest) } : state
}

/** The same state where there is no such slice, or the change is none. */
function withSlice(state: LimiterState, at: number, change: (slice: Slice) => Slice): LimiterState {
  const index = state.slices.findIndex((slice) => slice.at === at)
  const slice = state.slices[index]
  if (!slice) return state
  const changed = change(slice)
  const isSame = changed.sends === slice.sends && changed.verified === slice.verified
  return isSame ? state : { ...state, slices: state.slices.with(index, changed) }
}
