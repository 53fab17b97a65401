/** Bytes as unpadded base64url (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return bytes.toBase64({ alphabet: 'base64url', omitPadding: true })
}

/** The bytes of a text that {@link toBase64Url} could have made, or undefined where it is not one. */
export function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' })
    // The platform also takes padding, white space and stray bits; one text for one value keeps ids unambiguous.
    return toBase64Url(bytes) === text ? bytes : undefined
  } catch {
    return undefined
  }
}
