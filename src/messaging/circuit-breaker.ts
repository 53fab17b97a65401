import { PROVIDER_FAILURES_BEFORE_PAUSE, PROVIDER_PAUSE_MS } from '../config/limits'
import type { Log } from '../core/log'
import type { AttemptReason, ProviderId, SendOutcome } from './provider'

/** Leaves a provider out while it keeps failing, and probes it again with one message at a time. */
export interface CircuitBreaker {
  /**
   * The hops whose provider is let in now, in their order; all of them where none is, since a doubtful provider is better
   * than none.
   */
  admitted<Hop extends { readonly provider: { readonly id: ProviderId } }>(hops: readonly Hop[], now: number): readonly Hop[]
  /** A message is about to go out. For a provider that is paused this is the probe, so the next ones wait for its outcome. */
  begin(provider: ProviderId, now: number): void
  /** What came of it. */
  end(
    provider: ProviderId,
    outcome: { readonly status: SendOutcome['status']; readonly reason: AttemptReason | null },
    now: number,
  ): void
}

interface Circuit {
  readonly failures: number
  /** Milliseconds since the epoch. */
  readonly pausedUntil: number
}

const CLOSED: Circuit = { failures: 0, pausedUntil: 0 }

/** The provider is at fault, or our account there: the next message would fare no better. */
const FAULTS: ReadonlySet<AttemptReason> = new Set([
  'provider_auth',
  'config_error',
  'insufficient_funds',
  'provider_unavailable',
  'rate_limited',
  'timeout',
  'connection_lost',
  'unreadable_reply',
])

/** One for each isolate: it forgets with it, and each learns for itself. */
export function createCircuitBreaker(log: Log): CircuitBreaker {
  const circuits = new Map<ProviderId, Circuit>()
  const circuitOf = (provider: ProviderId) => circuits.get(provider) ?? CLOSED
  return {
    admitted(hops, now) {
      const open = hops.filter(({ provider }) => circuitOf(provider.id).pausedUntil <= now)
      return open.length > 0 ? open : hops
    },
    begin(provider, now) {
      const circuit = circuitOf(provider)
      if (isTripped(circuit)) circuits.set(provider, { ...circuit, pausedUntil: now + PROVIDER_PAUSE_MS })
    },
    end(provider, outcome, now) {
      const before = circuitOf(provider)
      const after = circuitAfter(before, outcome, now)
      circuits.set(provider, after)
      if (isTripped(after) && !isTripped(before)) {
        log('error', 'provider.paused', { provider, reason: outcome.reason ?? undefined, wait_ms: PROVIDER_PAUSE_MS })
      }
      if (isTripped(before) && !isTripped(after)) log('info', 'provider.resumed', { provider })
    },
  }
}

function circuitAfter(
  circuit: Circuit,
  { status, reason }: { readonly status: SendOutcome['status']; readonly reason: AttemptReason | null },
  now: number,
): Circuit {
  // Whatever else it says: it works, and spoke of this one message.
  if (status === 'accepted' || reason === null || !FAULTS.has(reason)) return CLOSED
  const failures = circuit.failures + 1
  return { failures, pausedUntil: failures >= PROVIDER_FAILURES_BEFORE_PAUSE ? now + PROVIDER_PAUSE_MS : 0 }
}

function isTripped({ failures }: Circuit): boolean {
  return failures >= PROVIDER_FAILURES_BEFORE_PAUSE
}
