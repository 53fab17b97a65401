import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { rateLimitHeaders } from '../../src/http/rate-limit-headers'
import { type GateStub, gatesWith } from '../support/gate'
import { PAGE, bearer, putApiKey } from '../support/keys'
import {
  createService,
  MSG91_SETTINGS,
  MSHASTRA_SETTINGS,
  standInForVendors,
  TWILIO_SETTINGS,
  uniquePhone,
} from '../support/service'

const MINUTE_MS = 60_000

/** The items of a structured field (RFC 9651): a list of strings, each with parameters that are whole numbers. */
function parseList(field: string | null): Record<string, Record<string, number>> {
  const ITEM = /"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"((?:;[a-z*][a-z\d_.*-]*=-?\d{1,15})*)(?:[ \t]*,[ \t]*(?=")|$)/gy
  const items = [...(field ?? '').matchAll(ITEM)]
  expect(items.map(([item]) => item).join('')).toBe(field)
  return Object.fromEntries(
    items.map(([, name, parameters]) => [
      name!,
      Object.fromEntries(
        parameters!
          .slice(1)
          .split(';')
          .map((one) => one.split('='))
          .map(([key, value]) => [key!, Number(value)]),
      ),
    ]),
  )
}
const limitsOf = ({ headers }: Response) => ({
  policy: parseList(headers.get('ratelimit-policy')),
  left: parseList(headers.get('ratelimit')),
})

const POLICY = { cooldown: { q: 1, w: 60 }, 'sends-10m': { q: 3, w: 600 }, 'sends-24h': { q: 10, w: 86_400 } }
const settings = { ...MSHASTRA_SETTINGS, ...TWILIO_SETTINGS, ...MSG91_SETTINGS, V1_CHANNELS: 'whatsapp' }

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('RateLimit and RateLimit-Policy (R-HTTP-03)', () => {
  const sends: [string, string, (phone: string) => object][] = [
    ['v1', '/v1/verifications', (to) => ({ to })],
    ['whatsapp-otp', '/send-otp', (phone) => ({ phone_number: phone })],
    ['homi', '/api_v1/otp_send', (phone) => ({ phone_number: phone })],
    ['user-otp', '/api/users/send-otp', (phone) => ({ phone })],
    ['external-otp', '/api/v1/external/sms/otp', (phone) => ({ to_phone: phone })],
  ]

  it.each(sends)('%s: with every send, and with every wait for the number', async (_name, path, bodyOf) => {
    const service = createService(settings)
    const phone = uniquePhone()
    const send = () => service.post(path, bodyOf(phone))

    const first = await send()
    expect(first.ok).toBe(true)
    expect(limitsOf(first)).toEqual({
      policy: POLICY,
      left: { cooldown: { r: 0, t: 60 }, 'sends-10m': { r: 2 }, 'sends-24h': { r: 9 } },
    })
    vi.advanceTimersByTime(20_000)
    const tooSoon = await send()
    expect(tooSoon.ok).toBe(false)
    expect(limitsOf(tooSoon)).toEqual({
      policy: POLICY,
      left: { cooldown: { r: 0, t: 40 }, 'sends-10m': { r: 2 }, 'sends-24h': { r: 9 } },
    })
    vi.advanceTimersByTime(MINUTE_MS)
    await send()
    vi.advanceTimersByTime(MINUTE_MS)
    const third = await send()
    expect(limitsOf(third).left).toEqual({ cooldown: { r: 0, t: 60 }, 'sends-10m': { r: 0, t: 460 }, 'sends-24h': { r: 7 } })
    vi.advanceTimersByTime(MINUTE_MS)
    const tooMany = await send()
    expect(limitsOf(tooMany).left).toEqual({ cooldown: { r: 1 }, 'sends-10m': { r: 0, t: 400 }, 'sends-24h': { r: 7 } })

    for (const refused of [tooSoon, tooMany]) {
      const waits = Object.values(limitsOf(refused).left).map(({ t = 0 }) => t)
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(Math.max(...waits))
    }
    vi.advanceTimersByTime(Number(tooMany.headers.get('retry-after')) * 1000)
    expect((await send()).ok).toBe(true)
  })

  it('with a resend by id, too', async () => {
    const service = createService(settings)
    const phone = uniquePhone()
    const { id } = (await (await service.post('/v1/verifications', { to: phone })).json()) as { id: string }
    vi.advanceTimersByTime(MINUTE_MS)
    const again = await service.post(`/v1/verifications/${id}/resend`, {})
    expect(limitsOf(again).left).toMatchObject({ 'sends-10m': { r: 1 } })
  })

  it('not where nothing was sent and nobody waits for the number', async () => {
    const service = createService(settings)
    const rejected = await service.post('/v1/verifications', { to: uniquePhone('0025') })
    const unread = await service.post('/v1/verifications', {})
    for (const { headers } of [rejected, unread]) {
      expect([headers.get('ratelimit'), headers.get('ratelimit-policy')]).toEqual([null, null])
    }
  })

  it('not where an object of older code does not tell them', async () => {
    const reserve = async (stub: GateStub, request: never) => {
      const { quotas: _, ...reply } = (await stub.reserve(request)) as unknown as Record<string, unknown>
      return reply
    }
    const service = createService({ ...settings, PHONE_GATE: gatesWith({ reserve }) })
    const sent = await service.post('/v1/verifications', { to: uniquePhone() })
    expect(sent.status).toBe(201)
    expect(sent.headers.get('ratelimit')).toBeNull()
  })

  it('are none where nothing is known, and never say whose limits they are', () => {
    const quota = { name: 'sends-10m', limit: 3, windowMs: 600_000, left: 0, waitMs: 1 }
    expect(rateLimitHeaders([quota], undefined)).toEqual({
      'RateLimit-Policy': '"sends-10m";q=3;w=600',
      RateLimit: '"sends-10m";r=0;t=1',
    })
    expect(rateLimitHeaders(undefined, undefined)).toEqual({})
    expect(rateLimitHeaders([], undefined)).toEqual({})
    expect(rateLimitHeaders([quota], { kind: 'browser' })).toEqual({})
  })

  const forPages = sends.filter(([name]) => name !== 'external-otp')
  it.each(forPages)('%s: tells a page of the wait alone, and not how often a number was sent to', async (_name, path, bodyOf) => {
    const service = createService(settings)
    const page = bearer((await putApiKey({ kind: 'publishable' })).key, PAGE)
    const phone = uniquePhone()
    const send = (headers: Record<string, string>) => service.post(path, bodyOf(phone), headers)
    for (let nth = 0; nth < 2; nth++) {
      await send({})
      vi.advanceTimersByTime(MINUTE_MS)
    }

    const sent = await send(page)
    expect(sent.ok).toBe(true)
    const tooSoon = await send(page)
    vi.advanceTimersByTime(MINUTE_MS)
    const tooMany = await send(page)

    expect([tooSoon.status, tooMany.status]).toEqual([429, 429])
    const policy = { cooldown: POLICY.cooldown }
    for (const response of [sent, tooSoon]) expect(limitsOf(response)).toEqual({ policy, left: { cooldown: { r: 0, t: 60 } } })
    expect(limitsOf(tooMany)).toEqual({ policy, left: { cooldown: { r: 1 } } })
  })

  it('a resend by id tells a page no more', async () => {
    const service = createService(settings)
    const page = bearer((await putApiKey({ kind: 'publishable' })).key, PAGE)
    const { id } = await (await service.post('/v1/verifications', { to: uniquePhone() }, page)).json<{ id: string }>()
    vi.advanceTimersByTime(MINUTE_MS)
    const again = await service.post(`/v1/verifications/${id}/resend`, {}, page)
    expect(again.status).toBe(200)
    expect(limitsOf(again).left).toEqual({ cooldown: { r: 0, t: 60 } })
  })
})
