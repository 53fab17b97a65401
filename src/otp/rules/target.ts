import type { GateState, Verification } from '../gate-state'

/** Which verification a code is for: by its id, or the newest one for a purpose and binding. */
export type CheckTarget =
  /** Of that purpose, where one is given. */
  { readonly id: string; readonly purpose?: string } | { readonly purpose: string; readonly bindingHash: string }

/** The verification that a check means, or undefined where the gate knows none. */
export function findTarget(state: GateState, target: CheckTarget): Verification | undefined {
  return 'id' in target
    ? state.verifications.find(({ id, purpose }) => id === target.id && purpose === (target.purpose ?? purpose))
    : state.verifications.findLast((one) => one.purpose === target.purpose && one.bindingHash === target.bindingHash)
}
