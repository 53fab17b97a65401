import { describe, expect, it } from 'vitest'
import type { TwilioConfig } from '../../../src/config/providers/twilio'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import type { Message } from '../../../src/messaging/message'
import type { VendorReply } from '../../../src/messaging/providers/http'
import { buildRequest, createTwilio, readReply, reasonOfCode } from '../../../src/messaging/providers/twilio'
import { createTwilioStandIn, type TwilioStandIn } from '../../support/vendors/twilio'
import { CODE, describeProviderContract, otpMessage, rejected } from './contract'

const CONFIG: TwilioConfig = {
  accountSid: 'AC00000000000000000000000000000001',
  authToken: 'token-that-must-not-leak',
  sender: { kind: 'number', e164: '+15005550006' },
  apiUrl: 'http://twilio.test',
}
const SERVICE = { kind: 'service', sid: 'MG00000000000000000000000000000001' } as const
const PUBLIC_URL = 'https://otp.example.test'
const MESSAGE = otpMessage('+919876543210', 'sms')
const { code: _code, expiresInSeconds: _expiresInSeconds, kind: _kind, ...common } = MESSAGE
const NOTICE: Message = { ...common, kind: 'notice', text: 'Your loan №7 is paid: 50% left & more' }

const special = (suffix: string) => `+91987654${suffix}`
const providerOf = (vendor: TwilioStandIn, config = CONFIG, publicUrl: string | undefined = PUBLIC_URL) =>
  createTwilio(config, { fetch: (url, init) => vendor.handle(new Request(url, init)), timeoutMs: 1000 }, publicUrl)

for (const [name, sender] of Object.entries({ 'twilio with a number': CONFIG.sender, 'twilio with a service': SERVICE })) {
  describeProviderContract({
    name,
    channel: 'sms',
    create: (http) => createTwilio({ ...CONFIG, sender }, http, PUBLIC_URL),
    accepted: { to: '+919876543210', outcome: { status: 'accepted' } },
    secrets: [CONFIG.authToken, btoa(`${CONFIG.accountSid}:${CONFIG.authToken}`)],
    vendor: {
      create: () => createTwilioStandIn({ accountSid: CONFIG.accountSid, authToken: CONFIG.authToken }),
      situations: {
        'answers 400': { to: special('0001'), outcome: rejected('invalid_recipient', 400, '21211') },
        'answers 401': { to: special('0025'), outcome: rejected('provider_auth', 401, '20003') },
        'answers 429': { to: special('0006'), outcome: rejected('rate_limited', 429, '20429') },
        'answers 500 with JSON': { to: special('0020'), outcome: rejected('provider_unavailable', 500, '20500') },
        'answers 503 with HTML': { to: special('0024'), outcome: rejected('provider_unavailable', 503) },
        'answers 2xx with a failure inside': { to: special('0009'), outcome: rejected('unknown', 201, '30008') },
        'answers 200 with text that is not JSON': {
          to: special('0022'),
          outcome: { status: 'unknown', reason: 'unreadable_reply', httpStatus: 200 },
        },
        'answers 200 with an empty body': {
          to: special('0021'),
          outcome: { status: 'unknown', reason: 'unreadable_reply', httpStatus: 200 },
        },
        'answers with a redirect': { to: special('0026'), outcome: rejected('config_error', 302) },
        'does not answer': { to: special('0008'), outcome: { status: 'unknown', reason: 'timeout' } },
        'resets the connection': { to: special('0023'), outcome: { status: 'unknown', reason: 'connection_lost' } },
      },
      others: {
        'knows that the person opted out': { to: special('0003'), outcome: rejected('opted_out', 400, '21610') },
        'has the region switched off': { to: special('0011'), outcome: rejected('config_error', 400, '21408') },
        'answers 503 with an empty body': { to: special('0007'), outcome: rejected('provider_unavailable', 503) },
        'answers 200 with an error in place of a message': { to: special('0016'), outcome: rejected('unknown', 200, '20001') },
        'gives no sid': { to: special('0027'), outcome: { status: 'unknown', reason: 'unreadable_reply', httpStatus: 201 } },
      },
    },
  })
}

