import { describe, expect, it } from 'vitest'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import type { NoticeMessage } from '../../../src/messaging/message'
import type { SendOutcome } from '../../../src/messaging/provider'
import type { VendorReply } from '../../../src/messaging/providers/http'
import { buildRequest, createMshastra, readReply } from '../../../src/messaging/providers/mshastra'
import { createMshastraStandIn } from '../../support/vendors/mshastra'
import { CODE, describeProviderContract, otpMessage, rejected } from './contract'

const CONFIG = {
  username: '20012345',
  password: 'password-that-must-not-leak',
  sender: 'MYBRAND',
  apiUrl: 'http://mshastra.test/sendsms_api_json.aspx',
  entityId: undefined,
}
const MESSAGE = otpMessage('+255694230173', 'sms')
const UNREADABLE: SendOutcome = { status: 'unknown', reason: 'unreadable_reply', httpStatus: 200 }

const special = (suffix: string) => `+25569423${suffix}`

describeProviderContract({
  name: 'mshastra',
  channel: 'sms',
  create: (http) => createMshastra(CONFIG, http),
  accepted: { to: MESSAGE.to, outcome: { status: 'accepted' } },
  secrets: [CONFIG.username, CONFIG.password],
  vendor: {
    create: () => createMshastraStandIn({ user: CONFIG.username, password: CONFIG.password }),
    situations: {
      'answers 400': { to: special('0024'), outcome: rejected('config_error', 400) },
      'answers 401': { to: special('0025'), outcome: rejected('provider_auth', 401) },
      'answers 429': { to: special('0006'), outcome: rejected('rate_limited', 429) },
      'answers 500 with JSON': { to: special('0020'), outcome: rejected('provider_unavailable', 500) },
      'answers 503 with HTML': { to: special('0007'), outcome: rejected('provider_unavailable', 503) },
      'answers 2xx with a failure inside': { to: special('0016'), outcome: rejected('provider_auth', 200, '009') },
      'answers 200 with text that is not JSON': { to: special('0022'), outcome: UNREADABLE },
      'answers 200 with an empty body': { to: special('0021'), outcome: UNREADABLE },
      'answers with a redirect': { to: special('0026'), outcome: rejected('config_error', 302) },
      'does not answer': { to: special('0008'), outcome: { status: 'unknown', reason: 'timeout' } },
      'resets the connection': { to: special('0023'), outcome: { status: 'unknown', reason: 'connection_lost' } },
    },
    others: {
      'refuses the number': { to: special('0001'), outcome: rejected('invalid_recipient', 200, '001') },
      'must not disturb the person': { to: special('0003'), outcome: rejected('opted_out', 200, '006') },
      'refuses in words': { to: special('0005'), outcome: rejected('insufficient_funds', 200) },
      'refuses in words without JSON': { to: special('0011'), outcome: rejected('config_error', 200) },
      'refuses with a code that nobody knows': { to: special('0028'), outcome: rejected('unknown', 200, '099') },
      'has a server error': { to: special('0013'), outcome: rejected('provider_unavailable', 200, '013') },
      'answers 200 with HTML': { to: special('0009'), outcome: UNREADABLE },
      'says yes in its other form': { to: special('0010'), outcome: { status: 'accepted' } },
      'gives no id': { to: special('0027'), outcome: UNREADABLE },
    },
  },
})

const provide = (config: typeof CONFIG = CONFIG) => {
  const vendor = createMshastraStandIn({ user: CONFIG.username, password: CONFIG.password })
  const provider = createMshastra(config, { fetch: (url, init) => vendor.handle(new Request(url, init)), timeoutMs: 1000 })
  return { vendor, provider }
}
const smsIn = (body: string) => (JSON.parse(body) as Record<string, string>[])[0]!

describe('buildRequest', () => {
  it('builds the one array that the vendor takes', () => {
    expect(buildRequest(CONFIG, MESSAGE)).toStrictEqual({
      url: 'http://mshastra.test/sendsms_api_json.aspx',
      init: {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body:
          '[{"user":"20012345","pwd":"password-that-must-not-leak","number":"255694230173",' +
          '"msg":"482913 is your code. Valid for 3 minutes.","sender":"MYBRAND","language":"English","showerror":"C"}]',
      },
    })
  })

  it('names the registrations of India where there are some', () => {
    const template = buildRequest(CONFIG, { ...MESSAGE, dltTemplateId: '1107160000000000001' })
    const both = buildRequest({ ...CONFIG, entityId: '1101' }, { ...MESSAGE, dltTemplateId: '1107160000000000001' })

    expect(smsIn(template.init.body)).toMatchObject({ tpid: '1107160000000000001' })
    expect(smsIn(template.init.body)).not.toHaveProperty('peid')
    expect(smsIn(both.init.body)).toMatchObject({ tpid: '1107160000000000001', peid: '1101' })
  })

  it.each([
    ['482913 is your code', 'English'],
    ['<#> 482913: [your] {code} ~ ^ | \\ $ _ @', 'English'],
    ['482913 is your code\n\n@example.com #482913', 'English'],
    ['482913 is your `code`', 'Unicode'],
    ['482913 è il codice', 'Unicode'],
    ['482913 आपका कोड है', 'Unicode'],
    ['482913 is your “code”', 'Unicode'],
    ['482913 🔑', 'Unicode'],
    ['482913\tis your code', 'Unicode'],
  ])('sends %j as %s', (text, language) => {
    const sms = smsIn(buildRequest(CONFIG, { ...MESSAGE, text }).init.body)

    expect(sms).toMatchObject({ msg: text, language })
  })

  it('keeps quotes in a text and in a setting from adding a field', () => {
    const { init } = buildRequest({ ...CONFIG, sender: '","pwd":"x' }, { ...MESSAGE, text: '"}],"number":"1' })

    expect(smsIn(init.body)).toMatchObject({ sender: '","pwd":"x', msg: '"}],"number":"1', pwd: CONFIG.password })
  })
})

