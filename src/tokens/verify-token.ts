import { type CryptoKey, type JWTHeaderParameters, errors, jwtVerify } from 'jose'
import { TOKEN_CLOCK_TOLERANCE_SECONDS } from '../config/limits'
import { TOKEN_TYPE, type TokenClaims, readClaims } from './claims'
import type { TokenDeps } from './deps'
import { type KeyPair, TOKEN_ALGORITHMS } from './signing-keys'

/** Longer than any of ours: nothing of it is decoded. */
const LONGEST_TOKEN = 8_192

/**
 * What a token of ours says, by the rules of RFC 8725: type and algorithms are ours to say, the key is one of our own set,
 * and what the token says of keys beyond an id is not looked at.
 * @returns undefined where it is not one of ours, not for this audience, or past its time
 * @throws `misconfigured` where a key of the set cannot be used
 */
export async function verifyToken(
  { config, keys, clock }: Pick<TokenDeps, 'config' | 'keys' | 'clock'>,
  token: string,
  audience: string,
): Promise<TokenClaims | undefined> {
  if (token.length > LONGEST_TOKEN) return undefined
  const pairs = await keys()
  const now = clock()
  const rules = {
    algorithms: [...TOKEN_ALGORITHMS],
    typ: TOKEN_TYPE,
    issuer: config.issuer,
    audience,
    // For a "not before": the clock of the place that signed may be ahead.
    clockTolerance: TOKEN_CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(now),
  }
  const verified = await jwtVerify(token, (header: JWTHeaderParameters) => keyFor(pairs, header), rules).catch(toUndefined)
  const claims = readClaims(verified?.payload)
  // The end is the end: nobody gets the tolerance on top of it.
  return claims && now < claims.exp * 1000 ? claims : undefined
}

function keyFor(pairs: readonly KeyPair[], { kid, alg }: JWTHeaderParameters): CryptoKey {
  const found = pairs.find(({ published }) => published.kid === kid && published.alg === alg)
  if (!found) throw new errors.JWKSNoMatchingKey()
  return found.publicKey
}

/** What is wrong with the token is nobody's business. */
function toUndefined(error: unknown): undefined {
  if (!(error instanceof errors.JOSEError)) throw error
}
