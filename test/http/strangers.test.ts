import { beforeAll, describe, expect, it, vi } from 'vitest'
import { createApp } from '../../src/app'
import { SCOPES } from '../../src/access/scopes'
import { collectRoutes } from '../../src/http/documented-routes'
import { PAGE, bearer, putApiKey } from '../support/keys'
import { allLeads, leadBody } from '../support/leads'
import { MSHASTRA_SETTINGS, type StandIns, createService, uniquePhone, wrongCode } from '../support/service'
import { useStandInsAndFakeTime } from '../surfaces/contract'
import { FOREIGN_ID } from '../surfaces/contract/v1'

const PATH = '/v1/verifications'
const TEN_MINUTES_MS = 600_000
const DAY_MS = 86_400_000

const service = createService()
const bySms = createService(MSHASTRA_SETTINGS)

type Headers = Readonly<Record<string, string>>
interface Sent {
  readonly phone: string
  readonly id: string
}

/** A route that checks codes. */
interface CheckRoute {
  readonly operationId: string
  /** Guesses of one verification, and of one number in a day. */
  readonly guesses: number
  readonly wrongGuessesPerDay: number
  /** The status of a right code, and what else tells that it is. */
  readonly right: object
  readonly byId?: true
  readonly send: (phone: string, headers: Headers) => Promise<Response>
  readonly lastCode: (standIns: StandIns, phone: string) => string
  readonly check: (sent: Sent, code: string, headers: Headers, facts?: object) => Promise<Response>
}

const byGupshup = {
  guesses: 5,
  wrongGuessesPerDay: 25,
  lastCode: ({ gupshup }: StandIns, phone: string) => gupshup.lastCode(phone)!,
}
const ofV1 = {
  ...byGupshup,
  right: { status: 'approved', valid: true },
  send: (phone: string, headers: Headers) => service.post(PATH, { to: phone }, headers),
}
const ofPhoneOtp = (send: string, verify: string) => ({
  ...byGupshup,
  right: { success: true },
  send: (phone: string, headers: Headers) => service.post(send, { phone_number: phone }, headers),
  check: ({ phone }: Sent, otp: string, headers: Headers) => service.post(verify, { phone_number: phone, otp }, headers),
})

const ROUTES: readonly CheckRoute[] = [
  {
    ...ofV1,
    operationId: 'checkVerification',
    check: ({ phone }, code, headers, facts) => service.post(`${PATH}/check`, { to: phone, code, ...facts }, headers),
  },
  {
    ...ofV1,
    operationId: 'checkVerificationById',
    byId: true,
    check: ({ id }, code, headers, facts) => service.post(`${PATH}/${id}/check`, { code, ...facts }, headers),
  },
  { operationId: 'whatsapp-otp.verify', ...ofPhoneOtp('/send-otp', '/verify-otp') },
  { operationId: 'homi.verify', ...ofPhoneOtp('/api_v1/otp_send', '/api_v1/otp_verify') },
  {
    operationId: 'user-otp.verify',
    guesses: 3,
    wrongGuessesPerDay: 10,
    right: { verified: true },
    send: (phone, headers) => bySms.post('/api/users/send-otp', { phone }, headers),
    lastCode: ({ mshastra }, phone) => mshastra.lastCode(phone)!,
    check: ({ phone }, otp, headers) => bySms.post('/api/users/verify-otp', { phone, otp }, headers),
  },
]

let page: Headers
let otherPage: Headers
let server: Headers
beforeAll(async () => {
  page = bearer((await putApiKey({ kind: 'publishable' })).key, PAGE)
  otherPage = bearer((await putApiKey({ kind: 'publishable' })).key, PAGE)
  server = bearer((await putApiKey()).key)
})

/** All of an answer that its reader sees, but for what is the request's own. */
async function seenOf(response: Response) {
  const headers = [...response.headers].filter(([name]) => name !== 'x-request-id')
  return { status: response.status, headers, body: await response.text() }
}
type Seen = Awaited<ReturnType<typeof seenOf>>

