import { PROVIDERS_PER_REQUEST } from '../config/limits'
import type { Profile } from '../config/profiles'
import { type AppError, refuse } from '../core/app-error'
import { wholeSeconds } from '../core/clock'
import { randomId, uuidv7 } from '../core/ids'
import { errorName } from '../core/log'
import { type Delivery, deliver } from '../messaging/deliver'
import type { Channel } from '../messaging/message'
import { maskPhone } from '../phone/mask-phone'
import type { PhoneNumber } from '../phone/phone-number'
import { chooseChannel } from './choose-channel'
import type { Caller, VerificationDeps } from './deps'
import type { GateClient } from './gate-client'
import type { ReserveReply } from './rules/reserve'
import { sendPolicy } from './send-policy'
import { createVerificationId } from './verification-id'

export interface SendInput {
  readonly phone: Pick<PhoneNumber, 'e164' | 'country'>
  readonly profile: Profile
  readonly purpose: string
  readonly bindingHash: string
  readonly channel?: Channel | undefined
  readonly locale: string
  /** The verification to continue, for a resend by id. */
  readonly resendOf?: string
}

/** A code is on its way. Times in milliseconds since the epoch. */
export interface SentVerification {
  readonly id: string
  readonly phoneMasked: string
  readonly channel: Channel
  readonly purpose: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly resendAt: number
  readonly guessesLeft: number
  /** Only in mock mode: the code that was not sent to anybody. */
  readonly mockCode: string | undefined
}

type Reserved = Extract<ReserveReply, { status: 'reserved' }>

/**
 * Sends a code: reserves at the gate, sends through the providers while KV takes the digest, and tells the gate the outcome.
 * A second send for the same number, purpose and binding continues the verification with a new code.
 * @throws `cooldown_active`, `send_limit_reached`, `too_many_guesses`, `delivery_failed`, `delivery_unknown`,
 *   `not_configured`, `verification_not_found` and `verification_not_pending` (resend by id), `dependency_unavailable`
 */
export async function sendVerification(deps: VerificationDeps, caller: Caller, input: SendInput): Promise<SentVerification> {
  const { profile, purpose, bindingHash, locale } = input
  const { channel, providers } = chooseChannel(deps, profile, input.channel)
  const { gate, phoneHash } = await deps.gates.forPhone(input.phone.e164)
  const code = deps.newCode(profile.codeLength)
  const codeId = randomId()
  const communicationId = uuidv7(deps.clock())
  const keyed = await deps.digester.digest({ codeId, phone: input.phone.e164, purpose, bindingHash, code })
  const phoneMasked = maskPhone(input.phone.e164)

  const request = {
    verificationId: createVerificationId(gate.gateId),
    resendOf: input.resendOf ?? null,
    phone: { e164: input.phone.e164, hash: phoneHash, masked: phoneMasked, country: input.phone.country },
    code: { id: codeId, ...keyed },
    policy: sendPolicy(profile, deps.config.limits),
    surface: caller.surface,
    requestId: caller.requestId,
    purpose,
    bindingHash,
    channel,
    locale,
    communicationId,
  }
  const reservation = await gate.call((remote) => remote.reserve(request))
  if (reservation.status !== 'reserved') throw toRefusal(reservation)

  const { verificationId, createdAt, expiresAt, resendAt, guessesLeft } = reservation
  caller.defer(deps.codes.put(codeId, { ...keyed, expiresAt }, deps.clock()))
  const message = {
    kind: 'otp',
    to: input.phone.e164,
    code,
    expiresInSeconds: profile.lifetimeSeconds,
    channel,
    purpose,
    locale,
    communicationId,
  } as const
  const delivery = await deliver(message, providers, { maxProviders: PROVIDERS_PER_REQUEST, clock: deps.clock, log: deps.log })
  await settleDelivery(deps, caller, gate, { verificationId, codeId, communicationId, delivery })
  refuseUnsent(delivery, reservation)

  return {
    id: verificationId,
    phoneMasked,
    channel,
    purpose,
    createdAt,
    expiresAt,
    resendAt,
    guessesLeft,
    mockCode: deps.config.mockEnabled ? code : undefined,
  }
}

/** Waits only where the answer depends on it: after a rejection the caller may try again at once, so the cooldown has to be back. */
async function settleDelivery(
  deps: VerificationDeps,
  caller: Caller,
  gate: GateClient,
  sent: { verificationId: string; codeId: string; communicationId: string; delivery: Delivery },
): Promise<void> {
  const { verificationId, codeId, communicationId, delivery } = sent
  const detail = {
    communication_id: communicationId,
    provider: delivery.provider,
    provider_message_id: delivery.providerMessageId,
    reason: delivery.reason,
    attempts: delivery.attempts.map((attempt) => ({
      provider: attempt.provider,
      status: attempt.status,
      reason: attempt.reason,
      provider_code: attempt.providerCode,
      http_status: attempt.httpStatus,
      duration_ms: attempt.durationMs,
    })),
  }
  const request = { verificationId, codeId, outcome: delivery.status, detail, requestId: caller.requestId }
  const settled = gate
    .call((remote) => remote.settle(request))
    // The verification works without it; the audit then says, truly, that the outcome is not known.
    .catch((error: unknown) =>
      deps.log('error', 'settle.failed', { verification_id: verificationId, error_name: errorName(error) }),
    )
  if (delivery.status === 'rejected') await settled
  else caller.defer(settled)
}

function refuseUnsent(delivery: Delivery, reservation: Reserved): void {
  if (delivery.status === 'rejected') throw refuse('delivery_failed', { reason: delivery.reason ?? 'unknown' })
  if (delivery.status === 'unknown') {
    const retryAfterSeconds = wholeSeconds(reservation.resendAt - reservation.now)
    throw refuse('delivery_unknown', { verificationId: reservation.verificationId, retryAfterSeconds })
  }
}

function toRefusal(reply: Exclude<ReserveReply, Reserved>): AppError {
  if (reply.status === 'not_found') return refuse('verification_not_found', {})
  if (reply.status === 'not_pending') return refuse('verification_not_pending', { status: reply.now })
  const retryAfterSeconds = wholeSeconds(reply.waitMs)
  switch (reply.reason) {
    case 'cooldown':
      return refuse('cooldown_active', { retryAfterSeconds })
    case 'send_limit':
      return refuse('send_limit_reached', { retryAfterSeconds })
    case 'too_many_guesses':
      return refuse('too_many_guesses', { retryAfterSeconds })
  }
}
