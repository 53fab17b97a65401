import { type CheckInput, type CheckedVerification, checkVerification } from '../otp/check-verification'
import type { Caller, VerificationDeps } from '../otp/deps'
import type { TokenDeps } from './deps'
import { type IssuedToken, issueToken } from './issue-token'

export interface ProvedVerification extends CheckedVerification {
  /** Absent: the code was not right, nobody set tokens up, or its caller knew the code. */
  readonly token?: IssuedToken
}

/**
 * {@link checkVerification}; a right code comes with a token by which other back ends know of it.
 * @param tokens undefined: none are signed
 * @param audience who the token is for; undefined: who the configuration says
 * @throws what {@link checkVerification} does, and `misconfigured` where the key cannot be used
 */
export async function checkAndProve(
  { verification, tokens }: { readonly verification: VerificationDeps; readonly tokens: TokenDeps | undefined },
  caller: Caller,
  input: CheckInput,
  audience: string | undefined,
): Promise<ProvedVerification> {
  // Before the guess: no code may be used up for a token that cannot be signed.
  await tokens?.keys()
  const checked = await checkVerification(verification, caller, { ...input, attests: tokens !== undefined })
  if (!tokens || !checked.attestation) return checked
  return { ...checked, token: await issueToken(tokens, checked.id, checked.attestation, audience) }
}
