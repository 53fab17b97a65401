import type { Decision, RecordState } from './record-state'

/**
 * Makes the key as good as new, since nothing was changed with it.
 * @returns whether it is; it is not where somebody else has begun, or the answer is kept
 */
export function giveBack(state: RecordState | undefined, attempt: string): Decision<boolean> {
  const isHeld = state?.attempt === attempt && state.sealed === undefined
  return { state: isHeld ? undefined : state, reply: isHeld }
}
