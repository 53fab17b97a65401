import { ownerOf, requirePurpose } from '../access/principal'
import { PROVIDERS_PER_REQUEST } from '../config/limits'
import type { Profile } from '../config/profiles'
import { refuse } from '../core/app-error'
import { wholeSeconds } from '../core/clock'
import { randomId, uuidv7 } from '../core/ids'
import type { Quota } from '../core/quota'
import { admitSend } from '../limits/admit-send'
import { messageCosts } from '../limits/message-costs'
import { type Admission, settleSend, withdrawSend } from '../limits/settle-send'
import { type Delivery, deliver } from '../messaging/deliver'
import type { Channel } from '../messaging/message'
import type { ProviderId } from '../messaging/provider'
import type { VariableName } from '../messaging/templates/variables'
import { maskPhone } from '../phone/mask-phone'
import type { PhoneNumber } from '../phone/phone-number'
import { type LostAttempt, chooseRoute } from './choose-route'
import { chooseTemplates } from './choose-templates'
import { composeMessage } from './compose-message'
import type { Caller, VerificationDeps } from './deps'
import type { GateClient } from './gate-client'
import type { ReserveReply, ReserveRequest } from './rules/reserve'
import { type Intent, codeBinding } from './intent'
import { refuseSend } from './refuse-send'
import { sendPolicy } from './send-policy'
import { settleDelivery } from './settle-delivery'
import { createVerificationId } from './verification-id'

export interface SendInput {
  readonly phone: Pick<PhoneNumber, 'e164' | 'country'>
  readonly profile: Profile
  readonly purpose: string
  readonly bindingHash: string
  /** No other channel is used then. */
  readonly channel?: Channel | undefined
  /** The one to begin with, where none is asked for. */
  readonly preferredChannel?: Channel | undefined
  readonly locale: string
  /** This template and no other. */
  readonly templateId?: string | undefined
  /** A code that the caller made (brief 003). It is never replaced by one of ours. */
  readonly callerCode?: string | undefined
  /** Whose verification it is. Left out: the caller's. */
  readonly owner?: string | undefined
  /** The verification to continue, for a resend by id. */
  readonly resendOf?: string
  /** Values of its text besides the usual ones, by the names that templates have for them. */
  readonly values?: Readonly<Record<string, string>> | undefined
  /** Names of values that the message has to show: no text and no vendor that does not is used. */
  readonly mustShow?: readonly VariableName[] | undefined
  /** What it is about; the audit finds it by that. */
  readonly subject?: string | undefined
  /** What the code is for, fixed from now on: with anything else it is wrong. */
  readonly intent?: Intent | undefined
  /** How long after the right code an intent may follow, or be asked for again. Milliseconds. Left out: none may. */
  readonly updateWindowMs?: number | undefined
  /** The message that was lost, with the provider that lost it: another one gets a turn, without the cooldown. */
  readonly replaces?: LostAttempt & { readonly communicationId: string }
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
  readonly message: {
    readonly communicationId: string
    readonly provider: ProviderId
    readonly providerMessageId: string | null
    readonly status: 'queued' | 'sent'
  }
  /** What is left of the number's limits. Undefined: that is not known. */
  readonly quotas: readonly Quota[] | undefined
  /** Only in mock mode: what was not sent to anybody. */
  readonly mock: { readonly code: string; readonly text: string } | undefined
}

type Reserved = Extract<ReserveReply, { status: 'reserved' }>
type Accepted = Delivery & { readonly provider: ProviderId; readonly deliveryStatus: 'queued' | 'sent' }

/**
 * Sends a code: reserves at the gate, sends through the providers while KV takes the digest, and tells the gate the outcome.
 * A second send for the same number, purpose and binding continues the verification with a new code.
 * @throws `cooldown_active`, `send_limit_reached`, `too_many_guesses`, `delivery_failed`, `delivery_unknown`,
 *   `abnormal_usage`, `budget_exhausted`, `purpose_not_allowed`, `not_configured`, `invalid_request` (no such template),
 *   `verification_not_found` and `verification_not_pending` (resend by id), `dependency_unavailable`
 */
