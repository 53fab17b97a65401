import { type GateState, type Verification, ownerIn } from '../gate-state'

/** Which verification a code is for: by its id, or the newest one of its owner for a purpose and binding. */
export type CheckTarget =
  /** Of that purpose, one of those purposes, and that owner, where they are given. */
  | { readonly id: string; readonly purpose?: string; readonly purposes?: readonly string[]; readonly owner?: string }
  /** Without an owner: nobody's. */
  | { readonly purpose: string; readonly bindingHash: string; readonly owner?: string }

/** The verification that a check means, or undefined where the gate knows none. */
export function findTarget(state: GateState, target: CheckTarget): Verification | undefined {
  if (!('id' in target)) return state.verifications.findLast((one) => isOfTarget(one, target))
  const { id, purpose, purposes, owner } = target
  return state.verifications.find(
    (one) =>
      one.id === id &&
      one.purpose === (purpose ?? one.purpose) &&
      purposes?.includes(one.purpose) !== false &&
      ownerIn(one) === (owner ?? ownerIn(one)),
  )
}

/** What can stand in for each other: of one owner, for one purpose and binding. */
export function isOfTarget(
  one: Verification,
  { purpose, bindingHash, owner = '' }: { readonly purpose: string; readonly bindingHash: string; readonly owner?: string },
): boolean {
  return one.purpose === purpose && one.bindingHash === bindingHash && ownerIn(one) === owner
}
