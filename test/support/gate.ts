import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Gate } from '../../src/otp/gate'
import type { GateState } from '../../src/otp/gate-state'
import { createPhoneHasher } from '../../src/phone/phone-hash'

export type GateStub = DurableObjectStub<Gate>

/** The real object of a number. */
export async function gateOf(phone: string): Promise<GateStub> {
  const phoneHash = await createPhoneHasher(env.PHONE_HASH_KEY)(phone)
  return env.PHONE_GATE.get(env.PHONE_GATE.idFromName(phoneHash))
}

/** What the object has stored. */
export async function storedState(stub: GateStub): Promise<GateState | undefined> {
  return runInDurableObject(stub, (_gate, state) => state.storage.kv.get<GateState>('state'))
}

/** The bindings as the object has them, for breaking them. */
export async function bindingsOf(stub: GateStub): Promise<Env> {
  return runInDurableObject(stub, (gate) => (gate as unknown as { env: Env }).env)
}

/** Lets the object's alarm fire now. */
export const fireAlarm = (stub: GateStub) => runDurableObjectAlarm(stub)

export interface AuditRow {
  verification_id: string
  seq: number
  at: number
  kind: string
  surface: string
  request_id: string
  detail: string
}

/** The audit of a number in D1, in order. */
export async function auditOf(stub: GateStub): Promise<AuditRow[]> {
  const state = await storedState(stub)
  const ids = [...new Set(state?.verifications.map(({ id }) => id))]
  const rows = await env.DB.prepare(
    `SELECT * FROM audit_events WHERE verification_id IN (${ids.map(() => '?').join()}) ORDER BY seq`,
  )
    .bind(...ids)
    .all<AuditRow>()
  return rows.results
}

/** The namespace with some methods of its stubs replaced: a Worker that loses calls, or dies before or after it makes them. */
export function gatesWith(
  replaced: Partial<Record<'reserve' | 'settle' | 'check', (stub: GateStub, request: never) => Promise<unknown>>>,
): DurableObjectNamespace {
  return {
    idFromName: (name: string) => env.PHONE_GATE.idFromName(name),
    idFromString: (id: string) => env.PHONE_GATE.idFromString(id),
    get: (id: DurableObjectId) => {
      const stub = env.PHONE_GATE.get(id)
      return new Proxy(stub, {
        get(target, name) {
          const instead = replaced[name as keyof typeof replaced]
          return instead ? (request: never) => instead(stub, request) : Reflect.get(target, name)
        },
      })
    },
  } as unknown as DurableObjectNamespace
}