describe('buildRequest', () => {
  it('builds the one form that the vendor documents', () => {
    expect(buildRequest(CONFIG, MESSAGE, PUBLIC_URL)).toStrictEqual({
      url: 'http://twilio.test/2010-04-01/Accounts/AC00000000000000000000000000000001/Messages.json',
      init: {
        method: 'POST',
        headers: {
          authorization: 'Basic QUMwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMTp0b2tlbi10aGF0LW11c3Qtbm90LWxlYWs=',
          'content-type': 'application/x-www-form-urlencoded',
        },
        body:
          'To=%2B919876543210&From=%2B15005550006&Body=482913+is+your+code.+Valid+for+3+minutes.&ValidityPeriod=180' +
          '&StatusCallback=https%3A%2F%2Fotp.example.test%2Fwebhooks%2Ftwilio%3Fcommunication_id%3D' +
          '0199f0b0-0000-7000-8000-000000000001%23rc%3D3%26rp%3Dall',
      },
    })
  })

  const formOf = (...args: Parameters<typeof buildRequest>) =>
    Object.fromEntries(new URLSearchParams(buildRequest(...args).init.body))

  it('names the messaging service in place of the number, where there is one', () => {
    const form = formOf({ ...CONFIG, sender: SERVICE }, MESSAGE)

    expect(form).toMatchObject({ To: '+919876543210', MessagingServiceSid: SERVICE.sid })
    expect(form).not.toHaveProperty('From')
  })

  it('asks for no receipts where nobody can reach us', () => {
    expect(formOf(CONFIG, MESSAGE)).not.toHaveProperty('StatusCallback')
  })

  it('lets a code live no longer in the queue than it is good for, and a notice as long as it takes', () => {
    expect(formOf(CONFIG, { ...MESSAGE, expiresInSeconds: 60 }).ValidityPeriod).toBe('60')
    expect(formOf(CONFIG, NOTICE)).toStrictEqual({ To: NOTICE.to, From: '+15005550006', Body: NOTICE.text })
  })

  it('keeps the text from adding fields', () => {
    const text = 'a&To=%2B15005550001 +1 &#\n482913 \u{1F511}'

    const form = formOf(CONFIG, { ...MESSAGE, text })

    expect(form).toStrictEqual({ To: '+919876543210', From: '+15005550006', Body: text, ValidityPeriod: '180' })
  })
})

describe('createTwilio', () => {
  it("passes on the vendor's id of the message", async () => {
    const vendor = createTwilioStandIn()

    const outcome = await providerOf(vendor).send(MESSAGE)

    const providerMessageId = vendor.messages[0]!.messageId
    expect(outcome).toStrictEqual({ status: 'accepted', providerMessageId, deliveryStatus: 'queued' })
  })

  it('sends the code once, in the text, and keeps its leading zeros', async () => {
    const vendor = createTwilioStandIn()

    await providerOf(vendor).send({ ...MESSAGE, code: '004217', text: '004217 is your code.' })

    expect(vendor.lastCode(MESSAGE.to)).toBe('004217')
    expect(vendor.requests[0]?.body.split('004217')).toHaveLength(2)
    expect(vendor.requests[0]?.url).not.toContain('004217')
  })

  it('sends a notice', async () => {
    const vendor = createTwilioStandIn()

    expect(await providerOf(vendor).send(NOTICE)).toMatchObject({ status: 'accepted' })
    expect(vendor.messages).toMatchObject([{ text: NOTICE.text, validityPeriod: null }])
  })

  it('is let in by its own account and token alone', async () => {
    const vendor = createTwilioStandIn({ accountSid: CONFIG.accountSid, authToken: CONFIG.authToken })

    const outcome = await providerOf(vendor, { ...CONFIG, authToken: 'another' }).send(MESSAGE)

    expect(outcome).toStrictEqual(rejected('provider_auth', 401, '20003'))
  })

  it('is an SMS provider for codes of at most 10 characters', () => {
    const { id, channels, facts } = providerOf(createTwilioStandIn())

    expect({ id, channels, facts }).toStrictEqual({
      id: 'twilio',
      channels: ['sms'],
      facts: { maxCodeLength: 10, textIsOurs: true },
    })
  })
})

const replied = (httpStatus: number, body: unknown): VendorReply => ({
  kind: 'replied',
  httpStatus,
  text: JSON.stringify(body),
  json: body,
})

const REASONS: Readonly<Record<number, FailureReason>> = {
  20003: 'provider_auth',
  20404: 'config_error',
  20429: 'rate_limited',
  21211: 'invalid_recipient',
  21408: 'config_error',
  21601: 'config_error',
  21606: 'config_error',
  21608: 'config_error',
  21609: 'config_error',
  21610: 'opted_out',
  21611: 'rate_limited',
  21612: 'unreachable',
  21614: 'invalid_recipient',
  21635: 'invalid_recipient',
  21659: 'config_error',
  21660: 'config_error',
  21705: 'config_error',
  30001: 'rate_limited',
  30002: 'provider_auth',
  30003: 'unreachable',
  30004: 'content_blocked',
  30005: 'invalid_recipient',
  30006: 'invalid_recipient',
  30007: 'content_blocked',
  30008: 'unknown',
  30010: 'config_error',
  30034: 'config_error',
  30036: 'unreachable',
  30450: 'content_blocked',
  30454: 'config_error',
  63016: 'template_rejected',
  63024: 'invalid_recipient',
  63038: 'rate_limited',
  // Of no table.
  21000: 'bad_request',
  21617: 'bad_request',
  21999: 'bad_request',
  30000: 'unknown',
  30999: 'unknown',
  63001: 'unknown',
}

