import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { newApiKey } from '../../src/access/api-key'
import { SCOPES } from '../../src/access/scopes'
import { type TestCaller, createClosedService, plainBody } from '../support/callers'
import { fireAlarm, gateOf, storedState } from '../support/gate'
import {
  IDENTITY_PROVIDER_SETTINGS,
  createIdentityProviderStandIn,
  standInForIdentityProvider,
} from '../support/identity-provider'
import { SERVER_SCOPES, putApiKey } from '../support/keys'
import { deliverWebhooks, reporterOf } from '../support/receipts'
import { MSG91_SETTINGS, MSHASTRA_SETTINGS, TWILIO_SETTINGS, uniquePhone, wrongCode } from '../support/service'
import { useStandInsAndFakeTime } from './contract'

// Two callers of one deployment, about one and the same number (R-CFG-04): each has its own, and learns nothing of the
// other's. What they share is what protects the person: the waits and the limits of the number.

const PATH = '/v1/verifications'
const CHECK = `${PATH}/check`
const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const { standIns } = useStandInsAndFakeTime()
const closed = createClosedService()

let a: TestCaller
let b: TestCaller
let all: TestCaller
beforeAll(async () => {
  a = await closed.caller()
  b = await closed.caller()
  all = await closed.caller({ scopes: [...SERVER_SCOPES, 'callers:all'] })
})
beforeEach(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(() => {})
})

interface Sent {
  readonly path: string
  readonly code: string
}
async function send(by: TestCaller, to: string, body: object = {}): Promise<Sent> {
  const response = await by.post(PATH, { to, ...body })
  expect(response.status, await response.clone().text()).toBe(201)
  return { path: response.headers.get('location')!, code: standIns().gupshup.lastCode(to)! }
}

interface Checked {
  readonly id: string
  readonly valid: boolean
  readonly status: string
  readonly guesses_left: number
}
const checkedBy = async (by: TestCaller, path: string, body: object) => (await by.post(path, body)).json<Checked>()
const viewOf = async (by: TestCaller, path: string) =>
  (await by.get(path)).json<{ status: string; guesses_left: number; resend_at: string | null }>()

/** Another verification of the same gate, which was never made. */
const unknownOfSameGate = (path: string) => `${path.slice(0, -21)}${'A'.repeat(21)}`

/** Everything that can be done with a verification whose path is known. */
const BY_ID: readonly (readonly [string, (by: TestCaller, path: string, code: string) => Promise<Response>])[] = [
  ['seen', (by, path) => by.get(path)],
  ['checked', (by, path, code) => by.post(`${path}/check`, { code })],
  ['resent', (by, path) => by.post(`${path}/resend`)],
  ['canceled', (by, path) => by.cancel(path)],
]

describe('a verification by id (R-CFG-04)', () => {
  it.each(BY_ID)('is %s by nobody else: to them it is as unknown as one that never was', async (_what, use) => {
    const to = uniquePhone()
    const { path, code } = await send(a, to)
    vi.advanceTimersByTime(MINUTE_MS)
    const before = await storedState(await gateOf(to))

    const theirs = await plainBody(await use(b, path, code))
    expect(theirs).toMatchObject({ status: 404, body: { code: 'verification_not_found' } })
    expect(theirs).toEqual(await plainBody(await use(b, unknownOfSameGate(path), code)))
    expect(await storedState(await gateOf(to))).toEqual(before)
    expect(standIns().gupshup.messages).toHaveLength(1)
  })

  it.each(BY_ID)('is %s by its own caller, and by who may see all', async (_what, use) => {
    for (const by of [a, all]) {
      const to = uniquePhone()
      const { path, code } = await send(a, to)
      vi.advanceTimersByTime(MINUTE_MS)
      expect((await use(by, path, code)).ok).toBe(true)
      expect((await storedState(await gateOf(to)))!.verifications).toEqual([expect.objectContaining({ owner: a.id })])
    }
  })

  it('stays whose it is when somebody else has it sent again', async () => {
    const to = uniquePhone()
    const { path, code: first } = await send(a, to)
    vi.advanceTimersByTime(MINUTE_MS)
    expect((await all.post(`${path}/resend`)).status).toBe(200)
    const code = standIns().gupshup.lastCode(to)!
    expect(code).not.toBe(first)
    expect(await checkedBy(a, CHECK, { to, code })).toMatchObject({ valid: true })
  })
})

