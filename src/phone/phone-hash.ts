import { createHmacSigner } from '../core/hmac'

/** Turns a number into the name of its gate, which is also how D1 knows it: 43 characters that only the key can make. */
export type PhoneHasher = (e164: string) => Promise<string>

/**
 * A keyed hash of E.164 numbers (HMAC-SHA-256). A plain hash would do nothing: all numbers can be tried in minutes.
 * @param secret `PHONE_HASH_KEY`; it names the gates, so changing it forgets every cooldown and limit
 */
export function createPhoneHasher(secret: string): PhoneHasher {
  const sign = createHmacSigner(secret)
  return (e164) => sign(`phone:v1:${e164}`)
}
