import { listDurableObjectIds, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { IdempotencyRecord } from '../../src/idempotency/idempotency-record'

export type RecordStub = DurableObjectStub<IdempotencyRecord>

/** The real objects of all keys that this file has used. */
export async function allRecords(): Promise<RecordStub[]> {
  const ids = await listDurableObjectIds(env.IDEMPOTENCY)
  return ids.map((id) => env.IDEMPOTENCY.get(id))
}

/** All that an object has stored. */
export function storedIn(stub: RecordStub): Promise<Record<string, unknown>> {
  return runInDurableObject(stub, (_record, { storage }) => Object.fromEntries(storage.kv.list()))
}

/** When the object's alarm is due, in milliseconds since the epoch. */
export const alarmOf = (stub: RecordStub) => runInDurableObject(stub, (_record, { storage }) => storage.getAlarm())

/** Lets the object's alarm fire now. */
export const fireAlarm = (stub: RecordStub) => runDurableObjectAlarm(stub)

/** The namespace with some methods of its stubs replaced: a Worker that cannot reach an object, or dies around a call. */
export function recordsWith(
  replaced: Partial<Record<'begin' | 'keep' | 'giveBack', (stub: RecordStub, argument: never) => Promise<unknown>>>,
): DurableObjectNamespace<IdempotencyRecord> {
  return {
    idFromName: (name: string) => env.IDEMPOTENCY.idFromName(name),
    get: (id: DurableObjectId) => {
      const stub = env.IDEMPOTENCY.get(id)
      return new Proxy(stub, {
        get(target, name) {
          const instead = replaced[name as keyof typeof replaced]
          return instead ? (argument: never) => instead(stub, argument) : Reflect.get(target, name)
        },
      })
    },
  } as unknown as DurableObjectNamespace<IdempotencyRecord>
}
