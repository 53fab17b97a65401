import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { auditOf, fireAlarm, gateOf, storedState } from '../support/gate'
import { PAGE, bearer, putApiKey } from '../support/keys'
import { ENFORCED, addressSubject, carry, countedBy, decisionsOf, limiterState } from '../support/limits'
import { type GupshupStandIn } from '../support/vendors/gupshup'
import { createService, standInForGupshup, uniquePhone, wrongCode } from '../support/service'

const MINUTE_MS = 60_000
const GUESSES = { ...ENFORCED, LIMIT_GUESS_MODE: 'enforce' }
vi.setConfig({ testTimeout: 120_000 })

let vendor: GupshupStandIn
let page: Headers
let otherPage: Headers
let server: Headers
beforeAll(async () => {
  page = bearer((await putApiKey({ kind: 'publishable' })).key, PAGE)
  otherPage = bearer((await putApiKey({ kind: 'publishable' })).key, PAGE)
  server = bearer((await putApiKey()).key)
})
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendor = standInForGupshup()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

type Headers = Readonly<Record<string, string>>
type Service = ReturnType<typeof createService>

let networks = 0
/** An address that no other test of the file has used. */
const uniqueAddress = () => {
  networks += 1
  return `203.0.${Math.floor(networks / 250)}.${networks % 250}`
}

/** A code that a page had sent to somebody, who asked from an address of their own. */
async function sentTo(service: Service, headers: Headers) {
  const phone = uniquePhone()
  const response = await service.post('/v1/verifications', { to: phone }, { ...headers, 'cf-connecting-ip': uniqueAddress() })
  expect(response.status).toBe(201)
  const { id } = await response.json<{ id: string }>()
  return { phone, id, code: vendor.lastCode(phone)! }
}

const check = (service: Service, to: string, code: string, headers: Headers, address?: string) =>
  service.post(
    '/v1/verifications/check',
    { to, code },
    { ...headers, ...(address !== undefined && { 'cf-connecting-ip': address }) },
  )

const counts = async (address: string) => countedBy(`guess:${await addressSubject(address)}`)

