import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type GupshupStandIn } from '../support/vendors/gupshup'
import { auditOf, fireAlarm, gateOf, storedState } from '../support/gate'
import { bearer, putApiKey } from '../support/keys'
import { ENFORCED, addressSubject, carry, countedBy, decisionsOf, limiterState, only } from '../support/limits'
import { createService, standInForGupshup, uniquePhone, wrongCode } from '../support/service'

const MINUTE_MS = 60_000
// Hundreds of requests, each with several objects behind it.
vi.setConfig({ testTimeout: 240_000 })

let vendor: GupshupStandIn
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendor = standInForGupshup()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

let networks = 0
/** An address that no other test of the file has used. */
const uniqueAddress = () => {
  networks += 1
  return `198.51.${Math.floor(networks / 250)}.${networks % 250}`
}

type Service = ReturnType<typeof createService>
const send = (service: Service, to: string, address?: string, headers: Record<string, string> = {}) =>
  service.post('/v1/verifications', { to }, { ...headers, ...(address !== undefined && { 'cf-connecting-ip': address }) })
const check = (service: Service, to: string, code: string, headers: Record<string, string> = {}) =>
  service.post('/v1/verifications/check', { to, code }, headers)

const statusesOf = (responses: readonly Response[]) => {
  const counts: Record<number, number> = {}
  for (const { status } of responses) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** In groups, as many clients do. */
async function inGroups<T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let from = 0; from < count; from += 20) {
    const group = Array.from({ length: Math.min(20, count - from) }, (_, index) => work(from + index))
    results.push(...(await Promise.all(group)))
  }
  return results
}

describe('separate counts for who asks and for who is asked about (R-AUT-02)', () => {
  it('one address that tries 1,000 numbers is stopped at the documented 60 (R-AUT-01)', async () => {
    const service = createService(ENFORCED)
    const address = uniqueAddress()

    const responses = await inGroups(1_000, () => send(service, uniquePhone(), address))

    expect(statusesOf(responses)).toEqual({ 201: 60, 429: 940 })
    expect(vendor.messages).toHaveLength(60)
    const subject = await addressSubject(address)
    expect(await countedBy(`address:${subject}`)).toEqual({ sends: 60, verified: 0 })
    await carry(`address:${subject}`)
    expect(await decisionsOf('address', subject)).toMatchObject([{ mode: 'enforce', count: 940 }])
  })

  it('1,000 addresses that try one number are stopped at its documented 3 in 10 minutes, and 10 in 24 hours', async () => {
    const service = createService(ENFORCED)
    const phone = uniquePhone()
    /** Twenty at once, so many times. */
    const tryFor = async (rounds: number, pauseMs: number) => {
      const responses: Response[] = []
      for (let round = 0; round < rounds; round++) {
        responses.push(...(await inGroups(20, () => send(service, phone, uniqueAddress()))))
        vi.advanceTimersByTime(pauseMs)
      }
      return responses
    }

    const first = await tryFor(20, 29_000)
    expect(vendor.messages).toHaveLength(3)
    const rest = await tryFor(30, 40 * MINUTE_MS)

    expect(vendor.messages).toHaveLength(10)
    expect(statusesOf([...first, ...rest])).toEqual({ 201: 10, 429: 990 })
    // By its own limits at last, and not by those of its neighbours, whom nobody shuts out by it (R-AUT-13).
    expect(await (await send(service, phone, uniqueAddress())).json()).toMatchObject({ code: 'send_limit_reached' })
    expect((await limiterState(`prefix:${phone.slice(0, -4)}`))?.strikes).toBe(0)
  })

  it('200 addresses with a guess each at one number have five of them weighed (R-AUT-04)', async () => {
    const service = createService(ENFORCED)
    const phone = uniquePhone()
    await send(service, phone, uniqueAddress())
    const right = vendor.lastCode(phone)!

    const responses = await inGroups(200, (nth) =>
      check(service, phone, wrongCode(right, nth + 1), { 'cf-connecting-ip': uniqueAddress() }),
    )

    expect(statusesOf(responses)).toEqual({ 200: 5, 429: 195 })
    expect((await storedState(await gateOf(phone)))?.verifications).toMatchObject([{ wrong: 5, status: 'locked' }])
  })
})

