import type { AuditBatch, VerificationRecord } from '../../audit/event'
import { DAY_MS, type GateState, type Verification, statusAt, withoutExpiredCodes } from '../gate-state'

/** A few seconds, so that a send, its outcome and often the check travel in one batch. */
const FLUSH_DELAY_MS = 4_000
const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 15 * 60_000
const EVENTS_PER_BATCH = 50

/** The oldest events, with the present state of the verifications they tell of. */
export function takeBatch(state: GateState, now: number): AuditBatch {
  const events = state.outbox.slice(0, EVENTS_PER_BATCH)
  const ids = new Set(events.map(({ verificationId }) => verificationId))
  return { events, records: state.verifications.filter(({ id }) => ids.has(id)).map((one) => toRecord(state, one, now)) }
}

/** The state once a batch is safely in D1. Verifications that ended more than a day ago are forgotten here. */
export function dropBatch(state: GateState, batch: AuditBatch, now: number): GateState {
  const carried = new Set(batch.events.map(({ seq }) => seq))
  const outbox = state.outbox.filter(({ seq }) => !carried.has(seq))
  const kept = new Set(outbox.map(({ verificationId }) => verificationId))
  const verifications = state.verifications.filter(({ id, expiresAt }) => kept.has(id) || expiresAt > now - DAY_MS)
  return withoutExpiredCodes({ ...state, outbox, verifications, flushFailures: 0 }, now)
}

/**
 * When the object's one alarm is due: soon for what waits in the outbox, later and later while D1 fails (for ever: events
 * are never given up), and a day after the last activity to delete the storage.
 * @param jitter 0 to 1; spreads the gates that wait for the same outage
 */
export function nextAlarmAt(state: GateState, now: number, jitter: number): number {
  if (state.outbox.length === 0) return state.lastActivityAt + DAY_MS
  if (state.flushFailures === 0) return now + FLUSH_DELAY_MS
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(state.flushFailures - 1, 20))
  return now + pause * (0.8 + 0.4 * jitter)
}

/** Is there nothing left that decides or waits? Then the object's storage can go. */
export function isQuiet(state: GateState, now: number): boolean {
  return state.outbox.length === 0 && now >= state.lastActivityAt + DAY_MS
}

function toRecord(state: GateState, verification: Verification, now: number): VerificationRecord {
  const { id, version, purpose, surface, channel, sends, guesses, createdAt, expiresAt, completedAt } = verification
  return {
    id,
    version,
    phoneHash: state.phoneHash,
    phoneMasked: state.phoneMasked,
    country: state.country,
    purpose,
    bindingHash: verification.bindingHash || null,
    surface,
    channel,
    status: statusAt(verification, now),
    sends,
    guesses,
    createdAt,
    expiresAt,
    completedAt,
  }
}