/** Every way in which a code does not do, for one number, as one caller is told of it. Time moves on by days. */
async function everySituation(route: CheckRoute, standIns: StandIns, asking: Headers): Promise<Record<string, Seen>> {
  const phone = uniquePhone()
  const seen: Record<string, Seen> = {}
  const waitFor = (ms: number) => vi.advanceTimersByTime(ms)

  async function sentBy(headers: Headers): Promise<{ readonly sent: Sent; readonly code: string }> {
    const response = await route.send(phone, headers)
    expect(response.status, await response.clone().text()).toBeLessThan(300)
    const { id = '' } = await response.json<{ id?: string }>()
    return { sent: { phone, id }, code: route.lastCode(standIns, phone) }
  }
  const note = async (name: string, sent: Sent, code: string, facts?: object) => {
    seen[name] = await seenOf(await route.check(sent, code, asking, facts))
  }

  await note('unknown', { phone, id: FOREIGN_ID }, '123456')

  const theirs = await sentBy(asking === otherPage ? page : otherPage)
  await note('the code of another owner', theirs.sent, theirs.code)
  waitFor(60_000)

  const used = await sentBy(asking)
  await note('wrong', used.sent, wrongCode(used.code))
  await note('too short', used.sent, used.code.slice(0, 4) === used.code ? wrongCode(used.code) : used.code.slice(0, 4))
  const right = await route.check(used.sent, used.code, asking)
  expect([right.status, await right.json()]).toEqual([200, expect.objectContaining(route.right)])
  await note('used', used.sent, used.code)
  await note('used, and wrong', used.sent, wrongCode(used.code))
  waitFor(60_000)

  const first = await sentBy(asking)
  waitFor(DAY_MS + 1)
  await note('expired, and long ago', first.sent, first.code)
  const expired = await sentBy(asking)
  waitFor(TEN_MINUTES_MS)
  await note('expired', expired.sent, expired.code)
  await note('expired, and wrong', expired.sent, wrongCode(expired.code))

  const canceled = await (await service.post(PATH, { to: phone }, asking)).json<{ id: string }>()
  expect((await service.request(`${PATH}/${canceled.id}`, { method: 'DELETE', headers: asking })).status).toBe(204)
  await note('canceled', { phone, id: canceled.id }, standIns.gupshup.lastCode(phone)!)
  waitFor(60_000)

  const replaced = await sentBy(asking)
  waitFor(60_000)
  const { sent, code } = await sentBy(asking)
  await note('replaced by a resend', sent, replaced.code === code ? wrongCode(code) : replaced.code)
  for (let guess = 2; guess < route.guesses; guess++) await route.check(sent, wrongCode(code, guess), asking)
  await note('locked by this guess', sent, wrongCode(code, route.guesses))
  await note('locked', sent, code)

  waitFor(DAY_MS + 1)
  let wrong = 0
  let last = { sent, code }
  while (wrong < route.wrongGuessesPerDay) {
    last = await sentBy(asking)
    for (let guess = 1; guess <= route.guesses && wrong < route.wrongGuessesPerDay; guess++, wrong++) {
      await route.check(last.sent, wrongCode(last.code, guess), asking)
    }
    waitFor(TEN_MINUTES_MS / 2)
  }
  await note('too many guesses at the number', last.sent, last.code)
  return seen
}

const neverCalled = () => {
  throw new Error('this app only shows its routes')
}

it('knows every route by which a stranger can check a code', () => {
  const checking = collectRoutes(createApp(neverCalled, () => true)).filter(
    ({ access }) => access.kind === 'scopes' && access.scopes.includes('verifications:check'),
  )
  expect(checking.map(({ operation }) => operation.operationId).toSorted()).toEqual(
    ROUTES.map(({ operationId }) => operationId).toSorted(),
  )
  for (const { operation } of checking) expect(operation.refusals).toContain('code_not_accepted')
})

