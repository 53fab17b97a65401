import type { AbuseRule } from '../../config/abuse'
import type { RuleMode } from '../../config/rule-modes'
import type { LimiterState, DecisionRow } from '../limiter-state'

/** A request that a rule decides. */
export interface AskedOf {
  readonly rule: AbuseRule
  /** What the rule counts by. */
  readonly subject: string
  readonly mode: Exclude<RuleMode, 'off'>
  readonly requestId: string
  /** UUIDv7: of the row, if this is the first request that a strike meets. */
  readonly decisionId: string
}

/** Strikes that come and go within this time are one row. Milliseconds. */
const ONE_ROW_MS = 60 * 60 * 1000

/**
 * Records that a strike met a request: one row for each strike, however many those are.
 * @param until when the strike ends
 */
export function recordMet(state: LimiterState, asked: AskedOf, until: number, now: number): LimiterState {
  const { rule, subject, mode, requestId, decisionId: id } = asked
  const known = state.decision && goesOn(state.decision, mode, now) ? state.decision : null
  const decision: DecisionRow = known
    ? { ...known, lastAt: now, count: known.count + 1, until }
    : { id, rule, mode, subject, firstAt: now, lastAt: now, count: 1, requestId, until, liftedAt: null }
  return { ...toCarry(state, decision), decision }
}

function goesOn(decision: DecisionRow, mode: AskedOf['mode'], now: number): boolean {
  return decision.mode === mode && decision.liftedAt === null && (now < decision.until || now < decision.lastAt + ONE_ROW_MS)
}

/** The state with a row to be carried as it is now. */
export function toCarry(state: LimiterState, row: DecisionRow): LimiterState {
  return { ...state, outbox: [...state.outbox.filter(({ id }) => id !== row.id), row] }
}
