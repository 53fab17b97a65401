import { ownerOf, requirePurpose, visibleOwner } from '../access/principal'
import { refuse } from '../core/app-error'
import { wholeSeconds } from '../core/clock'
import { admitGuess } from '../limits/admit-guess'
import type { Counted } from '../limits/count-by'
import { clearVerified, withdrawSend } from '../limits/settle-send'
import type { Caller, VerificationDeps } from './deps'
import type { Approval, Intent, IntentFacts } from './intent'
import type { GateClient } from './gate-client'
import type { Attestation } from './rules/attest'
import type { CheckAnswer } from './rules/guess'
import type { CheckTarget } from './rules/target'
import { isVetoed } from './second-opinion'
import { sendWindows } from './send-policy'

export interface CheckInput {
  /** By id, or by number, purpose and binding. */
  readonly target:
    | { readonly id: string; readonly purpose?: string }
    | { readonly phone: { readonly e164: string }; readonly purpose: string; readonly bindingHash: string }
  readonly code: string
  /**
   * The digits of the codes that the caller's surface trusts. A shorter one is wrong there, though it may be right where it
   * was asked for: else whoever wants in at the one would ask for a code at the other.
   */
  readonly codeLength: number
  /** With an id: the binding that the caller believes the code to be for. A different one makes any code wrong. */
  readonly presentedBindingHash?: string
  /** An intent goes with the code, or may follow it within the window of its profile: the code has to be known again. */
  readonly isFollowed?: boolean
  /** What the right code is given for, where that was not fixed when the code was sent. */
  readonly intent?: Intent
  /** What the caller takes for the facts that were. Where one is another, the code is over. */
  readonly presented?: IntentFacts
  /** Answers only what was let through before: else `verification_not_found`, and no guess is counted. */
  readonly onlyRepeat?: boolean
  /** Should the answer to a right code say what it attests? */
  readonly attests?: boolean
}

/** A wrong code is an answer, not an error: surfaces differ in how they tell it. */
export interface CheckedVerification {
  readonly id: string
  readonly valid: boolean
  readonly status: 'approved' | 'pending' | 'locked'
  readonly guessesLeft: number
  /** What is to be carried out, where the code was given for something. */
  readonly approval?: Approval
  /** What the right code has shown, where that was asked for. A code that its caller made has shown nothing. */
  readonly attestation?: Attestation
}

/**
 * Weighs one guess, in one call to the gate. The same request id with the same code within a minute is answered as before
 * and costs no guess. A stranger whose network has guessed too much does not come to the gate.
 * @throws `purpose_not_allowed`, `abnormal_usage`, `verification_not_found`, `code_expired`, `too_many_guesses`,
 *   `dependency_unavailable`; with an intent or facts of one `confirmation_used`, `confirmation_changed`, `confirmation_expired`
 */
export async function checkVerification(deps: VerificationDeps, caller: Caller, input: CheckInput): Promise<CheckedVerification> {
  const guess = await admitGuess(deps.limits, caller)
  const answer = await weighAdmitted(deps, caller, input, guess)
  switch (answer.status) {
    case 'approved': {
      const { verificationId: id, guessesLeft, approval, attestation } = answer
      settleRight(deps, caller, guess, answer.counted)
      const facts = { ...(approval && { approval }), ...(attestation && { attestation }) }
      return { id, valid: true, status: 'approved', guessesLeft, ...facts }
    }
    case 'incorrect':
    case 'incorrect_and_locked':
    case 'incorrect_after_approval':
      return { id: answer.verificationId, valid: false, status: STATUS_AFTER[answer.status], guessesLeft: answer.guessesLeft }
    case 'not_found':
      throw refuse('verification_not_found', {})
    case 'expired':
      throw refuse('code_expired', {})
    case 'too_many_guesses':
      throw refuse('too_many_guesses', { retryAfterSeconds: wholeSeconds(answer.waitMs) })
    case 'used':
      throw refuse('confirmation_used', {})
    case 'too_late':
      throw refuse('confirmation_expired', {})
    case 'changed':
      throw refuse('confirmation_changed', {})
  }
}

