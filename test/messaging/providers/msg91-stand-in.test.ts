import { describe, expect, it, vi } from 'vitest'
import {
  createMsg91StandIn,
  MSG91_FLOW_PATH,
  MSG91_MAX_GUESSES,
  MSG91_OTP_PATH,
  MSG91_SCENARIOS,
  MSG91_VERIFY_PATH,
} from '../../support/vendors/msg91'

const QUERY = { template_id: 'tpl', mobile: '919876543210', otp: '482913', otp_expiry: '5', otp_length: '6' }
const HEADERS = { authkey: 'key', 'content-type': 'application/json' }
const address = (path: string, query: Record<string, string> = {}) =>
  `http://msg91.test${path}?${new URLSearchParams(query).toString()}`

const sending = (query: Partial<typeof QUERY> = {}, init: RequestInit = {}, path = MSG91_OTP_PATH) =>
  new Request(address(path, { ...QUERY, ...query }), { method: 'POST', headers: HEADERS, body: '{}', ...init })
const without = (name: keyof typeof QUERY) => {
  const { [name]: _left, ...query } = QUERY
  return new Request(address(MSG91_OTP_PATH, query), { method: 'POST', headers: HEADERS, body: '{}' })
}
const guessing = (otp: string, mobile = QUERY.mobile) =>
  new Request(address(MSG91_VERIFY_PATH, { otp, mobile }), { headers: { authkey: 'key' } })
const FLOW = { template_id: 'flow', short_url: '0', recipients: [{ mobiles: '919876543210', name: 'Asha' }] as unknown[] }
const flowing = (body: object = {}) =>
  new Request(address(MSG91_FLOW_PATH), { method: 'POST', headers: HEADERS, body: JSON.stringify({ ...FLOW, ...body }) })

