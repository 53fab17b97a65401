import { describe, expect, it, vi } from 'vitest'
import { createTurnstile } from '../../src/access/turnstile'
import { AppError } from '../../src/core/app-error'
import type { Log } from '../../src/core/log'
import type { Fetch } from '../../src/messaging/providers/http'
import { type TurnstileFault, createTurnstileStandIn } from '../support/vendors/turnstile'

const SECRET = '0x4AAAAAAAtestturnstilesecret'
const HOST = 'shop.example.com'
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

function setUp({ secretKey = SECRET, clock = Date.now } = {}) {
  const cloudflare = createTurnstileStandIn({ secretKey: SECRET, clock })
  const log = vi.fn<Log>()
  const fetch = vi.fn<Fetch>((url, init) => cloudflare.handle(new Request(url, init)))
  const turnstile = createTurnstile({ secretKey, apiUrl: 'http://turnstile.test' }, { fetch, log })
  const check = (token: string, changes: { hostname?: string; address?: string } = {}) =>
    turnstile.check({ token, hostname: HOST, address: undefined, ...changes })
  return { cloudflare, log, fetch, check }
}

const refusalOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => expect.unreachable('it was answered'),
    (thrown: unknown) => thrown,
  )
  return error instanceof AppError ? error.refusal : expect.unreachable(String(error))
}

describe('a Turnstile token (R-AUT-14)', () => {
  it('is good where a person solved the challenge on that page, to have a code sent', async () => {
    const { cloudflare, check, fetch } = setUp()

    expect(await check(cloudflare.solve(), { address: '203.0.113.9' })).toBe('passed')
    expect(fetch.mock.calls[0]![0]).toBe('http://turnstile.test/turnstile/v0/siteverify')
    expect(cloudflare.requests).toEqual([
      {
        contentType: 'application/json',
        fields: {
          secret: SECRET,
          response: expect.stringMatching(/^1\./),
          remoteip: '203.0.113.9',
          idempotency_key: expect.stringMatching(UUID),
        },
      },
    ])
  })

  it('is asked about without an address where none is known', async () => {
    const { cloudflare, check } = setUp()
    await check(cloudflare.solve())
    expect(cloudflare.requests[0]!.fields).not.toHaveProperty('remoteip')
  })

  it('is good once', async () => {
    const { cloudflare, check } = setUp()
    const token = cloudflare.solve()

    expect(await check(token)).toBe('passed')
    expect(await check(token)).toBe('refused')
  })

  it('is good once, however many come at the same time', async () => {
    const { cloudflare, check } = setUp()
    const token = cloudflare.solve()

    const outcomes = await Promise.all(Array.from({ length: 20 }, () => check(token)))
    expect(outcomes.filter((outcome) => outcome === 'passed')).toHaveLength(1)
  })

  it('is spent also where it was solved for something else', async () => {
    const { cloudflare, check } = setUp()
    const token = cloudflare.solve()

    expect(await check(token, { hostname: 'elsewhere.example.com' })).toBe('other_hostname')
    expect(await check(token)).toBe('refused')
  })

  it('is good for 300 seconds', async () => {
    let now = 1_000_000
    const { cloudflare, check } = setUp({ clock: () => now })
    const [inTime, late] = [cloudflare.solve(), cloudflare.solve()]

    now += 299_999
    expect(await check(inTime)).toBe('passed')
    now += 1
    expect(await check(late)).toBe('refused')
  })

  it.each(['login', '', 'Send', 'send ', 'sending'])('of the action %j is refused', async (action) => {
    const { cloudflare, check } = setUp()
    expect(await check(cloudflare.solve({ action }))).toBe('other_action')
  })

  it.each(['elsewhere.example.com', 'example.com', 'www.shop.example.com', 'shop.example.com.elsewhere.test', 'localhost', ''])(
    'of the host %j is refused',
    async (hostname) => {
      const { cloudflare, check } = setUp()
      expect(await check(cloudflare.solve({ hostname }))).toBe('other_hostname')
    },
  )

  it('is refused where Cloudflare names neither action nor host, as its keys for tests do', async () => {
    const { cloudflare, check } = setUp()
    cloudflare.failNext(
      { body: { success: true, 'error-codes': [], hostname: HOST } },
      { body: { success: true, action: 'send' } },
    )

    expect(await check('XXXX.DUMMY.TOKEN.XXXX')).toBe('other_action')
    expect(await check('XXXX.DUMMY.TOKEN.XXXX')).toBe('other_hostname')
  })

  it.each(['made up', 'XXXX.DUMMY.TOKEN.XXXX', "1.' OR 1=1", 'x'.repeat(2_048)])('that is %j is refused', async (token) => {
    const { cloudflare, check } = setUp()
    expect(await check(token)).toBe('refused')
    expect(cloudflare.requests).toHaveLength(1)
  })

  it('that is too long for one is asked nobody about', async () => {
    const { cloudflare, check } = setUp()
    expect(await check('x'.repeat(2_049))).toBe('refused')
    expect(cloudflare.requests).toHaveLength(0)
  })
})