describe('many at once', () => {
  it('100 sends with a limit of 50 are exactly 50 calls to the vendor (R-AUT-10)', async () => {
    const service = createService({ ...only('address'), LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '50' })
    const address = uniqueAddress()

    const responses = await Promise.all(Array.from({ length: 100 }, () => send(service, uniquePhone(), address)))

    expect(statusesOf(responses)).toEqual({ 201: 50, 429: 50 })
    expect(vendor.requests).toHaveLength(50)
  })

  it('to one number let one through, and shut none of its neighbours out (R-AUT-13)', async () => {
    const service = createService({ ...ENFORCED, LIMIT_PREFIX_UNVERIFIED_24_HOURS: '4' })
    const phone = uniquePhone()
    const prefix = phone.slice(0, -4)

    const responses = await Promise.all(Array.from({ length: 40 }, () => send(service, phone, uniqueAddress())))

    expect(statusesOf(responses)).toEqual({ 201: 1, 429: 39 })
    expect(await countedBy(`prefix:${prefix}`)).toEqual({ sends: 1, verified: 0 })
    expect((await limiterState(`prefix:${prefix}`))?.strikes).toBe(0)
    expect((await send(service, `${prefix}4444`, uniqueAddress())).status).toBe(201)
  })
})

it('many at once to one number shut out none of its neighbours after a strike of their range either (R-AUT-13)', async () => {
  const service = createService(ENFORCED)
  const range = uniquePhone('').slice(0, 9)
  for (let nth = 0; nth < 13; nth++) await send(service, `${range}${3000 + nth}`, uniqueAddress())
  expect((await limiterState(`prefix:${range}`))?.strikes).toBe(1)
  vi.advanceTimersByTime(15 * MINUTE_MS)

  for (let nth = 0; nth < 3; nth++) {
    expect((await send(service, `${range}4000`, uniqueAddress())).status).toBe(201)
    vi.advanceTimersByTime(MINUTE_MS)
  }
  const responses = await Promise.all(Array.from({ length: 40 }, () => send(service, `${range}4000`, uniqueAddress())))

  expect(statusesOf(responses)).toEqual({ 429: 40 })
  expect(await countedBy(`prefix:${range}`)).toEqual({ sends: 3, verified: 0 })
  expect((await send(service, `${range}5000`, uniqueAddress())).status).toBe(201)
})

describe('a client', () => {
  const service = createService({ ...only('address'), LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '3' })

  it('is one by the /64 of its IPv6 address, however it is spelled (R-AUT-12)', async () => {
    const addresses = ['2001:db8:9:1::1', '2001:DB8:9:1:ffff::2', '2001:0db8:0009:0001:0:0:0:3', '2001:db8:9:1::4']
    const statuses = []
    for (const address of addresses) statuses.push((await send(service, uniquePhone(), address)).status)
    expect(statuses).toEqual([201, 201, 201, 429])
    expect((await send(service, uniquePhone(), '2001:db8:9:2::1')).status).toBe(201)
  })

  it('is told from others by Cloudflare alone: no header of its own makes it another', async () => {
    const address = uniqueAddress()
    const statuses = []
    for (let nth = 0; nth < 4; nth++) {
      const forged = { 'x-forwarded-for': uniqueAddress(), 'x-real-ip': uniqueAddress(), 'true-client-ip': uniqueAddress() }
      statuses.push((await send(service, uniquePhone(), address, forged)).status)
    }
    expect(statuses).toEqual([201, 201, 201, 429])
  })

  it('without an address is counted by none', async () => {
    for (let nth = 0; nth < 5; nth++) expect((await send(service, uniquePhone())).status).toBe(201)
  })

  it('is not kept by its address anywhere, only by a keyed hash of its network', async () => {
    const address = uniqueAddress()
    for (let nth = 0; nth < 4; nth++) await send(service, uniquePhone(), address)
    const subject = await addressSubject(address)
    await carry(`address:${subject}`)
    expect(JSON.stringify([await limiterState(`address:${subject}`), await decisionsOf('address', subject)])).not.toContain(
      address,
    )
    expect(subject).toMatch(/^[\w-]{22}$/)
  })
})

