import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app'
import { SCOPES, type Scope } from '../../src/access/scopes'
import { openToAll } from '../../src/http/access'
import { type DocumentedRoute, collectRoutes } from '../../src/http/documented-routes'
import { type HttpEnv, callerOf } from '../../src/http/http-env'
import { createOperation } from '../../src/http/operation'
import { databaseThat, failing } from '../support/broken'
import {
  IDENTITY_PROVIDER_SETTINGS,
  createIdentityProviderStandIn,
  standInForIdentityProvider,
} from '../support/identity-provider'
import { PAGE, bearer, putApiKey } from '../support/keys'
import { createService, standInForVendors, uniquePhone } from '../support/service'

const neverCalled = () => {
  throw new Error('this app only shows its routes')
}
const routes = collectRoutes(createApp(neverCalled, () => true))
const named = (kind: DocumentedRoute['access']['kind']) =>
  routes.filter(({ access }) => access.kind === kind).map((route) => [route.operation.operationId, route] as const)
const scopesOf = ({ access }: DocumentedRoute) => (access.kind === 'scopes' ? access.scopes : [])

const ADMIN_API_KEY = 'an-admin-key-of-tests-0123456789'
const CLOSED = { AUTH_REQUIRED: 'true', ADMIN_API_KEY, PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' }
const service = createService(CLOSED)

const addressOf = ({ path }: DocumentedRoute) => path.replace('{contact_type}', 'applicant').replaceAll(/\{\w+\}/g, 'nobodys')
/** An example of the route's body. Where a code of the caller's own wants another scope, it is left out. */
function bodyOf({ body, path }: DocumentedRoute): string {
  const { otp, ...example } = body!.schema.meta()!['example'] as Record<string, unknown>
  return JSON.stringify(path.startsWith('/api/v1/external') ? example : { ...example, otp })
}
const ask = (route: DocumentedRoute, headers: Record<string, string> = {}) =>
  service.request(addressOf(route), {
    method: route.method.toUpperCase(),
    headers: { ...headers, ...(route.body && { 'content-type': 'application/json' }) },
    ...(route.body && { body: bodyOf(route) }),
  })

/** What is said of who asks. Surfaces differ in their words; what asks for a credential is one header. */
async function refusalIn(response: Response) {
  const text = await response.text()
  const code = /"(?:code|error)":"(origin_not_allowed|purpose_not_allowed)"/.exec(text)?.[1]
  return { status: response.status, code, text, asksFor: response.headers.get('www-authenticate') }
}
const refusal = async (route: DocumentedRoute, headers?: Record<string, string>) => refusalIn(await ask(route, headers))

/** Whatever comes after. */
const LET_IN = { code: undefined, asksFor: null }
const UNKNOWN = { status: 401, asksFor: 'Bearer' }
const FORBIDDEN = { status: 403, asksFor: 'Bearer error="insufficient_scope"' }

const written: string[] = []
beforeEach(() => {
  for (const level of ['info', 'warn', 'error'] as const)
    vi.spyOn(console, level).mockImplementation((line: string) => void written.push(line))
  standInForVendors()
})
afterEach(() => vi.restoreAllMocks())

describe('every route says who may use it (R-AUT-06)', () => {
  it('or the document is not made, and the build with it', () => {
    const operation = createOperation({ tag: 'x', statuses: {} as never, failureSchema: {} as never, failureMediaType: 'x' })
    const documented = operation({ operationId: 'x', summary: 'x', responses: {}, refusals: [] })
    const app = new Hono<HttpEnv>()
    app.get('/x', documented, (c) => c.body(null))
    expect(() => collectRoutes(app)).toThrow('GET /x does not say who may use it')
    const said = new Hono<HttpEnv>()
    said.get('/x', documented, openToAll('is nothing'), (c) => c.body(null))
    expect(collectRoutes(said)[0]!.access).toEqual({ kind: 'open', why: 'is nothing' })
  })

  it('and those that are open to all are few, and show or do nothing of anybody', () => {
    const open = named('open').map(([name]) => name)
    expect(
      open.filter((name) => !/^webhooks\.|\.whatsapp\.(challenge|report)$|\.debug\.|health$|^ready$|^jwks$/.test(name)),
    ).toEqual([])
    expect(named('scopes').length).toBeGreaterThan(35)
  })
})

describe.each(named('open'))('%s', (_name, route) => {
  it('is open', async () => {
    expect(await refusal(route)).toMatchObject(LET_IN)
    expect(await refusal(route, bearer('nonsense'))).toMatchObject(LET_IN)
  })
})

describe.each([...named('scopes'), ...named('operator')])('%s', (_name, route) => {
  it('lets nobody in without a credential, or with one that is none', async () => {
    expect(await refusal(route)).toMatchObject(UNKNOWN)
    expect(await refusal(route, bearer('nonsense'))).toMatchObject(UNKNOWN)
    expect(await refusal(route, { 'x-api-key': 'nonsense' })).toMatchObject(UNKNOWN)
  })

  it('lets the operator in', async () => {
    expect(await refusal(route, bearer(ADMIN_API_KEY))).toMatchObject(LET_IN)
  })
})

describe('scope by scope (R-TOK-06)', () => {
  const keys = new Map<Scope, string>()
  beforeAll(async () => {
    for (const scope of SCOPES) keys.set(scope, (await putApiKey({ scopes: [scope] })).key)
  })

  it.each(named('scopes'))('%s is for a key with its scopes and for no other', async (_name, route) => {
    const wanted = scopesOf(route)
    for (const scope of SCOPES) {
      if (wanted.every((one) => one === scope)) continue
      const said = await refusal(route, bearer(keys.get(scope)!))
      expect(said, scope).toMatchObject(FORBIDDEN)
      expect(said.text, scope).toContain(wanted.find((one) => one !== scope))
    }
    for (const missing of wanted) {
      const { key } = await putApiKey({ scopes: SCOPES.filter((scope) => scope !== missing) })
      const said = await refusal(route, bearer(key))
      expect(said, missing).toMatchObject(FORBIDDEN)
      expect(said.text, missing).toContain(missing)
    }
    const { key } = await putApiKey({ scopes: wanted })
    expect(await refusal(route, bearer(key))).toMatchObject(LET_IN)
    expect(await refusal(route, { 'x-api-key': key })).toMatchObject(LET_IN)
  })

  it.each(named('operator'))('%s is for no key, whatever its scopes', async (_name, route) => {
    const { key } = await putApiKey({ scopes: SCOPES })
    const said = await refusal(route, bearer(key))
    expect(said).toMatchObject(FORBIDDEN)
    expect(said.text).toContain('ADMIN_API_KEY')
  })
})

const LIST = '/v1/templates'
const list = (headers: HeadersInit, by = service) => by.request(LIST, { headers })

describe('a credential', () => {
  let key: string
  let other: string
  beforeAll(async () => {
    key = (await putApiKey({ scopes: ['templates:read'] })).key
    other = (await putApiKey({ scopes: ['templates:read'] })).key
  })

  it.each([
    ['Bearer', (one: string) => ({ authorization: `Bearer ${one}` })],
    ['bearer', (one: string) => ({ authorization: `bearer ${one}` })],
    ['BEARER and blanks', (one: string) => ({ authorization: `  BEARER    ${one}  ` })],
    ['X-API-Key', (one: string) => ({ 'x-api-key': one })],
    ['x-api-KEY and blanks', (one: string) => ({ 'x-api-KEY': `  ${one} ` })],
    ['both, the same', (one: string) => ({ authorization: `Bearer ${one}`, 'x-api-key': one })],
    ['X-API-Key and nothing in the other', (one: string) => ({ authorization: '', 'x-api-key': one })],
    ['Bearer and nothing in the other', (one: string) => ({ authorization: `Bearer ${one}`, 'x-api-key': '' })],
  ])('is taken as %s', async (_form, headers) => {
    expect((await list(headers(key))).status).toBe(200)
  })

  it.each([
    ['both, and another', () => ({ authorization: `Bearer ${key}`, 'x-api-key': other })],
    ['both, and the operator’s', () => ({ authorization: `Bearer ${key}`, 'x-api-key': ADMIN_API_KEY })],
    ['two in one header', () => ({ authorization: `Bearer ${key}, Bearer ${key}` })],
    ['two with a blank between', () => ({ authorization: `Bearer ${key} ${key}` })],
    ['two in the other header', () => ({ 'x-api-key': `${key}, ${key}` })],
    ['another scheme', () => ({ authorization: `Basic ${btoa(`${key}:`)}` })],
    ['another scheme, with the key', () => ({ authorization: `Token ${key}` })],
    ['no scheme', () => ({ authorization: key })],
    ['no blank', () => ({ authorization: `Bearer${key}` })],
    ['quotes', () => ({ authorization: `Bearer "${key}"` })],
    ['nothing', () => ({ authorization: 'Bearer ', 'x-api-key': ' ' })],
    ['capitals', () => ({ authorization: `Bearer ${key.toUpperCase()}` })],
    ['10 kB', () => ({ authorization: `Bearer ${'a'.repeat(10_240)}` })],
    ['10 kB of a key', () => ({ 'x-api-key': `evsk_${'0'.repeat(10_240)}` })],
    ['10 kB of blanks', () => ({ authorization: `Bearer${' '.repeat(10_240)}` })],
    ['letters that are not ASCII', () => ({ 'x-api-key': 'cl\u00e9' })],
    ['letters that are not ASCII at its end', () => ({ authorization: `Bearer ${key}\u00e9` })],
    ['a query parameter', () => ({})],
    ['a cookie', () => ({ cookie: `authorization=Bearer ${key}; x-api-key=${key}` })],
  ])('is not taken as %s', async (form, headers) => {
    const path = form === 'a query parameter' ? `${LIST}?api_key=${key}&access_token=${key}&key=${key}` : LIST
    const response = await service.request(path, { headers: headers() as HeadersInit })
    expect(await refusalIn(response)).toMatchObject(UNKNOWN)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('is repeated by no refusal, and in no log line', async () => {
    const { key: revoked } = await putApiKey({ revokedAt: 1 })
    for (const one of [revoked, 'some-wrong-admin-key', `${key.slice(0, -1)}x`]) {
      expect((await refusalIn(await list(bearer(one)))).text).not.toContain(one)
    }
    const logged = written.join('\n')
    expect(logged.includes('"event":"request"')).toBe(true)
    for (const one of [revoked, 'some-wrong-admin-key', key.slice(5, -8)]) expect(logged.includes(one)).toBe(false)
  })

  it('is refused in the words of the surface', async () => {
    const answers = await Promise.all(
      ['/v1/verifications', '/send-otp', '/api_v1/otp_send', '/api/users/send-otp', '/api/v1/external/sms/otp'].map((path) =>
        service.post(path, {}),
      ),
    )
    const bodies = await Promise.all(answers.map((answer) => answer.json<Record<string, unknown>>()))
    for (const body of bodies.slice(1)) expect(body['message']).toMatch(/^This address wants a credential/)
    expect(bodies[0]).toMatchObject({ code: 'unauthorized', status: 401 })
  })
})

describe('a warm isolate', () => {
  it('reads nothing of D1 to know who asks', async () => {
    const asked: string[] = []
    const DB = {
      prepare: (sql: string) => (asked.push(sql), env.DB.prepare(sql)),
      batch: (statements: D1PreparedStatement[]) => env.DB.batch(statements),
    }
    const { post } = createService({ ...CLOSED, DB })
    const { key } = await putApiKey()
    const send = async () => (await post('/v1/verifications', { to: uniquePhone() }, bearer(key))).status
    for (let sends = 0; sends < 10; sends++) expect(await send()).toBe(201)
    expect(asked.filter((sql) => sql.includes('api_key'))).toHaveLength(1)
  })
})

describe('while D1 fails', () => {
  it('a key that this isolate does not know is told so, and let in nowhere; the operator is let in', async () => {
    const { key } = await putApiKey()
    const broken = createService({ ...CLOSED, DB: databaseThat(failing) })
    expect((await list(bearer(key), broken)).status).toBe(503)
    expect((await list(bearer('nonsense'), broken)).status).toBe(401)
    const sent = await broken.post('/v1/verifications', { to: uniquePhone() }, bearer(ADMIN_API_KEY))
    expect(sent.status).toBe(201)
  })
})

describe('a key for pages', () => {
  const get = (origin: string | undefined, key: string) =>
    service.request('/v1/verifications/nobodys', { headers: bearer(key, origin) }).then(refusalIn)

  it('is good from its pages only', async () => {
    const { key } = await putApiKey({ kind: 'publishable', origins: [PAGE, 'http://localhost:5173'] })
    expect(await get(PAGE, key)).toMatchObject(LET_IN)
    expect(await get('http://localhost:5173', key)).toMatchObject(LET_IN)
    for (const origin of [
      undefined,
      'null',
      '',
      'https://attacker.example',
      `${PAGE}/`,
      `${PAGE}:443`,
      `${PAGE}.attacker.example`,
      PAGE.replace('https', 'http'),
      PAGE.toUpperCase(),
      `${PAGE}, ${PAGE}`,
      '*',
      'http://localhost',
    ]) {
      expect(await get(origin, key), String(origin)).toMatchObject({ status: 403, code: 'origin_not_allowed' })
    }
  })

  it('is good from nowhere where it has no pages', async () => {
    const { key } = await putApiKey({ kind: 'publishable', origins: [] })
    for (const origin of [undefined, 'null', '', PAGE]) {
      expect(await get(origin, key)).toMatchObject({ code: 'origin_not_allowed' })
    }
  })

  it('is told nothing of scopes from another page', async () => {
    const { key } = await putApiKey({ kind: 'publishable' })
    const from = (origin: string) => list(bearer(key, origin)).then(refusalIn)
    expect(await from('https://attacker.example')).toMatchObject({ code: 'origin_not_allowed' })
    expect(await from(PAGE)).toMatchObject(FORBIDDEN)
  })

  it('is not needed to say an origin for a key of a server', async () => {
    const { key } = await putApiKey()
    expect(await get('https://attacker.example', key)).toMatchObject(LET_IN)
  })
})

describe('a key with purposes (R-TOK-06)', () => {
  let key: string
  beforeAll(async () => {
    key = (await putApiKey({ purposes: ['login', 'registration'] })).key
  })
  const NOT_FOR = { status: 403, code: 'purpose_not_allowed' }
  const post = (path: string, body: unknown) => service.post(path, body, bearer(key)).then(refusalIn)

  it('has codes of these sent and checked, and of no other', async () => {
    const to = uniquePhone()
    expect(await post('/v1/verifications', { to, purpose: 'payment' })).toMatchObject(NOT_FOR)
    expect(await post('/v1/verifications/check', { to, purpose: 'payment', code: '123456' })).toMatchObject(NOT_FOR)
    for (const purpose of ['login', undefined, 'registration']) {
      const sent = await service.post('/v1/verifications', { to: uniquePhone(), purpose }, bearer(key))
      expect(sent.status).toBe(201)
    }
  })

  it.each([
    ['/send-otp', { phone_number: '+919800000001' }, true],
    ['/api_v1/otp_send', { phone_number: '+919800000002' }, true],
    ['/api/users/send-otp', { phone: '+919800000003', verification_type: 'Registration' }, true],
    ['/api/users/send-otp', { phone: '+919800000004', verification_type: 'Loan payment' }, false],
    ['/api/v1/external/sms/otp', { to_phone: '+919800000005' }, false],
    ['/api/v1/external/whatsapp/otp', { to_phone: '+919800000006', otp: '123456' }, false],
  ])('holds at %s with %o, too', async (path, body, isAllowed) => {
    const said = await post(path, body)
    if (isAllowed) expect(said, said.text).toMatchObject({ status: 200 })
    else
      expect(said, said.text).toMatchObject({ status: 403, asksFor: null, text: expect.stringContaining('not for the purpose') })
  })

  it('checks by id no code of another purpose, even where it sees all', async () => {
    const { key: all } = await putApiKey({ purposes: ['login'], scopes: SCOPES })
    const path = async (purpose: string) => {
      const headers = bearer(ADMIN_API_KEY)
      return (await service.post('/v1/verifications', { to: uniquePhone(), purpose }, headers)).headers.get('location')!
    }
    const check = async (at: string) => (await service.post(`${at}/check`, { code: '123456' }, bearer(all))).status
    expect(await check(await path('payment'))).toBe(404)
    expect(await check(await path('login'))).toBe(200)
  })
})

describe('codes that the caller made', () => {
  const SENDS = ['/api/v1/external/sms/otp', '/api/v1/external/whatsapp/otp']

  it.each(SENDS)('want a scope of their own at %s, in the body and in the query', async (path) => {
    const without = bearer((await putApiKey({ scopes: ['verifications:send'] })).key)
    const having = bearer((await putApiKey({ scopes: ['verifications:send', 'caller_codes:send'] })).key)
    const only = bearer((await putApiKey({ scopes: ['caller_codes:send'] })).key)
    const forms = [
      (to: string) => [path, { to_phone: to, otp: '123456' }] as const,
      (to: string) => [`${path}?otp=123456`, { to_phone: to }] as const,
      (to: string) => [`${path}?otp=123456&to_phone=${encodeURIComponent(to)}`, ''] as const,
    ]
    const send = (form: (typeof forms)[number], headers: Record<string, string>) => {
      const [address, body] = form(uniquePhone())
      return service.post(address, body, headers)
    }
    for (const form of forms) {
      const refused = await refusalIn(await send(form, without))
      expect(refused).toMatchObject(FORBIDDEN)
      expect(refused.text).toContain('caller_codes:send')
      expect(await refusalIn(await send(form, only))).toMatchObject(FORBIDDEN)
      expect((await send(form, having)).status).toBe(200)
    }
    expect((await service.post(path, { to_phone: uniquePhone() }, without)).status).toBe(200)
  })

  it('are documented to want it', () => {
    const sends = routes.filter(({ path }) => SENDS.includes(path))
    expect(sends).toHaveLength(2)
    for (const { operation } of sends) expect(operation.description).toContain('caller_codes:send')
  })
})

describe('tokens of the identity provider', () => {
  const settings = { ...CLOSED, ...IDENTITY_PROVIDER_SETTINGS }

  it('are good for their scopes, through many requests at once and after one another', async () => {
    const provider = await createIdentityProviderStandIn()
    standInForIdentityProvider(provider)
    const { request } = createService(settings)
    const read = async (scope: string) =>
      (await request(LIST, { headers: bearer(await provider.token({ claims: { scope } })) })).status
    expect(await Promise.all(Array.from({ length: 10 }, () => read('templates:read')))).toEqual(Array(10).fill(200))
    const asked = provider.calls.length
    expect(await Promise.all(['templates:read', 'templates:write', ''].map(read))).toEqual([200, 403, 403])
    expect(await read('templates:read')).toBe(200)
    expect(provider.calls).toHaveLength(asked)
  })

  it('are told apart from an outage of the provider', async () => {
    const provider = await createIdentityProviderStandIn()
    standInForIdentityProvider(provider)
    provider.answer = async () => new Response(null, { status: 302, headers: { location: 'https://attacker.example/' } })
    const { request } = createService(settings)
    const response = await request(LIST, { headers: bearer(await provider.token()) })
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([503, 'dependency_unavailable'])
    expect((await request(LIST, { headers: bearer('nonsense') })).status).toBe(401)
    expect(provider.calls).toHaveLength(1)
  })

  it('are none where no identity provider is configured, and nobody is asked', async () => {
    const provider = await createIdentityProviderStandIn()
    standInForIdentityProvider(provider)
    const { request } = createService(CLOSED)
    expect((await request(LIST, { headers: bearer(await provider.token()) })).status).toBe(401)
    expect(provider.calls).toEqual([])
  })
})

describe('the address of a client (R-HTTP-10)', () => {
  const app = new Hono<HttpEnv>().get('/', (c) => c.json({ address: callerOf(c, 'v1').address ?? null }))
  const addressFor = async (headers: Record<string, string>) =>
    (await (await app.request('/', { headers })).json<{ address: string | null }>()).address

  it('is the one that Cloudflare saw, whatever else the client says', async () => {
    const claims = {
      'x-forwarded-for': '198.51.100.7',
      'x-real-ip': '198.51.100.7',
      'true-client-ip': '198.51.100.7',
      'x-client-ip': '198.51.100.7',
      forwarded: 'for=198.51.100.7',
      'x-cluster-client-ip': '198.51.100.7',
    }
    expect(await addressFor({ ...claims, 'cf-connecting-ip': '203.0.113.9' })).toBe('203.0.113.9')
    expect(await addressFor(claims)).toBeNull()
  })

  it('decides nothing of who asks', async () => {
    const { key } = await putApiKey({ scopes: ['templates:read'] })
    const inside = { 'cf-connecting-ip': '127.0.0.1', 'x-forwarded-host': 'localhost', host: 'localhost' }
    expect((await list({ ...inside })).status).toBe(401)
    expect((await list({ ...inside, ...bearer(key) })).status).toBe(200)
  })
})
