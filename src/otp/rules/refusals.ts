import type { GateState } from '../gate-state'
import { recordEvent } from './record'

const HOUR_MS = 60 * 60 * 1000
const RECORDED_PER_HOUR = 10

/**
 * Records a refusal, up to ten an hour for a number. Beyond that a refusal is only a log line: who hammers on one number
 * must not make us write (and pay) a row each time, nor fill the outbox.
 */
export function recordRefusal(state: GateState, event: Parameters<typeof recordEvent>[1], now: number): GateState {
  const refusals = state.refusals.filter((at) => at > now - HOUR_MS)
  if (refusals.length >= RECORDED_PER_HOUR) return state
  return recordEvent({ ...state, refusals: [...refusals, now] }, event, now)
}
