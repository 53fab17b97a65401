import { fromBase64Url, toBase64Url } from '../core/encoding'

const PREFIX = 'ver_'
const GATE_ID_BYTES = 32
const RANDOM_BYTES = 16

/**
 * A new verification id. It carries the id of the number's gate, so that no look-up table is needed; the platform's own
 * `idFromString` refuses gate ids that are not this deployment's.
 * @param gateId 64 hexadecimal characters
 */
export function createVerificationId(gateId: string): string {
  const bytes = new Uint8Array(GATE_ID_BYTES + RANDOM_BYTES)
  bytes.set(Uint8Array.fromHex(gateId))
  crypto.getRandomValues(bytes.subarray(GATE_ID_BYTES))
  return PREFIX + toBase64Url(bytes)
}

/** The gate id inside a verification id, or undefined where the text is not one. */
export function gateIdOf(verificationId: string): string | undefined {
  if (!verificationId.startsWith(PREFIX)) return undefined
  const bytes = fromBase64Url(verificationId.slice(PREFIX.length))
  return bytes?.length === GATE_ID_BYTES + RANDOM_BYTES ? bytes.subarray(0, GATE_ID_BYTES).toHex() : undefined
}

/** Characters of an id that hold the gate's id and nothing else: 6 bits each, of which a few are left over. */
const SHARED_CHARACTERS = PREFIX.length + Math.floor((GATE_ID_BYTES * 8) / 6)
/** Sorts behind all characters of base64url. */
const BEHIND_ALL = '~'

/**
 * Where the verification ids of a gate stand among all, as texts: from the one on, and not from the other on. So D1 finds
 * what is of a number without an index of numbers.
 * @param gateId 64 hexadecimal characters
 */
export function verificationIdsOf(gateId: string): { readonly from: string; readonly until: string } {
  const from = createVerificationId(gateId).slice(0, SHARED_CHARACTERS)
  return { from, until: from + BEHIND_ALL }
}