describe('verifications of one number by two callers (R-CFG-04)', () => {
  async function both(to = uniquePhone()) {
    const ofA = await send(a, to)
    vi.advanceTimersByTime(MINUTE_MS)
    const ofB = await send(b, to)
    return { to, ofA, ofB }
  }

  it('are two: neither send kills the code of the other, and each is right for its own caller', async () => {
    const { to, ofA, ofB } = await both()
    expect(ofB.path).not.toBe(ofA.path)
    expect(await viewOf(a, ofA.path)).toMatchObject({ status: 'pending' })
    expect(await checkedBy(a, CHECK, { to, code: ofA.code })).toMatchObject({ valid: true, id: ofA.path.split('/').at(-1) })
    expect(await checkedBy(b, CHECK, { to, code: ofB.code })).toMatchObject({ valid: true, id: ofB.path.split('/').at(-1) })
  })

  it('know the code of the other for a wrong one, at the cost of the one who guesses', async () => {
    const { to, ofA, ofB } = await both()
    expect(await checkedBy(b, CHECK, { to, code: ofA.code })).toMatchObject({ valid: false, guesses_left: 4 })
    expect(await checkedBy(b, `${ofB.path}/check`, { code: ofA.code })).toMatchObject({ valid: false, guesses_left: 3 })
    expect(await viewOf(a, ofA.path)).toMatchObject({ status: 'pending', guesses_left: 5 })
    expect(await checkedBy(a, CHECK, { to, code: ofA.code })).toMatchObject({ valid: true })
  })

  it('know of none where they have none, and cost the other no guess', async () => {
    const to = uniquePhone()
    const { path, code } = await send(a, to)
    for (const guess of [code, wrongCode(code)]) {
      expect(await plainBody(await b.post(CHECK, { to, code: guess }))).toEqual(
        await plainBody(await b.post(CHECK, { to: uniquePhone(), code: guess })),
      )
    }
    expect(await viewOf(a, path)).toMatchObject({ status: 'pending', guesses_left: 5 })
    expect((await storedState(await gateOf(to)))!.wrongGuesses).toEqual([])
  })

  it('end apart: locked, canceled or approved for one is nothing to the other', async () => {
    const { to, ofA, ofB } = await both()
    for (let nth = 1; nth <= 5; nth++) await a.post(CHECK, { to, code: wrongCode(ofA.code, nth) })
    expect(await viewOf(a, ofA.path)).toMatchObject({ status: 'locked' })
    expect(await viewOf(b, ofB.path)).toMatchObject({ status: 'pending', guesses_left: 5 })
    expect((await a.post(CHECK, { to, code: ofB.code })).status).toBe(429)
    expect(await checkedBy(b, CHECK, { to, code: ofB.code })).toMatchObject({ valid: true })

    const other = await both()
    await a.cancel(other.ofA.path)
    expect(await checkedBy(b, CHECK, { to: other.to, code: other.ofB.code })).toMatchObject({ valid: true })
    expect(await viewOf(a, other.ofA.path)).toMatchObject({ status: 'canceled' })
  })

  it('are right for their own caller by number, also where one may see all', async () => {
    const to = uniquePhone()
    const { code } = await send(a, to)
    expect((await all.post(CHECK, { to, code })).status).toBe(404)
  })

  it('share the wait between two sends, and tell it truly, so that nobody is written to twice', async () => {
    const to = uniquePhone()
    await send(a, to)
    vi.advanceTimersByTime(20_000)
    const refused = await b.post(PATH, { to })
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('40')
    expect(standIns().gupshup.messages).toHaveLength(1)
  })

  it('share the limit of ten minutes', async () => {
    const to = uniquePhone()
    for (const by of [a, b, a]) {
      await send(by, to)
      vi.advanceTimersByTime(MINUTE_MS)
    }
    for (const by of [a, b]) {
      expect(await (await by.post(PATH, { to })).json()).toMatchObject({ code: 'send_limit_reached', status: 429 })
    }
  })

  it('share the wrong guesses of a day, which protect the person from all callers together', async () => {
    const { caller } = createClosedService({ WRONG_GUESS_LIMIT_24_HOURS: '6' })
    const [one, other] = [await caller(), await caller()]
    const to = uniquePhone()
    const first = await send(one, to)
    for (let nth = 1; nth <= 5; nth++) await one.post(CHECK, { to, code: wrongCode(first.code, nth) })
    vi.advanceTimersByTime(MINUTE_MS)
    const second = await send(other, to)
    expect(await checkedBy(other, CHECK, { to, code: wrongCode(second.code) })).toMatchObject({ valid: false })
    expect((await other.post(CHECK, { to, code: second.code })).status).toBe(429)
  })

  it('keep one code for a caller, purpose and binding, and several for several', async () => {
    const to = uniquePhone()
    const first = await send(a, to, { purpose: 'payment', binding: { loan: '1' } })
    vi.advanceTimersByTime(MINUTE_MS)
    const ofB = await send(b, to, { purpose: 'payment', binding: { loan: '1' } })
    vi.advanceTimersByTime(MINUTE_MS)
    const second = await send(a, to, { purpose: 'payment', binding: { loan: '1' } })
    expect(second.path).toBe(first.path)
    const asked = { to, purpose: 'payment', binding: { loan: '1' } }
    expect(await checkedBy(a, CHECK, { ...asked, code: first.code })).toMatchObject({ valid: false })
    expect(await checkedBy(b, CHECK, { ...asked, code: ofB.code })).toMatchObject({ valid: true })
    expect(await checkedBy(a, CHECK, { ...asked, code: second.code })).toMatchObject({ valid: true })
  })
})

