import { createExecutionContext, evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { type GateStub, auditOf, bindingsOf, fireAlarm, gateOf, gatesWith, storedState } from '../support/gate'
import { createService, standInForGupshup, uniquePhone, wrongCode } from '../support/service'

const never = () => new Promise<never>(() => {})
const failing = () => Promise.reject(new Error('injected'))
const MINUTE_MS = 60_000

let vendor: ReturnType<typeof standInForGupshup>
const { post } = createService()
const send = (phone: string) => post('/send-otp', { phone_number: phone })
const verify = (phone: string, otp: string) => post('/verify-otp', { phone_number: phone, otp })

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendor = standInForGupshup()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('KV', () => {
  const getFaults: [string, (kv: KVNamespace) => unknown][] = [
    ['failing', (kv) => vi.spyOn(kv, 'get').mockImplementation(failing)],
    ['hanging', (kv) => vi.spyOn(kv, 'get').mockImplementation(never)],
    ['missing', (kv) => vi.spyOn(kv, 'get').mockResolvedValue(null as never)],
    [
      'answering stale',
      (kv) => vi.spyOn(kv, 'get').mockResolvedValue({ digest: 'AAAA', expiresAt: 0, keyVersion: 'old' } as never),
    ],
    ['answering garbage', (kv) => vi.spyOn(kv, 'get').mockResolvedValue('garbage' as never)],
  ]

  it.each(getFaults)('%s on get: the right code verifies once, a wrong one never', async (_name, breakKv) => {
    const phone = uniquePhone()
    await send(phone)
    const right = vendor.lastCode(phone)!
    breakKv((await bindingsOf(await gateOf(phone))).OTP_KV)

    const statuses = []
    for (const otp of [wrongCode(right), right, right]) statuses.push((await verify(phone, otp)).status)

    expect(statuses).toEqual([400, 200, 404])
  })

  it.each(getFaults)('%s on get: an old code is refused after a resend', async (_name, breakKv) => {
    const phone = uniquePhone()
    await send(phone)
    const old = vendor.lastCode(phone)!
    vi.advanceTimersByTime(MINUTE_MS)
    await send(phone)
    const fresh = vendor.lastCode(phone)!
    breakKv((await bindingsOf(await gateOf(phone))).OTP_KV)

    expect((await verify(phone, old === fresh ? wrongCode(fresh) : old)).status).toBe(400)
    expect((await verify(phone, fresh)).status).toBe(200)
  })

  it.each([
    ['failing', failing],
    // The deferred put is given up by the platform; a rejection after a while stands for that.
    ['slow and failing', () => new Promise<never>((_resolve, reject) => setTimeout(() => reject(new Error('injected')), 50))],
  ])('%s on put: the code is sent and verifies', async (_name, put) => {
    const phone = uniquePhone()
    vi.spyOn(env.OTP_KV, 'put').mockImplementation(put)

    expect((await send(phone)).status).toBe(200)
    expect((await verify(phone, vendor.lastCode(phone)!)).status).toBe(200)
  })

  it('hanging on put: nobody waits for it, and the code verifies', async () => {
    const phone = uniquePhone()
    vi.spyOn(env.OTP_KV, 'put').mockImplementation(never)
    const body = JSON.stringify({ phone_number: phone })
    const request = new Request('http://service.test/send-otp', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    })

    // What is deferred is not waited for here: it never ends.
    expect((await worker.fetch(request, env, createExecutionContext())).status).toBe(200)
    expect((await verify(phone, vendor.lastCode(phone)!)).status).toBe(200)
  })

  it('keeps the digest and never the code, for the lifetime of the code', async () => {
    const phone = uniquePhone()
    const put = vi.spyOn(env.OTP_KV, 'put')
    await send(phone)

    const [key, value, options] = put.mock.calls[0]!
    const state = await storedState(await gateOf(phone))
    expect(key).toBe(`otp:v1:${state!.verifications[0]!.code!.id}`)
    expect(JSON.parse(value as string)).toEqual({
      digest: state!.verifications[0]!.code!.digest,
      expiresAt: Date.now() + 3 * MINUTE_MS,
      keyVersion: expect.stringMatching(/^[\w-]{8}$/),
    })
    expect(options).toEqual({ expirationTtl: 180 })
    expect(put).toHaveBeenCalledTimes(1)
  })

  it('decides by expiresAt: KV that still has the record does not keep a code alive', async () => {
    const phone = uniquePhone()
    await send(phone)
    vi.advanceTimersByTime(3 * MINUTE_MS)

    const late = await verify(phone, vendor.lastCode(phone)!)

    expect(late.status).toBe(400)
    expect(await late.json()).toMatchObject({ data: { error: 'code_expired' } })
  })
})