/** Has a guess weighed. Where nobody weighs it, it is none. @throws as {@link checkVerification} */
async function weighAdmitted(
  deps: VerificationDeps,
  caller: Caller,
  input: CheckInput,
  guess: readonly Counted[],
): Promise<CheckAnswer> {
  try {
    return await weigh(deps, caller, input)
  } catch (error) {
    withdrawSend(deps.limits, caller, { counted: guess, budget: undefined })
    throw error
  }
}

/**
 * Clears the sends whose code was typed, and the guess. Told again, it is no other right guess: else who has one code could
 * make up for any number of wrong ones.
 * @param sends where they were counted; undefined in the answer to a repetition
 */
function settleRight(
  { limits }: VerificationDeps,
  caller: Caller,
  guess: readonly Counted[],
  sends: readonly Counted[] | undefined,
): void {
  if (sends === undefined) withdrawSend(limits, caller, { counted: guess, budget: undefined })
  else if (sends.length + guess.length > 0) caller.defer(clearVerified(limits, [...sends, ...guess]))
}

/** @throws `purpose_not_allowed`, `verification_not_found`, `dependency_unavailable` */
async function weigh(deps: VerificationDeps, caller: Caller, input: CheckInput): Promise<CheckAnswer> {
  const { gate, target } = await locate(deps, caller, input.target)
  const request = {
    target,
    code: input.code,
    presentedBindingHash: input.presentedBindingHash ?? null,
    vetoed: await isWrongAnyway(deps, caller, gate, input, target),
    attemptKey: await deps.digester.attemptKey(caller.requestId, input.code, attemptOf(input)),
    ...(input.isFollowed === true && { proofs: await deps.digester.proofs(gate.gateId, askedAbout(target), input.code) }),
    ...(input.intent && { intent: input.intent }),
    ...(input.presented && { presented: input.presented }),
    ...(input.onlyRepeat !== undefined && { onlyRepeat: input.onlyRepeat }),
    // Not of one that was right where shorter ones are trusted, and is repeated here.
    ...(input.attests === true && { attests: input.code.length >= input.codeLength }),
    windows: sendWindows(deps.config.limits),
    surface: caller.surface,
    requestId: caller.requestId,
  }
  return gate.call((remote) => remote.check(request))
}

/** Too short for the surface, or wrong by the vendor that carried it, who is not asked about what costs no guess. */
async function isWrongAnyway(
  deps: VerificationDeps,
  caller: Caller,
  gate: GateClient,
  { code, codeLength, onlyRepeat }: CheckInput,
  target: CheckTarget,
): Promise<boolean> {
  return code.length < codeLength || (onlyRepeat !== true && (await isVetoed(deps, caller, gate, { target, code })))
}

/** So that equal codes for different things are known by different proofs. */
function askedAbout(target: CheckTarget): string {
  return 'id' in target ? target.id : `${target.purpose} ${target.bindingHash}`
}

const STATUS_AFTER = { incorrect: 'pending', incorrect_and_locked: 'locked', incorrect_after_approval: 'approved' } as const

/** What has to be the same for a request to be a repetition of one, besides its code. */
function attemptOf({ presentedBindingHash, intent, presented }: CheckInput): string | null {
  if (!intent && !presented) return presentedBindingHash ?? null
  return JSON.stringify([intent?.key, presented && Object.entries(presented).toSorted(([a], [b]) => (a < b ? -1 : 1))])
}

async function locate(
  deps: VerificationDeps,
  { principal }: Caller,
  target: CheckInput['target'],
): Promise<{ readonly gate: GateClient; readonly target: CheckTarget }> {
  if (target.purpose !== undefined) requirePurpose(principal, target.purpose)
  if ('id' in target) {
    const gate = deps.gates.forVerification(target.id)
    if (!gate) throw refuse('verification_not_found', {})
    const owner = visibleOwner(principal)
    const purposes = principal?.purposes && [...principal.purposes]
    return { gate, target: { ...target, ...(owner !== undefined && { owner }), ...(purposes && { purposes }) } }
  }
  const { gate } = await deps.gates.forPhone(target.phone.e164)
  return { gate, target: { purpose: target.purpose, bindingHash: target.bindingHash, owner: ownerOf(principal) } }
}
