import { describe, expect, it, vi } from 'vitest'
import { databaseThat, failing, hanging } from '../support/broken'
import { fireAlarm, gateOf, storedState } from '../support/gate'
import { createService, uniquePhone, wrongCode } from '../support/service'
import { useStandInAndFakeTime } from './contract'
import { expectAnswer, expectCommonHeaders, expectRefusal } from './contract/surface'
import { inSeconds, pendingBody, v1 } from './contract/v1'

const PATH = '/v1/verifications'
const DAY_MS = 86_400_000
const service = createService()
const { vendor } = useStandInAndFakeTime()

async function create(phone: string): Promise<string> {
  const response = await service.post(PATH, { to: phone })
  expect(response.status).toBe(201)
  const { id } = await response.json<{ id: string }>()
  return `${PATH}/${id}`
}
/** Another verification of the same number's gate. The last 128 bits of an id, 21 characters and a bit, are the verification's own. */
const unknownOfSameGate = (path: string) => `${path.slice(0, -21)}${'A'.repeat(21)}`
const get = (path: string, from = service) => from.request(path)
const check = (path: string, code: string) => service.post(`${path}/check`, { code })
const resend = (path: string, init: RequestInit = {}) => service.request(`${path}/resend`, { method: 'POST', ...init })
const cancel = (path: string) => service.request(path, { method: 'DELETE' })

async function expectVerification(response: Response, phone: string, changes: object) {
  await expectAnswer(response, { status: 200, body: () => pendingBody(phone, changes) }, phone)
}

describe('GET /v1/verifications/{id}', () => {
  it('follows the verification from pending to approved', async () => {
    const phone = uniquePhone()
    const path = await create(phone)
    const made = {
      id: path.slice(PATH.length + 1),
      created_at: inSeconds(0),
      expires_at: inSeconds(300),
      resend_at: inSeconds(60),
    }

    await expectVerification(await get(path), phone, made)
    vi.advanceTimersByTime(10_000)
    await check(path, wrongCode(vendor().lastCode(phone)!))
    await expectVerification(await get(path), phone, { ...made, guesses_left: 4 })
    await check(path, vendor().lastCode(phone)!)
    const approved = { ...made, status: 'approved', completed_at: inSeconds(0), guesses_left: 3 }
    await expectVerification(await get(path), phone, approved)
    await expectVerification(await get(`${path}/`), phone, approved)
  })

  it('shows expired, locked, canceled and failed', async () => {
    const status = async (path: string) => (await (await get(path)).json<{ status: string }>()).status
    const phones = [uniquePhone(), uniquePhone(), uniquePhone(), uniquePhone('0001')] as const
    const [expired, locked, canceled] = [await create(phones[0]), await create(phones[1]), await create(phones[2])]
    await service.post(PATH, { to: phones[3] })
    const failed = `${PATH}/${(await storedState(await gateOf(phones[3])))!.verifications[0]!.id}`
    for (let nth = 1; nth <= 5; nth++) await check(locked, wrongCode(vendor().lastCode(phones[1])!, nth))
    await cancel(canceled)
    vi.advanceTimersByTime(299_999)

    expect(await Promise.all([expired, locked, canceled, failed].map(status))).toEqual([
      'pending',
      'locked',
      'canceled',
      'failed',
    ])
    vi.advanceTimersByTime(1)
    expect(await Promise.all([expired, locked, canceled, failed].map(status))).toEqual([
      'expired',
      'locked',
      'canceled',
      'failed',
    ])
  })

  it('says when a send is possible again, which the ten-minute limit may put off', async () => {
    const phone = uniquePhone()
    const path = await create(phone)
    const start = Date.now()
    for (let sends = 1; sends < 3; sends++) {
      vi.advanceTimersByTime(60_000)
      await resend(path)
    }

    const { resend_at: resendAt } = await (await get(path)).json<{ resend_at: string }>()
    expect(Date.parse(resendAt)).toBe(Math.floor((start + 600_000) / 1000) * 1000)
  })

  it('answers from D1 when the gate has been quiet for a day and has forgotten everything', async () => {
    const phone = uniquePhone()
    const path = await create(phone)
    const made = { created_at: inSeconds(0), expires_at: inSeconds(300), completed_at: inSeconds(0) }
    await check(path, vendor().lastCode(phone)!)
    const gate = await gateOf(phone)
    await fireAlarm(gate)
    vi.advanceTimersByTime(DAY_MS)
    await fireAlarm(gate)
    expect(await storedState(gate)).toBeUndefined()

    const forgotten = { resend_at: null, guesses_left: 0, communication_id: null }
    await expectVerification(await get(path), phone, { ...made, status: 'approved', ...forgotten })
    await expectRefusal(v1, await check(path, vendor().lastCode(phone)!), { code: 'verification_not_found' })
    await expectRefusal(v1, await resend(path), { code: 'verification_not_found' })
    await expectRefusal(v1, await cancel(path), { code: 'verification_not_found' })
  })

  it('answers from D1 with expired what nobody finished', async () => {
    const phone = uniquePhone()
    const path = await create(phone)
    const gate = await gateOf(phone)
    await fireAlarm(gate)
    vi.advanceTimersByTime(DAY_MS)
    await fireAlarm(gate)

    expect(await (await get(path)).json()).toMatchObject({
      status: 'expired',
      completed_at: null,
      resend_at: null,
      guesses_left: 0,
    })
  })

  it('says 503 when the gate knows nothing and D1 fails', async () => {
    const path = unknownOfSameGate(await create(uniquePhone()))

    await expectRefusal(v1, await get(path, createService({ DB: databaseThat(failing) })), { code: 'dependency_unavailable' })
  })

  it('waits for D1 no longer than two seconds', async () => {
    const path = unknownOfSameGate(await create(uniquePhone()))
    const asked = vi.fn(hanging)
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })

    const answer = get(path, createService({ DB: databaseThat(asked) }))
    await vi.waitFor(() => expect(asked).toHaveBeenCalled())
    await vi.advanceTimersByTimeAsync(2_000)

    await expectRefusal(v1, await answer, { code: 'dependency_unavailable' })
  })
})

