import { type GateState, isLive } from '../gate-state'
import { type CheckTarget, findTarget } from './target'

/** Who carried the code that a person is typing, and to which number (E.164). */
export interface Carrier {
  readonly provider: string
  readonly phone: string
}

/** The carrier of a live code that may still be guessed, else null: then there is nothing to ask anybody. Reads only. */
export function carrierOf(state: GateState, target: CheckTarget, now: number): Carrier | null {
  const verification = findTarget(state, target)
  const provider = verification?.message?.provider
  if (!verification || !provider || !isLive(verification, now)) return null
  return verification.guesses < verification.guessLimit ? { provider, phone: state.phone } : null
}
