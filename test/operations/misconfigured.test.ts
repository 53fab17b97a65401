import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app'
import { type DocumentedRoute, collectRoutes } from '../../src/http/documented-routes'
import { expectDocumented } from '../support/conformance'
import { bearer } from '../support/keys'
import { aSecret } from '../support/secrets'
import { type StandIns, createService, standInForVendors, uniquePhone } from '../support/service'

// Production with one thing wrong, as everybody meets it: no route works, none is silent, and none tells a value.

const PRODUCTION = {
  ENVIRONMENT: 'production',
  OTP_PEPPER: aSecret('pepper'),
  PHONE_HASH_KEY: aSecret('hash'),
  PII_ENCRYPTION_KEY: aSecret('personal'),
  ADMIN_API_KEY: aSecret('operator'),
}
const SHORT = 'canary-that-is-short'
const SAMPLE = 'your-canary-goes-here-with-32-characters'
const TYPED = 'canary-canary-canary-canary-canary'

/** What is wrong, by which settings, and the names that have to be told. */
const WRONG: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
  ['mock mode', { PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' }, ['PIONEER_FLAG_MOCK_OTP_ENABLED', 'ENVIRONMENT']],
  ['no access control', { AUTH_REQUIRED: 'false' }, ['AUTH_REQUIRED', 'ENVIRONMENT']],
  ['no pepper', { OTP_PEPPER: '' }, ['OTP_PEPPER']],
  ['a short pepper', { OTP_PEPPER: SHORT }, ['OTP_PEPPER']],
  ['a sample for a pepper', { OTP_PEPPER: SAMPLE }, ['OTP_PEPPER']],
  ['a pepper that was typed', { OTP_PEPPER: TYPED }, ['OTP_PEPPER']],
  ["an operator's key that was typed", { ADMIN_API_KEY: TYPED }, ['ADMIN_API_KEY']],
  ["an operator's key that is the pepper", { ADMIN_API_KEY: PRODUCTION.OTP_PEPPER }, ['ADMIN_API_KEY', 'OTP_PEPPER']],
  ["a sample for a vendor's key", { GUPSHUP_API_KEY: 'your_canary_key' }, ['GUPSHUP_API_KEY']],
  ['a secret of Turnstile for tests', { TURNSTILE_SECRET_KEY: `1x${'0'.repeat(31)}AA` }, ['TURNSTILE_SECRET_KEY']],
  ['half an identity provider', { AUTH_ISSUER: 'https://canary.example' }, ['AUTH_JWKS_URL', 'AUTH_AUDIENCE']],
  ['signing keys that are none', { SIGNING_KEYS: '[{"kty":"oct","k":"canary"}]' }, ['SIGNING_KEYS']],
  ['half a vendor', { GUPSHUP_SOURCE: '' }, ['GUPSHUP_SOURCE']],
  ['a cap without prices', { SPEND_CAP_PER_DAY: '97' }, ['MESSAGE_PRICES', 'SPEND_CAP_PER_DAY']],
]

const neverCalled = () => {
  throw new Error('this app only shows its routes')
}
const routes = collectRoutes(createApp(neverCalled, () => true))
const ALWAYS_ALIVE = ['/health', '/api_v1/health']
const isDebug = ({ path }: DocumentedRoute) => path.startsWith('/debug/')
const works = routes.filter((route) => ![...ALWAYS_ALIVE, '/ready'].includes(route.path) && !isDebug(route))

const addressOf = ({ path }: DocumentedRoute) => path.replace('{contact_type}', 'applicant').replaceAll(/\{\w+\}/g, 'nobodys')

/** As somebody who may do everything, with what the route takes. */
async function ask(settings: Record<string, string>, route: DocumentedRoute): Promise<Response> {
  const { method, body } = route
  const asked = { method: method.toUpperCase(), path: addressOf(route) }
  const headers = bearer(settings['ADMIN_API_KEY'] ?? PRODUCTION.ADMIN_API_KEY)
  const response = await createService({ ...PRODUCTION, ...settings }).request(asked.path, {
    method: asked.method,
    headers: body ? { ...headers, 'content-type': 'application/json' } : headers,
    ...(body && { body: JSON.stringify(body.schema.meta()?.['example']) }),
  })
  await expectDocumented(asked, response)
  return response
}

let vendors: StandIns
beforeEach(() => {
  vi.spyOn(console, 'info').mockImplementation(() => {})
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vendors = standInForVendors()
})
afterEach(() => vi.restoreAllMocks())

it('has routes to walk, and works where nothing is wrong', async () => {
  expect(works.length).toBeGreaterThan(50)
  const service = createService(PRODUCTION)
  expect(await (await service.request('/health')).json()).toMatchObject({ status: 'healthy' })
  expect(await (await service.request('/ready')).json()).toMatchObject({ status: 'ready' })
  const sent = await service.post('/send-otp', { phone_number: uniquePhone() }, bearer(PRODUCTION.ADMIN_API_KEY))
  expect(sent.status).toBe(200)
})

describe.each(WRONG)('in production with %s', (_, settings, names) => {
  const expectNames = (text: string) => {
    for (const name of names) expect(text).toContain(name)
    expect(text).not.toMatch(/canary|1x000/i)
    for (const secret of Object.values(PRODUCTION).filter((value) => value !== 'production')) expect(text).not.toContain(secret)
  }

  it('every route answers 503 in its own envelope, with names and no values (R-CFG-01, R-TOK-07)', async () => {
    for (const route of works) {
      const response = await ask(settings, route)
      const text = await response.text()
      expect([response.status, route.operation.operationId]).toEqual([503, route.operation.operationId])
      expectNames(text)
    }
    expect(Object.values(vendors).flatMap(({ requests }) => requests)).toEqual([])
  })

  it('it is alive and says so, and /ready says what is wrong', async () => {
    for (const path of ALWAYS_ALIVE) {
      const alive = await createService({ ...PRODUCTION, ...settings }).request(path)
      expect([alive.status, await alive.json()]).toEqual([200, expect.objectContaining({ status: 'misconfigured' })])
    }
    const ready = await createService({ ...PRODUCTION, ...settings }).request('/ready')
    expect(ready.status).toBe(503)
    const { problems } = await ready.json<{ problems: string[] }>()
    expectNames(problems.join('\n'))
  })

  it('there is nothing below /debug, nor at an address that there never was (R-CFG-01)', async () => {
    const paths = [...routes.filter(isDebug).map(addressOf), '/debug/anything', '/nothing-here', '/v1/nothing-here']
    for (const path of paths) {
      const response = await createService({ ...PRODUCTION, ...settings }).request(path, {
        headers: bearer(PRODUCTION.ADMIN_API_KEY),
      })
      expect([path, response.status]).toEqual([path, 404])
      expect(await response.text()).not.toMatch(/canary|ADMIN_API_KEY|OTP_PEPPER/)
    }
  })
})

it.each([{}, { ENVIRONMENT: '' }, { ENVIRONMENT: 'Production' }, { ENVIRONMENT: 'staging' }, { ENVIRONMENT: 'debug' }])(
  'has no /debug for anybody where %j',
  async (environment) => {
    const service = createService({ ...PRODUCTION, ...environment })
    for (const path of routes.filter(isDebug).map(addressOf)) {
      for (const headers of [{}, bearer(PRODUCTION.ADMIN_API_KEY)]) {
        expect((await service.request(path, { headers })).status).toBe(404)
      }
    }
  },
)