describe.each(ROUTES.map((route) => [route.operationId, route] as const))('%s', (_name, route) => {
  const { standIns } = useStandInsAndFakeTime()

  it('tells a stranger one thing of a code that does not do, byte for byte (R-OTP-13)', async () => {
    const seen = await everySituation(route, standIns(), page)
    const { unknown, ...others } = seen

    expect(Object.keys(others).length).toBeGreaterThan(12)
    for (const [name, answer] of Object.entries(others)) expect(answer, name).toEqual(unknown)
    expect(unknown!.status).toBe(400)
    expect(unknown!.headers.map(([name]) => name)).not.toContain('retry-after')
    expect(unknown!.body).not.toMatch(/request_id|guess|attempts|retry/)
  })

  it('tells a server the reason', async () => {
    const seen = Object.values(await everySituation(route, standIns(), server))
    const reasons = new Set(seen.map(({ status, body }) => `${status} ${body}`))
    expect(reasons.size).toBeGreaterThan(3)
    expect(seen.map(({ body }) => body).join()).not.toContain('code_not_accepted')
    expect(seen.some(({ headers }) => headers.some(([name]) => name === 'retry-after'))).toBe(true)
  })

  it('tells strangers of different keys the same', async () => {
    const phone = uniquePhone()
    const sent = { phone, id: FOREIGN_ID }
    expect(await seenOf(await route.check(sent, '123456', page))).toEqual(
      await seenOf(await route.check(sent, '123456', otherPage)),
    )
  })

  it('takes the right code at the first time, and the same request again as before', async () => {
    const phone = uniquePhone()
    const response = await route.send(phone, page)
    const { id = '' } = await response.json<{ id?: string }>()
    const again = { ...page, 'x-request-id': crypto.randomUUID() }
    const code = route.lastCode(standIns(), phone)

    const first = await seenOf(await route.check({ phone, id }, code, again))
    expect(first.status).toBe(200)
    expect(await seenOf(await route.check({ phone, id }, code, again))).toEqual(first)
  })
})

describe('a check on /v1', () => {
  const { standIns } = useStandInsAndFakeTime()

  const create = async (phone: string, headers: Headers, facts: object = {}) => {
    const { id } = await (await service.post(PATH, { to: phone, ...facts }, headers)).json<{ id: string }>()
    return { id, code: standIns().gupshup.lastCode(phone)! }
  }
  const notAccepted = async (response: Promise<Response>) => {
    const { status, body } = await seenOf(await response)
    expect([status, JSON.parse(body)]).toEqual([
      400,
      {
        type: 'urn:edge-verify:problem:code_not_accepted',
        title: 'Code not accepted',
        status: 400,
        detail: 'This code is not accepted. Please request a new one.',
        code: 'code_not_accepted',
      },
    ])
  }

  it('by number does not tell a stranger for which purpose or binding there is a code', async () => {
    const phone = uniquePhone()
    const { code } = await create(phone, page, { purpose: 'payment', binding: { loan: '1' } })
    const byNumber = (facts: object) => service.post(`${PATH}/check`, { to: phone, code, ...facts }, page)

    await notAccepted(byNumber({}))
    await notAccepted(byNumber({ purpose: 'payment' }))
    await notAccepted(byNumber({ purpose: 'payment', binding: { loan: '2' } }))
    await notAccepted(byNumber({ purpose: 'login', binding: { loan: '1' } }))
    expect((await byNumber({ purpose: 'payment', binding: { loan: '1' } })).status).toBe(200)
  })

  it.each([
    '1',
    'ver_',
    'check',
    '__proto__',
    `ver_${'A'.repeat(64)}`,
    FOREIGN_ID,
    FOREIGN_ID.slice(0, -1),
    encodeURIComponent("' OR 1=1"),
  ])('of the id %s tells a stranger the same as one of a wrong code', async (id) =>
    notAccepted(service.post(`${PATH}/${id}/check`, { code: '123456' }, page)),
  )

  it('of an id tells a stranger the same of those of others, and costs them no guess', async () => {
    const phone = uniquePhone()
    const { id, code } = await create(phone, server, { binding: { loan: '1' } })

    await notAccepted(service.post(`${PATH}/${id}/check`, { code }, page))
    await notAccepted(service.post(`${PATH}/${id}/check`, { code, binding: { loan: '1' } }, page))
    const { guesses_left } = await (await service.request(`${PATH}/${id}`, { headers: server })).json<{ guesses_left: number }>()
    expect(guesses_left).toBe(5)
  })

  it('tells the operator and whoever needs no key the reason', async () => {
    const operated = createService({ ADMIN_API_KEY: 'an-operator-key-of-32-characters!' })
    for (const headers of [bearer('an-operator-key-of-32-characters!'), {}]) {
      const response = await operated.post(`${PATH}/check`, { to: uniquePhone(), code: '123456' }, headers)
      expect([response.status, await response.json()]).toEqual([404, expect.objectContaining({ code: 'verification_not_found' })])
    }
  })

  it('tells a stranger what is wrong with the request itself', async () => {
    const check = (body: unknown) => service.post(`${PATH}/check`, body, page)
    const codeOf = async (response: Promise<Response>) => (await (await response).json<{ code: string }>()).code

    expect(await codeOf(check('{'))).toBe('malformed_json')
    expect(await codeOf(check({ to: uniquePhone(), code: 'abc' }))).toBe('invalid_request')
    expect(await codeOf(check({ to: '+911', code: '123456' }))).toBe('invalid_phone')
  })
})

