import { type GateState, type Verification, ownerIn } from '../gate-state'
import { isProof } from './person'

/** What a right code has shown: that a person had this number, for this purpose. */
export interface Attestation {
  /** E.164. */
  readonly phone: string
  readonly purpose: string
  /** Empty: it was tied to no facts. */
  readonly bindingHash: string
  /** Whose verification it was; others may not trust everybody's. Empty: nobody's. */
  readonly owner: string
  /** When the code was right. Milliseconds since the epoch. */
  readonly at: number
}

/** What a verification attests; undefined where it is not approved, or by a code that its caller made and so knew. */
export function attestationOf({ phone }: GateState, verification: Verification): Attestation | undefined {
  const { purpose, bindingHash, completedAt } = verification
  if (!isProof(verification) || completedAt === null) return undefined
  return { phone, purpose, bindingHash, owner: ownerIn(verification), at: completedAt }
}
