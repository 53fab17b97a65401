import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type GateStub, bindingsOf, fireAlarm, gateOf } from '../support/gate'
import { createService, standInForGupshup, uniquePhone } from '../support/service'

/** Counts what one verification costs in the platform's units. */
async function countedService(gate: GateStub) {
  const none = { gateRequests: 0, stateWrites: 0, limiterRequests: 0, limiterWrites: 0, kvReads: 0, kvWrites: 0 }
  const counts = { ...none, d1RowsWritten: 0, d1CallsOnTheWay: 0 }
  const counting = (namespace: DurableObjectNamespace, what: 'gateRequests' | 'limiterRequests') => ({
    idFromName: (name: string) => namespace.idFromName(name),
    get: (id: DurableObjectId) =>
      new Proxy(namespace.get(id), {
        get(target, name) {
          counts[what] += 1
          return Reflect.get(target, name)
        },
      }),
  })
  await runInDurableObject(gate, (_gate, state) => {
    const kv = Object.getPrototypeOf(state.storage.kv) as { put: (this: SyncKvStorage, key: string, value: object) => void }
    const put = kv.put
    // Objects of all classes write by it; only a gate's state has verifications.
    vi.spyOn(kv, 'put').mockImplementation(function count(this: SyncKvStorage, key, value) {
      counts['verifications' in value ? 'stateWrites' : 'limiterWrites'] += 1
      put.call(this, key, value)
    })
  })
  const bindings = await bindingsOf(gate)
  const get = bindings.OTP_KV.get.bind(bindings.OTP_KV) as (...args: unknown[]) => Promise<never>
  vi.spyOn(bindings.OTP_KV, 'get').mockImplementation((...args: unknown[]) => {
    counts.kvReads += 1
    return get(...args)
  })
  const put = env.OTP_KV.put.bind(env.OTP_KV)
  vi.spyOn(env.OTP_KV, 'put').mockImplementation((...args) => {
    counts.kvWrites += 1
    return put(...args)
  })
  const batch = bindings.DB.batch.bind(bindings.DB)
  vi.spyOn(bindings.DB, 'batch').mockImplementation(async (statements) => {
    const results = await batch(statements)
    for (const { meta } of results) counts.d1RowsWritten += meta.rows_written
    return results
  })
  let isWarm = false
  const noD1 = new Proxy(env.DB, {
    get(target, name) {
      if (!isWarm) return Reflect.get(target, name).bind(target) as unknown
      counts.d1CallsOnTheWay += 1
      throw new Error('no D1 on the way to an answer')
    },
  })
  const service = createService({
    PHONE_GATE: counting(env.PHONE_GATE, 'gateRequests'),
    LIMITER: counting(env.LIMITER, 'limiterRequests'),
    DB: noD1,
  })
  // The first send of an isolate reads the templates.
  await service.post('/send-otp', { phone_number: uniquePhone() })
  isWarm = true
  Object.assign(counts, none)
  return { counts, service }
}

/** To and from the one rule that everybody's sends in the home country are counted by: the send, and that its code was typed. */
const COUNTED_ONCE = { limiterRequests: 2, limiterWrites: 2 }

describe('the budget of one verification', () => {
  afterEach(() => vi.restoreAllMocks())

  it('a send and a check: 4 object requests, 5 state writes, 1 KV write, 1 KV read, 11 D1 rows', async () => {
    const vendor = standInForGupshup()
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    const { counts, service } = await countedService(gate)

    await service.post('/send-otp', { phone_number: phone })
    await service.post('/verify-otp', { phone_number: phone, otp: vendor.lastCode(phone) })
    counts.gateRequests += (await fireAlarm(gate)) ? 1 : 0

    const own = { gateRequests: 4, stateWrites: 5, kvReads: 1, kvWrites: 1, d1RowsWritten: 11, d1CallsOnTheWay: 0 }
    expect(counts).toEqual({ ...own, ...COUNTED_ONCE })
  })

  it('a person who types after the first flush: one alarm and one state write more, and 15 D1 rows', async () => {
    const vendor = standInForGupshup()
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    const { counts, service } = await countedService(gate)

    await service.post('/send-otp', { phone_number: phone })
    counts.gateRequests += (await fireAlarm(gate)) ? 1 : 0
    await service.post('/verify-otp', { phone_number: phone, otp: vendor.lastCode(phone) })
    counts.gateRequests += (await fireAlarm(gate)) ? 1 : 0

    const own = { gateRequests: 5, stateWrites: 6, kvReads: 1, kvWrites: 1, d1RowsWritten: 15, d1CallsOnTheWay: 0 }
    expect(counts).toEqual({ ...own, ...COUNTED_ONCE })
  })
})
