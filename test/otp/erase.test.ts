import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Gate } from '../../src/otp/gate'
import { failing } from '../support/broken'
import { type AuditRow, type GateStub, bindingsOf, fireAlarm, gateOf, storedState } from '../support/gate'
import { createService, standInForGupshup, uniquePhone } from '../support/service'

const MINUTE_MS = 60_000
const { post } = createService()
let vendor: ReturnType<typeof standInForGupshup>

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendor = standInForGupshup()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const send = (phone: string) => post('/send-otp', { phone_number: phone })
const verify = (phone: string, otp: string) => post('/verify-otp', { phone_number: phone, otp })
const alarmOf = (gate: GateStub) => runInDurableObject(gate, (_gate, { storage }) => storage.getAlarm())
const namesIn = (gate: GateStub) =>
  runInDurableObject(gate, (_gate, { storage }) => Array.from(storage.kv.list(), ([name]) => name))

async function begin() {
  const phone = uniquePhone()
  expect((await send(phone)).status).toBe(200)
  const gate = await gateOf(phone)
  const { id, lastCodeId } = (await storedState(gate))!.verifications[0]!
  return { phone, gate, id, key: `otp:v1:${lastCodeId}`, code: vendor.lastCode(phone)! }
}

async function kindsOf(id: string): Promise<string[]> {
  const { results } = await env.DB.prepare('SELECT * FROM audit_events WHERE verification_id = ? ORDER BY seq')
    .bind(id)
    .all<AuditRow>()
  return results.map(({ kind }) => kind)
}

async function expectForgotten(gate: GateStub): Promise<void> {
  expect(await storedState(gate)).toBeUndefined()
  expect(await namesIn(gate)).toEqual([])
  expect(await alarmOf(gate)).toBeNull()
}

describe('a number that is erased', () => {
  it('has its records carried first, and then nothing: no state, no code in KV, no alarm', async () => {
    const { gate, id, key } = await begin()
    expect(await kindsOf(id)).toEqual([])
    expect(await env.OTP_KV.get(key)).not.toBeNull()
    expect(await alarmOf(gate)).not.toBeNull()

    expect(await gate.erase()).toBe(true)

    expect(await kindsOf(id)).toEqual(['send.reserved', 'send.accepted'])
    expect(await env.OTP_KV.get(key)).toBeNull()
    await expectForgotten(gate)
    await evictDurableObject(gate)
    await expectForgotten(gate)
  })

  it('has its code good for nothing, and begins anew: no cooldown, no guesses', async () => {
    const { phone, gate, code } = await begin()
    expect((await send(phone)).status).toBe(429)
    await gate.erase()

    expect((await verify(phone, code)).status).toBe(404)
    expect((await send(phone)).status).toBe(200)
    expect((await verify(phone, vendor.lastCode(phone)!)).status).toBe(200)
  })

  it('has every code taken from KV, those that are over too', async () => {
    const { phone, gate, key, code } = await begin()
    await verify(phone, code)
    vi.advanceTimersByTime(MINUTE_MS)
    await send(phone)
    const keys = (await storedState(gate))!.verifications.map(({ lastCodeId }) => `otp:v1:${lastCodeId}`)
    expect(keys).toHaveLength(2)
    expect(keys).toContain(key)

    expect(await gate.erase()).toBe(true)

    expect(await Promise.all(keys.map((one) => env.OTP_KV.get(one)))).toEqual([null, null])
  })

  it('may be one that nobody has asked for, or that is erased already', async () => {
    const gate = await gateOf(uniquePhone())
    expect(await gate.erase()).toBe(true)
    expect(await gate.erase()).toBe(true)
    await expectForgotten(gate)
  })
})

