import { CALLER_CODE_PURPOSE } from '../../config/profiles'
import type { GateState, Verification } from '../gate-state'

/**
 * When the person last typed a code that was right. Codes that their caller made do not count: the caller knew them.
 * @returns milliseconds since the epoch; null where nothing is known of any
 */
export function provenAt({ verifications }: GateState): number | null {
  const times = verifications.flatMap((one) => (isProof(one) ? (one.completedAt ?? []) : []))
  return times.length === 0 ? null : Math.max(...times)
}

function isProof({ status, purpose, codeIsOurs }: Verification): boolean {
  return status === 'approved' && (purpose !== CALLER_CODE_PURPOSE || codeIsOurs === true)
}

/** The ids of the codes that may be in KV. */
export function codeIdsIn({ verifications }: GateState): string[] {
  return verifications.flatMap(({ code, lastCodeId }) => {
    const ids = [lastCodeId, code?.id, code?.replaces?.code.id]
    return [...new Set(ids.filter((id) => id !== undefined))]
  })
}