describe('what is verified', () => {
  it('is not counted against its sender: honest people behind one address are not stopped (R-AUT-11)', async () => {
    const service = createService({ ...ENFORCED, LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '12' })
    const address = uniqueAddress()
    const verified: string[] = []
    const statuses: number[] = []
    // Ten times the limit: three ask at a time, half a minute later they type, and every eighth never does.
    for (let nth = 0; nth < 120; nth += 3) {
      const phones = [uniquePhone(), uniquePhone(), uniquePhone()]
      for (const phone of phones) statuses.push((await send(service, phone, address)).status)
      vi.advanceTimersByTime(25_000)
      for (const phone of phones.filter((_, index) => (nth + index) % 8 !== 0)) {
        // From another address: who types may be on another network by then.
        expect((await check(service, phone, vendor.lastCode(phone)!, { 'cf-connecting-ip': uniqueAddress() })).status).toBe(200)
        verified.push(phone)
      }
    }
    expect(new Set(statuses)).toEqual(new Set([201]))
    expect(await countedBy(`address:${await addressSubject(address)}`)).toEqual({ sends: 120, verified: verified.length })
  })

  it('clears all sends of the verification at once, resends too, wherever they were counted', async () => {
    const service = createService({ ...ENFORCED })
    const phone = uniquePhone()
    const [one, other] = [uniqueAddress(), uniqueAddress()]
    await send(service, phone, one)
    vi.advanceTimersByTime(MINUTE_MS)
    await send(service, phone, other)
    const names = [
      `address:${await addressSubject(one)}`,
      `address:${await addressSubject(other)}`,
      `prefix:${phone.slice(0, -4)}`,
    ]
    expect(await Promise.all(names.map(countedBy))).toMatchObject([{ sends: 1 }, { sends: 1 }, { sends: 2 }])

    const code = vendor.lastCode(phone)!
    await check(service, phone, code)
    await check(service, phone, code)

    expect(await Promise.all(names.map(countedBy))).toEqual([
      { sends: 1, verified: 1 },
      { sends: 1, verified: 1 },
      { sends: 2, verified: 2 },
    ])
    expect((await storedState(await gateOf(phone)))?.verifications[0]).not.toHaveProperty('counted')
  })

  it('is what was typed right: a wrong code clears nothing', async () => {
    const service = createService(ENFORCED)
    const phone = uniquePhone()
    await send(service, phone)
    await check(service, phone, wrongCode(vendor.lastCode(phone)!))
    expect(await countedBy(`prefix:${phone.slice(0, -4)}`)).toEqual({ sends: 1, verified: 0 })
  })
})

