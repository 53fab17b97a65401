import { SignJWT } from 'jose'
import type { Attestation } from '../otp/rules/attest'
import { TOKEN_TYPE, type TokenClaims } from './claims'
import type { TokenDeps } from './deps'

export interface IssuedToken {
  readonly token: string
  /** Milliseconds since the epoch. */
  readonly expiresAt: number
}

const SUBJECT_CHARACTERS = 22

/**
 * Signs what a verification attests, for one audience. Its times are those of the approval, so that the answer to a
 * repeated check proves nothing for longer than the first one did.
 * @param audience undefined: the one of the configuration
 * @throws `misconfigured` where the key cannot be used
 */
export async function issueToken(
  { config, keys, sign }: Pick<TokenDeps, 'config' | 'keys' | 'sign'>,
  verificationId: string,
  { phone, purpose, bindingHash, owner, at }: Attestation,
  audience: string | undefined,
): Promise<IssuedToken> {
  const [{ published, privateKey }] = await keys()
  const verifiedAt = Math.floor(at / 1000)
  const claims: TokenClaims = {
    iss: config.issuer,
    aud: audience ?? config.audience,
    ...(owner && { azp: owner }),
    sub: `num_${(await sign(`token_subject:v1:${phone}`)).slice(0, SUBJECT_CHARACTERS)}`,
    iat: verifiedAt,
    exp: verifiedAt + config.lifetimeSeconds,
    jti: verificationId,
    phone_number: phone,
    phone_number_verified: true,
    purpose,
    binding: bindingHash || null,
    verification_id: verificationId,
    verified_at: verifiedAt,
  }
  const header = { alg: published.alg, kid: published.kid, typ: TOKEN_TYPE }
  return { token: await new SignJWT({ ...claims }).setProtectedHeader(header).sign(privateKey), expiresAt: claims.exp * 1000 }
}