describe('an answer that is asked for again (R-CFG-04)', () => {
  it('is told to its own caller only, whatever the request id', async () => {
    const to = uniquePhone()
    const { path, code } = await send(a, to)
    const id = { 'x-request-id': 'the-very-same-request' }
    const ask = (by: TestCaller, address: string, body: object) => by.post(address, body, id)
    expect(await (await ask(a, CHECK, { to, code })).json()).toMatchObject({ valid: true })
    expect((await ask(b, CHECK, { to, code })).status).toBe(404)
    expect((await ask(b, `${path}/check`, { code })).status).toBe(404)
    expect(await (await ask(a, CHECK, { to, code })).json()).toMatchObject({ valid: true })

    vi.advanceTimersByTime(MINUTE_MS)
    const { code: ofB } = await send(b, to)
    expect(await (await ask(b, CHECK, { to, code: code === ofB ? wrongCode(code) : code })).json()).toMatchObject({
      valid: false,
    })
  })
})

const LEGACY = [
  ['whatsapp-otp', '/send-otp', '/verify-otp', (to: string) => ({ phone_number: to }), 404],
  ['homi', '/api_v1/otp_send', '/api_v1/otp_verify', (to: string) => ({ phone_number: to }), 404],
  ['user-otp', '/api/users/send-otp', '/api/users/verify-otp', (to: string) => ({ phone: to }), 400],
] as const

