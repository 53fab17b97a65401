import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { SCOPES } from '../../src/access/scopes'
import { createApp } from '../../src/app'
import { openToAll } from '../../src/http/access'
import { type DocumentedRoute, collectRoutes } from '../../src/http/documented-routes'
import { ERROR_STATUSES } from '../../src/http/error-status'
import type { HttpEnv } from '../../src/http/http-env'
import { createOperation } from '../../src/http/operation'
import { OPEN_OPERATIONS } from '../support/open-operations'
import { expectDocumented } from '../support/conformance'
import { createMockService, createService, standInForVendors } from '../support/service'

// What holds for every route there is, also for those that are still to come: they are found as the document finds them.

const neverCalled = () => {
  throw new Error('this app only shows its routes')
}
const routes = collectRoutes(createApp(neverCalled, () => true))
const withBody = routes.filter(({ body }) => body !== undefined)
const named = (some: readonly DocumentedRoute[]) => some.map((route) => [route.operation.operationId, route] as const)

const service = createMockService()
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** An address of the route; what stands in its places is nobody's, but for the one that takes certain words only. */
const addressOf = ({ path }: DocumentedRoute) => path.replace('{contact_type}', 'applicant').replaceAll(/\{\w+\}/g, 'nobodys')
const has = ({ path }: DocumentedRoute, address: string) => new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(address)
const methodOf = ({ method }: DocumentedRoute) => method.toUpperCase()
const exampleOf = ({ body }: DocumentedRoute) => body!.schema.meta()?.['example'] as Record<string, unknown>

const send = (route: DocumentedRoute, text: string, contentType: string | undefined = 'application/json') =>
  service.request(addressOf(route), {
    method: methodOf(route),
    headers: contentType === undefined ? {} : { 'content-type': contentType },
    // Bytes bring no content type of their own.
    body: new TextEncoder().encode(text),
  })

beforeEach(() => void standInForVendors())
afterEach(() => vi.restoreAllMocks())

/** It is refused for its form, and nobody may keep the answer. */
async function expectRefused(response: Response, status: number, words: string | RegExp): Promise<void> {
  const text = await response.text()
  expect([response.status, text]).toEqual([status, expect.stringMatching(words)])
  expect(response.headers.get('cache-control')).toBe('no-store')
}

it('has routes to look at, each with an example of its body', () => {
  expect(withBody.length).toBeGreaterThan(25)
  for (const route of withBody) expect(exampleOf(route), route.path).toBeTypeOf('object')
})

describe.each(named(withBody))('%s', (_name, route) => {
  const example = JSON.stringify(exampleOf(route))

  it.each([
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/problem+json',
    'text/json',
    'application/json; charset=utf-16',
    'text/plain, application/json',
  ])('takes no body of the type %s (R-HTTP-06)', async (contentType) => {
    await expectRefused(await send(route, example, contentType ?? ''), 415, 'Content-Type')
  })

  it('takes no key twice, however deep (R-HTTP-09)', async () => {
    const deep = `${example.slice(0, -1)}${example === '{}' ? '' : ','}"x":[{"y":1,"y":1}]}`
    await expectRefused(await send(route, deep), 400, /\by: is there twice/)
  })

  it.each(['{"__proto__":{"a":1}}', '{"x":{"__proto__":1}}'])('takes no %s (R-HTTP-09)', async (text) => {
    await expectRefused(await send(route, text), 400, /__proto__: is not allowed/)
  })

  it.each(['', '{', '[', 'null', '[]', '"text"', '1e999', '{"a":1}}', '\ufeff\ufeff{}'])(
    'takes no %j for a body',
    async (text) => {
      const response = await send(route, text)
      // Where a body may be left out, an empty one is none.
      if (text === '' && route.body!.optional) return
      await expectRefused(response, 400, /JSON|is required|must/)
    },
  )

  if (route.path.startsWith('/v1/')) {
    it('takes no field that it does not know (R-HTTP-08)', async () => {
      const text = JSON.stringify({ ...exampleOf(route), isAdmin: true })
      await expectRefused(await send(route, text), 400, /isAdmin/)
    })
  }
})

describe.each([...new Set(routes.map(addressOf))])('%s', (address) => {
  // Also what is there under a name in the address: `/v1/loans/import` is a loan's, too.
  const taken = routes.filter((route) => has(route, address)).map(methodOf)

  it.each(METHODS.filter((method) => !taken.includes(method)))(
    'refuses %s and says what it takes (R-HTTP-05)',
    async (method) => {
      const response = await service.request(address, { method })
      const allow = response.headers.get('allow')?.split(', ') ?? []
      expect(response.status).toBe(405)
      expect(allow).toEqual(expect.arrayContaining(taken))
      expect(allow).not.toContain(method)
      expect(response.headers.get('cache-control')).toBe('no-store')
    },
  )
})

