import * as z from 'zod'
import { parseJson } from '../core/decode'

// Names that are not listed are dropped: what a key says of itself beside its numbers decides nothing here.
const part = z.string().regex(/^[\w-]{43}$/)
const curveKey = z.object({ kty: z.literal('EC'), crv: z.literal('P-256'), x: part, y: part, d: part })
const edwardsKey = z.object({ kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: part, d: part })
const signingKeysSchema = z
  .array(z.union([curveKey, edwardsKey]))
  .min(1)
  .max(5)

/** A private key as a JWK (RFC 7517): P-256 signs ES256, Ed25519 signs EdDSA. */
export type SigningKey = z.infer<typeof signingKeysSchema>[number]

/** The text of `SIGNING_KEYS`. */
export const signingKeysVariable = z.string().transform((text, context): readonly SigningKey[] => {
  const keys = signingKeysSchema.safeParse(parseJson(text))
  if (keys.success) return keys.data
  // One sentence whatever is wrong: what is said of a configuration never repeats its values.
  context.addIssue('must be a JSON array of 1 to 5 private JWKs, P-256 or Ed25519; `npm run key -- signing` makes one')
  return z.NEVER
})

/** How it is proved to other back ends that a number was verified. */
export interface TokenConfig {
  /** The first one signs, all of them verify. */
  readonly keys: readonly SigningKey[]
  readonly issuer: string
  /** Of a token whose caller names none. */
  readonly audience: string
  readonly lifetimeSeconds: number
}

/** The variables that this is read from. Their schema has {@link signingKeysVariable}, so it cannot be named here. */
interface TokenVariables {
  readonly SIGNING_KEYS?: readonly SigningKey[] | undefined
  readonly TOKEN_ISSUER?: string | undefined
  readonly TOKEN_AUDIENCE?: string | undefined
  readonly TOKEN_LIFETIME_SECONDS: number
  readonly PUBLIC_URL?: string | undefined
}

export function readTokens(variables: TokenVariables, problems: string[]): TokenConfig | undefined {
  const { SIGNING_KEYS: keys, TOKEN_ISSUER, PUBLIC_URL } = variables
  if (keys === undefined) return undefined
  if (new Set(keys.map(({ x }) => x)).size < keys.length) problems.push('SIGNING_KEYS has the same key twice')
  const issuer = TOKEN_ISSUER ?? PUBLIC_URL
  if (issuer === undefined) {
    problems.push('TOKEN_ISSUER is missing: tokens that SIGNING_KEYS sign have to say whose they are (PUBLIC_URL would do)')
    return undefined
  }
  return {
    keys,
    issuer,
    audience: variables.TOKEN_AUDIENCE ?? issuer,
    lifetimeSeconds: variables.TOKEN_LIFETIME_SECONDS,
  }
}