describe('a number that is not erased', () => {
  it('while D1 is down: nothing is lost, the code is good, and the alarm is set', async () => {
    const { phone, gate, id, key, code } = await begin()
    const before = (await storedState(gate))!
    const { DB } = await bindingsOf(gate)
    const batch = vi.spyOn(DB, 'batch').mockImplementation(failing)

    expect(await gate.erase()).toBe(false)

    expect(await storedState(gate)).toMatchObject(before)
    expect(await env.OTP_KV.get(key)).not.toBeNull()
    expect(await alarmOf(gate)).not.toBeNull()
    expect((await verify(phone, code)).status).toBe(200)
    batch.mockRestore()
    expect(await gate.erase()).toBe(true)
    expect(await kindsOf(id)).toEqual(['send.reserved', 'send.accepted', 'check.approved'])
    await expectForgotten(gate)
  })

  it('while KV is down: the object still knows which codes are there', async () => {
    const { gate, id, key } = await begin()
    const { OTP_KV } = await bindingsOf(gate)
    const remove = vi.spyOn(OTP_KV, 'delete').mockImplementation(failing)

    const erased = await runInDurableObject(gate, (one: Gate) => one.erase().catch(() => 'failed'))

    expect(erased).toBe('failed')

    expect((await storedState(gate))?.verifications).toMatchObject([{ id }])
    remove.mockRestore()
    expect(await gate.erase()).toBe(true)
    expect(await env.OTP_KV.get(key)).toBeNull()
  })

  it('where something happens in between that D1 does not have: it is asked again', async () => {
    const { phone, gate, id } = await begin()
    const { OTP_KV } = await bindingsOf(gate)
    const really = OTP_KV.delete.bind(OTP_KV)
    vi.spyOn(OTP_KV, 'delete').mockImplementationOnce(async (key) => {
      await send(phone)
      return really(key)
    })

    expect(await gate.erase()).toBe(false)

    const state = (await storedState(gate))!
    expect(state.outbox).toMatchObject([{ kind: 'send.refused', detail: { reason: 'cooldown' } }])
    const refused = state.outbox[0]!.verificationId
    expect(await gate.erase()).toBe(true)
    expect(await kindsOf(refused)).toEqual(refused === id ? ['send.reserved', 'send.accepted', 'send.refused'] : ['send.refused'])
    await expectForgotten(gate)
  })

  it('before D1 has made a write that nobody waits for any more: late as it is, nothing of it comes back', async () => {
    const { gate, id } = await begin()
    const { DB } = await bindingsOf(gate)
    const really = DB.batch.bind(DB)
    const late = Promise.withResolvers<void>()
    const order: string[] = []
    const batch = vi.spyOn(DB, 'batch').mockImplementationOnce(async (statements) => {
      await late.promise
      const results = await really(statements)
      order.push('written')
      return results
    })
    // The alarm gives it up, soon.
    const setRealTimeout = setTimeout
    const patience = vi.spyOn(globalThis, 'setTimeout')
    patience.mockImplementation(((work: () => void) => setRealTimeout(work, 5)) as typeof setTimeout)
    expect(await fireAlarm(gate)).toBe(true)
    patience.mockRestore()
    expect(batch).toHaveBeenCalledOnce()
    expect(await kindsOf(id)).toEqual([])

    const erasing = gate.erase().then((isErased) => (order.push('erased'), isErased))
    await vi.waitFor(async () => expect(await kindsOf(id)).toEqual(['send.reserved', 'send.accepted']))
    await scheduler.wait(20)
    await runInDurableObject(gate, () => late.resolve())

    expect(await erasing).toBe(true)
    expect(order).toEqual(['written', 'erased'])
    await expectForgotten(gate)
  })

  it('and a check that is being weighed meanwhile finds nothing any more, and leaves nothing', async () => {
    const { phone, gate, code } = await begin()
    const { OTP_KV } = await bindingsOf(gate)
    const { promise, resolve } = Promise.withResolvers<null>()
    const get = vi.spyOn(OTP_KV, 'get').mockReturnValue(promise as never)
    const checked = verify(phone, code)
    await vi.waitFor(() => expect(get).toHaveBeenCalled())

    expect(await gate.erase()).toBe(true)
    resolve(null)

    expect((await checked).status).toBe(404)
    await expectForgotten(gate)
  })
})