it.each(named(routes.filter(({ method }) => method === 'get')))('%s is kept by no cache (R-HTTP-11)', async (_name, route) => {
  const response = await service.request(addressOf(route))
  await response.arrayBuffer()
  expect(response.headers.get('cache-control')).toBe('no-store')
})

describe('who may use a route (R-AUT-06)', () => {
  const operation = createOperation({
    tag: 'test',
    statuses: ERROR_STATUSES,
    failureSchema: z.object({}),
    failureMediaType: 'application/json',
  })({ operationId: 'one', summary: 'One', responses: { 200: { description: 'Yes.' } }, refusals: [] })

  it('is said by every route: one that does not is found, wherever it hides', () => {
    const silent = new Hono<HttpEnv>().get('/one', operation, (c) => c.text(''))
    expect(() => collectRoutes(silent)).toThrow('GET /one does not say who may use it')
    expect(() => collectRoutes(new Hono<HttpEnv>().route('/inner', silent))).toThrow('GET /inner/one does not say')

    const open = new Hono<HttpEnv>().get('/one', operation, openToAll('is a test'), (c) => c.text(''))
    expect(collectRoutes(open).map(({ access }) => access)).toEqual([{ kind: 'open', why: 'is a test' }])
  })

  it('is everybody for these only, each with its reason', () => {
    const open = routes.filter(({ access }) => access.kind === 'open')

    expect(open.map(({ operation: { operationId } }) => operationId).toSorted()).toEqual(OPEN_OPERATIONS)
    for (const { access } of open) expect(access).toMatchObject({ why: expect.stringMatching(/^\w.{20,}[^.]$/) })
  })

  it('is told by scopes that there are, each once, and never by one alone that only widens another', () => {
    for (const { path, access } of routes) {
      if (access.kind !== 'scopes') continue
      expect(SCOPES, path).toEqual(expect.arrayContaining([...access.scopes]))
      expect(new Set(access.scopes).size, path).toBe(access.scopes.length)
      expect(access.scopes, path).not.toEqual(['callers:all'])
    }
    const wanted = new Set(routes.flatMap(({ access }) => (access.kind === 'scopes' ? access.scopes : [])))
    // These are weighed where it is known what is asked for.
    expect(SCOPES.filter((scope) => !wanted.has(scope))).toEqual(['caller_codes:send', 'leads:unverified'])
  })
})

describe.each(named(routes.filter(({ access }) => access.kind !== 'open')))('%s without a credential', (_name, route) => {
  const closed = createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true', AUTH_REQUIRED: 'true' })
  const method = methodOf(route)

  /** It is refused for who asks, in the words of its surface, and is told how to say who that is. */
  async function expectUnauthorized(init: RequestInit, path = addressOf(route)): Promise<void> {
    const response = await closed.request(path, { method, ...init })
    await expectDocumented({ method, path }, response)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(response.headers.get('cache-control')).toBe('no-store')
  }

  it.each([{}, { authorization: '' }, { authorization: 'Bearer' }, { authorization: 'Basic YTpi' }, { 'x-api-key': ' ' }])(
    'is refused with %j (R-AUT-06)',
    (headers) => expectUnauthorized({ headers }),
  )

  it('is refused whatever its parameters are (R-AUT-06)', async () => {
    await expectUnauthorized({}, `${addressOf(route)}?limit=x&cursor=%00&from=never&to=1`)
    await expectUnauthorized({}, `${addressOf(route).replaceAll('nobodys', encodeURIComponent('§ '.repeat(200)))}/`)
  })

  if (route.body === undefined) return

  it.each([
    ['of no type', '', '{}'],
    ['of another type', 'text/plain', '{}'],
    ['that is malformed', 'application/json', '{"a":1,"a":'],
    ['of wrong fields', 'application/json', '{"__proto__":{}}'],
    ['that is huge', 'application/json', `{"a":"${'x'.repeat(2_000_000)}"}`],
  ])('is refused with a body %s (R-AUT-06)', (_what, type, text) =>
    expectUnauthorized({ headers: { 'content-type': type }, body: new TextEncoder().encode(text) }),
  )

  it('is refused before a byte of its body is read (R-AUT-06)', async () => {
    const pull = vi.fn<(controller: ReadableStreamDefaultController<Uint8Array>) => void>((controller) => controller.close())
    const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 })
    await expectUnauthorized({ headers: { 'content-type': 'application/json' }, body })
    expect(pull).not.toHaveBeenCalled()
  })
})
