/** How a text travels as an SMS. */
export interface SmsSize {
  readonly encoding: 'GSM-7' | 'UCS-2'
  /** Septets of GSM-7, or 16-bit units of UCS-2. */
  readonly units: number
  /** What the operators count, and charge. */
  readonly segments: number
}

// GSM 03.38: one septet each, and two (an escape before it) for those of the extension.
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const EXTENSION = new Set('\f^{}\\[~]|€')

/** Units in a message of one segment, and in each of several, which carry a header of six bytes. */
const ROOM = { 'GSM-7': { alone: 160, each: 153 }, 'UCS-2': { alone: 70, each: 67 } } as const

/** The encoding that a text needs, and into how many segments it is cut. Neither an escaped character nor a surrogate pair is cut in two. */
export function segmentsOf(text: string): SmsSize {
  const characters = Array.from(text)
  const isGsm = characters.every((character) => BASIC.has(character) || EXTENSION.has(character))
  const encoding = isGsm ? 'GSM-7' : 'UCS-2'
  const sizes = characters.map((character) => (isGsm ? septetsOf(character) : character.length))
  const units = sizes.reduce((sum, size) => sum + size, 0)
  const { alone, each } = ROOM[encoding]
  return { encoding, units, segments: units <= alone ? 1 : pack(sizes, each) }
}

function septetsOf(character: string): number {
  return EXTENSION.has(character) ? 2 : 1
}

function pack(sizes: readonly number[], each: number): number {
  let segments = 1
  let used = 0
  for (const size of sizes) {
    if (used + size > each) {
      segments += 1
      used = 0
    }
    used += size
  }
  return segments
}
