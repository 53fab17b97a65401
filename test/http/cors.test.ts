import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDatabase } from '../../src/db/client'
import { apiKeys } from '../../src/db/schema'
import { PAGE, bearer, putApiKey } from '../support/keys'
import { createService, standInForVendors, uniquePhone } from '../support/service'

const PATH = '/v1/verifications'

let origins = 0
/** An origin that no other test of the file has used. */
const uniqueOrigin = () => `https://page-${++origins}.example.com`

type Service = ReturnType<typeof createService>

const preflight = (service: Service, origin: string, path = PATH) =>
  service.request(path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
  })
const allowed = (response: Response) => response.headers.get('access-control-allow-origin')
const corsHeaders = ({ headers }: Response) => [...headers.keys()].filter((name) => name.startsWith('access-control-'))

/** D1 as it is, with its reads counted; `fail` has them fail. */
function watchedD1() {
  const watch = { reads: 0, fails: false }
  const DB = new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...values: unknown[]) => {
        if (name === 'prepare' && String(values[0]).includes('api_key')) {
          watch.reads += 1
          if (watch.fails) throw new Error('D1 is down')
        }
        return (value as (...given: unknown[]) => unknown).apply(target, values)
      }
    },
  })
  return { watch, DB }
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('a preflight', () => {
  it('of the page of a key is told what the page may send, and may read', async () => {
    const origin = uniqueOrigin()
    await putApiKey({ kind: 'publishable', origins: [origin] })
    const response = await preflight(createService(), origin)

    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(allowed(response)).toBe(origin)
    const list = (name: string) => response.headers.get(name)!.split(',').toSorted()
    expect(list('access-control-allow-methods')).toEqual(['DELETE', 'GET', 'POST'])
    expect(list('access-control-allow-headers')).toEqual([
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'X-API-Key',
      'X-Request-Id',
      'X-Turnstile-Token',
    ])
    expect(list('access-control-expose-headers')).toEqual([
      'Idempotent-Replayed',
      'Location',
      'RateLimit',
      'RateLimit-Policy',
      'Retry-After',
      'X-Request-Id',
    ])
    expect(response.headers.get('access-control-max-age')).toBe('600')
    expect(response.headers.get('access-control-allow-credentials')).toBeNull()
    expect(response.headers.get('vary')).toContain('Origin')
  })

  it('is answered for the origins of all keys together, on every surface', async () => {
    const [one, two, three] = [uniqueOrigin(), uniqueOrigin(), uniqueOrigin()]
    await putApiKey({ kind: 'publishable', origins: [one, two] })
    await putApiKey({ kind: 'publishable', origins: [three] })
    const service = createService()
    const paths = [PATH, '/send-otp', '/api_v1/otp_verify', '/api/users/verify-otp', '/api/v1/external/sms/otp']

    for (const origin of [one, two, three]) {
      for (const path of paths) expect(allowed(await preflight(service, origin, path)), `${origin} ${path}`).toBe(origin)
    }
  })

  const impostors: Readonly<Record<string, (origin: string) => string>> = {
    'of no key': () => 'https://elsewhere.example.com',
    'with another scheme': (origin) => origin.replace('https:', 'http:'),
    'with another port': (origin) => `${origin}:8443`,
    'that begins the same': (origin) => `${origin}.elsewhere.test`,
    'of a page below it': (origin) => origin.replace('https://', 'https://www.'),
    'with a path': (origin) => `${origin}/`,
    'in capitals': (origin) => origin.toUpperCase(),
    null: () => 'null',
    '*': () => '*',
    'with a list': (origin) => `${origin}, ${origin}`,
  }

  it.each(Object.keys(impostors))('of an origin %s is a method that no route has', async (what) => {
    const origin = uniqueOrigin()
    await putApiKey({ kind: 'publishable', origins: [origin] })
    const response = await preflight(createService(), impostors[what]!(origin))

    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('POST')
    expect(await response.json()).toMatchObject({ code: 'method_not_allowed' })
    expect(corsHeaders(response)).toEqual([])
  })

  it('of an origin `null` is refused, even where a key had it', async () => {
    await putApiKey({ kind: 'publishable', origins: ['null'] })
    expect((await preflight(createService(), 'null')).status).toBe(405)
  })

  it('that is none, since it asks for no method, is a method that no route has', async () => {
    const origin = uniqueOrigin()
    await putApiKey({ kind: 'publishable', origins: [origin] })
    const response = await createService().request(PATH, { method: 'OPTIONS', headers: { origin } })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('knows no origin of a secret key, nor of one that is expired or revoked', async () => {
    const service = createService()
    const [secret, expired, revoked] = [uniqueOrigin(), uniqueOrigin(), uniqueOrigin()]
    await putApiKey({ kind: 'secret', origins: [secret] })
    await putApiKey({ kind: 'publishable', origins: [expired], expiresAt: Date.now() })
    await putApiKey({ kind: 'publishable', origins: [revoked], revokedAt: Date.now() })

    for (const origin of [secret, expired, revoked]) expect((await preflight(service, origin)).status).toBe(405)
  })
})

describe('an answer', () => {
  it('can be read by the page of the key, also when it is a refusal', async () => {
    const origin = uniqueOrigin()
    const { key } = await putApiKey({ kind: 'publishable', origins: [origin] })
    const service = createService()
    const readable = async (status: number, sent: Promise<Response>) => {
      const response = await sent
      expect([response.status, allowed(response)]).toEqual([status, origin])
      expect(response.headers.get('access-control-expose-headers')).toContain('Retry-After')
      expect(response.headers.get('access-control-allow-credentials')).toBeNull()
      expect(response.headers.get('vary')).toContain('Origin')
    }
    const phone = uniquePhone()
    const page = bearer(key, origin)

    await readable(201, service.post(PATH, { to: phone }, page))
    await readable(429, service.post(PATH, { to: phone }, page))
    await readable(400, service.post(PATH, '{', page))
    await readable(415, service.post(PATH, '{}', { ...page, 'content-type': 'text/plain' }))
    await readable(401, service.post(PATH, { to: phone }, bearer(key.slice(0, -1), origin)))
    await readable(403, service.request('/v1/leads', { headers: page }))
    await readable(404, service.request('/v1/nothing', { headers: page }))
    await readable(405, service.request(PATH, { method: 'PUT', headers: page }))
    await readable(200, service.request('/health', { headers: { origin } }))
  })

  it('tells the page of another key that this one is not for it', async () => {
    const [mine, other] = [uniqueOrigin(), uniqueOrigin()]
    const { key } = await putApiKey({ kind: 'publishable', origins: [mine] })
    await putApiKey({ kind: 'publishable', origins: [other] })

    const response = await createService().post(PATH, { to: uniquePhone() }, bearer(key, other))
    expect([response.status, allowed(response)]).toEqual([403, other])
    expect(await response.json()).toMatchObject({ code: 'origin_not_allowed' })
  })

  it.each(['https://elsewhere.example.com', 'null'])('to the origin %s cannot be read there', async (origin) => {
    const { key } = await putApiKey({ kind: 'publishable', origins: [PAGE] })
    const response = await createService().post(PATH, { to: uniquePhone() }, bearer(key, origin))
    expect([response.status, corsHeaders(response)]).toEqual([403, []])
    expect(response.headers.get('vary')).toBe('Origin')
  })

  it('is never for everybody, and comes with no word of origins where none asks', async () => {
    await putApiKey({ kind: 'publishable', origins: [PAGE] })
    const response = await createService().request('/health')
    expect(corsHeaders(response)).toEqual([])
    expect(response.headers.get('vary')).toBe('Origin')
  })
})

describe('what is known of origins', () => {
  it('costs a request without one nothing', async () => {
    const { watch, DB } = watchedD1()
    const service = createService({ DB })
    await service.request('/health')
    await service.request('/health', { headers: { origin: 'null' } })
    expect(watch.reads).toBe(0)
  })

  it('is read once in 20 seconds, for known and unknown ones', async () => {
    const origin = uniqueOrigin()
    await putApiKey({ kind: 'publishable', origins: [origin] })
    const { watch, DB } = watchedD1()
    const service = createService({ DB })
    const ask = async (asked: string) => (await preflight(service, asked)).status

    for (const asked of [origin, uniqueOrigin(), origin, uniqueOrigin()]) await ask(asked)
    vi.advanceTimersByTime(19_999)
    await ask(origin)
    await ask(uniqueOrigin())
    expect(watch.reads).toBe(1)
    vi.advanceTimersByTime(1)
    expect(await ask(origin)).toBe(204)
    expect(await ask(origin)).toBe(204)
    expect(watch.reads).toBe(2)
  })

  it('is read before an origin is refused that may be new', async () => {
    const service = createService()
    const origin = uniqueOrigin()
    expect((await preflight(service, origin)).status).toBe(405)
    await putApiKey({ kind: 'publishable', origins: [origin] })
    expect((await preflight(service, origin)).status).toBe(405)
    vi.advanceTimersByTime(20_000)
    expect((await preflight(service, origin)).status).toBe(204)
  })

  it('forgets the origin of a key that is revoked within a minute', async () => {
    const origin = uniqueOrigin()
    const { id } = await putApiKey({ kind: 'publishable', origins: [origin] })
    const service = createService()
    expect((await preflight(service, origin)).status).toBe(204)
    await createDatabase(env.DB).update(apiKeys).set({ revokedAt: Date.now() }).where(eq(apiKeys.id, id))
    vi.advanceTimersByTime(50_000)
    expect((await preflight(service, origin)).status).toBe(405)
  })

  it('forgets it after 20 seconds where others ask', async () => {
    const origin = uniqueOrigin()
    const { id } = await putApiKey({ kind: 'publishable', origins: [origin] })
    const service = createService()
    expect((await preflight(service, origin)).status).toBe(204)
    await createDatabase(env.DB).update(apiKeys).set({ revokedAt: Date.now() }).where(eq(apiKeys.id, id))
    vi.advanceTimersByTime(20_000)
    await preflight(service, uniqueOrigin())
    expect((await preflight(service, origin)).status).toBe(405)
  })

  it('is believed for 50 seconds while D1 is down, and then nothing is; no answer fails for it', async () => {
    const origin = uniqueOrigin()
    await putApiKey({ kind: 'publishable', origins: [origin] })
    const { watch, DB } = watchedD1()
    const service = createService({ DB })
    await preflight(service, origin)
    watch.fails = true
    vi.advanceTimersByTime(49_999)
    expect((await preflight(service, origin)).status).toBe(204)
    vi.advanceTimersByTime(1)
    expect((await preflight(service, origin)).status).toBe(405)
    vi.advanceTimersByTime(5_000)
    const { status, headers } = await service.request('/health', { headers: { origin } })
    expect([status, headers.get('access-control-allow-origin')]).toEqual([200, null])
    const reads = watch.reads
    await preflight(service, origin)
    expect(watch.reads).toBe(reads)

    watch.fails = false
    vi.advanceTimersByTime(5_000)
    expect((await preflight(service, origin)).status).toBe(204)
  })

  it('is asked for by each of many first requests by itself', async () => {
    const origin = uniqueOrigin()
    await putApiKey({ kind: 'publishable', origins: [origin] })
    const service = createService()
    const statuses = await Promise.all(Array.from({ length: 10 }, async () => (await preflight(service, origin)).status))
    expect(new Set(statuses)).toEqual(new Set([204]))
  })

  it('is nothing where the configuration is wrong, which the surface tells', async () => {
    const origin = uniqueOrigin()
    await putApiKey({ kind: 'publishable', origins: [origin] })
    const response = await createService({ OTP_PEPPER: '' }).post(PATH, { to: uniquePhone() }, { origin })
    expect([response.status, corsHeaders(response)]).toEqual([503, []])
  })
})
