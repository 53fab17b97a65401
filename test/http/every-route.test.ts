import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app'
import { type DocumentedRoute, collectRoutes } from '../../src/http/documented-routes'
import { createMockService, standInForVendors } from '../support/service'

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
