import { IDEMPOTENCY_LEASE_MS, IDEMPOTENCY_RETENTION_MS } from '../../config/limits'
import type { Decision, RecordState } from './record-state'

export interface BeginRequest {
  readonly fingerprint: string
  readonly attempt: string
}

export type BeginReply =
  /** Whoever asks is to do it. */
  | { readonly status: 'begun' }
  /** It was done, and answered with this. */
  | { readonly status: 'kept'; readonly sealed: string }
  /** The key was used for something else. */
  | { readonly status: 'reused' }
  /** Somebody else is doing it. */
  | { readonly status: 'in_use'; readonly waitMs: number }

/** Under this nobody is told to wait: a request takes as long. Milliseconds. */
const SHORTEST_WAIT_MS = 1_000

/**
 * Who comes first with a key does what is asked, and everybody after that hears of it. A Worker that has said nothing until
 * its lease is over is dead, and its key as good as new.
 * @param now milliseconds since the epoch
 */
export function begin(state: RecordState | undefined, request: BeginRequest, now: number): Decision<BeginReply> {
  if (!state || isFree(state, now)) {
    const leasedUntil = now + IDEMPOTENCY_LEASE_MS
    const expiresAt = now + IDEMPOTENCY_RETENTION_MS
    return { state: { version: 1, ...request, begunAt: now, leasedUntil, expiresAt }, reply: { status: 'begun' } }
  }
  if (state.fingerprint !== request.fingerprint) return { state, reply: { status: 'reused' } }
  if (state.sealed !== undefined) return { state, reply: { status: 'kept', sealed: state.sealed } }
  // The call is repeated where its reply was lost.
  if (state.attempt === request.attempt) return { state, reply: { status: 'begun' } }
  return { state, reply: { status: 'in_use', waitMs: waitOf(state, now) } }
}

function isFree({ sealed, leasedUntil, expiresAt }: RecordState, now: number): boolean {
  return now >= expiresAt || (sealed === undefined && now >= leasedUntil)
}

/** What has taken long will take long: whoever waits asks seldom, and finds a dead Worker's key free when it is. */
function waitOf({ begunAt, leasedUntil }: RecordState, now: number): number {
  return Math.min(Math.max(now - begunAt, SHORTEST_WAIT_MS), leasedUntil - now)
}
