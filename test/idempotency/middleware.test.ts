import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Context } from 'hono'
import { expect, it, vi } from 'vitest'
import { provide } from '../../src/compose'
import { IDEMPOTENT_ANSWER_LIMIT_BYTES } from '../../src/config/limits'
import { refuse } from '../../src/core/app-error'
import { openToAll } from '../../src/http/access'
import type { HttpEnv } from '../../src/http/http-env'
import { type IdempotentOptions, idempotent } from '../../src/http/idempotency'
import { createSurface } from '../../src/http/surface'
import { v1Envelope } from '../../src/surfaces/v1/envelope'

/** An app of one route, asked twice with one key. */
async function askTwice(
  handler: (c: Context<HttpEnv>, call: number) => Response | Promise<Response>,
  options?: IdempotentOptions,
) {
  const { app, operation, close } = createSurface(v1Envelope)
  let calls = 0
  app.post(
    '/things',
    operation({ operationId: 'makeThing', summary: 'x', responses: {}, refusals: [] }),
    openToAll('a test'),
    idempotent(provide, options),
    (c) => handler(c, (calls += 1)),
  )
  close()
  const key = crypto.randomUUID()
  const ask = async () => {
    const ctx = createExecutionContext()
    const response = await app.request('/things', { method: 'POST', body: 'a', headers: { 'idempotency-key': key } }, env, ctx)
    const body = await response.text()
    await waitOnExecutionContext(ctx)
    return { status: response.status, body, replayed: response.headers.get('idempotent-replayed'), headers: response.headers }
  }
  return { first: await ask(), second: await ask(), calls: () => calls }
}

it('withholds what is shown once: null stands there', async () => {
  const answer = { key: 'evsk_secret', name: 'Shop', nested: { key: 'stays' } }
  const { first, second } = await askTwice((c) => c.json(answer, 201), { withhold: ['key'] })
  expect(JSON.parse(first.body)).toEqual(answer)
  expect([second.status, second.replayed]).toEqual([201, 'true'])
  expect(second.body).toBe('{"key":null,"name":"Shop","nested":{"key":"stays"}}')
})

it('keeps the headers that belong to an answer, and none that belong to its moment', async () => {
  const { second } = await askTwice((c) => {
    c.header('RateLimit', '"number";r=2;t=600')
    c.header('Set-Cookie', 'a=b')
    return c.json({ made: true }, 202, { Location: '/things/1', 'Retry-After': '7' })
  })
  expect(second).toMatchObject({ status: 202, body: '{"made":true}', replayed: 'true' })
  const { headers } = second
  expect([headers.get('location'), headers.get('retry-after'), headers.get('content-type')]).toEqual([
    '/things/1',
    '7',
    'application/json',
  ])
  expect([headers.get('ratelimit'), headers.get('set-cookie')]).toEqual([null, null])
})

it('keeps an answer without a body', async () => {
  const { second, calls } = await askTwice((c) => c.body(null, 204))
  expect([second.status, second.body, second.replayed, calls()]).toEqual([204, '', 'true', 1])
})

it('keeps only the successes that the route keeps', async () => {
  const { first, second, calls } = await askTwice((c, call) => c.json({ valid: call > 1 }), {
    keeps: (body) => (body as { valid: boolean }).valid,
  })
  expect([first.body, second.body, second.replayed, calls()]).toEqual(['{"valid":false}', '{"valid":true}', null, 2])
})

it.each([
  ['a refusal', () => refuse('lead_not_found', {})],
  ['an outage', () => refuse('dependency_unavailable', { dependency: 'd1' })],
  ['a bug', () => new TypeError('undefined is not a function')],
  ['what is no error', () => 'a text'],
])('gives the key back after %s', async (_what, thrown) => {
  const { first, second } = await askTwice((c, call) => {
    if (call === 1) throw thrown()
    return c.json({ made: true })
  })
  expect(first.status).toBeGreaterThanOrEqual(400)
  expect([second.status, second.replayed]).toEqual([200, null])
})

it.each([
  ['delivery_unknown', () => refuse('delivery_unknown', { verificationId: 'ver_1', retryAfterSeconds: 60 }), 502],
  ['lead_refused', () => refuse('lead_refused', { leadId: 'lead-1' }), 422],
])('keeps %s', async (_code, thrown, status) => {
  const { second, calls } = await askTwice(() => {
    throw thrown()
  })
  expect([second.status, second.replayed, calls()]).toEqual([status, 'true', 1])
  expect(second.headers.get('content-type')).toBe('application/problem+json')
})

it('keeps the largest answer, and gives the key back after a larger one', async () => {
  const largest = await askTwice((c) => c.text('x'.repeat(IDEMPOTENT_ANSWER_LIMIT_BYTES)))
  expect([largest.second.replayed, largest.second.body.length]).toEqual(['true', IDEMPOTENT_ANSWER_LIMIT_BYTES])
  const larger = await askTwice((c) => c.text('x'.repeat(IDEMPOTENT_ANSWER_LIMIT_BYTES + 1)))
  expect([larger.first.body.length, larger.second.replayed, larger.calls()]).toEqual([IDEMPOTENT_ANSWER_LIMIT_BYTES + 1, null, 2])
})

it('leaves the body for who reads it after, once', async () => {
  const spy = vi.fn()
  const { calls } = await askTwice((c) => {
    spy(new TextDecoder().decode(c.get('bytes')))
    return c.json({})
  })
  expect(spy.mock.calls).toEqual([['a']])
  expect(calls()).toBe(1)
})
