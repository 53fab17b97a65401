import {
  DAY_MS,
  type CheckReplay,
  type Decision,
  type GateState,
  type LiveCode,
  type Verification,
  statusAt,
  withVerification,
} from '../gate-state'
import { recordEvent } from './record'
import { recordRefusal } from './refusals'
import { type SendWindow, nextSendAt, windowsOpenAt } from './send-window'
import { type CheckTarget, findTarget } from './target'

export interface CheckRequest {
  readonly target: CheckTarget
  /** Tells a repetition of this very request from another guess. */
  readonly attemptKey: string
  /** For telling when a new code can be asked for. */
  readonly windows: readonly SendWindow[]
  readonly surface: string
  readonly requestId: string
}

export type CheckRefusal =
  | { readonly status: 'not_found' }
  | { readonly status: 'expired'; readonly verificationId: string }
  /** `waitMs`: until a guess at a new code, or at this one, may be let in. By the gate's clock: the Worker's may differ. */
  | { readonly status: 'too_many_guesses'; readonly verificationId: string; readonly waitMs: number }

export type CheckAnswer = CheckRefusal | (CheckReplay['reply'] & { readonly verificationId: string })

/** A guess that has been counted and is to be weighed now. */
export interface Weighing {
  readonly status: 'weigh'
  readonly verificationId: string
  readonly code: LiveCode
  readonly phone: string
  readonly purpose: string
  readonly bindingHash: string
  readonly expiresAt: number
}

const REPLAY_MS = 60_000

/**
 * The first half of a check: refuses, or counts the guess. It is counted before anything is compared, so that a crash, or
 * a hundred guesses at once, never buy one that is not counted.
 */
export function beginCheck(state: GateState, request: CheckRequest, now: number): Decision<CheckAnswer | Weighing> {
  const verification = findTarget(state, request.target)
  if (!verification) return { state, reply: { status: 'not_found' } }

  const replay = replayOf(verification, request, now)
  if (replay) return { state, reply: replay }
  const refusal = refuseGuess(state, verification, request.windows, now)
  if (refusal) return { state: recordRefusal(state, refusedEvent(verification, request, refusal), now), reply: refusal }

  const counted: Verification = { ...verification, guesses: verification.guesses + 1 }
  const wrongGuesses = [...state.wrongGuesses.filter((at) => at > now - DAY_MS), now]
  return {
    state: { ...withVerification(state, counted), wrongGuesses, lastActivityAt: now },
    reply: {
      status: 'weigh',
      verificationId: verification.id,
      code: verification.code!,
      phone: state.phone,
      purpose: verification.purpose,
      bindingHash: verification.bindingHash,
      expiresAt: verification.expiresAt,
    },
  }
}

/**
 * The second half, after the digests were compared: approves and ends the code, or counts it as wrong. The state is the
 * one of now, not of the first half: a code that was used, replaced or cancelled meanwhile approves nobody.
 */
export function endCheck(
  state: GateState,
  weighed: { readonly request: CheckRequest; readonly verificationId: string; readonly codeId: string; readonly right: boolean },
  now: number,
): Decision<CheckAnswer> {
  const verification = state.verifications.find(({ id }) => id === weighed.verificationId)
  if (!verification) return { state, reply: { status: 'not_found' } }
  const replay = replayOf(verification, weighed.request, now)
  if (replay) return { state, reply: replay }
  if (verification.status !== 'pending') return { state, reply: { status: 'not_found' } }
  const isRight = weighed.right && verification.lastCodeId === weighed.codeId
  return isRight ? approve(state, verification, weighed.request, now) : countWrong(state, verification, weighed.request, now)
}

function approve(state: GateState, verification: Verification, request: CheckRequest, now: number): Decision<CheckAnswer> {
  const reply = { status: 'approved', guessesLeft: guessesLeft(verification) } as const
  const approved: Verification = {
    ...verification,
    status: 'approved',
    code: null,
    completedAt: now,
    replay: { attemptKey: request.attemptKey, at: now, reply },
  }
  // It was counted as wrong while it was being weighed; which entry goes does not matter, they differ by milliseconds.
  const next = { ...withVerification(state, approved), wrongGuesses: state.wrongGuesses.slice(0, -1) }
  const communicationId = approved.message?.communicationId ?? null
  const event = auditEvent(approved, request, 'check.approved', { guess: approved.guesses, communication_id: communicationId })
  return { state: recordEvent(next, event, now), reply: { ...reply, verificationId: approved.id } }
}

function countWrong(state: GateState, verification: Verification, request: CheckRequest, now: number): Decision<CheckAnswer> {
  const wrong = verification.wrong + 1
  // Locked by the guesses that were weighed, not by those still being weighed: the right one may be among them.
  const locks = wrong >= verification.guessLimit
  const reply = { status: locks ? 'incorrect_and_locked' : 'incorrect', guessesLeft: guessesLeft(verification) } as const
  const counted: Verification = {
    ...verification,
    wrong,
    ...(locks ? { status: 'locked', code: null, completedAt: now } : {}),
    replay: { attemptKey: request.attemptKey, at: now, reply },
  }
  const event = auditEvent(counted, request, 'check.incorrect', { guesses_left: reply.guessesLeft, locked: locks })
  return { state: recordEvent(withVerification(state, counted), event, now), reply: { ...reply, verificationId: counted.id } }
}

/** The answer that this very request has had, if that was just now. */
function replayOf({ id, replay }: Verification, request: CheckRequest, now: number): CheckAnswer | undefined {
  const isRepeated = replay?.attemptKey === request.attemptKey && now < replay.at + REPLAY_MS
  return isRepeated ? { ...replay.reply, verificationId: id } : undefined
}

function guessesLeft({ guessLimit, guesses }: Verification): number {
  return Math.max(0, guessLimit - guesses)
}

function refuseGuess(
  state: GateState,
  verification: Verification,
  windows: readonly SendWindow[],
  now: number,
): CheckRefusal | undefined {
  const verificationId = verification.id
  const status = statusAt(verification, now)
  if (status === 'expired') return { status: 'expired', verificationId }
  const numberOpensAt = windowsOpenAt(state.wrongGuesses, [{ limit: verification.wrongGuessLimit, windowMs: DAY_MS }], now)
  const waitMs = Math.max(numberOpensAt, nextSendAt(state, windows, now)) - now
  if (status === 'locked') return { status: 'too_many_guesses', verificationId, waitMs }
  if (status !== 'pending' || !verification.code) return { status: 'not_found' }
  if (verification.guesses >= verification.guessLimit) return { status: 'too_many_guesses', verificationId, waitMs }
  return numberOpensAt > now ? { status: 'too_many_guesses', verificationId, waitMs: numberOpensAt - now } : undefined
}

function refusedEvent(verification: Verification, request: CheckRequest, refusal: CheckRefusal) {
  return auditEvent(verification, request, 'check.refused', { reason: refusal.status })
}

function auditEvent(
  verification: Verification,
  request: CheckRequest,
  kind: 'check.approved' | 'check.incorrect' | 'check.refused',
  detail: Record<string, string | number | boolean | null>,
) {
  return { verificationId: verification.id, kind, surface: request.surface, requestId: request.requestId, detail }
}
