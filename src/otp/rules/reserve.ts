import type { AuditDetail, ReservedDetail } from '../../audit/event'
import { ruleOf } from '../../limits/limiters'
import {
  DAY_MS,
  type Decision,
  type CountedSend,
  type GateState,
  type Verification,
  isLive,
  ownerIn,
  statusAt,
  withoutExpiredCodes,
} from '../gate-state'
import { canReplace, withLost } from './lost'
import { recordEvent } from './record'
import { cancel } from './cancel'
import { recordRefusal } from './refusals'
import type { ReserveReply, ReserveRequest, SendPolicy } from './reservation'
import { nextSendAt, windowsOpenAt } from './send-window'
import { findTarget, isOfTarget } from './target'
import { guessesOpenAt } from './wrong-guesses'

export type { ReserveReply, ReserveRequest, SendPolicy } from './reservation'

/**
 * Lets one send through, or says why not and until when. Cooldown, windows, verification, digest and audit event are one
 * state and so one write. Repeating a reservation (same code id) is answered as the first time.
 */
export function reserve(state: GateState, request: ReserveRequest, now: number): Decision<ReserveReply> {
  const repeated = state.verifications.find(({ lastCodeId }) => lastCodeId === request.code.id)
  if (repeated) return { state, reply: reserved(state, repeated, request, now) }

  const current = findCurrent(state, request)
  // Who goes on with what a page began goes on with its guesses.
  const isPublic = current?.isPublic ?? request.isPublic ?? false
  if (request.resendOf !== null) {
    if (!current) return { state, reply: { status: 'not_found' } }
    if (!canContinue(current, request.policy, now)) return { state, reply: { status: 'not_pending', now: endOf(current, now) } }
  }
  if (request.replaces !== undefined && !canReplace(current, request.replaces)) {
    return { state, reply: { status: 'not_replaceable' } }
  }

  const refusal = refuseSend(state, { ...request, isPublic }, now)
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
  const goesOn = current && canContinue(current, request.policy, now) ? current : undefined
  return grant(state, goesOn, { ...request, isPublic }, now)
}

/** What a refused send was about: there may be no verification that tells. */
function wishOf({ subject, purpose, bindingHash, owner = '' }: ReserveRequest) {
  return subject === undefined ? {} : { subject, purpose, binding_hash: bindingHash, ...(owner && { owner }) }
}

function findCurrent(state: GateState, request: ReserveRequest): Verification | undefined {
  const { resendOf, purpose, bindingHash, owner = '' } = request
  return findTarget(state, resendOf === null ? { purpose, bindingHash, owner } : { id: resendOf, owner })
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
  { policy, replaces, isPublic }: ReserveRequest,
  now: number,
): Extract<ReserveReply, { status: 'refused' }> | undefined {
  const openAt = guessesOpenAt(state, { isPublic: isPublic === true }, policy.wrongGuessLimit, now)
  // The cooldown spares people a second message: the one that is lost was none.
  const until = nextSendAt(replaces === undefined ? state : { ...state, cooldownUntil: 0 }, policy.windows, now)
  // A code that nobody may try is not worth a message.
  if (openAt > now) return { status: 'refused', reason: 'too_many_guesses', waitMs: Math.max(openAt, until) - now }
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
  const counted = countedAfter(goesOn, request)
  const verification: Verification = {
    id: goesOn?.id ?? request.verificationId,
    purpose: request.purpose,
    bindingHash: request.bindingHash,
    ...(request.owner && { owner: request.owner }),
    ...(request.isPublic === true && { isPublic: true }),
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
    ...(counted.length > 0 && { counted }),
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

/** Of a verification that failed, the newest send did not go out: it is counted nowhere any more. */
function countedAfter(goesOn: Verification | undefined, { counted = [], code }: ReserveRequest): CountedSend[] {
  const before = goesOn?.counted ?? []
  const out = goesOn?.status === 'failed' ? before.filter(({ codeId }) => codeId !== goesOn.lastCodeId) : before
  return [...out, ...counted.map((one) => ({ ...one, codeId: code.id }))]
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
    ...(request.counted &&
      request.counted.length > 0 && { counted_by: request.counted.map(({ limiter }) => ruleOf(limiter)).join() }),
  }
}

/**
 * The verifications with the winner at the end, where the newest is looked for. One live code for a number, owner, purpose
 * and binding: what else lives there (its guesses are all being weighed, or another policy passed it by) loses its code.
 */
function withWinner(state: GateState, winner: Verification, now: number): readonly Verification[] {
  const { purpose, bindingHash } = winner
  const isRival = (one: Verification) => isOfTarget(one, { purpose, bindingHash, owner: ownerIn(winner) }) && isLive(one, now)
  const others = state.verifications.filter(({ id }) => id !== winner.id)
  const locked = { status: 'locked', code: null, completedAt: now } as const
  return [...others.map((one) => (isRival(one) ? { ...one, ...locked } : one)), winner]
}

function reserved(state: GateState, verification: Verification, request: ReserveRequest, now: number): ReserveReply {
  const { id, createdAt, expiresAt, guessLimit, guesses } = verification
  const resendAt = nextSendAt(state, request.policy.windows, now)
  return { status: 'reserved', verificationId: id, createdAt, expiresAt, resendAt, guessesLeft: guessLimit - guesses, now }
}