describe('the object', () => {
  it('loses nothing when it is evicted between any two steps', async () => {
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    const evict = () => evictDurableObject(gate)

    expect((await send(phone)).status).toBe(200)
    await evict()
    expect((await send(phone)).status).toBe(429)
    await evict()
    const right = vendor.lastCode(phone)!
    expect((await verify(phone, wrongCode(right))).status).toBe(400)
    await evict()
    await fireAlarm(gate)
    await evict()
    expect((await verify(phone, right)).status).toBe(200)
    await evict()
    expect((await verify(phone, right)).status).toBe(404)
    await evict()
    await fireAlarm(gate)

    const kinds = (await auditOf(gate)).map(({ kind }) => kind)
    expect(kinds).toEqual([
      'send.reserved',
      'send.accepted',
      'send.refused',
      'check.incorrect',
      'check.approved',
      'check.refused',
    ])
  })

  it('counts a guess before it is weighed: a crash in between does not give it back', async () => {
    const phone = uniquePhone()
    await send(phone)
    const gate = await gateOf(phone)
    const { OTP_KV } = await bindingsOf(gate)
    const get = vi.spyOn(OTP_KV, 'get').mockImplementation(never)

    const cutOff = verify(phone, '0000')
    await vi.waitFor(() => expect(get).toHaveBeenCalled())
    const whileWeighing = await storedState(gate)

    expect(whileWeighing?.verifications[0]).toMatchObject({ guesses: 1, wrong: 0 })
    await cutOff
  })

  it('fails closed when it cannot be reached, and says so', async () => {
    const phone = uniquePhone()
    const unreachable = createService({ PHONE_GATE: gatesWith({ reserve: failing, check: failing }) })

    for (const [path, body] of [
      ['/send-otp', { phone_number: phone }],
      ['/verify-otp', { phone_number: phone, otp: '123456' }],
    ] as const) {
      const response = await unreachable.post(path, body)
      expect(response.status).toBe(503)
      expect(await response.json()).toMatchObject({ success: false, data: { error: 'dependency_unavailable' } })
    }
    expect(vendor.requests).toHaveLength(0)
  })

  it('answers a reservation whose reply was lost as the first time', async () => {
    const phone = uniquePhone()
    let calls = 0
    const lossy = {
      idFromName: (name: string) => env.PHONE_GATE.idFromName(name),
      get: (id: DurableObjectId) =>
        new Proxy(env.PHONE_GATE.get(id), {
          get: (target, name) =>
            name === 'reserve'
              ? async (request: unknown) => {
                  const reply = await (target as unknown as GateStub).reserve(request as never)
                  if (++calls === 1) throw Object.assign(new Error('reply lost'), { retryable: true })
                  return reply
                }
              : Reflect.get(target, name),
        }),
    }

    const sent = await createService({ PHONE_GATE: lossy }).post('/send-otp', { phone_number: phone })

    expect(sent.status).toBe(200)
    expect(calls).toBe(2)
    expect(vendor.messages).toHaveLength(1)
    expect((await storedState(await gateOf(phone)))?.sends).toHaveLength(1)
  })
})

