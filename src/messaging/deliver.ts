import type { Clock } from '../core/clock'
import { errorName, type Log } from '../core/log'
import { FAILURE_REASONS, type FailureReason } from './failure-reason'
import type { Message } from './message'
import type { Provider, ProviderId, SendOutcome } from './provider'

/** Why an attempt was not accepted: what the vendor said, or how its answer got lost. */
export type AttemptReason = FailureReason | Extract<SendOutcome, { status: 'unknown' }>['reason']

/** One call to one provider, as the audit keeps it. */
export interface DeliveryAttempt {
  readonly provider: ProviderId
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
  readonly providerMessageId: string | null
  /** Null when accepted. The last refusal when rejected. */
  readonly reason: AttemptReason | null
  readonly attempts: readonly DeliveryAttempt[]
}

export interface DeliverOptions {
  readonly maxProviders: number
  readonly clock: Clock
  readonly log: Log
}

/**
 * Sends a message through the first provider that takes it, with the same code each time, so that two deliveries are
 * harmless. A refusal that no other provider would change ends it. Never throws for a provider's reasons.
 *
 * @param providers in order of preference, at least one: whoever finds nobody configured says so before
 */
export async function deliver(message: Message, providers: readonly Provider[], options: DeliverOptions): Promise<Delivery> {
  const chain = providers.slice(0, options.maxProviders)
  if (chain.length === 0) throw new Error('deliver() needs at least one provider')
  const attempts: DeliveryAttempt[] = []
  for (const provider of chain) {
    const startedAt = options.clock()
    const outcome = await outcomeOf(provider, message, options.log)
    const attempt = toAttempt(provider.id, outcome, options.clock() - startedAt)
    attempts.push(attempt)
    logAttempt(options.log, message, attempt, attempts.length)
    if (outcome.status === 'accepted') {
      return { status: 'accepted', provider: provider.id, providerMessageId: outcome.providerMessageId, reason: null, attempts }
    }
    if (outcome.status === 'rejected' && FAILURE_REASONS[outcome.reason].failover !== 'any') break
  }
  return withoutAcceptance(attempts)
}

/** One unknown outcome among refusals makes the whole unknown: that message may be on its way. */
function withoutAcceptance(attempts: readonly DeliveryAttempt[]): Delivery {
  const pending = attempts.find(({ status }) => status === 'unknown')
  return pending
    ? { status: 'unknown', provider: pending.provider, providerMessageId: null, reason: pending.reason, attempts }
    : { status: 'rejected', provider: null, providerMessageId: null, reason: attempts.at(-1)?.reason ?? null, attempts }
}

type Outcome = SendOutcome | { readonly status: 'unknown'; readonly reason: 'unknown' }

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

function toAttempt(provider: ProviderId, outcome: Outcome, durationMs: number): DeliveryAttempt {
  return {
    provider,
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
