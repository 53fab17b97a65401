import { describe, expect, it, vi } from 'vitest'
import { createTwilioStandIn, TWILIO_SCENARIOS, twilioPath, twilioReceipts } from '../../support/vendors/twilio'

const ACCOUNT = 'AC00000000000000000000000000000001'
const OTHER = 'AC00000000000000000000000000000002'
const ADDRESS = `http://twilio.test${twilioPath(ACCOUNT)}`
const FORM = {
  To: '+919876543210',
  From: '+15005550006',
  Body: 'Valid for 3 minutes: 482913 is your code.',
  ValidityPeriod: '180',
  StatusCallback: 'https://otp.example.test/webhooks/twilio?communication_id=1#rc=3&rp=all',
}
const HEADERS = { authorization: `Basic ${btoa(`${ACCOUNT}:token`)}`, 'content-type': 'application/x-www-form-urlencoded' }
const { From: _from, ...UNSENT } = FORM

const request = (form: Record<string, string> = {}, init: RequestInit = {}, address = ADDRESS) =>
  new Request(address, {
    method: 'POST',
    headers: HEADERS,
    body: new URLSearchParams({ ...FORM, ...form }).toString(),
    ...init,
  })
const formed = (form: Record<string, string>) => request({}, { body: new URLSearchParams(form).toString() })
const signedInAs = (user: string, token: string) => ({
  headers: { ...HEADERS, authorization: `Basic ${btoa(`${user}:${token}`)}` },
})