describe('siteverify that fails', () => {
  it.each<TurnstileFault>(['down', 'html', 'internal-error', 'reset', 'answer-lost', 'redirect'])(
    'once (%s) is asked again, which is no second use of the token',
    async (fault) => {
      const { cloudflare, check, log } = setUp()
      cloudflare.failNext(fault)

      expect(await check(cloudflare.solve())).toBe('passed')
      const [first, second] = cloudflare.requests
      expect(second!.fields).toEqual(first!.fields)
      expect(log).not.toHaveBeenCalled()
    },
  )

  it.each<TurnstileFault>([
    'down',
    'html',
    'internal-error',
    'reset',
    'answer-lost',
    'redirect',
    { body: null },
    { body: [] },
    { body: 'true' },
    { body: {} },
    { body: { success: 'true', hostname: HOST, action: 'send' } },
    { body: { success: 1, hostname: HOST, action: 'send' } },
    { body: { success: true, hostname: [HOST], action: 'send' } },
  ])('twice (%j) lets nobody through', async (fault) => {
    const { cloudflare, check, log } = setUp()
    cloudflare.failNext(fault, fault)

    const refusal = await refusalOf(check(cloudflare.solve()))
    expect(refusal).toEqual({ code: 'dependency_unavailable', details: { dependency: 'turnstile' } })
    expect(cloudflare.requests).toHaveLength(2)
    expect(log.mock.calls).toEqual([['error', 'turnstile.unavailable', { dependency: 'turnstile', reason: 'no_answer' }]])
  })

  it('by not answering lets nobody through, and is not waited for twice', async () => {
    const expired = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(expired.signal)
    const { cloudflare, check } = setUp()
    cloudflare.failNext('hang')

    const refusal = refusalOf(check(cloudflare.solve()))
    await vi.waitFor(() => expect(cloudflare.requests).toHaveLength(1))
    expired.abort()
    expect(await refusal).toMatchObject({ code: 'dependency_unavailable' })
    expect(timeout).toHaveBeenCalledExactlyOnceWith(2_000)
    expect(cloudflare.requests).toHaveLength(1)
    timeout.mockRestore()
  })

  it.each(['missing-input-secret', 'invalid-input-secret'])(
    'for our secret (%s) is a fault of the settings, which the log tells',
    async (code) => {
      const { cloudflare, check, log } = setUp()
      cloudflare.failNext({ body: { success: false, 'error-codes': [code] } })

      expect(await refusalOf(check(cloudflare.solve()))).toMatchObject({ code: 'dependency_unavailable' })
      expect(log.mock.calls).toEqual([['error', 'turnstile.unavailable', { dependency: 'turnstile', reason: 'wrong_secret' }]])
    },
  )

  it('is what a wrong secret comes to', async () => {
    const { cloudflare, check } = setUp({ secretKey: '0x4AAAAAAAanothersecret' })
    expect(await refusalOf(check(cloudflare.solve()))).toMatchObject({ code: 'dependency_unavailable' })
    expect(cloudflare.requests).toHaveLength(1)
  })
})
