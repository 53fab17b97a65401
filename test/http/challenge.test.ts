import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app'
import { CHALLENGE_REFUSALS } from '../../src/http/challenge'
import { type DocumentedRoute, collectRoutes } from '../../src/http/documented-routes'
import { PAGE, bearer, putApiKey } from '../support/keys'
import { aSecret } from '../support/secrets'
import {
  MSHASTRA_SETTINGS,
  type StandIns,
  TURNSTILE_SETTINGS,
  TWILIO_SETTINGS,
  WHATSAPP_CLOUD_SETTINGS,
  createService,
  standInForVendors,
  uniquePhone,
} from '../support/service'

const neverCalled = () => {
  throw new Error('this app only shows its routes')
}
/** Whatever a page can have a code sent by. */
const sending = collectRoutes(createApp(neverCalled, () => true)).filter(
  ({ method, access }) => method === 'post' && access.kind === 'scopes' && access.scopes.includes('verifications:send'),
)
const byName = sending.map((route) => [route.operation.operationId, route] as const)

const VENDORS = { ...MSHASTRA_SETTINGS, ...TWILIO_SETTINGS, ...WHATSAPP_CLOUD_SETTINGS }
const service = createService({ ...VENDORS, ...TURNSTILE_SETTINGS })

const PATH = '/v1/verifications'
const token = (text: string) => ({ 'x-turnstile-token': text })

let standIns: StandIns
let page: Record<string, string>
beforeEach(async () => {
  standIns = standInForVendors()
  const { key } = await putApiKey({ kind: 'publishable' })
  page = bearer(key, PAGE)
})
afterEach(() => vi.restoreAllMocks())

const messages = () =>
  [standIns.gupshup, standIns.mshastra, standIns.twilio, standIns.whatsappCloud].reduce(
    (sum, { messages: sent }) => sum + sent.length,
    0,
  )

async function expectRefused(response: Response, status: number, code: string) {
  const text = await response.text()
  expect([response.status, text]).toEqual([status, expect.stringContaining(code)])
  expect(messages()).toBe(0)
}

/** A body of the route for this number. */
function bodyOf({ body }: DocumentedRoute, phone: string): object {
  const names = ['to', 'phone', 'phone_number', 'to_phone']
  return Object.fromEntries(names.filter((name) => name in body!.schema.shape).map((name) => [name, phone]))
}

async function addressOf({ path }: DocumentedRoute, phone: string): Promise<string> {
  if (!path.includes('{id}')) return path
  const sent = await service.post(PATH, { to: phone }, { ...page, ...token(standIns.turnstile.solve()) })
  const { id } = await sent.json<{ id: string }>()
  vi.setSystemTime(Date.now() + 60_000)
  return path.replace('{id}', id)
}

it('is asked for at every route by which a page has a code sent', () => {
  expect(byName.map(([name]) => name).toSorted()).toEqual([
    'createVerification',
    'external-otp.sms.send',
    'external-otp.whatsapp.send',
    'homi.resend',
    'homi.send',
    'resendVerification',
    'user-otp.send',
    'whatsapp-otp.resend',
    'whatsapp-otp.send',
  ])
})

describe.each(byName)('%s', (_name, route) => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())

  it('takes a page only with a token, and that once (R-AUT-14)', async () => {
    const phone = uniquePhone()
    const address = await addressOf(route, phone)
    const before = messages()
    const body = bodyOf(route, phone)
    const solved = token(standIns.turnstile.solve())

    const refused = await service.post(address, body, page)
    expect([refused.status, messages()]).toEqual([403, before])
    // Refused before anything was counted: no cooldown is in the way.
    const sent = await service.post(address, body, { ...page, ...solved })
    expect([Math.floor(sent.status / 100), messages()]).toEqual([2, before + 1])
    vi.setSystemTime(Date.now() + 60_000)
    const again = await service.post(address, body, { ...page, ...solved })
    expect([again.status, messages()]).toEqual([403, before + 1])
  })

  it('asks no server for one', async () => {
    const { key } = await putApiKey()
    const phone = uniquePhone()
    const body = bodyOf(route, phone)
    const response = await service.post(route.path.replace('{id}', 'nobodys'), body, bearer(key))
    expect(response.status).toBe(
      route.path.includes('{id}') ? 404 : route.operation.operationId === 'createVerification' ? 201 : 200,
    )
    expect(standIns.turnstile.requests).toHaveLength(0)
  })

  it('says so in the document', () => {
    expect(route.operation.refusals).toEqual(expect.arrayContaining([...CHALLENGE_REFUSALS]))
  })
})

