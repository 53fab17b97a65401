import { GATE_CALL_TIMEOUT_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import { type Log, errorName } from '../core/log'
import { randomFraction } from '../core/random-fraction'
import { withTimeout } from '../core/with-timeout'
import type { PhoneHasher } from '../phone/phone-hash'
import type { Gate } from './gate'
import { gateIdOf } from './verification-id'

const RETRIES = 2
const LONGEST_PAUSE_MS = 150

/** The gate's methods as a caller sees them. The platform's stub type takes unions apart, so they are written down here. */
export type GateMethods = {
  readonly [
    Method in
      | 'reserve'
      | 'settle'
      | 'check'
      | 'cancel'
      | 'describe'
      | 'carrier'
      | 'newest'
      | 'message'
      | 'provenAt'
      | 'erase'
      | 'flush'
      | 'ping'
  ]: (...args: Parameters<Gate[Method]>) => Promise<Awaited<ReturnType<Gate[Method]>>>
}

/** The gate of one number, seen from the Worker. Each call is safe to repeat, and throws `dependency_unavailable` when the object cannot be reached. */
export interface GateClient {
  /** The object's id: 64 hexadecimal characters. */
  readonly gateId: string
  call<Reply>(method: (gate: GateMethods) => Promise<Reply>): Promise<Reply>
}

export interface Gates {
  /** The gate of a number, with the keyed hash that names it. */
  forPhone(e164: string): Promise<{ readonly gate: GateClient; readonly phoneHash: string }>
  /** The gate that such a hash names. */
  forHash(phoneHash: string): GateClient
  /** The gate that a verification id names, or undefined where the id is not one of this deployment's. */
  forVerification(verificationId: string): GateClient | undefined
}

/** Finds gates by number and by verification id; neither needs a look-up table. */
export function createGates(namespace: DurableObjectNamespace<Gate>, hashPhone: PhoneHasher, log: Log): Gates {
  const client = (id: DurableObjectId): GateClient => ({
    gateId: id.toString(),
    call: (method) => callGate(() => method(namespace.get(id) as unknown as GateMethods), log),
  })
  const forHash = (phoneHash: string) => client(namespace.idFromName(phoneHash))
  return {
    async forPhone(e164) {
      const phoneHash = await hashPhone(e164)
      return { gate: forHash(phoneHash), phoneHash }
    },
    forHash,
    forVerification(verificationId) {
      const gateId = gateIdOf(verificationId)
      if (gateId === undefined) return undefined
      try {
        return client(namespace.idFromString(gateId))
      } catch {
        return undefined
      }
    },
  }
}

/**
 * Calls an object with a fresh stub per attempt. Repeats twice at most, only what the platform calls retryable or what a
 * restart cut off, and never an overloaded object. Fails closed: no send and no approval without the gate.
 */
export async function callGate<Reply>(attempt: () => Promise<Reply>, log: Log): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    try {
      return await withTimeout(attempt(), GATE_CALL_TIMEOUT_MS)
    } catch (error) {
      log('warn', 'gate.call_failed', { dependency: 'gate', attempt: tries, error_name: errorName(error) })
      if (tries > RETRIES || !isRetryable(error)) throw refuse('dependency_unavailable', { dependency: 'gate' }, error)
      await scheduler.wait(randomFraction() * LONGEST_PAUSE_MS)
    }
  }
}

function isRetryable(error: unknown): boolean {
  // Anything can be thrown, null too.
  const flags: { retryable?: boolean; overloaded?: boolean; durableObjectReset?: boolean } = Object(error)
  return !flags.overloaded && Boolean(flags.retryable || flags.durableObjectReset)
}
