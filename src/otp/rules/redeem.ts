import { type Decision, type GateState, withVerification } from '../gate-state'
import { type Attestation, attestationOf } from './attest'
import { recordEvent } from './record'
import { recordRefusal } from './refusals'

/** A token that was found genuine, to be taken once. */
export interface RedeemRequest {
  readonly verificationId: string
  /** What the token says. */
  readonly claimed: Omit<Attestation, 'at'>
  readonly audience: string
  /** By whom, as owners are named; empty: nobody knows. */
  readonly redeemedBy: string
  /**
   * Random, and new for each redemption: by it a call that is repeated for its lost reply is known. The id of the request
   * would not do, since clients may choose it.
   */
  readonly attemptId: string
  readonly surface: string
  readonly requestId: string
}

export type RedeemReply =
  | { readonly status: 'redeemed'; readonly attestation: Attestation; readonly redeemedAt: number }
  | { readonly status: 'redeemed_before' }
  /** Nothing here attests what the token says: the number was erased, or forgotten, or it never did. */
  | { readonly status: 'not_found' }

/** Takes the token of an approved verification: of any number of redemptions exactly one is let through. */
export function redeem(state: GateState, request: RedeemRequest, now: number): Decision<RedeemReply> {
  const { verificationId, surface, requestId, audience, redeemedBy, attemptId } = request
  const verification = state.verifications.find(({ id }) => id === verificationId)
  const attestation = verification && attestationOf(state, verification)
  if (!verification || !attestation || !isSame(attestation, request.claimed)) return { state, reply: { status: 'not_found' } }

  const { redemption } = verification
  if (redemption?.attemptId === attemptId) return { state, reply: { status: 'redeemed', attestation, redeemedAt: redemption.at } }
  const about = { verificationId, surface, requestId }
  const detail = { audience, redeemed_by: redeemedBy || null }
  if (redemption) {
    const refused = { ...about, kind: 'token.refused', detail: { ...detail, reason: 'redeemed_before' } } as const
    return { state: recordRefusal(state, refused, now), reply: { status: 'redeemed_before' } }
  }
  const redeemed = withVerification(state, { ...verification, redemption: { at: now, attemptId } })
  return {
    state: recordEvent(redeemed, { ...about, kind: 'token.redeemed', detail }, now),
    reply: { status: 'redeemed', attestation, redeemedAt: now },
  }
}

function isSame(attestation: Attestation, { phone, purpose, bindingHash, owner }: RedeemRequest['claimed']): boolean {
  const isOfSameThing = attestation.purpose === purpose && attestation.bindingHash === bindingHash
  return isOfSameThing && attestation.phone === phone && attestation.owner === owner
}