describe('a send from a page', () => {
  const send = (headers: Record<string, string>, phone = uniquePhone()) =>
    service.post(PATH, { to: phone }, { ...page, ...headers })

  it.each(['', ' ', 'made up', 'x'.repeat(2_049)])('is refused with the token %j', async (text) => {
    await expectRefused(await send(token(text)), 403, 'challenge_failed')
  })

  it('is refused with a token of another form of the page', async () => {
    await expectRefused(await send(token(standIns.turnstile.solve({ action: 'login' }))), 403, 'challenge_failed')
  })

  it("is refused with a token of another host, also of one that the key's other origin has", async () => {
    const { key } = await putApiKey({ kind: 'publishable', origins: [PAGE, 'https://other.example.com'] })
    const solved = () => token(standIns.turnstile.solve({ hostname: 'other.example.com' }))

    await expectRefused(await send({ ...solved(), ...bearer(key, PAGE) }), 403, 'challenge_failed')
    expect((await send({ ...solved(), ...bearer(key, 'https://other.example.com') })).status).toBe(201)
  })

  it('is let through from a page with a port', async () => {
    const { key } = await putApiKey({ kind: 'publishable', origins: ['http://localhost:5173'] })
    const solved = token(standIns.turnstile.solve({ hostname: 'localhost' }))
    expect((await send({ ...solved, ...bearer(key, 'http://localhost:5173') })).status).toBe(201)
  })

  it('tells Cloudflare the address that Cloudflare tells, and no other (R-HTTP-10)', async () => {
    const solved = token(standIns.turnstile.solve())
    const forged = { 'x-forwarded-for': '198.51.100.1', 'x-real-ip': '198.51.100.1', forwarded: 'for=198.51.100.1' }
    await send({ ...solved, ...forged, 'cf-connecting-ip': '203.0.113.9' })
    expect(standIns.turnstile.requests[0]!.fields['remoteip']).toBe('203.0.113.9')
  })

  it.each(['down', 'reset', 'html', 'internal-error'] as const)(
    'is refused while Turnstile cannot be asked: %s',
    async (fault) => {
      standIns.turnstile.failNext(fault, fault)
      await expectRefused(await send(token(standIns.turnstile.solve())), 503, 'dependency_unavailable')
    },
  )

  it('is refused, and the log says why, where the secret is wrong', async () => {
    const error = vi.spyOn(console, 'error').mockReturnValue()
    const wrong = createService({ ...TURNSTILE_SETTINGS, TURNSTILE_SECRET_KEY: '0x4AAAAAAAanothersecret' })
    const solved = token(standIns.turnstile.solve())

    await expectRefused(await wrong.post(PATH, { to: uniquePhone() }, { ...page, ...solved }), 503, 'dependency_unavailable')
    expect(error.mock.calls.flat().join()).toContain('wrong_secret')
  })

  it('spends no token where the request itself is wrong', async () => {
    const solved = { ...page, ...token(standIns.turnstile.solve()) }
    expect((await service.post(PATH, { to: 1 }, solved)).status).toBe(400)
    expect((await service.post(PATH, { to: uniquePhone() }, { ...solved, origin: 'https://elsewhere.example.com' })).status).toBe(
      403,
    )
    expect((await service.post(PATH, { to: uniquePhone() }, solved)).status).toBe(201)
  })

  it('that is repeated with its Idempotency-Key is answered again, without another token', async () => {
    const phone = uniquePhone()
    const headers = { 'idempotency-key': crypto.randomUUID(), ...token(standIns.turnstile.solve()) }

    expect((await send({ ...headers, ...token('made up') }, phone)).status).toBe(403)
    const first = await send(headers, phone)
    const again = await send(headers, phone)
    expect([first.status, again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 201, 'true'])
    expect(await again.json()).toEqual(await first.json())
    expect([messages(), standIns.turnstile.requests.length]).toEqual([1, 2])
  })

  it('logs why, and not the token', async () => {
    const info = vi.spyOn(console, 'info').mockReturnValue()
    const solved = standIns.turnstile.solve({ action: 'login' })
    await send(token(solved))
    const lines = info.mock.calls.flat().join('\n')
    expect(lines).toMatch(/"challenge\.failed".*"reason":"other_action"/)
    expect(lines).not.toContain(solved)
  })
})

describe('without TURNSTILE_SECRET_KEY', () => {
  it('pages send in development', async () => {
    expect((await createService().post(PATH, { to: uniquePhone() }, page)).status).toBe(201)
  })

  it('pages cannot send in production, and the answer names the setting', async () => {
    const production = createService({
      ENVIRONMENT: 'production',
      OTP_PEPPER: aSecret('p'),
      PHONE_HASH_KEY: aSecret('h'),
      PII_ENCRYPTION_KEY: aSecret('e'),
    })
    const { key } = await putApiKey()

    const response = await production.post(PATH, { to: uniquePhone() }, { ...page, ...token(standIns.turnstile.solve()) })
    await expectRefused(response, 503, 'TURNSTILE_SECRET_KEY')
    expect((await production.post(PATH, { to: uniquePhone() }, bearer(key))).status).toBe(201)
  })
})