describe('POST /v1/verifications/{id}/resend', () => {
  it('sends a new code for the same verification; the old code is worth nothing', async () => {
    const phone = uniquePhone()
    const path = await create(phone)
    const made = { id: path.slice(PATH.length + 1), created_at: inSeconds(0) }
    const old = vendor().lastCode(phone)!
    await check(path, wrongCode(old))
    vi.advanceTimersByTime(60_000)

    await expectVerification(await resend(path), phone, {
      ...made,
      expires_at: inSeconds(300),
      resend_at: inSeconds(60),
      guesses_left: 4,
    })
    const fresh = vendor().lastCode(phone)!
    expect(await (await check(path, old === fresh ? wrongCode(fresh) : old)).json()).toMatchObject({
      valid: false,
      guesses_left: 3,
    })
    expect(await (await check(path, fresh)).json()).toMatchObject({ valid: true })
  })

  it.each([
    ['no body', {}],
    ['no body under a content type', { headers: { 'content-type': 'application/json' } }],
    ['an empty body', { body: '', headers: { 'content-type': 'application/json', 'content-length': '0' } }],
    ['an empty text', { body: '' }],
    ['{}', { body: '{}', headers: { 'content-type': 'application/json' } }],
    ['the same channel', { body: '{"channel":"whatsapp"}', headers: { 'content-type': 'application/json' } }],
  ])('takes %s', async (_what, init) => {
    const path = await create(uniquePhone())
    vi.advanceTimersByTime(60_000)

    expect((await resend(path, init)).status).toBe(200)
  })

  it.each([
    ['another channel, that nobody serves', '{"channel":"sms"}', 'not_configured'],
    ['a channel that is none', '{"channel":"fax"}', 'invalid_request'],
    ['a field that it does not know', '{"to":"+919876543210"}', 'invalid_request'],
    ['__proto__', '{"__proto__":{"channel":"sms"}}', 'invalid_request'],
    ['null', 'null', 'invalid_request'],
    ['a list', '[]', 'invalid_request'],
    ['broken JSON', '{', 'malformed_json'],
    ['1 MiB', `{"x":"${'x'.repeat(1024 * 1024)}"}`, 'payload_too_large'],
  ] as const)('refuses %s', async (_what, body, code) => {
    const path = await create(uniquePhone())
    vi.advanceTimersByTime(60_000)

    await expectRefusal(v1, await resend(path, { body, headers: { 'content-type': 'application/json' } }), { code })
    await expectRefusal(
      v1,
      await resend(path, { body, headers: { 'content-type': 'application/json', 'content-length': '0' } }),
      { code },
    )
    expect(vendor().messages).toHaveLength(1)
  })

  it('refuses a body that is no JSON by its content type', async () => {
    const path = await create(uniquePhone())
    await expectRefusal(v1, await resend(path, { body: 'channel=sms' }), { code: 'unsupported_media_type' })
  })

  it('refuses what is over: approved, expired, locked, canceled', async () => {
    const [approved, expired, locked, canceled] = [uniquePhone(), uniquePhone(), uniquePhone(), uniquePhone()] as const
    const paths = [await create(approved), await create(expired), await create(locked), await create(canceled)] as const
    await check(paths[0], vendor().lastCode(approved)!)
    for (let nth = 1; nth <= 5; nth++) await check(paths[2], wrongCode(vendor().lastCode(locked)!, nth))
    await cancel(paths[3])
    vi.advanceTimersByTime(300_000)

    for (const path of paths) await expectRefusal(v1, await resend(path), { code: 'verification_not_pending' })
    expect(vendor().messages).toHaveLength(4)
  })

  it('goes on with one whose message was refused', async () => {
    const phone = uniquePhone('0013')
    await service.post(PATH, { to: phone })
    const { id } = (await storedState(await gateOf(phone)))!.verifications[0]!

    await expectVerification(await resend(`${PATH}/${id}`), phone, { id })
    expect(await (await check(`${PATH}/${id}`, vendor().lastCode(phone)!)).json()).toMatchObject({ valid: true })
  })
})

describe('DELETE /v1/verifications/{id}', () => {
  it('ends it: 204 without a body, the code is refused, the cooldown stays, and again is no error', async () => {
    const phone = uniquePhone()
    const path = await create(phone)

    for (const response of [await cancel(path), await cancel(`${path}/`)]) {
      expectCommonHeaders(response)
      expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([204, null, ''])
    }
    await expectRefusal(v1, await check(path, vendor().lastCode(phone)!), { code: 'verification_not_found' })
    await expectRefusal(v1, await service.post(PATH, { to: phone }), { code: 'cooldown_active', retryAfter: 60 })
    await expectVerification(await get(path), phone, { status: 'canceled', completed_at: inSeconds(0) })
  })

  it('refuses what is over, and says how it ended', async () => {
    const phone = uniquePhone()
    const path = await create(phone)
    await check(path, vendor().lastCode(phone)!)
    const refused = await cancel(path)
    const { detail } = await refused.clone().json<{ detail: string }>()

    await expectRefusal(v1, refused, { code: 'verification_not_pending' })
    expect(detail).toBe('This verification is over: it is approved.')
  })
})
