import { ownerOf, requirePurpose } from '../access/principal'
import { refuse } from '../core/app-error'
import { randomId } from '../core/ids'
import type { Caller } from '../otp/deps'
import type { Attestation } from '../otp/rules/attest'
import type { TokenDeps } from './deps'
import { verifyToken } from './verify-token'

export interface RedeemInput {
  readonly token: string
  /** Who the token has to be for. Undefined: the audience of the configuration. */
  readonly audience: string | undefined
}

/** What was proved, by the gate's word and not by the token's. */
export interface RedeemedToken extends Attestation {
  readonly verificationId: string
  readonly audience: string
  /** Milliseconds since the epoch. */
  readonly redeemedAt: number
}

/**
 * Takes a token, once: the gate of its number lets exactly one redemption through. Whoever holds it may, whosever
 * verification it is of: what it says can be read without us.
 * @throws `token_not_accepted`, without saying why; `token_redeemed`, `purpose_not_allowed`, `dependency_unavailable`,
 *   `misconfigured`
 */
export async function redeemToken(deps: TokenDeps, caller: Caller, input: RedeemInput): Promise<RedeemedToken> {
  const audience = input.audience ?? deps.config.audience
  const claims = await verifyToken(deps, input.token, audience)
  const gate = claims && deps.gates.forVerification(claims.verification_id)
  if (!gate) throw refuse('token_not_accepted', {})
  requirePurpose(caller.principal, claims.purpose)
  const { verification_id: verificationId, phone_number: phone, purpose, binding, azp } = claims
  const request = {
    verificationId,
    claimed: { phone, purpose, bindingHash: binding ?? '', owner: azp ?? '' },
    audience,
    redeemedBy: ownerOf(caller.principal),
    attemptId: randomId(),
    surface: caller.surface,
    requestId: caller.requestId,
  }
  const reply = await gate.call((remote) => remote.redeem(request))
  switch (reply.status) {
    case 'redeemed':
      return { ...reply.attestation, verificationId, audience, redeemedAt: reply.redeemedAt }
    case 'redeemed_before':
      throw refuse('token_redeemed', {})
    case 'not_found':
      throw refuse('token_not_accepted', {})
  }
}
