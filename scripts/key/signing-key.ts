import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import type { SigningAlgorithm } from './options.ts'

/** A new private key as a JWK for `SIGNING_KEYS`. Its id is its thumbprint (RFC 7638). */
export async function newSigningKey(algorithm: SigningAlgorithm): Promise<Readonly<Record<string, unknown>>> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  return { kid: await calculateJwkThumbprint(jwk), alg: algorithm, use: 'sig', ...jwk }
}