describe('createMsg91StandIn', () => {
  it('takes a well-formed code and remembers it', async () => {
    const onMessage = vi.fn()
    const vendor = createMsg91StandIn({ authKey: 'key', onMessage })

    const response = await vendor.handle(sending({}, { body: '{"name":"Asha"}' }))

    const [message] = vendor.messages
    expect(await response.json()).toStrictEqual({ type: 'success', request_id: message?.requestId })
    expect(message).toMatchObject({ code: '482913', destination: QUERY.mobile, variables: { name: 'Asha' }, lifetimeMs: 300_000 })
    expect(onMessage).toHaveBeenCalledExactlyOnceWith(message)
    expect(vendor.lastCode('+919876543210')).toBe('482913')
  })

  it('makes its own code of four digits for a day where none comes', async () => {
    const vendor = createMsg91StandIn()

    await vendor.handle(
      new Request(address(MSG91_OTP_PATH, { template_id: 'tpl', mobile: QUERY.mobile }), {
        method: 'POST',
        headers: HEADERS,
        body: '{}',
      }),
    )

    expect(vendor.messages).toMatchObject([{ code: expect.stringMatching(/^\d{4}$/), lifetimeMs: 86_400_000 }])
  })

  it('lets a field in the body win over the query', async () => {
    const vendor = createMsg91StandIn()

    await vendor.handle(sending({}, { body: '{"otp":"000000"}' }))

    expect(vendor.lastCode(QUERY.mobile)).toBe('000000')
  })

  it('takes another text, with its id in message', async () => {
    const vendor = createMsg91StandIn({ authKey: 'key' })

    const response = await vendor.handle(flowing())

    expect(await response.json()).toStrictEqual({ type: 'success', message: vendor.messages[0]?.requestId })
    expect(vendor.messages).toMatchObject([{ destination: QUERY.mobile, variables: { name: 'Asha' }, templateId: 'flow' }])
    expect(vendor.lastCode(QUERY.mobile)).toBeUndefined()
  })

  it.each<[string, number, string, Request]>([
    ['another path', 404, 'Not Found', sending({}, {}, '/api/v5/otps')],
    ['another method', 405, 'Method Not Allowed', sending({}, { method: 'PUT' })],
    ['a guess by POST', 405, 'Method Not Allowed', sending({}, {}, MSG91_VERIFY_PATH)],
    ['no key', 200, 'Auth Key missing', sending({}, { headers: { 'content-type': HEADERS['content-type'] } })],
    ['a wrong key', 200, 'Invalid authkey', sending({}, { headers: { ...HEADERS, authkey: 'other' } })],
    [
      'a form',
      200,
      'Invalid content type or JSON',
      sending({}, { body: new URLSearchParams(QUERY), headers: { authkey: 'key' } }),
    ],
    ['no JSON', 200, 'Invalid content type or JSON', sending({}, { body: '' })],
    ['no template', 200, 'Template ID missing', without('template_id')],
    ['no number', 200, 'Mobile no. empty or not numeric', without('mobile')],
    ['a + in the number', 200, 'Mobile no. empty or not numeric', sending({ mobile: '+919876543210' })],
    ['a short number', 200, 'Mobile no. empty or not numeric', sending({ mobile: '987654321' })],
    ['a code with letters', 200, 'OTP empty or not numeric', sending({ otp: '48x913' })],
    ['a code of ten digits', 200, 'OTP empty or not numeric', sending({ otp: '4829134829' })],
    ['a length of ten', 200, 'Invalid OTP length', sending({ otp_length: '10' })],
    ['an expiry of none', 200, 'Invalid OTP expiry', sending({ otp_expiry: '0' })],
    ['an expiry that is no whole number', 200, 'Invalid OTP expiry', sending({ otp_expiry: '1.5' })],
    ['a text without template', 200, 'Template ID missing', flowing({ template_id: undefined })],
    ['a text to nobody', 200, 'Please enter atleast one number to send sms.', flowing({ recipients: [] })],
    ['a text to a +', 200, 'Mobile no. empty or not numeric', flowing({ recipients: [{ mobiles: '+919876543210' }] })],
    ['a text with an odd short_url', 200, 'Invalid short_url', flowing({ short_url: false })],
  ])('refuses %s with %d', async (_title, status, message, bad) => {
    const vendor = createMsg91StandIn({ authKey: 'key' })

    const response = await vendor.handle(bad)

    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ type: 'error', message })
    expect(vendor.messages).toHaveLength(0)
    expect(vendor.requests).toHaveLength(1)
  })

  it.each(Object.entries(MSG91_SCENARIOS))('…%s: %s', async (suffix, { what, taken }) => {
    const vendor = createMsg91StandIn()
    const signal = AbortSignal.timeout(20)
    const mobile = `91987654${suffix}`

    const status = await vendor.handle(sending({ mobile }, { signal })).then(
      (response) => String(response.status),
      () => (signal.aborted ? 'no answer' : 'reset'),
    )

    expect(what).toContain(status)
    expect(vendor.messages).toHaveLength(taken && suffix !== '0013' ? 1 : 0)
    expect(vendor.lastCode(mobile)).toBe('482913')
  })

  it('takes the second message for …0013', async () => {
    const vendor = createMsg91StandIn()
    const mobile = '919876540013'

    const statuses = [await vendor.handle(sending({ mobile })), await vendor.handle(sending({ mobile }))]

    expect(statuses.map(({ status }) => status)).toStrictEqual([502, 200])
    expect(vendor.messages).toHaveLength(1)
  })

  it('answers guesses as the vendor does', async () => {
    let time = 0
    const vendor = createMsg91StandIn({ now: () => time })
    const answerTo = async (request: Request) => (await vendor.handle(request)).json<{ type: string; message: string }>()
    const error = (message: string) => ({ type: 'error', message })

    expect(await answerTo(guessing('482913'))).toStrictEqual(error('Mobile no. not found'))
    await vendor.handle(sending())
    expect(await answerTo(guessing(''))).toStrictEqual(error('OTP empty or not numeric'))
    expect(await answerTo(guessing('482913', '+919876543210'))).toStrictEqual(error('Mobile no. empty or not numeric'))
    expect(await answerTo(guessing('482914'))).toStrictEqual(error('OTP not match'))
    time = 299_999
    expect(await answerTo(guessing('482913'))).toStrictEqual({ type: 'success', message: 'OTP verified success' })
    expect(await answerTo(guessing('482914'))).toStrictEqual(error('Mobile no. already verified'))

    await vendor.handle(sending({ otp: '0042' }))
    time += 300_000
    expect(await answerTo(guessing('0042'))).toStrictEqual(error('OTP expired'))

    await vendor.handle(sending())
    for (let wrong = 0; wrong < MSG91_MAX_GUESSES; wrong += 1) await vendor.handle(guessing('1'))
    expect(await answerTo(guessing('482913'))).toStrictEqual(error('Max limit reached for this otp verification'))
  })

  it('does not answer a caller that gives up before the delay', async () => {
    const vendor = createMsg91StandIn({ delayMs: 60_000 })

    await expect(vendor.handle(sending({}, { signal: AbortSignal.timeout(5) }))).rejects.toThrow('gave up')
    expect(vendor.messages).toHaveLength(0)
  })

  it('forgets everything at a reset', async () => {
    const vendor = createMsg91StandIn()
    await vendor.handle(sending())

    vendor.reset()

    expect([vendor.messages, vendor.requests, vendor.lastCode(QUERY.mobile)]).toStrictEqual([[], [], undefined])
    expect(await (await vendor.handle(guessing('482913'))).json()).toMatchObject({ message: 'Mobile no. not found' })
  })
})
