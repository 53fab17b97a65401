import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { databaseThat, failing, hanging, kvThat } from '../support/broken'
import { createService } from '../support/service'
import { newSigningKey, tokenSettings } from '../support/tokens'
import { MISCONFIGURED, NOT_CONFIGURED, SECRETS } from './contract/settings'
import { expectCommonHeaders } from './contract/surface'

const ALL_OK = { config: 'ok', d1: 'ok', kv: 'ok', gate: 'ok' }

/** Objects whose calls all end in the same way. */
const gatesThat = (answer: () => unknown) => ({
  idFromName: (name: string) => env.PHONE_GATE.idFromName(name),
  get: () => ({ ping: answer }),
})

const throwing = () => {
  throw new Error('injected')
}

async function ready(changes: Record<string, unknown> = {}, init?: RequestInit) {
  const response = await createService(changes).request('/ready', init)
  expectCommonHeaders(response)
  expect(response.headers.get('content-type')).toBe('application/json')
  return response
}

describe('GET /ready', () => {
  afterEach(() => vi.useRealTimers())

  it.each(['/ready', '/ready/'])('%s asks everything, and says that it can work', async (path) => {
    const response = await createService().request(path)

    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'ready', checks: ALL_OK })
  })

  it('says which of SIGNING_KEYS is no pair, which cannot be told without using it', async () => {
    const [one, other] = [await newSigningKey(), await newSigningKey()]

    const response = await ready(tokenSettings([one, { ...other, d: one.d }]))

    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      checks: { config: 'failing' },
      problems: [expect.stringMatching(/^SIGNING_KEYS: key 2 is no pair/)],
    })
  })

  it.each([
    ['d1', 'rejects', { DB: databaseThat(failing) }],
    ['d1', 'throws', { DB: { prepare: throwing } }],
    ['kv', 'rejects', { OTP_KV: kvThat(failing) }],
    ['kv', 'throws', { OTP_KV: { get: throwing } }],
    ['gate', 'rejects', { PHONE_GATE: gatesThat(failing) }],
    ['gate', 'throws', { PHONE_GATE: { idFromName: throwing } }],
  ])('says which part fails: %s %s', async (part, _how, broken) => {
    const response = await ready(broken)
    const text = await response.text()

    expect(response.status).toBe(503)
    expect(JSON.parse(text)).toEqual({ status: 'not_ready', checks: { ...ALL_OK, [part]: 'failing' } })
    expect(text).not.toContain('injected')
  })

  it('waits for nobody longer than two seconds', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const answer = ready({ DB: databaseThat(hanging), OTP_KV: kvThat(hanging), PHONE_GATE: gatesThat(hanging) })
    await vi.waitFor(() => expect(vi.getTimerCount()).toBe(3))
    await vi.advanceTimersByTimeAsync(2_000)

    const response = await answer
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({
      status: 'not_ready',
      checks: { config: 'ok', d1: 'failing', kv: 'failing', gate: 'failing' },
    })
  })

  it.each(MISCONFIGURED)('%s it lists the problems by name, never by value', async (_what, settings, names) => {
    const response = await ready(settings)
    const text = await response.clone().text()

    expect(response.status).toBe(503)
    const checks = { config: 'failing', d1: 'failing', kv: 'failing', gate: 'failing' }
    expect(await response.json()).toEqual({ status: 'not_ready', checks, problems: expect.any(Array) })
    for (const name of names) expect(text).toContain(name)
    for (const secret of SECRETS) expect(text).not.toContain(secret)
  })

  it('lists every problem at once', async () => {
    const response = await ready({ OTP_PEPPER: '', DEFAULT_REGION: 'nowhere', OTP_LENGTH: '3' })
    const { problems } = await response.json<{ problems: string[] }>()

    const names = new Set(problems.map((problem) => problem.split(/[: ]/)[0]))
    expect(names).toEqual(new Set(['DEFAULT_REGION', 'OTP_LENGTH', 'OTP_PEPPER']))
  })

  it('is no liveness: a service that nobody can send through is ready, and says so when it is asked to send', async () => {
    expect((await ready(NOT_CONFIGURED)).status).toBe(200)
  })

  it('leaves nothing behind in KV, D1 or the object that it asks', async () => {
    await ready()

    expect((await env.OTP_KV.list()).keys).toEqual([])
    expect(await env.DB.prepare('SELECT COUNT(*) AS n FROM audit_events').first('n')).toBe(0)
  })

  it('answers HEAD without a body', async () => {
    const response = await ready({}, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('refuses %s in the envelope of the root', async (method) => {
    const response = await ready({}, { method })

    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    expect(await response.json()).toEqual({
      success: false,
      message: 'This address takes only GET, HEAD.',
      data: { phone_number: null, error: 'method_not_allowed' },
    })
  })
})
