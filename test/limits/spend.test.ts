import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../src/config/load-config'
import { messageCosts } from '../../src/limits/message-costs'
import { carry, decisionsOf, limiterState } from '../support/limits'
import { createService, standInForVendors, type StandIns, TWILIO_SETTINGS, uniquePhone } from '../support/service'
import { aSecret } from '../support/secrets'

const NAME = 'spend:deployment'
const MINUTE_MS = 60_000
const PRICES = JSON.stringify({ currency: 'USD', prices: { gupshup: '0.05', twilio: '0.02' } })

let vendors: StandIns
let day = 0
beforeEach(() => {
  // Each test has a day of its own: there is one budget for all.
  day += 1
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 0, day, 18) })
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const serviceWith = (changes: Record<string, string> = {}) =>
  createService({ MESSAGE_PRICES: PRICES, SPEND_CAP_PER_DAY: '0.12', SPEND_CAP_MODE: 'enforce', ...changes })
const send = (service: ReturnType<typeof createService>, to = uniquePhone()) => service.post('/v1/verifications', { to })
const spent = async () => (await limiterState(NAME))?.spending?.micros

/** The lines of the log, as far as they say that the cap is reached. */
function watchAlerts(): unknown[] {
  const alerts: unknown[] = []
  vi.spyOn(console, 'error').mockImplementation((line: string) => {
    const entry = JSON.parse(line) as Record<string, unknown>
    if (entry['event'] === 'spend.cap_reached') alerts.push(entry)
  })
  return alerts
}