describe.each(LEGACY)('on the surface %s (R-CFG-04)', (name, sendPath, verifyPath, who, unknown) => {
  it('a code is its caller’s, too', async () => {
    const { caller } = createClosedService(MSHASTRA_SETTINGS)
    const [one, other] = [await caller(), await caller()]
    const to = uniquePhone()
    expect((await one.post(sendPath, who(to))).status).toBe(200)
    const { gupshup, mshastra } = standIns()
    const otp = (name === 'user-otp' ? mshastra : gupshup).lastCode(to)
    expect((await other.post(verifyPath, { ...who(to), otp })).status).toBe(unknown)
    const [verification] = (await storedState(await gateOf(to)))!.verifications
    expect(verification).toMatchObject({ owner: one.id, guesses: 0, status: 'pending' })
    expect((await one.post(verifyPath, { ...who(to), otp })).status).toBe(200)
  })
})

describe('what is left in D1 when the gate has been quiet for a day (R-CFG-04)', () => {
  it('is still its caller’s', async () => {
    const to = uniquePhone()
    const { path, code } = await send(a, to)
    await a.post(`${path}/check`, { code })
    const gate = await gateOf(to)
    await fireAlarm(gate)
    vi.advanceTimersByTime(DAY_MS)
    await fireAlarm(gate)
    expect(await storedState(gate)).toBeUndefined()

    expect(await viewOf(a, path)).toMatchObject({ status: 'approved' })
    expect(await viewOf(all, path)).toMatchObject({ status: 'approved' })
    expect(await plainBody(await b.get(path))).toEqual(await plainBody(await b.get(unknownOfSameGate(path))))
  })
})

describe('the caller of a rotated key (R-TOK-06)', () => {
  it('has with its new secret what it made with the old one, and the other way round', async () => {
    const previousKey = await newApiKey('secret')
    const { key, id } = await putApiKey({ previousKey, previousUntil: Date.now() + DAY_MS })
    const [before, after] = [closed.callerWith(id, previousKey), closed.callerWith(id, key)]
    const to = uniquePhone()
    const { path, code } = await send(before, to)
    expect(await viewOf(after, path)).toMatchObject({ status: 'pending' })
    expect(await checkedBy(after, CHECK, { to, code })).toMatchObject({ valid: true })
    expect(await viewOf(before, path)).toMatchObject({ status: 'approved' })
  })
})

describe('callers with tokens of an identity provider (R-CFG-04)', () => {
  it('are told apart by issuer and subject, and from those with keys', async () => {
    const provider = await createIdentityProviderStandIn()
    standInForIdentityProvider(provider)
    const { callerWith } = createClosedService(IDENTITY_PROVIDER_SETTINGS)
    const scope = SERVER_SCOPES.join(' ')
    const callerOf = async (sub: string) => callerWith(sub, await provider.token({ claims: { sub, scope } }))
    const [one, other] = [await callerOf('one'), await callerOf('other')]
    const to = uniquePhone()
    const { path, code } = await send(one, to)
    for (const by of [other, a]) {
      expect((await by.get(path)).status).toBe(404)
      expect((await by.post(CHECK, { to, code })).status).toBe(404)
    }
    // Another token of the same caller.
    expect(await checkedBy(await callerOf('one'), CHECK, { to, code })).toMatchObject({ valid: true })
  })

  it('cannot be somebody by calling themselves so', async () => {
    const provider = await createIdentityProviderStandIn()
    standInForIdentityProvider(provider)
    const { callerWith } = createClosedService(IDENTITY_PROVIDER_SETTINGS)
    const scope = SERVER_SCOPES.join(' ')
    const to = uniquePhone()
    const { path } = await send(a, to)
    for (const sub of [a.id, 'operator']) {
      const posing = callerWith(sub, await provider.token({ claims: { sub, scope } }))
      expect((await posing.get(path)).status).toBe(404)
    }
  })
})