describe('createMshastra', () => {
  it('is an SMS provider for codes of at most 10 characters', () => {
    const { id, channels, facts } = provide().provider

    expect({ id, channels, facts }).toStrictEqual({
      id: 'mshastra',
      channels: ['sms'],
      facts: { maxCodeLength: 10, textIsOurs: true },
    })
  })

  it("passes on the vendor's id of the message, and that it left", async () => {
    const { vendor, provider } = provide()

    const outcome = await provider.send(MESSAGE)

    const providerMessageId = vendor.messages[0]?.messageId
    expect(outcome).toStrictEqual({ status: 'accepted', providerMessageId, deliveryStatus: 'sent' })
    expect(providerMessageId).toMatch(/^\d{9}$/)
  })

  it('sends the text once, in the body', async () => {
    const { vendor, provider } = provide()

    await provider.send({ ...MESSAGE, code: '0042', text: '0042 is your code' })

    expect(vendor.messages).toMatchObject([{ destination: '255694230173', text: '0042 is your code', sender: 'MYBRAND' }])
    expect(vendor.lastCode('+255694230173')).toBe('0042')
    expect(vendor.requests[0]?.body.split('0042')).toHaveLength(2)
    expect(vendor.requests[0]?.url).toBe(CONFIG.apiUrl)
  })

  it('carries what a person is told as well', async () => {
    const { vendor, provider } = provide()
    const { code: _code, expiresInSeconds: _lifetime, ...facts } = MESSAGE
    const notice: NoticeMessage = { ...facts, kind: 'notice', text: 'Your payment of INR 100 has arrived.' }

    const outcome = await provider.send(notice)

    expect(outcome.status).toBe('accepted')
    expect(vendor.messages).toMatchObject([{ text: 'Your payment of INR 100 has arrived.' }])
  })

  it.each([
    ['010', { username: '20099999' }],
    ['005', { password: 'other' }],
  ])('reads the refusal %s of wrong credentials', async (code, wrong) => {
    const { provider } = provide({ ...CONFIG, ...wrong })

    expect(await provider.send(MESSAGE)).toStrictEqual(rejected('provider_auth', 200, code))
  })

  it.each([
    'http://mshastra.com/send',
    'http://127.0.0.1.example.com/send',
    'http://mshastra.test.com/',
    'http://localhost.com/',
  ])('keeps the password from %s, where everybody could read it', async (apiUrl) => {
    const { vendor, provider } = provide({ ...CONFIG, apiUrl })

    expect(await provider.send(MESSAGE)).toStrictEqual({ status: 'rejected', reason: 'config_error' })
    expect(vendor.requests).toHaveLength(0)
  })

  it.each(['https://mshastra.com', 'https://saudi.mshastra.com', 'http://127.0.0.1:8790', 'http://localhost:8790'])(
    'calls %s',
    async (origin) => {
      const { vendor, provider } = provide({ ...CONFIG, apiUrl: `${origin}/sendsms_api_json.aspx` })

      await provider.send(MESSAGE)

      expect(vendor.messages).toHaveLength(1)
    },
  )
})

const replied = (httpStatus: number, body: unknown): VendorReply => ({
  kind: 'replied',
  httpStatus,
  text: JSON.stringify(body),
  json: body,
})
const repliedText = (httpStatus: number, text: string): VendorReply => ({ kind: 'replied', httpStatus, text, json: undefined })