describe('readReply', () => {
  it.each(Object.entries(REASONS))('reads code %s as %s, whatever the HTTP status is', (code, reason) => {
    for (const httpStatus of [200, 400, 401, 404, 503]) {
      const outcome = readReply(replied(httpStatus, { code: Number(code), message: 'x', status: httpStatus }))
      expect(outcome).toStrictEqual(rejected(reason, httpStatus, code))
    }
  })

  it.each(['failed', 'undelivered', 'canceled'])('reads the code of a message that is %s in its own answer', (status) => {
    for (const httpStatus of [200, 201]) {
      const outcome = readReply(replied(httpStatus, { sid: 'SM1', status, error_code: 30_007 }))
      expect(outcome).toStrictEqual(rejected('content_blocked', httpStatus, '30007'))
      expect(readReply(replied(httpStatus, { sid: 'SM1', status, error_code: null }))).toStrictEqual(
        rejected('unknown', httpStatus),
      )
    }
  })

  it.each([
    ['accepted', 'queued'],
    ['scheduled', 'queued'],
    ['queued', 'queued'],
    ['sending', 'queued'],
    ['sent', 'sent'],
    ['delivered', 'sent'],
    ['of a later day', 'queued'],
    [undefined, 'queued'],
    [17, 'queued'],
  ])('takes a message that is %s as %s', (status, deliveryStatus) => {
    for (const httpStatus of [200, 201]) {
      const outcome = readReply(replied(httpStatus, { sid: 'SM1', status, error_code: null, more: {} }))
      expect(outcome).toStrictEqual({ status: 'accepted', providerMessageId: 'SM1', deliveryStatus })
    }
  })

  it.each([
    [200, undefined],
    [200, null],
    [200, []],
    [201, 'SM1'],
    [201, {}],
    [201, { sid: '' }],
    [201, { sid: 17, status: 'queued' }],
    [201, { sid: 'S'.repeat(201), status: 'queued' }],
    [201, { sid: 'SM1\n', status: 'queued' }],
    [204, undefined],
  ])('cannot tell what %d %j means', (httpStatus, body) => {
    expect(readReply(replied(httpStatus, body))).toStrictEqual({ status: 'unknown', reason: 'unreadable_reply', httpStatus })
  })

  it.each<[number, unknown, FailureReason, string?]>([
    [400, { code: '21610', status: 400 }, 'opted_out', '21610'],
    [400, { code: 20_001, status: 400 }, 'bad_request', '20001'],
    [400, { code: -21_610 }, 'bad_request'],
    [400, { code: 21_610.5 }, 'bad_request'],
    [400, { code: `21610${CODE}` }, 'bad_request'],
    [400, { code: { odd: true }, status: ['odd'] }, 'bad_request'],
    [400, { sid: 'SM1', status: 'queued' }, 'bad_request'],
    [400, undefined, 'bad_request'],
    [401, undefined, 'provider_auth'],
    [403, { code: 20_008 }, 'provider_auth', '20008'],
    [404, undefined, 'config_error'],
    [429, undefined, 'rate_limited'],
    [500, undefined, 'provider_unavailable'],
    [502, { sid: 'SM1', status: 'queued' }, 'provider_unavailable'],
    [301, undefined, 'config_error'],
    [307, { sid: 'SM1', status: 'queued' }, 'config_error'],
  ])('reads %d %j as %s', (httpStatus, body, reason, providerCode) => {
    expect(readReply(replied(httpStatus, body))).toStrictEqual(rejected(reason, httpStatus, providerCode))
  })

  it.each(['timeout', 'connection_lost'] as const)('knows nothing after a %s', (kind) => {
    expect(readReply({ kind })).toStrictEqual({ status: 'unknown', reason: kind })
  })
})

describe('reasonOfCode', () => {
  it.each([undefined, 0, 20_000, 22_000, 29_999, 31_000, 62_999, 64_000])('does not know %s', (code) => {
    expect(reasonOfCode(code)).toBeUndefined()
  })
})