describe('what does not go out', () => {
  const service = createService(ENFORCED)
  const refusals: [string, string, (phone: string) => Promise<unknown>][] = [
    ['refused by the gate', '5555', (phone) => send(service, phone, uniqueAddress())],
    ['rejected by the vendor', '0013', async () => {}],
  ]

  it.each(refusals)('%s is counted nowhere', async (_what, suffix, before) => {
    const phone = uniquePhone(suffix)
    await before(phone)
    const prefix = `prefix:${phone.slice(0, -4)}`
    const { sends } = await countedBy(prefix)
    const address = uniqueAddress()
    expect((await send(service, phone, address)).ok).toBe(false)
    expect(await countedBy(prefix)).toEqual({ sends, verified: 0 })
    expect(await countedBy(`address:${await addressSubject(address)}`)).toEqual({ sends: 0, verified: 0 })
  })

  it('stays uncounted when the next try is verified', async () => {
    const phone = uniquePhone('0013')
    // Of the same range, and never verified: its count must not be cleared in the place of one that there is not.
    await send(service, `${phone.slice(0, -4)}5555`)
    await send(service, phone)
    expect((await send(service, phone)).status).toBe(201)
    await check(service, phone, vendor.lastCode(phone)!)
    expect(await countedBy(`prefix:${phone.slice(0, -4)}`)).toEqual({ sends: 2, verified: 1 })
  })

  it('to a country, or of a kind, that is not allowed costs nothing and is counted nowhere (R-AUT-07)', async () => {
    const onlyIndia = createService({ ...ENFORCED, ALLOWED_COUNTRIES: 'IN' })
    const numbers = [
      '+255694230173',
      '+998901234567',
      '+79161234567',
      '+881612345678',
      '+979123456789',
      '+449098790000',
      '+18002345678',
    ]
    for (const number of numbers) {
      const response = await send(onlyIndia, number, '198.51.254.1')
      expect([number, response.status]).toEqual([number, 422])
      expect(await limiterState(`prefix:${number.slice(0, -4)}`)).toBeUndefined()
    }
    for (const country of ['TZ', 'UZ', 'RU', 'GB', 'US']) expect(await limiterState(`country:${country}`)).toBeUndefined()
    expect(await limiterState(`address:${await addressSubject('198.51.254.1')}`)).toBeUndefined()
    expect(vendor.requests).toHaveLength(0)
  })
})

describe('each rule', () => {
  it('key: a leaked key is stopped through however many addresses, and no other key is', async () => {
    const service = createService({ ...ENFORCED, LIMIT_KEY_UNVERIFIED_1_HOUR: '5' })
    const [leaked, other] = [await putApiKey(), await putApiKey()]
    const responses = []
    for (let nth = 0; nth < 9; nth++) responses.push(await send(service, uniquePhone(), uniqueAddress(), bearer(leaked.key)))
    expect(statusesOf(responses)).toEqual({ 201: 5, 429: 4 })
    expect((await send(service, uniquePhone(), uniqueAddress(), bearer(other.key))).status).toBe(201)
    expect((await send(service, uniquePhone(), uniqueAddress())).status).toBe(201)
  })

  it('prefix: numbers of one range are stopped, and those of the next are not', async () => {
    const service = createService(ENFORCED)
    const [range, next] = [uniquePhone('').slice(0, 9), uniquePhone('').slice(0, 9)]
    const responses = []
    for (let nth = 0; nth < 20; nth++) responses.push(await send(service, `${range}${1000 + nth}`, uniqueAddress()))
    expect(statusesOf(responses)).toEqual({ 201: 12, 429: 8 })
    expect((await send(service, `${next}1000`, uniqueAddress())).status).toBe(201)
  })

  it('country: one that does not convert is stopped, and the home country is not (R-AUT-08)', async () => {
    const service = createService({ ...ENFORCED, LIMIT_COUNTRY_UNVERIFIED_6_HOURS: '5', LIMIT_PREFIX_MODE: 'off' })
    const responses = []
    for (let nth = 0; nth < 8; nth++) responses.push(await send(service, `+2556942301${70 + nth}`, uniqueAddress()))
    expect(statusesOf(responses)).toEqual({ 201: 5, 429: 3 })
    for (let nth = 0; nth < 8; nth++) expect((await send(service, uniquePhone(), uniqueAddress())).status).toBe(201)
    expect(await limiterState('country:IN')).toBeUndefined()
  })

  it('that is off does not count, and one that observes refuses nothing and records it', async () => {
    const figures = { LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '2' }
    const [off, observed] = [uniqueAddress(), uniqueAddress()]
    const withoutIt = createService({ ...ENFORCED, ...figures, LIMIT_ADDRESS_MODE: 'off' })
    const observing = createService({ ...ENFORCED, ...figures, LIMIT_ADDRESS_MODE: 'observe' })
    for (let nth = 0; nth < 5; nth++) {
      expect((await send(withoutIt, uniquePhone(), off)).status).toBe(201)
      expect((await send(observing, uniquePhone(), observed)).status).toBe(201)
    }
    expect(await limiterState(`address:${await addressSubject(off)}`)).toBeUndefined()
    const subject = await addressSubject(observed)
    await carry(`address:${subject}`)
    expect(await decisionsOf('address', subject)).toMatchObject([{ mode: 'observe', count: 3 }])
  })
})

