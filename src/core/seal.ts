import { fromBase64Url, toBase64Url } from './encoding'

/** Encrypts personal data that has to be read again, and opens it. */
export interface Sealer {
  /** @param place where the sealed text will stand, such as a row's key: it opens nowhere else */
  seal(text: string, place: string): Promise<string>
  /** The text; undefined where it was sealed by another key or for another place, or was altered. */
  open(sealed: string, place: string): Promise<string | undefined>
}

const IV_BYTES = 12

/**
 * AES-256-GCM under a key that is derived from a secret (HKDF-SHA-256), as `v1.<iv and ciphertext>`. The place is
 * authenticated with it, so that whoever can write to the database cannot put one person's data in another's place.
 * @param use keeps the keys of different uses of one secret apart
 */
export function createSealer(secret: string, use: string): Sealer {
  let key: Promise<CryptoKey> | undefined
  const keyOnce = () => (key ??= deriveKey(secret, use))
  return {
    async seal(text, place) {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES))
      const sealed = await crypto.subtle.encrypt(algorithm(iv, place), await keyOnce(), new TextEncoder().encode(text))
      const bytes = new Uint8Array(IV_BYTES + sealed.byteLength)
      bytes.set(iv)
      bytes.set(new Uint8Array(sealed), IV_BYTES)
      return `v1.${toBase64Url(bytes)}`
    },
    async open(sealed, place) {
      const bytes = sealed.startsWith('v1.') ? fromBase64Url(sealed.slice(3)) : undefined
      if (!bytes || bytes.length <= IV_BYTES) return undefined
      try {
        const iv = bytes.subarray(0, IV_BYTES)
        const opened = await crypto.subtle.decrypt(algorithm(iv, place), await keyOnce(), bytes.subarray(IV_BYTES))
        return new TextDecoder().decode(opened)
      } catch {
        return undefined
      }
    },
  }
}

function algorithm(iv: Uint8Array<ArrayBuffer>, place: string) {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(place) }
}

async function deriveKey(secret: string, use: string): Promise<CryptoKey> {
  const encode = (text: string) => new TextEncoder().encode(text)
  const material = await crypto.subtle.importKey('raw', encode(secret), 'HKDF', false, ['deriveKey'])
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: encode(use) }
  return crypto.subtle.deriveKey(parameters, material, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}
