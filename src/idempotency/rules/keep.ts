import type { Decision, RecordState } from './record-state'

/**
 * Keeps the answer for whoever asks again.
 * @returns whether it is kept; it is not where the lease was over and somebody else has begun
 */
export function keep(
  state: RecordState | undefined,
  { attempt, sealed }: { readonly attempt: string; readonly sealed: string },
): Decision<boolean> {
  if (state?.attempt !== attempt) return { state, reply: false }
  return { state: state.sealed === undefined ? { ...state, sealed } : state, reply: true }
}