describe('a verification', () => {
  const { standIns } = useStandInsAndFakeTime()

  /** Without the id of the request, which the caller may choose. */
  const told = async (method: string, path: string, headers: Headers) => {
    const id = { 'x-request-id': 'the-same' }
    return seenOf(await service.request(`${PATH}/${path}`, { method, headers: { ...headers, ...id } }))
  }

  it('of somebody else is to a stranger as one that never was', async () => {
    const phone = uniquePhone()
    const { id } = await (await service.post(PATH, { to: phone }, otherPage)).json<{ id: string }>()

    for (const [method, rest] of [
      ['GET', ''],
      ['DELETE', ''],
      ['POST', '/resend'],
    ] as const) {
      const unknown = await told(method, FOREIGN_ID + rest, page)
      expect(unknown.status).toBe(404)
      expect(await told(method, id + rest, page)).toEqual(unknown)
      expect(await told(method, `1${rest}`, page)).toEqual(unknown)
    }
    expect((await told('GET', id, otherPage)).status).toBe(200)
  })

  it('that is over is to a stranger as one that never was, to cancel and to send again', async () => {
    const phone = uniquePhone()
    const { id } = await (await service.post(PATH, { to: phone }, page)).json<{ id: string }>()
    await service.post(`${PATH}/${id}/check`, { code: standIns().gupshup.lastCode(phone)! }, page)
    vi.advanceTimersByTime(60_000)

    expect(await told('DELETE', id, page)).toEqual(await told('DELETE', FOREIGN_ID, page))
    expect(await told('POST', `${id}/resend`, page)).toEqual(await told('POST', `${FOREIGN_ID}/resend`, page))
  })
})

describe('leads', () => {
  const { standIns } = useStandInsAndFakeTime()

  it.each(['true', 'false'])(
    'are nothing for a page, whatever D1 says of its key: another visitor may have proved the number (R-CFG-04, required=%s)',
    async (required) => {
      const asked = createService({ LEADS_REQUIRE_VERIFIED_PHONE: required })
      const { key } = await putApiKey({ kind: 'publishable', scopes: SCOPES })
      const visitor = bearer(key, PAGE)
      const phone = uniquePhone()
      await asked.post('/api_v1/otp_send', { phone_number: phone }, visitor)
      const proof = { phone_number: phone, otp: standIns().gupshup.lastCode(phone)! }
      expect((await asked.post('/api_v1/otp_verify', proof, visitor)).status).toBe(200)
      const body = leadBody({ mobile_number: phone })
      const trusted = await putApiKey({ scopes: ['leads:create', 'leads:unverified'] })
      const submitted = await asked.post('/api_v1/lead_create', body, bearer(trusted.key))
      const { basic_application_id: id } = await submitted.json<{ basic_application_id: string }>()
      const { length } = await allLeads()

      for (const [path, wish] of [
        ['/api_v1/lead_create', body],
        ['/v1/leads', {}],
        ['/api_v1/lead_status', { mobile_number: phone }],
        ['/api_v1/lead_status', { basic_application_id: id }],
        ['/api_v1/lead_status', { mobile_number: phone, basic_application_id: id }],
      ] as const) {
        const answer = await asked.post(path, wish, visitor)
        expect([answer.status, answer.headers.get('www-authenticate')], path).toEqual([403, 'Bearer error="insufficient_scope"'])
      }
      expect((await asked.request('/v1/leads', { headers: visitor })).status).toBe(403)
      expect(await allLeads()).toHaveLength(length)
    },
  )
})
