import { CALLER_CODE_PURPOSE } from '../../config/profiles'
import { type GateState, type Verification, ownerIn } from '../gate-state'

/**
 * When the person last typed a code that was right. Codes that their caller made do not count: the caller knew them.
 * @param owner only a code of this one's; undefined: of anybody's
 * @returns milliseconds since the epoch; null where nothing is known of any
 */
export function provenAt({ verifications }: GateState, owner?: string): number | null {
  const proofs = verifications.filter((one) => isProof(one) && ownerIn(one) === (owner ?? ownerIn(one)))
  const times = proofs.flatMap(({ completedAt }) => completedAt ?? [])
  return times.length === 0 ? null : Math.max(...times)
}

/** Is it a right code that nobody but the person could know? */
export function isProof({ status, purpose, codeIsOurs }: Verification): boolean {
  return status === 'approved' && (purpose !== CALLER_CODE_PURPOSE || codeIsOurs === true)
}

/** The ids of the codes that may be in KV. */
export function codeIdsIn({ verifications }: GateState): string[] {
  return verifications.flatMap(({ code, lastCodeId }) => {
    const ids = [lastCodeId, code?.id, code?.replaces?.code.id]
    return [...new Set(ids.filter((id) => id !== undefined))]
  })
}
