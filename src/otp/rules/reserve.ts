import type { AuditDetail, ReservedDetail } from '../../audit/event'
import { DAY_MS, type Decision, type GateState, type Verification, isLive, statusAt, withoutExpiredCodes } from '../gate-state'
import type { Intent } from '../intent'
import { canReplace, withLost } from './lost'
import { recordEvent } from './record'
import { cancel } from './cancel'
import { recordRefusal } from './refusals'
import { type SendWindow, nextSendAt, windowsOpenAt } from './send-window'

export interface SendPolicy {
  readonly cooldownMs: number
  readonly windows: readonly SendWindow[]
  readonly lifetimeMs: number
  readonly guessLimit: number
  readonly wrongGuessLimit: number
}

/** Asks to send a code. The code and its digest exist already; the gate sees only the digest. */
export interface ReserveRequest {
  /** Used if a new verification begins. */
  readonly verificationId: string
  /** Set to continue exactly this one (a resend by id). */
  readonly resendOf: string | null
  readonly phone: { readonly e164: string; readonly hash: string; readonly masked: string; readonly country: string }
  readonly purpose: string
  readonly bindingHash: string
  readonly surface: string
  readonly channel: string
  readonly locale: string
  readonly code: { readonly id: string; readonly digest: string; readonly keyVersion: string }
  readonly communicationId: string
  readonly requestId: string
  readonly policy: SendPolicy
  /** Kept for a later send of the same verification. All of these are absent in a request of older code. */
  readonly profile?: string
  readonly templateId?: string | null
  readonly channelIsFixed?: boolean
  readonly replaceable?: boolean
  readonly codeIsOurs?: boolean
  /** Set to replace exactly this message, which is lost: without the cooldown, and once for a verification. */
  readonly replaces?: string
  readonly values?: Readonly<Record<string, string>>
  readonly mustShow?: readonly string[]
  readonly subject?: string
  /** What the code is for, fixed from now on. */
  readonly intent?: Intent
  readonly updateWindowMs?: number
}

export type ReserveReply =
  | {
      readonly status: 'reserved'
      readonly verificationId: string
      readonly createdAt: number
      readonly expiresAt: number
      readonly resendAt: number
      readonly guessesLeft: number
      /** The gate's time at the reservation. */
      readonly now: number
    }
  | { readonly status: 'refused'; readonly reason: 'cooldown' | 'send_limit' | 'too_many_guesses'; readonly waitMs: number }
  | { readonly status: 'not_found' }
  | { readonly status: 'not_pending'; readonly now: ReturnType<typeof statusAt> }
  /** The message to replace is not the newest one, or one was replaced before. */
  | { readonly status: 'not_replaceable' }

/**
 * Lets one send through, or says why not and until when. Cooldown, windows, verification, digest and audit event are one
 * state and so one write. Repeating a reservation (same code id) is answered as the first time.
 */
export function reserve(state: GateState, request: ReserveRequest, now: number): Decision<ReserveReply> {
  const repeated = state.verifications.find(({ lastCodeId }) => lastCodeId === request.code.id)
  if (repeated) return { state, reply: reserved(state, repeated, request, now) }

  const current = findCurrent(state, request)
  if (request.resendOf !== null) {
    if (!current) return { state, reply: { status: 'not_found' } }
    if (!canContinue(current, request.policy, now)) return { state, reply: { status: 'not_pending', now: endOf(current, now) } }
  }
  if (request.replaces !== undefined && !canReplace(current, request.replaces)) {
    return { state, reply: { status: 'not_replaceable' } }
  }

  const refusal = refuseSend(state, request, now)
  if (refusal) {
    const detail = { reason: refusal.reason, wait_ms: refusal.waitMs, channel: request.channel, ...wishOf(request) }
    const event = {
      verificationId: current?.id ?? request.verificationId,
      kind: 'send.refused',
      surface: request.surface,
      requestId: request.requestId,
      detail,
    } as const
    return { state: recordRefusal(state, event, now), reply: refusal }
  }
  return grant(state, current && canContinue(current, request.policy, now) ? current : undefined, request, now)
}

/** What a refused send was about: there may be no verification that tells. */
function wishOf({ subject, purpose, bindingHash }: ReserveRequest) {
  return subject === undefined ? {} : { subject, purpose, binding_hash: bindingHash }
}

function findCurrent(state: GateState, request: ReserveRequest): Verification | undefined {
  return request.resendOf === null
    ? state.verifications.findLast((one) => one.purpose === request.purpose && one.bindingHash === request.bindingHash)
    : state.verifications.find(({ id }) => id === request.resendOf)
}

// A failed one goes on too: had it begun anew, its count of guesses would have begun anew with it.
function canContinue(verification: Verification, policy: SendPolicy, now: number): boolean {
  const isOpen = verification.status === 'pending' || verification.status === 'failed'
  const guessLimit = Math.min(verification.guessLimit, policy.guessLimit)
  return isOpen && now < verification.expiresAt && verification.guesses < guessLimit
}

/** How a verification that cannot go on has ended: out of guesses is locked, though the last ones are still being weighed. */
function endOf(verification: Verification, now: number): ReturnType<typeof statusAt> {
  const status = statusAt(verification, now)
  return status === 'pending' || (status === 'failed' && now < verification.expiresAt) ? 'locked' : status
}

