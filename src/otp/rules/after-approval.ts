import { type Decision, type GateState, type Verification, approvalOf, withVerification } from '../gate-state'
import { contradicts } from '../intent'
import type { CheckAnswer, CheckRequest } from './guess'
import { recordEvent } from './record'
import { recordRefusal } from './refusals'
import { nextSendAt } from './send-window'
import { isOfTarget } from './target'
import { guessesOpenAt, withWrongGuess } from './wrong-guesses'

/**
 * What comes after the right code, where an intent may follow it: the intent itself, once, from who knows that code; or the
 * same again, whose answer or whose change was lost. Nothing is awaited, so a guess at the code is counted and compared at once.
 * @returns undefined where nothing may follow: the code is used up
 */
export function useApproval(
  state: GateState,
  verification: Verification,
  request: CheckRequest,
  now: number,
): Decision<CheckAnswer> | undefined {
  const { id: verificationId, status, intent, proof, updateWindowMs } = verification
  if (status !== 'approved' || proof === undefined || updateWindowMs === undefined) return undefined
  // Who names the intent, or facts of the one that was fixed, asks for the change; who names neither only asks of the code.
  const isSame = intent !== undefined && (request.intent ? request.intent.key === intent.key : request.presented !== undefined)
  if (!isSame && (request.intent === undefined || request.onlyRepeat === true)) return undefined

  const refuse = (reply: Exclude<CheckAnswer, { guessesLeft: number }>): Decision<CheckAnswer> => {
    const event = { verificationId, kind: 'check.refused', ...askedBy(request), detail: { reason: reply.status } } as const
    return { state: recordRefusal(state, event, now), reply }
  }
  const isChanged = intent !== undefined && request.presented !== undefined && contradicts(request.presented, intent)
  if (isChanged || (intent && !isSame)) return refuse({ status: 'used', verificationId })
  if (now >= windowEnd(verification)) return refuse({ status: 'too_late', verificationId })
  const numberOpensAt = guessesOpenAt(state, verification, verification.wrongGuessLimit, now)
  if (numberOpensAt > now || (verification.wrongProofs ?? 0) >= verification.guessLimit) {
    return refuse({
      status: 'too_many_guesses',
      verificationId,
      waitMs: Math.max(numberOpensAt, nextSendAt(state, request.windows, now)) - now,
    })
  }
  if (request.vetoed === true || !isKnown(proof, request.proofs ?? [])) return countWrong(state, verification, request, now)
  return intent ? again(state, verification) : accept(state, verification, request, now)
}

/**
 * The verifications of a target whose intent may follow their right code, or is asked for again: a code that was sent since,
 * or that could not be, takes nothing from them.
 * @returns `known`: the one whose code this is; `open`: the newest of them, whose code this is not
 */
export function approvalsFor(
  state: GateState,
  { target, intent, proofs, onlyRepeat }: CheckRequest,
  now: number,
): { readonly known?: Verification | undefined; readonly open?: Verification | undefined } {
  if ('id' in target || !intent || !proofs) return {}
  const open = state.verifications.filter((one) => {
    if (!isOfTarget(one, target) || one.status !== 'approved' || one.proof === undefined || now >= windowEnd(one)) return false
    return one.intent ? one.intent.key === intent.key : onlyRepeat !== true
  })
  const known = open.findLast(({ proof }) => isKnown(proof!, proofs))
  return known ? { known } : { open: open.at(-1) }
}

/**
 * The same again may come as long as a code could have been typed, and as long after that as an intent may follow one.
 */
function windowEnd({ intent, expiresAt, completedAt, updateWindowMs = 0 }: Verification): number {
  return (intent ? expiresAt : (completedAt ?? 0)) + updateWindowMs
}

/** In a time that does not tell where they differ. */
function isKnown(proof: string, proofs: readonly string[]): boolean {
  const encode = (text: string) => new TextEncoder().encode(text)
  return proofs.some((one) => one.length === proof.length && crypto.subtle.timingSafeEqual(encode(one), encode(proof)))
}

/** The verification with the intent let through, for {@link recordAccepted}. */
export function withAccepted(verification: Verification, request: CheckRequest, now: number): Verification {
  const intent = verification.intent ?? request.intent
  return intent ? { ...verification, intent, accepted: { acceptedAt: now, ...askedBy(request) } } : verification
}

/** The state that has it as still to be carried out, and the audit with it. The same state where there is no intent. */
export function recordAccepted(state: GateState, verification: Verification, now: number): GateState {
  const approval = approvalOf(verification)
  if (!approval) return state
  const { verificationId, surface, requestId, intent } = approval
  const waiting = { ...state, unfulfilled: [...(state.unfulfilled ?? []), verificationId] }
  return recordEvent(waiting, { verificationId, kind: 'intent.accepted', surface, requestId, detail: intent.facts }, now)
}

function accept(state: GateState, verification: Verification, request: CheckRequest, now: number): Decision<CheckAnswer> {
  const accepted = withAccepted(verification, request, now)
  return { state: recordAccepted(withVerification(state, accepted), accepted, now), reply: again(state, accepted).reply }
}

function again(state: GateState, verification: Verification): Decision<CheckAnswer> {
  const { id, guessLimit, guesses } = verification
  const approval = approvalOf(verification)
  return {
    state,
    reply: {
      status: 'approved',
      guessesLeft: Math.max(0, guessLimit - guesses),
      verificationId: id,
      ...(approval && { approval }),
    },
  }
}

function countWrong(state: GateState, verification: Verification, request: CheckRequest, now: number): Decision<CheckAnswer> {
  const wrongProofs = (verification.wrongProofs ?? 0) + 1
  const guessesLeft = Math.max(0, verification.guessLimit - wrongProofs)
  const counted = withVerification(withWrongGuess(state, verification, now), { ...verification, wrongProofs })
  const event = {
    verificationId: verification.id,
    kind: 'check.incorrect',
    ...askedBy(request),
    detail: { guesses_left: guessesLeft, locked: guessesLeft === 0 },
  } as const
  return {
    state: recordEvent(counted, event, now),
    reply: { status: 'incorrect_after_approval', guessesLeft, verificationId: verification.id },
  }
}

function askedBy({ surface, requestId }: CheckRequest) {
  return { surface, requestId }
}
