import {
  type CompactJWSHeaderParameters,
  CompactSign,
  type JWK,
  SignJWT,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  importJWK,
} from 'jose'
import type { SigningKey } from '../../src/config/tokens'
import { type TokenAlgorithm, createSigningKeys } from '../../src/tokens/signing-keys'

export const ISSUER = 'https://verify.example.com'
/** The audience of the deployment, where a check names none. */
export const AUDIENCE = 'https://shop.example.com'

/** A new private key, as `SIGNING_KEYS` has it. */
export async function newSigningKey(algorithm: TokenAlgorithm = 'EdDSA'): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return (await exportJWK(privateKey)) as SigningKey
}

/** What sets tokens up. */
export const tokenSettings = (keys: readonly SigningKey[], changes: Record<string, string> = {}) => ({
  SIGNING_KEYS: JSON.stringify(keys),
  TOKEN_ISSUER: ISSUER,
  TOKEN_AUDIENCE: AUDIENCE,
  ...changes,
})

/** The id of a key. */
export const kidOf = async (key: SigningKey) => (await createSigningKeys([key])())[0].published.kid

/** Signs what a test makes up, with whatever header. */
export async function forge(key: JWK, header: CompactJWSHeaderParameters, claims: Record<string, unknown>): Promise<string> {
  const crit = Object.fromEntries((header.crit ?? []).map((name) => [name, true]))
  return new SignJWT(claims).setProtectedHeader(header).sign(await importJWK(key, header.alg), { crit })
}

/** The same with a secret: what who mixes up the two kinds of algorithms would take. */
export async function forgeBySecret(secret: Uint8Array, header: CompactJWSHeaderParameters, claims: object): Promise<string> {
  const payload = new TextEncoder().encode(JSON.stringify(claims))
  return new CompactSign(payload).setProtectedHeader(header).sign(secret)
}

/** The header and the claims of a token, unverified. */
export const partsOf = (token: string) => ({ header: decodeProtectedHeader(token), claims: decodeJwt(token) })

/** A part of a token. */
export const encodePart = (value: unknown) =>
  new TextEncoder()
    .encode(typeof value === 'string' ? value : JSON.stringify(value))
    .toBase64({ alphabet: 'base64url', omitPadding: true })