function refuseSend(
  state: GateState,
  { policy, replaces }: ReserveRequest,
  now: number,
): Extract<ReserveReply, { status: 'refused' }> | undefined {
  const guessesOpenAt = windowsOpenAt(state.wrongGuesses, [{ limit: policy.wrongGuessLimit, windowMs: DAY_MS }], now)
  // The cooldown spares people a second message: the one that is lost was none.
  const until = nextSendAt(replaces === undefined ? state : { ...state, cooldownUntil: 0 }, policy.windows, now)
  // A code that nobody may try is not worth a message.
  if (guessesOpenAt > now) return { status: 'refused', reason: 'too_many_guesses', waitMs: Math.max(guessesOpenAt, until) - now }
  if (until === now) return undefined
  const reason = windowsOpenAt(state.sends, policy.windows, now) > now ? 'send_limit' : 'cooldown'
  return { status: 'refused', reason, waitMs: until - now }
}

function grant(
  state: GateState,
  current: Verification | undefined,
  request: ReserveRequest,
  now: number,
): Decision<ReserveReply> {
  const { policy, code } = request
  // What was confirmed by an id stays what it is: for something else there is another id. Guesses go on.
  const goesOn = current && isForTheSame(current, request) ? current : undefined
  const before = current && !goesOn ? withdraw(state, current, request, now) : state
  const verification: Verification = {
    id: goesOn?.id ?? request.verificationId,
    purpose: request.purpose,
    bindingHash: request.bindingHash,
    surface: request.surface,
    channel: request.channel,
    locale: request.locale,
    status: 'pending',
    createdAt: goesOn?.createdAt ?? now,
    expiresAt: now + policy.lifetimeMs,
    completedAt: null,
    sends: (goesOn?.sends ?? 0) + 1,
    guessLimit: Math.min(current?.guessLimit ?? policy.guessLimit, policy.guessLimit),
    wrongGuessLimit: policy.wrongGuessLimit,
    guesses: current?.guesses ?? 0,
    wrong: current?.wrong ?? 0,
    code: request.replaces === undefined ? code : withLost(code, current),
    lastCodeId: code.id,
    unsettled: [...(goesOn?.unsettled ?? []), code.id],
    replay: null,
    version: 0,
    message: { communicationId: request.communicationId, provider: null, providerMessageId: null, status: 'pending' },
    templateId: request.templateId ?? null,
    channelIsFixed: request.channelIsFixed ?? false,
    replaceable: request.replaces === undefined && (!goesOn || goesOn.replaceable === true) && (request.replaceable ?? false),
    ...(request.codeIsOurs !== undefined && { codeIsOurs: request.codeIsOurs }),
    ...(request.profile !== undefined && { profile: request.profile }),
    ...(request.values && { values: request.values }),
    ...(request.mustShow && { mustShow: request.mustShow }),
    ...(request.subject !== undefined && { subject: request.subject }),
    ...(request.intent && { intent: request.intent }),
    ...(request.updateWindowMs !== undefined && { updateWindowMs: request.updateWindowMs }),
  }
  const next: GateState = {
    ...before,
    verifications: withWinner(before, verification, now),
    phone: request.phone.e164,
    phoneHash: request.phone.hash,
    phoneMasked: request.phone.masked,
    country: request.phone.country,
    cooldownUntil: now + policy.cooldownMs,
    cooldownCodeId: code.id,
    sends: [...state.sends.filter((at) => at > now - DAY_MS), now],
  }
  const event = {
    verificationId: verification.id,
    kind: 'send.reserved',
    surface: request.surface,
    requestId: request.requestId,
    detail: reservedDetail(request, verification.sends),
  } as const
  const recorded = recordEvent(next, event, now)
  return { state: withoutExpiredCodes(recorded, now), reply: reserved(recorded, verification, request, now) }
}

function isForTheSame({ intent }: Verification, request: ReserveRequest): boolean {
  return intent === undefined || request.intent === undefined || intent.key === request.intent.key
}

/** What its code was for is not asked for any more. */
function withdraw(state: GateState, { id }: Verification, { surface, requestId }: ReserveRequest, now: number): GateState {
  return cancel(state, { verificationId: id, surface, requestId }, now).state
}

function reservedDetail(request: ReserveRequest, send: number): ReservedDetail & AuditDetail {
  return {
    ...request.intent?.facts,
    communication_id: request.communicationId,
    channel: request.channel,
    send,
    ...(request.replaces !== undefined && { replaces: request.replaces }),
  }
}

/**
 * The verifications with the winner at the end, where the newest is looked for. One live code for a number, purpose and
 * binding: what else lives there (its guesses are all being weighed, or another policy passed it by) loses its code.
 */
function withWinner(state: GateState, winner: Verification, now: number): readonly Verification[] {
  const isRival = (one: Verification) =>
    one.purpose === winner.purpose && one.bindingHash === winner.bindingHash && isLive(one, now)
  const others = state.verifications.filter(({ id }) => id !== winner.id)
  const locked = { status: 'locked', code: null, completedAt: now } as const
  return [...others.map((one) => (isRival(one) ? { ...one, ...locked } : one)), winner]
}

function reserved(state: GateState, verification: Verification, request: ReserveRequest, now: number): ReserveReply {
  const { id, createdAt, expiresAt, guessLimit, guesses } = verification
  const resendAt = nextSendAt(state, request.policy.windows, now)
  return { status: 'reserved', verificationId: id, createdAt, expiresAt, resendAt, guessesLeft: guessLimit - guesses, now }
}
