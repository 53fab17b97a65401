import { type CryptoKey, SignJWT, calculateJwkThumbprint, importJWK, jwtVerify } from 'jose'
import type { SigningKey } from '../config/tokens'
import { refuse } from '../core/app-error'
import { once } from '../core/once'

/** The two signatures that tokens have, by the kind of key. */
export const TOKEN_ALGORITHMS = ['ES256', 'EdDSA'] as const
export type TokenAlgorithm = (typeof TOKEN_ALGORITHMS)[number]

/** The public part of a key as others get it (RFC 7517). */
export interface PublishedKey {
  readonly kty: string
  readonly crv: string
  readonly x: string
  readonly y?: string
  readonly use: 'sig'
  readonly alg: TokenAlgorithm
  /** Its thumbprint (RFC 7638): the same key has the same id wherever it stands. */
  readonly kid: string
}

/** One of `SIGNING_KEYS`, ready for use. */
export interface KeyPair {
  readonly published: PublishedKey
  readonly privateKey: CryptoKey
  readonly publicKey: CryptoKey
}

/** The pairs of `SIGNING_KEYS`, in their order. @throws `misconfigured` where one is no pair */
export type SigningKeys = () => Promise<readonly [KeyPair, ...KeyPair[]]>

/** Imports the keys at their first use and once: nothing may be awaited while the Worker starts. */
export function createSigningKeys(keys: readonly SigningKey[]): SigningKeys {
  return once(async () => (await Promise.all(keys.map(importPair))) as [KeyPair, ...KeyPair[]])
}

async function importPair(key: SigningKey, index: number): Promise<KeyPair> {
  const alg = key.kty === 'EC' ? 'ES256' : 'EdDSA'
  const { d: _, ...publicPart } = key
  try {
    const kid = await calculateJwkThumbprint(publicPart)
    const [privateKey, publicKey] = (await Promise.all([importJWK(key, alg), importJWK(publicPart, alg)])) as CryptoKey[]
    const pair = { published: { ...publicPart, use: 'sig', alg, kid }, privateKey: privateKey!, publicKey: publicKey! } as const
    // The platform takes parts that belong to different keys: nobody could verify what such a one signs.
    await jwtVerify(await new SignJWT().setProtectedHeader({ alg }).sign(pair.privateKey), pair.publicKey)
    return pair
  } catch (error) {
    const problems = [`SIGNING_KEYS: key ${index + 1} is no pair, what it signs cannot be verified with its public part`]
    throw refuse('misconfigured', { problems }, error)
  }
}
