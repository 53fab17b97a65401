import { toBase64Url } from './encoding'

/** Signs a text: HMAC-SHA-256 as 43 characters of base64url. */
export type HmacSigner = (text: string) => Promise<string>

/**
 * A signer for a secret. The key is imported at its first use and once: importing costs as much as signing, and nothing
 * may be awaited while the Worker starts.
 */
export function createHmacSigner(secret: string): HmacSigner {
  let key: Promise<CryptoKey> | undefined
  const importKey = () =>
    crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return async (text) => {
    const signature = await crypto.subtle.sign('HMAC', await (key ??= importKey()), new TextEncoder().encode(text))
    return toBase64Url(new Uint8Array(signature))
  }
}