describe('createTwilioStandIn', () => {
  it('takes a well-formed message and remembers it', async () => {
    const onMessage = vi.fn()
    const vendor = createTwilioStandIn({ accountSid: ACCOUNT, authToken: 'token', onMessage })

    const response = await vendor.handle(request())

    expect(response.status).toBe(201)
    const { messageId } = vendor.messages[0]!
    expect(messageId).toMatch(/^SM[\da-f]{32}$/)
    expect(await response.json()).toMatchObject({ sid: messageId, status: 'queued', error_code: null, account_sid: ACCOUNT })
    expect(vendor.messages).toMatchObject([{ destination: FORM.To, from: FORM.From, code: '482913', validityPeriod: '180' }])
    expect(onMessage).toHaveBeenCalledExactlyOnceWith(vendor.messages[0])
    expect([vendor.lastCode('+919876543210'), vendor.lastCode('919876543210')]).toStrictEqual(['482913', '482913'])
  })

  it('says "accepted" where a messaging service is to choose the sender', async () => {
    const response = await createTwilioStandIn().handle(formed({ ...UNSENT, MessagingServiceSid: `MG${'0'.repeat(32)}` }))

    expect(await response.json()).toMatchObject({ status: 'accepted', from: null })
  })

  it.each<[string, number, number, Request]>([
    ['another path', 404, 20_404, request({}, {}, ADDRESS.replace('.json', ''))],
    ['a short account', 404, 20_404, request({}, {}, ADDRESS.replace('AC0', 'AC'))],
    ['another method', 405, 20_004, request({}, { method: 'PUT' })],
    ['no credentials', 401, 20_003, request({}, { headers: { 'content-type': HEADERS['content-type'] } })],
    ['credentials that are no base64', 401, 20_003, request({}, { headers: { ...HEADERS, authorization: 'Basic *' } })],
    ['a bearer token', 401, 20_003, request({}, { headers: { ...HEADERS, authorization: 'Bearer token' } })],
    ['a wrong token', 401, 20_003, request({}, signedInAs(ACCOUNT, 'other'))],
    ['no token', 401, 20_003, request({}, signedInAs(ACCOUNT, ''))],
    ['another account', 401, 20_003, request({}, signedInAs(OTHER, 'token'))],
    ['another account and its path', 401, 20_003, request({}, signedInAs(OTHER, 'token'), ADDRESS.replace(ACCOUNT, OTHER))],
    [
      'JSON',
      400,
      21_604,
      request({}, { headers: { ...HEADERS, 'content-type': 'application/json' }, body: JSON.stringify(FORM) }),
    ],
    ['no form', 400, 21_604, request({}, { body: '' })],
    ['a number without +', 400, 21_211, request({ To: '919876543210' })],
    [
      'a number whose + is not escaped',
      400,
      21_211,
      request({}, { body: new URLSearchParams(FORM).toString().replace('%2B9', '+9') }),
    ],
    ['no sender', 400, 21_603, formed(UNSENT)],
    ['two senders', 400, 21_603, request({ MessagingServiceSid: `MG${'0'.repeat(32)}` })],
    ['a sender without +', 400, 21_212, request({ From: '15005550006' })],
    ['a service that is none', 400, 21_705, formed({ ...UNSENT, MessagingServiceSid: 'MG1' })],
    ['no text', 400, 21_602, request({ Body: '' })],
    ['too long a text', 400, 21_617, request({ Body: 'x'.repeat(1601) })],
    ['no lifetime', 400, 20_001, request({ ValidityPeriod: '0' })],
    ['too long a lifetime', 400, 20_001, request({ ValidityPeriod: '36001' })],
    ['a lifetime that is not whole', 400, 20_001, request({ ValidityPeriod: '1.5' })],
    ['half an address for receipts', 400, 21_609, request({ StatusCallback: '/webhooks/twilio' })],
    ['an address for receipts with an underscore', 400, 21_609, request({ StatusCallback: 'https://my_host.test/' })],
  ])('refuses %s with %d and %d', async (_title, status, code, bad) => {
    const vendor = createTwilioStandIn({ accountSid: ACCOUNT, authToken: 'token' })

    const response = await vendor.handle(bad)

    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code, status })
    expect(vendor.messages).toHaveLength(0)
    expect(vendor.requests).toHaveLength(1)
  })

  it.each(Object.entries(TWILIO_SCENARIOS))('…%s: %s', async (suffix, { what, taken }) => {
    const vendor = createTwilioStandIn()
    const signal = AbortSignal.timeout(20)

    const status = await vendor.handle(request({ To: `+91987654${suffix}` }, { signal })).then(
      (response) => String(response.status),
      () => (signal.aborted ? 'no answer' : 'reset'),
    )

    expect(what).toContain(status)
    expect(vendor.messages).toHaveLength(taken && suffix !== '0013' ? 1 : 0)
    expect(vendor.lastCode(`+91987654${suffix}`)).toBe('482913')
  })

  it('takes the second message for …0013', async () => {
    const vendor = createTwilioStandIn()
    const To = '+919876540013'

    const statuses = [await vendor.handle(request({ To })), await vendor.handle(request({ To }))]

    expect(statuses.map(({ status }) => status)).toStrictEqual([503, 201])
    expect(vendor.messages).toHaveLength(1)
  })

  it('gives up with the caller while it waits', async () => {
    const vendor = createTwilioStandIn({ delayMs: 1000 })

    await expect(vendor.handle(request({}, { signal: AbortSignal.timeout(5) }))).rejects.toThrow('gave up')
    expect(vendor.messages).toHaveLength(0)
  })

  it('forgets everything at a reset', async () => {
    const vendor = createTwilioStandIn()
    await vendor.handle(request())

    vendor.reset()

    expect([vendor.messages, vendor.requests, vendor.lastCode(FORM.To)]).toStrictEqual([[], [], undefined])
  })
})

describe('twilioReceipts', () => {
  async function messageTo(To: string) {
    const vendor = createTwilioStandIn()
    await vendor.handle(request({ To }))
    return vendor.messages[0]!
  }

  it('calls the address of the message, without its fragment', async () => {
    const calls = await twilioReceipts(await messageTo(FORM.To), { authToken: 'token' })

    expect(calls.map(({ url }) => url)).toStrictEqual(
      Array(2).fill('https://otp.example.test/webhooks/twilio?communication_id=1'),
    )
    expect(calls.map(({ body }) => new URLSearchParams(body).get('MessageStatus'))).toStrictEqual(['sent', 'delivered'])
  })

  it('calls another origin with the signature of the public address', async () => {
    const message = await messageTo(FORM.To)
    const [direct] = await twilioReceipts(message, { authToken: 'token' })
    const [local] = await twilioReceipts(message, { authToken: 'token', baseUrl: 'http://localhost:8787' })

    expect(local!.url).toBe('http://localhost:8787/webhooks/twilio?communication_id=1')
    expect(local!.headers['x-twilio-signature']).toBe(direct!.headers['x-twilio-signature'])
  })

  it('makes no calls where the message has no address for them', async () => {
    const message = { ...(await messageTo(FORM.To)), statusCallback: null }

    expect(await twilioReceipts(message, { authToken: 'token' })).toStrictEqual([])
  })
})