describe('a Worker that dies after the vendor accepted', () => {
  it('leaves a code that verifies, a cooldown that holds, and an audit that says what is known', async () => {
    const phone = uniquePhone()
    vi.spyOn(env.OTP_KV, 'put').mockImplementation(failing)
    const dying = createService({ PHONE_GATE: gatesWith({ settle: failing }) })
    await dying.post('/send-otp', { phone_number: phone })

    expect((await send(phone)).status).toBe(429)
    expect((await verify(phone, vendor.lastCode(phone)!)).status).toBe(200)
    const gate = await gateOf(phone)
    await fireAlarm(gate)
    expect((await auditOf(gate)).map(({ kind }) => kind)).toEqual(['send.reserved', 'send.refused', 'check.approved'])
  })
})

describe('D1 down for an hour', () => {
  it('loses no event and doubles none', async () => {
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    await send(phone)
    const { DB } = await bindingsOf(gate)
    const batch = vi.spyOn(DB, 'batch').mockImplementation(failing)
    const start = Date.now()
    const pauses: number[] = []

    while (Date.now() < start + 60 * MINUTE_MS) {
      await fireAlarm(gate)
      const { alarmAt } = (await storedState(gate))!
      pauses.push(alarmAt - Date.now())
      vi.setSystemTime(alarmAt)
      if (pauses.length === 3) await verify(phone, wrongCode(vendor.lastCode(phone)!))
    }
    batch.mockRestore()
    await fireAlarm(gate)
    // The same batch a second time: a crash between D1's commit and the object's own note of it.
    const rows = await auditOf(gate)
    await fireAlarm(gate)

    expect(pauses.length).toBeGreaterThan(8)
    expect(pauses[0]).toBeLessThan(3_000)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(18 * MINUTE_MS)
    expect(rows.map(({ kind }) => kind)).toEqual(['send.reserved', 'send.accepted', 'check.incorrect'])
    expect(await auditOf(gate)).toEqual(rows)
    expect(await storedState(gate)).toMatchObject({ outbox: [], flushFailures: 0 })
  })

  it('is no matter of who only wants to read: no failure is counted, and the alarm is not put off', async () => {
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    await send(phone)
    const { DB } = await bindingsOf(gate)
    const batch = vi.spyOn(DB, 'batch').mockImplementation(failing)
    await fireAlarm(gate)
    const before = (await storedState(gate))!
    expect(before.flushFailures).toBe(1)

    vi.advanceTimersByTime(1_000)
    for (let nth = 0; nth < 3; nth++) expect(await gate.flush()).toBe(false)
    expect(await storedState(gate)).toEqual(before)

    batch.mockRestore()
    expect(await gate.flush()).toBe(true)
    expect(await storedState(gate)).toMatchObject({ outbox: [], flushFailures: 0 })
    expect((await auditOf(gate)).map(({ kind }) => kind)).toEqual(['send.reserved', 'send.accepted'])
  })

  it('does nothing twice when the batch was committed but the answer was lost', async () => {
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    await send(phone)
    const { DB } = await bindingsOf(gate)
    const commit = DB.batch.bind(DB)
    const batch = vi.spyOn(DB, 'batch').mockImplementation(async (statements) => {
      await commit(statements)
      throw new Error('answer lost')
    })
    await fireAlarm(gate)
    expect((await storedState(gate))?.outbox).toHaveLength(2)
    batch.mockRestore()
    await verify(phone, vendor.lastCode(phone)!)
    await fireAlarm(gate)

    expect((await auditOf(gate)).map(({ kind, seq }) => [kind, seq])).toEqual([
      ['send.reserved', 0],
      ['send.accepted', 1],
      ['check.approved', 2],
    ])
  })

  it('keeps nobody waiting: sends and checks answer as ever', async () => {
    const phone = uniquePhone()
    vi.spyOn(env.DB, 'batch').mockImplementation(never)
    vi.spyOn(env.DB, 'prepare').mockImplementation(() => {
      throw new Error('no D1 on the way to an answer')
    })

    expect((await send(phone)).status).toBe(200)
    expect((await verify(phone, vendor.lastCode(phone)!)).status).toBe(200)
  })
})
