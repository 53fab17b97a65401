import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app'
import { type DocumentedRoute, collectRoutes } from '../../src/http/documented-routes'
import { ACCESS, IDEMPOTENT, REQUEST_BODY } from '../../src/http/operation'
import { failing } from '../support/broken'
import { expectDocumented } from '../support/conformance'
import { createService, standInForVendors } from '../support/service'
import { recordsWith } from './records'

// What holds for every route there is, also for those that are still to come: they are found as the document finds them.

const neverCalled = () => {
  throw new Error('this app only shows its routes')
}
const app = createApp(neverCalled, () => true)
const routes = collectRoutes(app)
const idempotent = routes.filter((route) => route.idempotent)
const named = idempotent.map((route) => [route.operation.operationId, route] as const)

const ADMIN_API_KEY = 'Zq8mT4xWn2Rk7vBc5HyJ9dLs3GfPa6Ue'
const serviceWith = (records: Parameters<typeof recordsWith>[0]) => createService({ IDEMPOTENCY: recordsWith(records) })

const pathOf = ({ path }: DocumentedRoute) => path.replaceAll(/\{\w+\}/g, 'nobodys')
const exampleOf = ({ body }: DocumentedRoute) => JSON.stringify(body?.schema.meta()?.['example'] ?? {})

/** Asks the route, and takes only an answer that is documented. */
async function ask(route: DocumentedRoute, service: ReturnType<typeof createService>, headers: Record<string, string>) {
  const path = pathOf(route)
  const method = route.method.toUpperCase()
  const asked = { method, headers: { 'content-type': 'application/json', ...headers }, body: exampleOf(route) }
  const response = await service.request(path, asked)
  const text = JSON.stringify((await expectDocumented({ method, path }, response)) ?? null)
  return { status: response.status, retryAfter: response.headers.get('retry-after'), text }
}

beforeEach(() => void standInForVendors())
afterEach(() => vi.restoreAllMocks())

/** Those that take no key, and why. */
const WITHOUT: Readonly<Record<string, string>> = {
  'webhooks.whatsapp.report': 'vendors send no keys; a report is known by what it reports',
  'external-otp.whatsapp.report': 'vendors send no keys; a report is known by what it reports',
  'webhooks.twilio': 'vendors send no keys; a report is known by what it reports',
  'webhooks.gupshup': 'vendors send no keys; a report is known by what it reports',
  'webhooks.msg91': 'vendors send no keys; a report is known by what it reports',
  checkVerification: 'an answer that is kept would weigh a code without counting the guess; the gate replays by request id',
  checkVerificationById: 'an answer that is kept would weigh a code without counting the guess; the gate replays by request id',
  'whatsapp-otp.verify': 'an answer that is kept would weigh a code without counting the guess; the gate replays by request id',
  'homi.verify': 'an answer that is kept would weigh a code without counting the guess; the gate replays by request id',
  'user-otp.verify': 'an answer that is kept would weigh a code without counting the guess; the gate replays by request id',
  'payment-otp.verify': 'an answer that is kept would weigh a code without counting the guess; the gate replays by request id',
  'homi.leadStatus': 'creates and sends nothing: it says how a lead stands',
  previewTemplate: 'creates and sends nothing',
  liftLimit: 'creates and sends nothing, and once more is no error',
}

it('every POST takes an Idempotency-Key, or stands in the list with its reason (R-HTTP-04)', () => {
  const posts = routes.filter(({ method }) => method === 'post')
  const without = posts.filter((route) => !route.idempotent).map(({ operation }) => operation.operationId)
  expect(without.toSorted()).toEqual(Object.keys(WITHOUT).toSorted())
  expect(idempotent.length).toBeGreaterThan(20)
})

it('none is another method: those are the same when they are repeated', () => {
  expect(new Set(idempotent.map(({ method }) => method))).toEqual(new Set(['post']))
})

describe.each(named)('%s', (_id, route) => {
  it('knows who asks before it looks for the key, and reads no body before that', () => {
    const tags = app.routes
      .filter(({ method, path }) => method === 'POST' && path.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}') === route.path)
      .map(({ handler }) => unwrap(handler))
    const place = (symbol: symbol) => tags.findIndex((handler) => symbol in handler)
    expect(place(ACCESS)).toBeGreaterThan(-1)
    expect(place(IDEMPOTENT)).toBeGreaterThan(place(ACCESS))
    if (route.body) expect(place(REQUEST_BODY)).toBeGreaterThan(place(IDEMPOTENT))
  })

  it('reads as large a body with a key as without', () => {
    expect(route.idempotent?.limitBytes).toBe(route.body?.limitBytes)
  })

  it('refuses a key that is none, in its own form', async () => {
    for (const key of ['', 'a, b', 'k'.repeat(256), '"open']) {
      const { status, text } = await ask(route, createService(), { 'idempotency-key': key })
      expect([status, text]).toEqual([400, expect.stringContaining('Idempotency-Key')])
    }
  })

  it('refuses a key that was used for another request, in its own form', async () => {
    const service = serviceWith({ begin: () => Promise.resolve({ status: 'reused' }) })
    const { status, text } = await ask(route, service, { 'idempotency-key': 'a' })
    expect([status, text]).toEqual([422, expect.stringContaining('another request')])
  })

  it('has whoever comes too early wait, in its own form', async () => {
    const service = serviceWith({ begin: () => Promise.resolve({ status: 'in_use', waitMs: 1_001 }) })
    const { status, text, retryAfter } = await ask(route, service, { 'idempotency-key': 'a' })
    expect([status, text, retryAfter]).toEqual([409, expect.stringContaining('not answered yet'), '2'])
  })

  it('does nothing where nobody can say whether it was done, in its own form', async () => {
    const { status } = await ask(route, serviceWith({ begin: failing }), { 'idempotency-key': 'a' })
    expect(status).toBe(503)
    expect(vi.mocked(fetch)).not.toHaveBeenCalled()
  })

  it('says nothing of keys to who may not use it', async () => {
    const begin = vi.fn(failing)
    const service = createService({ AUTH_REQUIRED: 'true', ADMIN_API_KEY, IDEMPOTENCY: recordsWith({ begin }) })
    for (const key of ['a', 'a, b']) {
      expect(await ask(route, service, { 'idempotency-key': key })).toMatchObject({ status: 401 })
    }
    expect(begin).not.toHaveBeenCalled()
  })
})

/** A sub-app with its own error handler has wrapped what was given to it. */
function unwrap(handler: object): object {
  const inner: unknown = (handler as Record<string, unknown>)['__COMPOSED_HANDLER']
  return typeof inner === 'function' ? unwrap(inner) : handler
}