describe('the daily cap (R-AUT-05)', () => {
  it('is not crossed: the call that would is not made, with one alert a day, and tomorrow it may be', async () => {
    const alerts = watchAlerts()
    const service = serviceWith()
    const statuses = []
    for (let nth = 0; nth < 2; nth++) statuses.push((await send(service)).status)
    const refused = await send(service)
    await send(service)

    expect(statuses).toEqual([201, 201])
    expect(refused.status).toBe(503)
    expect(refused.headers.get('retry-after')).toBe(String(6 * 60 * 60))
    expect(await refused.json()).toMatchObject({ code: 'budget_exhausted', retry_after: 6 * 60 * 60 })
    expect(vendors.gupshup.requests).toHaveLength(2)
    expect(alerts).toEqual([
      { level: 'error', event: 'spend.cap_reached', request_id: expect.any(String), reason: 'spend', outcome: 'enforce' },
    ])
    await carry(NAME)
    expect((await decisionsOf('spend', 'deployment')).at(-1)).toMatchObject({ mode: 'enforce', count: 2 })

    vi.advanceTimersByTime(6 * 60 * MINUTE_MS)
    expect((await send(service)).status).toBe(201)
    day += 1
  })

  it('is not crossed by many at once', async () => {
    const service = serviceWith({ SPEND_CAP_PER_DAY: '0.5' })
    const responses = await Promise.all(Array.from({ length: 30 }, () => send(service)))
    expect(responses.filter(({ status }) => status === 201)).toHaveLength(10)
    expect(vendors.gupshup.requests).toHaveLength(10)
  })

  it('gets back what nothing came of: what the vendor rejected, or the gate refused', async () => {
    const service = serviceWith()
    await send(service, uniquePhone('0025'))
    expect(await spent()).toBe(0)
    const phone = uniquePhone()
    await send(service, phone)
    expect((await send(service, phone)).status).toBe(429)
    expect(await spent()).toBe(50_000)
  })

  it('reserves the dearest way of the route, and pays what was used', async () => {
    const service = serviceWith({ ...TWILIO_SETTINGS, V1_CHANNELS: 'sms,whatsapp', SPEND_CAP_PER_DAY: '0.055' })
    expect((await send(service)).status).toBe(201)
    // Twilio carried it, for 0.02; the next could cost 0.05 again, which is more than is left.
    expect(await spent()).toBe(20_000)
    expect((await send(service)).status).toBe(503)
    expect(vendors.twilio.requests).toHaveLength(1)
    expect(vendors.gupshup.requests).toHaveLength(0)
  })

  it('that is observed refuses nothing, and is told once', async () => {
    const alerts = watchAlerts()
    const service = serviceWith({ SPEND_CAP_PER_DAY: '0.05', SPEND_CAP_MODE: 'observe' })
    for (let nth = 0; nth < 3; nth++) expect((await send(service)).status).toBe(201)
    expect(alerts).toHaveLength(1)
    await carry(NAME)
    expect((await decisionsOf('spend', 'deployment')).at(-1)).toMatchObject({ mode: 'observe', count: 2 })
  })

  it('that is off, or in mock mode, costs nothing', async () => {
    await send(serviceWith({ SPEND_CAP_MODE: 'off', SPEND_CAP_PER_DAY: '0.01' }))
    const mock = serviceWith({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true', SPEND_CAP_PER_DAY: '0.01' })
    expect((await send(mock)).status).toBe(201)
    expect((await limiterState(NAME))?.spending).toMatchObject({ day: Date.UTC(2027, 0, day), micros: 0 })
  })

  it('that cannot be asked stops sends', async () => {
    const LIMITER = {
      idFromName: (name: string) => env.LIMITER.idFromName(name),
      get: (id: DurableObjectId) =>
        new Proxy(env.LIMITER.get(id), {
          get: (stub, name) => (name === 'spend' ? () => Promise.reject(new Error('injected')) : Reflect.get(stub, name)),
        }),
    }
    const service = createService({ MESSAGE_PRICES: PRICES, SPEND_CAP_PER_DAY: '1', SPEND_CAP_MODE: 'enforce', LIMITER })
    const response = await send(service)
    expect(await response.json()).toMatchObject({ code: 'dependency_unavailable' })
    expect(vendors.gupshup.requests).toHaveLength(0)
  })
})

describe('what a message costs', () => {
  const long = 'é'.repeat(20) + '中'.repeat(60)
  const provider = (id: string, textIsOurs: boolean) =>
    ({
      id,
      channels: [],
      facts: { maxCodeLength: 8, textIsOurs },
      send: () => Promise.reject(new Error('nobody sends here')),
    }) as never
  const hops = [
    { provider: provider('twilio', true), channel: 'sms' },
    { provider: provider('msg91', false), channel: 'sms' },
    { provider: provider('gupshup', true), channel: 'whatsapp' },
  ] as const
  const prices = { currency: 'USD', prices: { twilio: 10, 'twilio/sms/IN': 30, msg91: 50, gupshup: 20 } }
  const costs = (country = 'IN') => messageCosts(prices, { hops, messageOn: () => Promise.resolve({ text: long }), country })
  const attempt = (id: string, channel: string, status: string) => ({ provider: id, channel, status }) as never

  it('is price times segments by the dearest way, where our text is cut into them', async () => {
    expect(await costs().dearest()).toBe(60)
    expect(await costs('TZ').dearest()).toBe(50)
  })

  it('is what was tried and taken, or may have been', async () => {
    const attempts = [
      attempt('twilio', 'sms', 'unknown'),
      attempt('msg91', 'sms', 'rejected'),
      attempt('gupshup', 'whatsapp', 'accepted'),
    ]
    expect(await costs().spent({ attempts })).toBe(80)
    expect(await costs().spent({ attempts: [] })).toBe(0)
  })
})

describe('the configuration of a cap', () => {
  const problemsOf = (changes: Record<string, string>) => {
    const result = loadConfig({ ENVIRONMENT: 'development', OTP_PEPPER: aSecret('p'), SPEND_CAP_PER_DAY: '1', ...changes })
    return result.ok ? [] : result.problems
  }
  const gupshup = Object.fromEntries(
    ['GUPSHUP_API_KEY', 'GUPSHUP_SOURCE', 'GUPSHUP_TEMPLATE_ID', 'GUPSHUP_SRC_NAME'].map((name) => [
      name,
      env[name as 'OTP_PEPPER'],
    ]),
  )
  const priced = (prices: Record<string, string>) => ({ MESSAGE_PRICES: JSON.stringify({ currency: 'USD', prices }) })

  it('wants a price for every vendor that is set up', () => {
    expect(problemsOf({ ...gupshup, ...TWILIO_SETTINGS, ...priced({ gupshup: '0.1' }) })).toEqual([
      'MESSAGE_PRICES has no price for all messages of twilio, which SPEND_CAP_PER_DAY is to bound',
    ])
    expect(problemsOf({ ...gupshup, ...TWILIO_SETTINGS, ...priced({ gupshup: '0.1', 'twilio/sms': '0' }) })).toEqual([])
  })

  it('is not content with prices for some countries, where others are allowed, too', () => {
    const some = priced({ 'gupshup/whatsapp/IN': '0.1' })
    expect(problemsOf({ ...gupshup, ...some })).toHaveLength(1)
    expect(problemsOf({ ...gupshup, ...some, ALLOWED_COUNTRIES: 'IN,TZ' })).toHaveLength(1)
    expect(problemsOf({ ...gupshup, ...some, ALLOWED_COUNTRIES: 'IN' })).toEqual([])
  })

  it('wants prices at all', () => {
    expect(problemsOf({})).toEqual([expect.stringContaining('MESSAGE_PRICES is missing')])
  })
})