describe('the answer to who is stopped', () => {
  const struckBy = async (settings: Record<string, string>, numberOf: (nth: number) => string, headers = {}) => {
    const service = createService({ ...settings })
    const address = uniqueAddress()
    let response = await send(service, numberOf(0), address, headers)
    for (let nth = 1; response.status === 201; nth++) response = await send(service, numberOf(nth), address, headers)
    return response
  }

  it('is the same whatever the rule, and says nothing of it (R-AUT-15)', async () => {
    const { key } = await putApiKey()
    const range = uniquePhone('').slice(0, 9)
    const responses = [
      await struckBy({ ...only('key'), LIMIT_KEY_UNVERIFIED_1_HOUR: '1' }, () => uniquePhone(), bearer(key)),
      await struckBy({ ...only('address'), LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '1' }, () => uniquePhone()),
      await struckBy({ ...only('prefix'), LIMIT_PREFIX_UNVERIFIED_24_HOURS: '1' }, (nth) => `${range}${2000 + nth}`),
      await struckBy({ ...only('country'), LIMIT_COUNTRY_UNVERIFIED_6_HOURS: '1' }, (nth) => `+2556942302${10 + nth}`),
    ]
    const told = await Promise.all(
      responses.map(async (response) => {
        const headers = [...response.headers.keys()]
        const { request_id: _, retry_after, ...body } = (await response.json()) as Record<string, unknown>
        const seconds = Number(response.headers.get('retry-after'))
        expect(retry_after).toBe(seconds)
        expect(seconds).toBeGreaterThanOrEqual(900)
        expect(seconds).toBeLessThanOrEqual(1_200)
        return { status: response.status, headers, body }
      }),
    )
    expect(told[0]).toMatchObject({ status: 429, body: { code: 'abnormal_usage' } })
    expect(told[0]!.headers.filter((name) => name.startsWith('ratelimit'))).toEqual([])
    for (const one of told) expect(one).toEqual(told[0])
    expect(JSON.stringify(told)).not.toMatch(/address|prefix|country|\bkey\b|limit/i)
  })

  it('is true: who waits as long is let in again (R-HTTP-02)', async () => {
    const service = createService({ ...only('address'), LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '1' })
    const address = uniqueAddress()
    await send(service, uniquePhone(), address)
    const refused = await send(service, uniquePhone(), address)
    vi.advanceTimersByTime(Number(refused.headers.get('retry-after')) * 1000)
    expect((await send(service, uniquePhone(), address)).status).toBe(201)
  })

  it('comes in the envelope of every surface', async () => {
    const settings = { ...only('address'), LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '1' }
    const service = createService(settings)
    const address = uniqueAddress()
    await send(service, uniquePhone(), address)
    const bodies: [string, (phone: string) => object, object][] = [
      ['/send-otp', (phone) => ({ phone_number: phone }), { success: false, data: { error: 'abnormal_usage' } }],
      ['/api_v1/otp_send', (phone) => ({ phone_number: phone }), { success: false, data: { error: 'abnormal_usage' } }],
    ]
    for (const [path, bodyOf, expected] of bodies) {
      const response = await service.post(path, bodyOf(uniquePhone()), { 'cf-connecting-ip': address })
      expect(response.status).toBe(429)
      expect(await response.json()).toMatchObject(expected)
    }
  })
})