describe('readReply', () => {
  it.each<[number, object]>([
    [200, { msg_id: '945809410', number: '+2348031234567', str_response: '000' }],
    [200, { msg_id: ' 945809410 ', str_response: 'Message Sent' }],
    [200, { msg_id: '945809410', response: 'send success' }],
    [200, { msg_id: '945809410', str_response: null, response: 'Send Successful' }],
    [200, { msg_id: 945_809_410, str_response: 0 }],
    [200, { msg_id: '945809410' }],
    [201, { msg_id: '945809410', str_response: '000', extra: { more: true } }],
  ])('accepts %d [%j]', (httpStatus, element) => {
    expect(readReply(replied(httpStatus, [element]))).toStrictEqual({
      status: 'accepted',
      providerMessageId: '945809410',
      deliveryStatus: 'sent',
    })
  })

  it.each<[unknown]>([
    [null],
    ['Message Sent'],
    [17],
    [{}],
    [[]],
    [[null]],
    [[{}]],
    [['000']],
    [[{ msg_id: '', str_response: '000' }]],
    [[{ msg_id: '   ', str_response: 'Message Sent' }]],
    [[{ msg_id: 'x'.repeat(201), str_response: '000' }]],
    [[{ msg_id: ['945809410'], str_response: '000' }]],
    [{ msg_id: '945809410', str_response: '000' }],
    [[[{ msg_id: '945809410', str_response: '000' }]]],
  ])('cannot tell what %j means', (body) => {
    expect(readReply(replied(200, body))).toStrictEqual(UNREADABLE)
  })

  it.each(['', ' ', '<html><body>Invalid Password</body></html>', '000', '000 - Send Successful', 'Message Sent', '099'])(
    'cannot tell what the bare text %j means',
    (text) => {
      expect(readReply(repliedText(200, text))).toStrictEqual(UNREADABLE)
    },
  )

  const CODES: Record<string, FailureReason> = {
    '001': 'invalid_recipient',
    '003': 'bad_request',
    '005': 'provider_auth',
    '006': 'opted_out',
    '007': 'invalid_recipient',
    '008': 'invalid_recipient',
    '009': 'provider_auth',
    '010': 'provider_auth',
    '011': 'provider_auth',
    '012': 'config_error',
    '013': 'provider_unavailable',
  }

  it.each(Object.entries(CODES))('reads code %s as %s, wherever it stands', (code, reason) => {
    const outcome = rejected(reason, 200, code)
    expect(readReply(replied(200, [{ msg_id: '', str_response: code }]))).toStrictEqual(outcome)
    expect(readReply(replied(200, [{ msg_id: '', str_response: Number(code) }]))).toStrictEqual(outcome)
    expect(readReply(replied(200, [{ msg_id: '945809410', str_response: code }]))).toStrictEqual(outcome)
    expect(readReply(replied(200, [{ response: `${code} - some words` }]))).toStrictEqual(outcome)
    expect(readReply(replied(200, { str_response: code }))).toStrictEqual(outcome)
    expect(readReply(repliedText(200, `${code}\r\n`))).toStrictEqual(outcome)
    expect(readReply(replied(503, [{ str_response: code }]))).toStrictEqual(rejected(reason, 503, code))
  })

  it.each<[string, FailureReason]>([
    ['Invalid Mobile No', 'invalid_recipient'],
    ['Enter Mobile', 'invalid_recipient'],
    ['DND Number', 'opted_out'],
    ['Invalid Password', 'provider_auth'],
    ['Invalid Profile Id', 'provider_auth'],
    ['Profile Id Blocked', 'provider_auth'],
    ['Submission Stops', 'provider_auth'],
    ['No More Credits', 'insufficient_funds'],
    ['Country not activated', 'config_error'],
    ['Whitelist IP address to use API', 'config_error'],
    ['Enter text', 'bad_request'],
  ])('reads "%s" as %s, in JSON and bare', (text, reason) => {
    const outcome = rejected(reason, 200)
    expect(readReply(replied(200, [{ msg_id: '', str_response: text }]))).toStrictEqual(outcome)
    expect(readReply(replied(200, [{ msg_id: '945809410', response: ` ${text.toUpperCase()}: 17` }]))).toStrictEqual(outcome)
    expect(readReply(repliedText(200, `\n${text}.`))).toStrictEqual(outcome)
  })

  it.each<[number, object, FailureReason, string?]>([
    [200, { msg_id: '945809410', str_response: 'Something new' }, 'unknown'],
    [200, { msg_id: '945809410', str_response: '' }, 'unknown'],
    [200, { msg_id: '945809410', str_response: { error: true } }, 'unknown'],
    [200, { msg_id: '945809410', str_response: false }, 'unknown'],
    [200, { msg_id: '945809410', str_response: 'Message Sent Failed' }, 'unknown'],
    [200, { msg_id: '945809410', str_response: '001', response: 'send success' }, 'invalid_recipient', '001'],
    [200, { msg_id: '', str_response: '014' }, 'unknown', '014'],
    [200, { msg_id: '', str_response: '0130' }, 'unknown'],
    [200, { msg_id: '', str_response: 'constructor' }, 'unknown'],
    [500, { msg_id: '945809410', str_response: '000' }, 'provider_unavailable', '000'],
    [302, { msg_id: '945809410', str_response: '000' }, 'config_error', '000'],
    [403, { msg_id: '', str_response: 'No' }, 'provider_auth'],
    [404, {}, 'config_error'],
    [422, { msg_id: '', str_response: 'Enter text' }, 'bad_request'],
  ])('reads %d [%j] as %s', (httpStatus, element, reason, providerCode) => {
    expect(readReply(replied(httpStatus, [element]))).toStrictEqual(rejected(reason, httpStatus, providerCode))
  })

  it('gives out no words of the vendor', () => {
    const outcome = readReply(replied(200, [{ msg_id: '', str_response: `005 wrong password for 20012345: ${CODE}` }]))

    expect(outcome).toStrictEqual(rejected('provider_auth', 200, '005'))
  })
})