describe('a message that is lost (R-CFG-04)', () => {
  it('is replaced in the name of its caller, who knows the new code; nobody else does', async () => {
    vi.spyOn(scheduler, 'wait').mockResolvedValue()
    const { caller, service } = createClosedService({
      ...TWILIO_SETTINGS,
      ...MSG91_SETTINGS,
      PUBLIC_URL: 'https://otp.example.test',
    })
    const [one, other] = [await caller(), await caller()]
    const to = uniquePhone('0004')
    expect((await one.post(PATH, { to })).status).toBe(201)
    const gate = await gateOf(to)
    await fireAlarm(gate)
    await deliverWebhooks(service, await reporterOf('twilio').report(standIns()))

    const code = standIns().msg91.lastCode(to)!
    expect((await storedState(gate))!.verifications).toEqual([expect.objectContaining({ owner: one.id, sends: 2 })])
    expect((await other.post(CHECK, { to, code })).status).toBe(404)
    expect(await checkedBy(one, CHECK, { to, code })).toMatchObject({ valid: true })
  })
})

describe('the messages that were sent (R-CFG-04)', () => {
  const idsIn = async (response: Response) => {
    expect(response.status).toBe(200)
    const { communications } = await response.json<{ communications: { id: string }[] }>()
    return communications.map(({ id }) => id)
  }

  it('are listed, shown and counted for their own caller, and all of them for who may see all', async () => {
    const { caller } = closed
    const [one, other, nobody] = [await caller(), await caller(), await caller()]
    const to = uniquePhone()
    const from = new Date(Date.now() - 1_000).toISOString()
    const { path: first } = await send(one, to)
    vi.advanceTimersByTime(MINUTE_MS)
    const { path: second } = await send(other, to)
    const until = new Date(Date.now() + 1_000).toISOString()
    const messageOf = async (by: TestCaller, path: string) =>
      (await (await by.get(path)).json<{ communication_id: string }>()).communication_id
    const [ofOne, ofOther] = [await messageOf(one, first), await messageOf(other, second)]
    await fireAlarm(await gateOf(to))

    for (const query of [
      '',
      `?to=${encodeURIComponent(to)}`,
      '?include=log',
      '?purpose=login',
      '?provider=gupshup',
      '?limit=1',
    ]) {
      const listFor = async (by: TestCaller) => idsIn(await by.get(`/v1/communications${query}`))
      expect(await listFor(one), query).toEqual([ofOne])
      expect(await listFor(other), query).toEqual([ofOther])
      expect(await listFor(nobody), query).toEqual([])
    }
    expect(await idsIn(await all.get(`/v1/communications?to=${encodeURIComponent(to)}`))).toEqual([ofOther, ofOne])

    const address = `/v1/communications/${ofOne}`
    expect((await one.get(address)).status).toBe(200)
    expect((await all.get(address)).status).toBe(200)
    expect(await plainBody(await other.get(address))).toEqual(
      await plainBody(await other.get('/v1/communications/019aa5f0-0000-7000-8000-000000000000')),
    )

    const countFor = async (by: TestCaller) => {
      const stats = await (
        await by.get(`/v1/stats/delivery?from=${from}&until=${until}`)
      ).json<{ totals: { accepted: number } }>()
      return stats.totals.accepted
    }
    expect(await Promise.all([one, other, nobody].map(countFor))).toEqual([1, 1, 0])
    expect(await countFor(all)).toBeGreaterThanOrEqual(2)
  })

  it('are told of by their id to their own caller only, before and after D1 has them', async () => {
    const { caller } = createClosedService(TWILIO_SETTINGS)
    const [one, other, seer] = [await caller(), await caller(), await caller({ scopes: SCOPES })]
    const to = uniquePhone()
    const sent = await one.post('/api/v1/external/sms/otp', { to_phone: to })
    const { message_id: messageId } = (await sent.json<{ data: { message_id: string } }>()).data
    const statusFor = (by: TestCaller) => by.get(`/api/v1/external/status/${messageId}`)
    for (const isInDatabase of [false, true]) {
      if (isInDatabase) await fireAlarm(await gateOf(to))
      expect((await statusFor(one)).status).toBe(200)
      expect((await statusFor(seer)).status).toBe(200)
      expect(await plainBody(await statusFor(other))).toEqual(
        await plainBody(await other.get(`/api/v1/external/status/${messageId.slice(0, -4)}AAAA`)),
      )
    }
  })
})