export async function sendVerification(deps: VerificationDeps, caller: Caller, input: SendInput): Promise<SentVerification> {
  const { profile, purpose, bindingHash, locale } = input
  requirePurpose(caller.principal, purpose)
  const { route, templateOn } = await chooseTemplates(deps, caller, chooseRoute(deps, profile, input), {
    templateId: input.templateId,
    isResend: input.resendOf !== undefined,
    purpose,
    locale,
    builtIn: profile.text,
    given: Object.keys(input.values ?? {}) as VariableName[],
    mustShow: input.mustShow ?? [],
  })
  const { country } = input.phone
  const { gate, phoneHash } = await deps.gates.forPhone(input.phone.e164)
  const code = codeFor(deps, input)
  const codeId = randomId()
  const communicationId = uuidv7(deps.clock())
  const keyed = await deps.digester.digest({
    codeId,
    phone: input.phone.e164,
    purpose,
    bindingHash: codeBinding(bindingHash, input.intent),
    code,
  })
  const phoneMasked = maskPhone(input.phone.e164)

  const request = {
    verificationId: createVerificationId(gate.gateId),
    resendOf: input.resendOf ?? null,
    phone: { e164: input.phone.e164, hash: phoneHash, masked: phoneMasked, country },
    code: { id: codeId, ...keyed },
    policy: sendPolicy(profile, deps.config.limits),
    surface: caller.surface,
    requestId: caller.requestId,
    purpose,
    bindingHash,
    owner: input.owner ?? ownerOf(caller.principal),
    isPublic: caller.principal?.kind === 'browser',
    channel: route[0].channel,
    locale,
    communicationId,
    profile: profile.name,
    templateId: input.templateId ?? null,
    channelIsFixed: input.channel !== undefined,
    replaceable: input.callerCode === undefined,
    codeIsOurs: input.callerCode === undefined,
    ...(input.replaces && { replaces: input.replaces.communicationId }),
    ...keptFor(input),
  }
  const facts = { to: input.phone.e164, purpose, locale, code, communicationId, profile, values: input.values }
  const messageOn = oncePerChannel(async (channel) => composeMessage(await templateOn(channel), { ...facts, channel }))
  const costs = messageCosts(deps.config.prices, { hops: route, messageOn, country })
  // What its caller made is mostly checked by its caller, too: nobody would hear that it was typed.
  const isOwnCode = input.callerCode !== undefined
  const weight = input.replaces ? 'costs' : isOwnCode ? 'weighed' : 'counted'
  const admission = await admitSend(deps.limits, caller, { phone: input.phone, weight, costs })
  const reservedAt = deps.clock()
  const reservation = await reserveAdmitted(deps, caller, gate, request, admission)

  const { verificationId, createdAt, expiresAt, resendAt, guessesLeft } = reservation
  caller.defer(deps.codes.put(codeId, { ...keyed, expiresAt }, deps.clock()))
  const { breaker, clock, log } = deps
  const delivery = await deliver(route, messageOn, { maxProviders: PROVIDERS_PER_REQUEST, breaker, clock, log })
  const message = await messageOn(delivery.channel)
  settleSend(deps.limits, caller, admission, {
    isSent: delivery.status !== 'rejected',
    spent: admission.budget ? await costs.spent(delivery) : 0,
  })
  await settleDelivery(deps, caller, gate, {
    verificationId,
    codeId,
    country,
    message,
    template: await templateOn(delivery.channel),
    delivery,
  })
  requireAccepted(delivery, reservation, deps.clock() - reservedAt)

  const { channel, provider, providerMessageId, deliveryStatus: status } = delivery
  return {
    id: verificationId,
    phoneMasked,
    channel,
    purpose,
    createdAt,
    expiresAt,
    resendAt,
    guessesLeft,
    message: { communicationId, provider, providerMessageId, status },
    quotas: reservation.quotas,
    mock: deps.config.mockEnabled ? { code, text: message.text } : undefined,
  }
}

/**
 * Asks the gate for a send that the rules against abuse have let through. Where it does not go out, they have it back.
 * @throws as {@link sendVerification}
 */
async function reserveAdmitted(
  deps: VerificationDeps,
  caller: Caller,
  gate: GateClient,
  request: ReserveRequest,
  admission: Admission,
): Promise<Reserved> {
  try {
    const reply = await gate.call((remote) => remote.reserve({ ...request, counted: admission.counted }))
    if (reply.status !== 'reserved') throw refuseSend(reply)
    return reply
  } catch (error) {
    withdrawSend(deps.limits, caller, admission)
    throw error
  }
}

/** What the gate keeps of a send for what comes later. */
function keptFor({ values, mustShow, subject, intent, updateWindowMs }: SendInput) {
  return {
    ...(values && { values }),
    ...(mustShow && { mustShow }),
    ...(subject !== undefined && { subject }),
    ...(intent && { intent }),
    ...(updateWindowMs !== undefined && { updateWindowMs }),
  }
}

function oncePerChannel<T>(make: (channel: Channel) => Promise<T>): (channel: Channel) => Promise<T> {
  const made = new Map<Channel, Promise<T>>()
  return (channel) => {
    const known = made.get(channel) ?? make(channel)
    made.set(channel, known)
    return known
  }
}

/** In mock mode everybody gets the mock's code, whatever the caller made. */
function codeFor({ config, newCode }: VerificationDeps, { callerCode, profile }: SendInput): string {
  return callerCode !== undefined && !config.mockEnabled ? callerCode : newCode(profile.codeLength)
}

/** @param elapsedMs since the reservation: of the wait that was told then, so much is over */
function requireAccepted(delivery: Delivery, reservation: Reserved, elapsedMs: number): asserts delivery is Accepted {
  if (delivery.status === 'rejected') throw refuse('delivery_failed', { reason: delivery.reason ?? 'unknown' })
  if (delivery.status === 'unknown') {
    const retryAfterSeconds = wholeSeconds(reservation.resendAt - reservation.now - elapsedMs)
    throw refuse('delivery_unknown', { verificationId: reservation.verificationId, retryAfterSeconds })
  }
}
