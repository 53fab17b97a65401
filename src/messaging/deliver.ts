import type { Clock } from '../core/clock'
import { errorName, type Log } from '../core/log'
import type { CircuitBreaker } from './circuit-breaker'
import { FAILURE_REASONS, type FailureReason, mayFollow } from './failure-reason'
import type { Channel, Message } from './message'
import type { AttemptReason, Provider, ProviderId, SendOutcome } from './provider'

/** One way for a message to travel. */
export interface Hop {
  readonly provider: Provider
  readonly channel: Channel
}

/** One call to one provider, as the audit keeps it. */
export interface DeliveryAttempt {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly provider: ProviderId
  readonly channel: Channel
  readonly status: SendOutcome['status']
  readonly reason: AttemptReason | null
  /** The vendor's own code for its refusal. */
  readonly providerCode: string | null
  readonly httpStatus: number | null
  readonly durationMs: number
}

/** What came of a message over all providers that were tried. */
export interface Delivery {
  /** `rejected` is definite: nobody took it. With `unknown` it may still arrive. */
  readonly status: SendOutcome['status']
  /** Who carries the message, or may: null where everybody refused. */
  readonly provider: ProviderId | null
  /** The one it went by; where everybody refused, the last one that was tried. */
  readonly channel: Channel
  readonly providerMessageId: string | null
  /** Whether the text that arrives is ours, as far as the provider that has it decides that. */
  readonly textIsOurs: boolean
  /** How far an accepted one had come at once. */
  readonly deliveryStatus: 'queued' | 'sent' | 'unknown' | 'failed'
  /** Null when accepted. The last refusal when rejected. */
  readonly reason: AttemptReason | null
  /** The vendor's own code for that reason. */
  readonly providerCode: string | null
  readonly attempts: readonly DeliveryAttempt[]
}

export interface DeliverOptions {
  readonly maxProviders: number
  readonly breaker: CircuitBreaker
  readonly clock: Clock
  readonly log: Log
}

/**
 * Sends a message by the first hop whose provider takes it, with the same code each time, so that two deliveries are
 * harmless. A fault that no other provider would mend ends it. Providers that keep failing are left out for a while.
 * Never throws for a provider's reasons.
 *
 * @param hops in order of preference, at least one: whoever finds nobody configured says so before
 * @param messageOn the message in the form of a channel
 */
export async function deliver(
  hops: readonly Hop[],
  messageOn: (channel: Channel) => Promise<Message>,
  options: DeliverOptions,
): Promise<Delivery> {
  const attempts: DeliveryAttempt[] = []
  const chain = [...options.breaker.admitted(hops, options.clock())]
  for (let hop = chain.shift(); hop && attempts.length < options.maxProviders; hop = chain.shift()) {
    const { attempt, outcome } = await attemptOf(hop, await messageOn(hop.channel), attempts.length + 1, options)
    attempts.push(attempt)
    if (outcome.status === 'accepted') return accepted(attempt, hop.provider, outcome, attempts)
    const after = chain.filter((next) => isLeft(next, attempt))
    chain.splice(0, chain.length, ...after)
  }
  return withoutAcceptance(attempts)
}

function isLeft(next: Hop, { status, reason, channel }: DeliveryAttempt): boolean {
  return status === 'unknown' || reason === null || mayFollow(reason as FailureReason, channel, next.channel)
}

function accepted(
  { channel }: DeliveryAttempt,
  { id: provider, facts: { textIsOurs } }: Provider,
  { providerMessageId, deliveryStatus }: Extract<SendOutcome, { status: 'accepted' }>,
  attempts: readonly DeliveryAttempt[],
): Delivery {
  const found = { providerMessageId, textIsOurs, deliveryStatus, reason: null, providerCode: null }
  return { status: 'accepted', provider, channel, ...found, attempts }
}

/** One unknown outcome among refusals makes the whole unknown: that message may be on its way. */
function withoutAcceptance(attempts: readonly DeliveryAttempt[]): Delivery {
  const last = attempts.at(-1)
  if (!last) throw new Error('deliver() needs at least one hop')
  const pending = attempts.find(({ status }) => status === 'unknown')
  const { channel, reason, providerCode } = pending ?? last
  const common = { channel, providerMessageId: null, textIsOurs: false, reason, providerCode, attempts }
  return pending
    ? { ...common, status: 'unknown', provider: pending.provider, deliveryStatus: 'unknown' }
    : { ...common, status: 'rejected', provider: null, deliveryStatus: 'failed' }
}

type Outcome = SendOutcome | { readonly status: 'unknown'; readonly reason: 'unknown' }

async function attemptOf({ provider, channel }: Hop, message: Message, number: number, options: DeliverOptions) {
  const { breaker, clock, log } = options
  const at = clock()
  breaker.begin(provider.id, at)
  const outcome = await outcomeOf(provider, message, log)
  const attempt = toAttempt({ provider: provider.id, channel, at }, outcome, clock() - at)
  breaker.end(provider.id, attempt, clock())
  logAttempt(log, message, attempt, number)
  return { attempt, outcome }
}

async function outcomeOf(provider: Provider, message: Message, log: Log): Promise<Outcome> {
  try {
    return await provider.send(message)
  } catch (error) {
    // A bug in an adapter. Whether its request had left cannot be told.
    log('error', 'provider.threw', {
      provider: provider.id,
      communication_id: message.communicationId,
      error_name: errorName(error),
    })
    return { status: 'unknown', reason: 'unknown' }
  }
}

function toAttempt(
  made: Pick<DeliveryAttempt, 'provider' | 'channel' | 'at'>,
  outcome: Outcome,
  durationMs: number,
): DeliveryAttempt {
  return {
    ...made,
    status: outcome.status,
    reason: outcome.status === 'accepted' ? null : outcome.reason,
    providerCode: (outcome.status === 'rejected' && outcome.providerCode) || null,
    httpStatus: ('httpStatus' in outcome && outcome.httpStatus) || null,
    durationMs,
  }
}

function logAttempt(log: Log, message: Message, attempt: DeliveryAttempt, number: number): void {
  log(levelOf(attempt), 'provider.attempt', {
    communication_id: message.communicationId,
    channel: message.channel,
    purpose: message.purpose,
    provider: attempt.provider,
    attempt: number,
    outcome: attempt.status,
    reason: attempt.reason ?? undefined,
    provider_code: attempt.providerCode ?? undefined,
    status: attempt.httpStatus ?? undefined,
    duration_ms: attempt.durationMs,
  })
}

/** `error` where somebody has to mend the set-up. */
function levelOf({ status, reason }: DeliveryAttempt): 'info' | 'warn' | 'error' {
  if (status === 'accepted') return 'info'
  const alert = reason !== null && reason in FAILURE_REASONS && FAILURE_REASONS[reason as FailureReason].alert
  return alert ? 'error' : 'warn'
}
