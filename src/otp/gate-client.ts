import { GATE_CALL_TIMEOUT_MS } from '../config/limits'
import { type RemoteMethods, callObject } from '../core/call-object'
import type { Log } from '../core/log'
import type { PhoneHasher } from '../phone/phone-hash'
import type { Gate } from './gate'
import { gateIdOf } from './verification-id'

/** The gate's methods as a caller sees them. */
export type GateMethods = RemoteMethods<
  Gate,
  | 'reserve'
  | 'settle'
  | 'check'
  | 'cancel'
  | 'redeem'
  | 'describe'
  | 'carrier'
  | 'newest'
  | 'message'
  | 'provenAt'
  | 'erase'
  | 'flush'
  | 'ping'
>

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

/** {@link callObject}, for a gate. Fails closed: no send and no approval without it. */
export function callGate<Reply>(attempt: () => Promise<Reply>, log: Log): Promise<Reply> {
  return callObject(attempt, { dependency: 'gate', timeoutMs: GATE_CALL_TIMEOUT_MS, log })
}
