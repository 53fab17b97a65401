import { refuse } from '../core/app-error'
import { wholeSeconds } from '../core/clock'
import type { Caller, VerificationDeps } from './deps'
import type { CheckTarget } from './rules/target'
import { isVetoed } from './second-opinion'
import { sendWindows } from './send-policy'

export interface CheckInput {
  /** By id, or by number, purpose and binding. */
  readonly target:
    | { readonly id: string }
    | { readonly phone: { readonly e164: string }; readonly purpose: string; readonly bindingHash: string }
  readonly code: string
  /**
   * The digits of the codes that the caller's surface trusts. A shorter one is wrong there, though it may be right where it
   * was asked for: else whoever wants in at the one would ask for a code at the other.
   */
  readonly codeLength: number
  /** With an id: the binding that the caller believes the code to be for. A different one makes any code wrong. */
  readonly presentedBindingHash?: string
}

/** A wrong code is an answer, not an error: surfaces differ in how they tell it. */
export interface CheckedVerification {
  readonly id: string
  readonly valid: boolean
  readonly status: 'approved' | 'pending' | 'locked'
  readonly guessesLeft: number
}

/**
 * Weighs one guess, in one call to the gate. The same request id with the same code within a minute is answered as before
 * and costs no guess.
 * @throws `verification_not_found`, `code_expired`, `too_many_guesses`, `dependency_unavailable`
 */
export async function checkVerification(deps: VerificationDeps, caller: Caller, input: CheckInput): Promise<CheckedVerification> {
  const { gate, target } = await locate(deps, input.target)
  const presentedBindingHash = input.presentedBindingHash ?? null
  const request = {
    target,
    code: input.code,
    presentedBindingHash,
    vetoed: input.code.length < input.codeLength || (await isVetoed(deps, caller, gate, { target, code: input.code })),
    attemptKey: await deps.digester.attemptKey(caller.requestId, input.code, presentedBindingHash),
    windows: sendWindows(deps.config.limits),
    surface: caller.surface,
    requestId: caller.requestId,
  }
  const answer = await gate.call((remote) => remote.check(request))
  switch (answer.status) {
    case 'approved':
      return { id: answer.verificationId, valid: true, status: 'approved', guessesLeft: answer.guessesLeft }
    case 'incorrect':
      return { id: answer.verificationId, valid: false, status: 'pending', guessesLeft: answer.guessesLeft }
    case 'incorrect_and_locked':
      return { id: answer.verificationId, valid: false, status: 'locked', guessesLeft: answer.guessesLeft }
    case 'not_found':
      throw refuse('verification_not_found', {})
    case 'expired':
      throw refuse('code_expired', {})
    case 'too_many_guesses':
      throw refuse('too_many_guesses', { retryAfterSeconds: wholeSeconds(answer.waitMs) })
  }
}

async function locate(deps: VerificationDeps, target: CheckInput['target']) {
  if ('id' in target) {
    const gate = deps.gates.forVerification(target.id)
    if (!gate) throw refuse('verification_not_found', {})
    return { gate, target: { id: target.id } satisfies CheckTarget }
  }
  const { gate } = await deps.gates.forPhone(target.phone.e164)
  return { gate, target: { purpose: target.purpose, bindingHash: target.bindingHash } satisfies CheckTarget }
}