describe('guesses with the key of a page (R-AUT-01)', () => {
  it('one address that guesses at many numbers is stopped at the documented 20, and another is not', async () => {
    const service = createService(GUESSES)
    const address = uniqueAddress()
    const victims = []
    for (let nth = 0; nth < 30; nth++) victims.push(await sentTo(service, page))

    const statuses = []
    for (const { phone, code } of victims) statuses.push((await check(service, phone, wrongCode(code), page, address)).status)

    expect(statuses).toEqual([...Array<number>(20).fill(400), ...Array<number>(10).fill(429)])
    expect(await counts(address)).toEqual({ sends: 20, verified: 0 })
    // What was refused never came to the gate: those numbers have all their guesses.
    const states = await Promise.all(victims.map(async ({ phone }) => storedState(await gateOf(phone))))
    expect(states.map((state) => state!.verifications[0]!.guesses)).toEqual([
      ...Array<number>(20).fill(1),
      ...Array<number>(10).fill(0),
    ])
    const last = victims.at(-1)!
    expect((await check(service, last.phone, last.code, page, address)).status).toBe(429)
    expect((await check(service, last.phone, last.code, page, uniqueAddress())).status).toBe(200)
  })

  it('by several keys, by numbers without a code and by ids, too, all count together', async () => {
    const service = createService({ ...GUESSES, LIMIT_GUESS_WRONG_1_HOUR: '4' })
    const address = uniqueAddress()
    const byId = async (id: string, headers: Headers) =>
      service.post(`/v1/verifications/${id}/check`, { code: '000000' }, { ...headers, 'cf-connecting-ip': address })
    const { id } = await sentTo(service, server)

    await check(service, uniquePhone(), '123456', page, address)
    await check(service, uniquePhone(), '123456', otherPage, address)
    await byId(id, page)
    await service.post('/verify-otp', { phone_number: uniquePhone(), otp: '123456' }, { ...page, 'cf-connecting-ip': address })

    expect((await byId(id, otherPage)).status).toBe(429)
  })

  it('a hundred at once are no more than twenty', async () => {
    const service = createService(GUESSES)
    const address = uniqueAddress()
    const responses = await Promise.all(Array.from({ length: 100 }, () => check(service, uniquePhone(), '123456', page, address)))
    expect(responses.filter(({ status }) => status === 400)).toHaveLength(20)
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(80)
  })

  it('an honest crowd behind one address is not stopped, though one in three mistypes', async () => {
    const service = createService({ ...GUESSES, LIMIT_GUESS_WRONG_1_HOUR: '5' })
    const address = uniqueAddress()
    const statuses = []
    for (let nth = 0; nth < 45; nth++) {
      const { phone, code } = await sentTo(service, page)
      if (nth % 3 === 0) statuses.push((await check(service, phone, wrongCode(code), page, address)).status)
      statuses.push((await check(service, phone, code, page, address)).status)
      vi.advanceTimersByTime(30_000)
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(45)
    expect(statuses).not.toContain(429)
    expect(await counts(address)).toEqual({ sends: 60, verified: 45 })
  })

  it('a server is never counted, nor the operator: their address is of all whom they ask for', async () => {
    const ADMIN_API_KEY = 'an-operator-key-of-32-characters!'
    const service = createService({ ...GUESSES, LIMIT_GUESS_WRONG_1_HOUR: '1', ADMIN_API_KEY })
    const address = uniqueAddress()
    for (let nth = 0; nth < 5; nth++) {
      for (const headers of [server, bearer(ADMIN_API_KEY), {}]) {
        expect((await check(service, uniquePhone(), '123456', headers, address)).status).toBe(404)
      }
    }
    expect(await limiterState(`guess:${await addressSubject(address)}`)).toBeUndefined()
  })

  it('without an address nobody is counted, and a rule that is off counts nothing', async () => {
    const service = createService({ ...GUESSES, LIMIT_GUESS_WRONG_1_HOUR: '1' })
    for (let nth = 0; nth < 3; nth++) expect((await check(service, uniquePhone(), '123456', page)).status).toBe(400)
    const off = createService({ ...GUESSES, LIMIT_GUESS_MODE: 'off' })
    const address = uniqueAddress()
    await check(off, uniquePhone(), '123456', page, address)
    expect(await limiterState(`guess:${await addressSubject(address)}`)).toBeUndefined()
  })

  it('that observes refuses nothing, and records what it would have', async () => {
    const service = createService({ ...ENFORCED, LIMIT_GUESS_MODE: 'observe', LIMIT_GUESS_WRONG_1_HOUR: '2' })
    const address = uniqueAddress()
    for (let nth = 0; nth < 5; nth++) expect((await check(service, uniquePhone(), '123456', page, address)).status).toBe(400)
    const subject = await addressSubject(address)
    await carry(`guess:${subject}`)
    expect(await decisionsOf('guess', subject)).toMatchObject([{ mode: 'observe', count: 3 }])
  })
})

describe('a guess', () => {
  const service = createService(GUESSES)

  it('that is right is cleared, with the sends whose code it was; told again, it is none', async () => {
    const address = uniqueAddress()
    const { phone, code } = await sentTo(service, page)
    const again = { ...page, 'x-request-id': crypto.randomUUID() }
    for (let nth = 0; nth < 3; nth++) expect((await check(service, phone, code, again, address)).status).toBe(200)

    expect(await counts(address)).toEqual({ sends: 1, verified: 1 })
    expect(await countedBy(`prefix:${phone.slice(0, -4)}`)).toEqual({ sends: 1, verified: 1 })
  })

  it('that no gate weighs is none: for another purpose than the key is for, or an id that is none', async () => {
    const address = uniqueAddress()
    const bound = bearer((await putApiKey({ kind: 'publishable', purposes: ['login'] })).key, PAGE)
    const headers = { ...bound, 'cf-connecting-ip': address }
    const body = { to: uniquePhone(), code: '123456', purpose: 'payment' }
    expect((await service.post('/v1/verifications/check', body, headers)).status).toBe(403)
    expect((await service.post('/v1/verifications/ver_1/check', { code: '123456' }, headers)).status).toBe(400)
    expect(await counts(address)).toEqual({ sends: 0, verified: 0 })
  })

  it('of a page is not let through where the rule is enforced and cannot be asked; of a server it is', async () => {
    const broken = {
      idFromName: (name: string) => env.LIMITER.idFromName(name),
      get: () => new Proxy({}, { get: () => () => Promise.reject(new Error('injected')) }),
    }
    const [first, second] = [await sentTo(service, page), await sentTo(service, server)]
    const without = createService({ ...GUESSES, LIMITER: broken })
    expect((await check(without, first.phone, first.code, page, uniqueAddress())).status).toBe(503)
    expect((await check(without, second.phone, second.code, server, uniqueAddress())).status).toBe(200)
    const observing = createService({ LIMITER: broken })
    expect((await check(observing, first.phone, first.code, page, uniqueAddress())).status).toBe(200)
  })
})

describe('the answer to an address that has guessed too much', () => {
  it('is the same whatever the code, says nothing of it, and is true', async () => {
    const service = createService({ ...GUESSES, LIMIT_GUESS_WRONG_1_HOUR: '1' })
    const address = uniqueAddress()
    const { phone, id, code } = await sentTo(service, page)
    await check(service, uniquePhone(), '123456', page, address)

    const refused = [
      await check(service, phone, code, page, address),
      await check(service, phone, wrongCode(code), page, address),
      await check(service, uniquePhone(), code, page, address),
      await service.post(`/v1/verifications/${id}/check`, { code }, { ...page, 'cf-connecting-ip': address }),
    ]

    for (const response of refused) {
      expect(response.status).toBe(429)
      const body = await response.json<Record<string, unknown>>()
      expect(body).toMatchObject({ code: 'abnormal_usage' })
      expect(JSON.stringify(body)).not.toMatch(/guess|address|limit/i)
      const seconds = Number(response.headers.get('retry-after'))
      expect(seconds).toBeGreaterThanOrEqual(900)
      expect(seconds).toBeLessThanOrEqual(1_200)
    }
    // No trace of them at the number either.
    const gate = await gateOf(phone)
    await fireAlarm(gate)
    expect((await auditOf(gate)).map(({ kind }) => kind).filter((kind) => kind.startsWith('check'))).toEqual([])
    // Its strike is for guesses: it may have codes sent.
    const sent = await service.post('/v1/verifications', { to: uniquePhone() }, { ...page, 'cf-connecting-ip': address })
    expect(sent.status).toBe(201)

    vi.advanceTimersByTime(20 * MINUTE_MS)
    const later = await sentTo(service, page)
    expect((await check(service, later.phone, later.code, page, address)).status).toBe(200)
  })
})
