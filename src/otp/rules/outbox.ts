import { textIn } from '../../audit/detail'
import type { AuditBatch, AuditEvent, VerificationRecord } from '../../audit/event'
import { DAY_MS, type GateState, type Verification, approvalOf, ownerIn, statusAt, withoutExpiredCodes } from '../gate-state'
import type { Approval } from '../intent'
import { recordEvent } from './record'

/** A few seconds, so that a send, its outcome and often the check travel in one batch. */
const FLUSH_DELAY_MS = 4_000
const FIRST_PAUSE_MS = 2_000
const LONGEST_PAUSE_MS = 15 * 60_000
const EVENTS_PER_BATCH = 50

/** The oldest events, with the present state of the verifications they tell of. */
export function takeBatch(state: GateState, now: number): AuditBatch {
  const events = state.outbox.slice(0, EVENTS_PER_BATCH)
  const ids = new Set(events.map(({ verificationId }) => verificationId))
  const known = state.verifications.filter(({ id }) => ids.has(id))
  const wishes = events.filter(({ verificationId }) => !known.some(({ id }) => id === verificationId))
  return {
    events,
    records: [...known.map((one) => toRecord(state, one, now)), ...wishes.flatMap((event) => toWishRecord(state, event) ?? [])],
  }
}

/** The state once a batch is safely in D1. Verifications that ended more than a day ago are forgotten here. */
export function dropBatch(state: GateState, batch: AuditBatch, now: number): GateState {
  const carried = new Set(batch.events.map(({ seq }) => seq))
  const outbox = state.outbox.filter(({ seq }) => !carried.has(seq))
  const kept = new Set([...outbox.map(({ verificationId }) => verificationId), ...(state.unfulfilled ?? [])])
  const verifications = state.verifications.filter(({ id, expiresAt }) => kept.has(id) || expiresAt > now - DAY_MS)
  return withoutExpiredCodes({ ...state, outbox, verifications, flushFailures: 0 }, now)
}

/** The accepted intents that may not have been carried out yet. */
export function unfulfilledIn({ verifications, unfulfilled = [] }: GateState): Approval[] {
  return verifications.flatMap((one) => (unfulfilled.includes(one.id) ? (approvalOf(one) ?? []) : []))
}

/** The state once these were carried out, or were found to be impossible by then. */
export function dropFulfilled(
  state: GateState,
  approvals: readonly Approval[],
  impossible: readonly string[],
  now: number,
): GateState {
  // The alarm and a flush can carry the same at once: what the other one has done is not told again.
  const waiting = approvals.filter(({ verificationId }) => state.unfulfilled?.includes(verificationId))
  const done = new Set(waiting.map(({ verificationId }) => verificationId))
  const left = { ...state, unfulfilled: state.unfulfilled?.filter((id) => !done.has(id)) ?? [], flushFailures: 0 }
  const refused = waiting.filter(({ verificationId }) => impossible.includes(verificationId))
  return refused.reduce<GateState>(
    (next, { verificationId, surface, requestId }) =>
      recordEvent(next, { verificationId, kind: 'intent.refused', surface, requestId, detail: { reason: 'overtaken' } }, now),
    left,
  )
}

/**
 * When the object's one alarm is due: soon for what waits in the outbox, later and later while D1 fails (for ever: events
 * are never given up), and a day after the last activity to delete the storage.
 * @param jitter 0 to 1; spreads the gates that wait for the same outage
 */
export function nextAlarmAt(state: GateState, now: number, jitter: number): number {
  if (!isWaiting(state)) return state.lastActivityAt + DAY_MS
  if (state.flushFailures === 0) return now + FLUSH_DELAY_MS
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(state.flushFailures - 1, 20))
  return now + pause * (0.8 + 0.4 * jitter)
}

/** Is there anything for D1? */
export function isWaiting({ outbox, unfulfilled = [] }: GateState): boolean {
  return outbox.length > 0 || unfulfilled.length > 0
}

/** Is there nothing left that decides or waits? Then the object's storage can go. */
export function isQuiet(state: GateState, now: number): boolean {
  return !isWaiting(state) && now >= state.lastActivityAt + DAY_MS
}

/** A send that was refused before there was a verification: where it was about something, that has it in its story. */
function toWishRecord(
  state: GateState,
  { verificationId: id, seq, at, surface, detail }: AuditEvent,
): VerificationRecord | undefined {
  const { phoneHash, phoneMasked, country } = state
  const [subject, purpose] = [textIn(detail, 'subject'), textIn(detail, 'purpose')]
  if (subject === null || purpose === null) return undefined
  return {
    id,
    version: seq,
    phoneHash,
    phoneMasked,
    country,
    purpose,
    bindingHash: textIn(detail, 'binding_hash'),
    surface,
    channel: textIn(detail, 'channel') ?? '',
    status: 'failed',
    sends: 0,
    guesses: 0,
    createdAt: at,
    expiresAt: at,
    completedAt: at,
    subject,
    intent: null,
    owner: textIn(detail, 'owner') ?? '',
  }
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
    subject: verification.subject ?? null,
    intent: verification.intent?.facts ?? null,
    owner: ownerIn(verification),
  }
}