describe('what is recorded', () => {
  it('an allowed send names the rules that it was counted by', async () => {
    const service = createService(ENFORCED)
    const { key } = await putApiKey()
    const phone = uniquePhone()
    await send(service, phone, uniqueAddress(), bearer(key))
    const gate = await gateOf(phone)
    await fireAlarm(gate)
    const [reserved] = await auditOf(gate)
    expect(JSON.parse(reserved!.detail)).toMatchObject({ counted_by: 'key,address,prefix' })
  })

  it('a refusal has a line in the log with its rule and mode, and nothing of the subject', async () => {
    const lines: string[] = []
    vi.spyOn(console, 'warn').mockImplementation((line: string) => void lines.push(line))
    const service = createService({ ...only('address'), LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '1' })
    const address = uniqueAddress()
    await send(service, uniquePhone(), address)
    for (let nth = 0; nth < 3; nth++) await send(service, uniquePhone(), address)
    const struck = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event === 'limit.struck')
    expect(struck).toHaveLength(3)
    expect(struck[0]).toEqual({
      level: 'warn',
      event: 'limit.struck',
      request_id: expect.any(String),
      reason: 'address',
      outcome: 'enforce',
    })
  })

  it('while it is struck, a client is counted nowhere else: refusing it costs one call', async () => {
    const service = createService({ ...ENFORCED, LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '1' })
    const address = uniqueAddress()
    await send(service, uniquePhone(), address)
    await send(service, uniquePhone(), address)
    const phone = uniquePhone()
    await send(service, phone, address)
    expect(await limiterState(`prefix:${phone.slice(0, -4)}`)).toBeUndefined()
  })
})

describe('a limiter that cannot be reached', () => {
  const broken = {
    idFromName: (name: string) => env.LIMITER.idFromName(name),
    get: () => new Proxy({}, { get: () => () => Promise.reject(new Error('injected')) }),
  }

  it('stops sends where it is enforced: nothing goes out uncounted', async () => {
    const service = createService({ ...ENFORCED, LIMITER: broken })
    const response = await send(service, uniquePhone())
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ code: 'dependency_unavailable' })
    expect(vendor.requests).toHaveLength(0)
  })

  it('stops nothing where it only observes, nor a check', async () => {
    const phone = uniquePhone()
    expect((await send(createService({ LIMITER: broken }), phone)).status).toBe(201)
    expect((await check(createService({ LIMITER: broken }), phone, vendor.lastCode(phone)!)).status).toBe(200)
    const counted = uniquePhone()
    await send(createService(ENFORCED), counted)
    expect((await check(createService({ ...ENFORCED, LIMITER: broken }), counted, vendor.lastCode(counted)!)).status).toBe(200)
  })
})

describe('a code that its caller made', () => {
  const service = createService({ ...ENFORCED, LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '1' })
  const sendOwn = (to: string, address: string) =>
    service.post('/api/v1/external/whatsapp/otp', { to_phone: to, otp: '123456' }, { 'cf-connecting-ip': address })

  it('is not counted, and causes no strike: nobody would hear that it was typed', async () => {
    const address = uniqueAddress()
    for (let nth = 0; nth < 3; nth++) expect((await sendOwn(uniquePhone(), address)).status).toBe(200)
    expect(await limiterState(`address:${await addressSubject(address)}`)).toBeUndefined()
    expect((await send(service, uniquePhone(), address)).status).toBe(201)
  })

  it('is refused while a strike is in force, and let through after it', async () => {
    const address = uniqueAddress()
    await send(service, uniquePhone(), address)
    expect((await sendOwn(uniquePhone(), address)).status).toBe(200)
    expect((await send(service, uniquePhone(), address)).status).toBe(429)
    const before = vendor.requests.length

    const refused = await sendOwn(uniquePhone(), address)
    expect(refused.status).toBe(429)
    expect(vendor.requests).toHaveLength(before)
    vi.advanceTimersByTime(15 * MINUTE_MS)
    expect((await sendOwn(uniquePhone(), address)).status).toBe(200)
  })
})
