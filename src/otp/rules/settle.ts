import { DELIVERY_RANK, type DeliveryStatus } from '../../audit/delivery-status'
import type { AuditDetail, SettledDetail } from '../../audit/event'
import { type Decision, type GateState, type Verification, withVerification } from '../gate-state'
import { recordEvent } from './record'

/** Tells the gate what came of the send that it let through. */
export interface SettleRequest {
  readonly verificationId: string
  readonly codeId: string
  readonly outcome: 'accepted' | 'rejected' | 'unknown'
  /** For the audit. Requests of older code have fewer fields. */
  readonly detail: SettledDetail | AuditDetail
  readonly requestId: string
}

export interface SettleReply {
  readonly status: 'settled' | 'repeated'
}

/**
 * Writes down the outcome of a send. A rejection is certain that nothing was sent: it gives the cooldown back (the send
 * still counts in its windows) and ends the code; where that was to replace a lost one, the lost one is good again.
 * Accepted and unknown keep both. A second telling changes nothing.
 */
export function settle(state: GateState, request: SettleRequest, now: number): Decision<SettleReply> {
  const verification = state.verifications.find(({ id }) => id === request.verificationId)
  if (!verification?.unsettled.includes(request.codeId)) return { state, reply: { status: 'repeated' } }

  const unsettled = verification.unsettled.filter((id) => id !== request.codeId)
  const settled: Verification = { ...withOutcome(verification, request.detail), unsettled }
  const rejected = request.outcome === 'rejected'
  const event = {
    verificationId: verification.id,
    kind: `send.${request.outcome}`,
    surface: verification.surface,
    requestId: request.requestId,
    detail: request.detail,
  } as const
  const next = withVerification(
    state,
    rejected ? withoutCode(settled, request.codeId, now) : withoutLost(settled, request.codeId),
  )
  return {
    state: recordEvent(rejected ? giveBackCooldown(next, request.codeId) : next, event, now),
    reply: { status: 'settled' },
  }
}

/** The verification with what is known now of its message, if that is still the newest. */
function withOutcome(verification: Verification, detail: SettledDetail | AuditDetail): Verification {
  const { communication_id, provider, provider_message_id, delivery_status, channel } = detail
  const { message } = verification
  if (!message || message.communicationId !== communication_id || !isDeliveryStatus(delivery_status)) return verification
  return {
    ...verification,
    channel: asText(channel) ?? verification.channel,
    // Another provider may have delivered the same code: nobody but the person can tell that it is lost.
    replaceable: verification.replaceable === true && !hasUnknownAttempt(detail),
    message: {
      ...message,
      provider: asText(provider),
      providerMessageId: asText(provider_message_id),
      status: delivery_status,
    },
  }
}

function hasUnknownAttempt({ attempts }: SettledDetail | AuditDetail): boolean {
  return Array.isArray(attempts) && attempts.some((attempt: AuditDetail) => attempt['status'] === 'unknown')
}

function isDeliveryStatus(value: unknown): value is DeliveryStatus {
  return typeof value === 'string' && Object.hasOwn(DELIVERY_RANK, value)
}

function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

// An outcome can come late, after a resend: it may end only its own code.
function withoutCode(verification: Verification, codeId: string, now: number): Verification {
  // The lost one was never sent: nobody has its code, so it cannot be good again.
  if (verification.code?.replaces?.code.id === codeId) return withoutLost(verification, verification.code.id)
  if (verification.status !== 'pending' || verification.lastCodeId !== codeId) return verification
  const lost = now < verification.expiresAt ? verification.code?.replaces : undefined
  return lost ? { ...verification, ...lost, lastCodeId: lost.code.id } : { ...verification, status: 'failed', code: null }
}

/** Somebody carries the new code, or may: the lost one is over for good. */
function withoutLost(verification: Verification, codeId: string): Verification {
  if (verification.code?.id !== codeId || !verification.code.replaces) return verification
  const { replaces: _, ...code } = verification.code
  return { ...verification, code }
}

function giveBackCooldown(state: GateState, codeId: string): GateState {
  return state.cooldownCodeId === codeId ? { ...state, cooldownUntil: 0 } : state
}
