// 250 is the greatest multiple of ten that a byte holds: bytes from there on are thrown away, or 0 to 5 would come more often.
const UNBIASED_BELOW = 250

/**
 * A code of so many decimal digits from the cryptographic source, every digit equally likely. It is a text: leading zeros
 * are legal.
 */
export function generateCode(length: number): string {
  let code = ''
  while (code.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length * 2))) {
      if (byte < UNBIASED_BELOW && code.length < length) code += String(byte % 10)
    }
  }
  return code
}
