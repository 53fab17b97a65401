import {
  type CheckReplay,
  type CountedSend,
  type Decision,
  type GateState,
  type LiveCode,
  type Verification,
  approvalOf,
  statusAt,
  withVerification,
} from '../gate-state'
import { codeBinding, contradicts } from '../intent'
import { attestationOf } from './attest'
import { approvalsFor, recordAccepted, useApproval, withAccepted } from './after-approval'
import type { CheckAnswer, CheckRefusal, CheckRequest } from './guess'
import { recordEvent } from './record'
import { recordRefusal } from './refusals'
import { type SendWindow, nextSendAt } from './send-window'
import { findTarget } from './target'
import { guessesOpenAt, withWrongGuess, withoutOneWrong } from './wrong-guesses'

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

  const replay = replayOf(state, verification, request, now)
  if (replay) return { state, reply: replay }
  if (request.presented && !verification.intent) return { state, reply: { status: 'not_found' } }
  // A code that is for something is not right for nothing: whoever asks has to know that something happens.
  if (verification.status === 'pending' && verification.intent && !request.presented)
    return { state, reply: { status: 'not_found' } }
  const { known, open } = approvalsFor(state, request, now)
  const used = useApproval(state, known ?? verification, request, now)
  if (used) return used
  // A guess that is counted nowhere else is counted where it was compared just now.
  const missed = open && useApproval(state, open, request, now)
  if (request.onlyRepeat === true) return missed ?? { state, reply: { status: 'not_found' } }
  const refusal = refuseGuess(state, verification, request.windows, now)
  if (refusal && missed) return missed
  if (refusal) return { state: recordRefusal(state, refusedEvent(verification, request, refusal), now), reply: refusal }

  if (request.presented && contradicts(request.presented, verification.intent!))
    return endChanged(state, verification, request, now)

  const counted: Verification = { ...verification, guesses: verification.guesses + 1 }
  return {
    state: { ...withWrongGuess(withVerification(state, counted), counted, now), lastActivityAt: now },
    reply: {
      status: 'weigh',
      verificationId: verification.id,
      code: verification.code!,
      phone: state.phone,
      purpose: verification.purpose,
      bindingHash: codeBinding(verification.bindingHash, verification.intent),
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
  const replay = replayOf(state, verification, weighed.request, now)
  if (replay) return { state, reply: replay }
  const isRight = weighed.right && verification.lastCodeId === weighed.codeId
  if (verification.status !== 'pending') {
    const used = isRight ? useApproval(state, verification, weighed.request, now) : undefined
    if (used?.reply.status === 'approved') return { ...used, state: withoutOneWrong(used.state, verification) }
    return used ?? { state, reply: { status: 'not_found' } }
  }
  return isRight ? approve(state, verification, weighed.request, now) : countWrong(state, verification, weighed.request, now)
}

function approve(state: GateState, verification: Verification, request: CheckRequest, now: number): Decision<CheckAnswer> {
  const reply = { status: 'approved', guessesLeft: guessesLeft(verification) } as const
  const { counted = [], ...rest } = verification
  const ended: Verification = {
    ...rest,
    status: 'approved',
    code: null,
    completedAt: now,
    replay: { attemptKey: request.attemptKey, at: now, reply },
  }
  const proof = verification.updateWindowMs === undefined ? undefined : request.proofs?.[0]
  const approved = withAccepted(proof === undefined ? ended : { ...ended, proof }, request, now)
  const next = withoutOneWrong(withVerification(state, approved), approved)
  const communicationId = approved.message?.communicationId ?? null
  const event = auditEvent(approved, request, 'check.approved', {
    guess: approved.guesses,
    guesses_left: reply.guessesLeft,
    communication_id: communicationId,
  })
  // Whoever made the code knows it anyway: that it was typed says nothing of the sends.
  const cleared = approved.codeIsOurs === false ? [] : counted
  return {
    state: recordAccepted(recordEvent(next, event, now), approved, now),
    reply: told(state, reply, approved, request, cleared),
  }
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

/** A changed amount or payee makes the code worth nothing (PSD2 RTS, article 5). */
function endChanged(state: GateState, verification: Verification, request: CheckRequest, now: number): Decision<CheckAnswer> {
  const canceled: Verification = { ...verification, status: 'canceled', code: null, completedAt: now }
  const event = auditEvent(canceled, request, 'check.refused', { reason: 'changed' })
  return {
    state: recordEvent(withVerification(state, canceled), event, now),
    reply: { status: 'changed', verificationId: verification.id },
  }
}

function told(
  state: GateState,
  reply: CheckReplay['reply'],
  verification: Verification,
  request: CheckRequest,
  cleared?: readonly CountedSend[],
): CheckAnswer {
  const isRight = reply.status === 'approved'
  const approval = isRight ? approvalOf(verification) : undefined
  const attestation = isRight && request.attests === true ? attestationOf(state, verification) : undefined
  const counted = cleared?.map(({ limiter, at }) => ({ limiter, at }))
  return {
    ...reply,
    verificationId: verification.id,
    ...(approval && { approval }),
    ...(attestation && { attestation }),
    ...(counted && { counted }),
  }
}

/** The answer that this very request has had, if that was just now. */
function replayOf(state: GateState, verification: Verification, request: CheckRequest, now: number): CheckAnswer | undefined {
  const { replay } = verification
  const isRepeated = replay?.attemptKey === request.attemptKey && now < replay.at + REPLAY_MS
  // Where the code does not do, it does not because it did elsewhere.
  if (request.vetoed === true && replay?.reply.status === 'approved') return undefined
  return isRepeated ? told(state, replay.reply, verification, request) : undefined
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
  const numberOpensAt = guessesOpenAt(state, verification, verification.wrongGuessLimit, now)
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
