import { describe, expect, it } from 'vitest'
import type { Msg91Config } from '../../../src/config/providers/msg91'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import type { NoticeMessage, OtpMessage } from '../../../src/messaging/message'
import type { VendorHttp, VendorReply } from '../../../src/messaging/providers/http'
import { buildRequest, createMsg91, readReply } from '../../../src/messaging/providers/msg91'
import { readVerdict } from '../../../src/messaging/providers/msg91-verify'
import { createMsg91StandIn, MSG91_MAX_GUESSES, type Msg91StandIn } from '../../support/vendors/msg91'
import { CODE, describeProviderContract, otpMessage, rejected } from './contract'

const CONFIG: Msg91Config = {
  authKey: 'key-that-must-not-leak',
  templateId: 'otp-template',
  senderId: 'PROSPA',
  apiUrl: 'http://msg91.test',
  verifiesToo: false,
}
const MESSAGE = otpMessage('+919876543210', 'sms')
const { code: _code, expiresInSeconds: _expiresInSeconds, kind: _kind, ...common } = MESSAGE
const NOTICE: NoticeMessage = {
  ...common,
  kind: 'notice',
  variables: { name: 'Ünal & "Söhne"' },
  vendorTemplates: { msg91: 'paid-template' },
}

const special = (suffix: string) => `+91987654${suffix}`
const httpTo = (vendor: Msg91StandIn): VendorHttp => ({
  fetch: (url, init) => vendor.handle(new Request(url, init)),
  timeoutMs: 1000,
})
const unused: VendorHttp = { fetch: () => Promise.reject(new Error('unused')), timeoutMs: 1 }

const unreadable = { status: 'unknown', reason: 'unreadable_reply', httpStatus: 200 } as const

describeProviderContract({
  name: 'msg91',
  channel: 'sms',
  create: (http) => createMsg91(CONFIG, http),
  accepted: { to: '+919876543210', outcome: { status: 'accepted' } },
  secrets: [CONFIG.authKey],
  vendor: {
    create: () => createMsg91StandIn({ authKey: CONFIG.authKey }),
    situations: {
      'answers 400': { to: special('0024'), outcome: rejected('bad_request', 400) },
      'answers 401': { to: special('0025'), outcome: rejected('provider_auth', 401) },
      'answers 429': { to: special('0006'), outcome: rejected('rate_limited', 429) },
      'answers 500 with JSON': { to: special('0020'), outcome: rejected('provider_unavailable', 500) },
      'answers 503 with HTML': { to: special('0007'), outcome: rejected('provider_unavailable', 502) },
      'answers 2xx with a failure inside': { to: special('0016'), outcome: rejected('unknown', 200) },
      'answers 200 with text that is not JSON': { to: special('0022'), outcome: unreadable },
      'answers 200 with an empty body': { to: special('0021'), outcome: unreadable },
      'answers with a redirect': { to: special('0026'), outcome: rejected('config_error', 302) },
      'does not answer': { to: special('0008'), outcome: { status: 'unknown', reason: 'timeout' } },
      'resets the connection': { to: special('0023'), outcome: { status: 'unknown', reason: 'connection_lost' } },
    },
    others: {
      'knows no such number': { to: special('0001'), outcome: rejected('invalid_recipient', 200, '202') },
      'wants money': { to: special('0005'), outcome: rejected('insufficient_funds', 200, '301') },
      'has its IP security on': { to: special('0011'), outcome: rejected('config_error', 200, '418') },
      'is at the limit for one person': { to: special('0012'), outcome: rejected('recipient_rate_limited', 200) },
      'has it already': {
        to: special('0019'),
        outcome: { status: 'accepted', providerMessageId: null, deliveryStatus: 'queued' },
      },
      'gives no id': {
        to: special('0027'),
        outcome: { status: 'accepted', providerMessageId: null, deliveryStatus: 'queued' },
      },
    },
  },
})

const bodyOf = (message: OtpMessage) => JSON.parse(buildRequest(CONFIG, message)!.init.body) as object

describe('buildRequest', () => {
  it('builds the one form of a code', () => {
    expect(buildRequest(CONFIG, { ...MESSAGE, expiresInSeconds: 300, variables: { app_name: 'Ünal' } })).toStrictEqual({
      url: 'http://msg91.test/api/v5/otp',
      init: {
        method: 'POST',
        headers: { authkey: 'key-that-must-not-leak', 'content-type': 'application/json' },
        body:
          '{"app_name":"Ünal","template_id":"otp-template","mobile":"919876543210","otp":"482913","otp_expiry":"5",' +
          '"otp_length":"6","sender":"PROSPA"}',
      },
    })
  })

  it('builds the one form of another text', () => {
    expect(buildRequest(CONFIG, NOTICE)).toStrictEqual({
      url: 'http://msg91.test/api/v5/flow',
      init: {
        method: 'POST',
        headers: { authkey: 'key-that-must-not-leak', 'content-type': 'application/json' },
        body:
          '{"template_id":"paid-template","short_url":"0","sender":"PROSPA",' +
          '"recipients":[{"mobiles":"919876543210","name":"Ünal & \\"Söhne\\""}]}',
      },
    })
  })

  it('leaves out the sender where the template has its own', () => {
    const config = { ...CONFIG, senderId: undefined }

    expect(JSON.stringify([buildRequest(config, MESSAGE), buildRequest(config, NOTICE)])).not.toContain('sender')
  })

  it("takes the text's own template and registration", () => {
    const vendorTemplates = { msg91: 'own-template', twilio: 'other' }
    const body = bodyOf({ ...MESSAGE, dltTemplateId: '1107160000000000001', vendorTemplates })

    expect(body).toMatchObject({ template_id: 'own-template', DLT_TE_ID: '1107160000000000001' })
  })

  it.each([
    [600, '10'],
    [300, '5'],
    [299, '4'],
    [119, '1'],
    [60, '1'],
    [59, '1'],
  ])('has a code of %d s expire after %s minutes', (expiresInSeconds, minutes) => {
    expect(bodyOf({ ...MESSAGE, expiresInSeconds })).toMatchObject({ otp_expiry: minutes })
  })

  it('keeps the leading zeros of a code, and tells its length', () => {
    expect(bodyOf({ ...MESSAGE, code: '0042' })).toMatchObject({ otp: '0042', otp_length: '4' })
  })

  const FIELDS = ['mobile', 'mobiles', 'otp', 'OTP', 'otp_expiry', 'otp_length', 'template_id', 'flow_id', 'sender', 'authkey']
  const MORE_FIELDS = ['DLT_TE_ID', 'recipients', 'short_url', 'invisible', 'unicode', 'userip', 'email', 'extra_param']

  it.each([...FIELDS, ...MORE_FIELDS])('lets no variable take the place of %s', (name) => {
    const variables = { [name]: '910000000000', constructor: 'kept' }

    expect(bodyOf({ ...MESSAGE, variables })).toStrictEqual({ ...bodyOf({ ...MESSAGE, variables: {} }), constructor: 'kept' })
    expect(JSON.parse(buildRequest(CONFIG, { ...NOTICE, variables })!.init.body)).toStrictEqual({
      template_id: 'paid-template',
      short_url: '0',
      sender: 'PROSPA',
      recipients: [{ mobiles: '919876543210', constructor: 'kept' }],
    })
  })
})

describe('createMsg91', () => {
  it("passes on the vendor's id of the message, wherever it stands", async () => {
    const vendor = createMsg91StandIn()
    const provider = createMsg91(CONFIG, httpTo(vendor))

    const outcomes = [
      await provider.send(MESSAGE),
      await provider.send({ ...MESSAGE, to: special('0028') }),
      await provider.send(NOTICE),
    ]

    expect(outcomes).toStrictEqual(
      vendor.messages.map(({ requestId }) => ({ status: 'accepted', providerMessageId: requestId, deliveryStatus: 'queued' })),
    )
    expect(vendor.messages).toMatchObject([
      { destination: '919876543210', code: CODE, templateId: 'otp-template', sender: 'PROSPA', lifetimeMs: 180_000 },
      { destination: '919876540028' },
      { destination: '919876543210', code: '', templateId: 'paid-template', variables: NOTICE.variables },
    ])
  })

  it('sends the code once, in the body: an address would keep it', async () => {
    const vendor = createMsg91StandIn()

    await createMsg91(CONFIG, httpTo(vendor)).send(MESSAGE)

    const { url, body } = vendor.requests[0]!
    expect([url.split(CODE).length, body.split(CODE).length]).toStrictEqual([1, 2])
  })

  it('never sends a notice in the template for codes', async () => {
    const vendor = createMsg91StandIn()

    const outcome = await createMsg91(CONFIG, httpTo(vendor)).send({ ...NOTICE, vendorTemplates: { twilio: 'x' } })

    expect(outcome).toStrictEqual({ status: 'rejected', reason: 'template_rejected' })
    expect(vendor.requests).toHaveLength(0)
  })

  it('is an SMS provider for codes of at most 9 digits, and is asked only where that is wanted', () => {
    const { id, channels, facts, confirm } = createMsg91(CONFIG, unused)

    expect({ id, channels, facts }).toStrictEqual({
      id: 'msg91',
      channels: ['sms'],
      facts: { maxCodeLength: 9, textIsOurs: false },
    })
    expect(confirm).toBeUndefined()
    expect(createMsg91({ ...CONFIG, verifiesToo: true }, unused).confirm).toBeTypeOf('function')
  })
})

const replied = (httpStatus: number, body: unknown): VendorReply => ({
  kind: 'replied',
  httpStatus,
  text: JSON.stringify(body),
  json: body,
})

describe('readReply', () => {
  it.each<[unknown, string | null]>([
    [{ type: 'success', request_id: '3763abc' }, '3763abc'],
    [{ type: 'success', request_id: '3763abc', message: 'other' }, '3763abc'],
    [{ type: 'success', message: '3763abc' }, '3763abc'],
    [{ type: 'success', request_id: '', message: ' 3763abc\n' }, '3763abc'],
    [{ type: 'success', request_id: 17, message: '3763abc', code: { odd: 1 } }, '3763abc'],
    [{ type: 'Success', message: 'OTP sent successfully' }, null],
    [{ type: 'success', request_id: 'x'.repeat(201) }, null],
    [{ type: 'success', message: ['odd'] }, null],
    [{ type: 'success' }, null],
  ])('accepts %j with the id %j', (body, providerMessageId) => {
    expect(readReply(replied(200, body))).toStrictEqual({ status: 'accepted', providerMessageId, deliveryStatus: 'queued' })
  })

  it.each([
    undefined,
    null,
    [],
    'success',
    {},
    { request_id: '3763abc' },
    { type: 'info', request_id: '3763abc' },
    { type: true },
  ])('cannot tell what %j means', (body) => {
    expect(readReply(replied(200, body))).toStrictEqual(unreadable)
  })

  const CODES: Record<string, FailureReason> = {
    '001': 'provider_unavailable',
    '002': 'provider_unavailable',
    101: 'bad_request',
    102: 'bad_request',
    103: 'bad_request',
    104: 'bad_request',
    105: 'bad_request',
    106: 'bad_request',
    107: 'bad_request',
    201: 'provider_auth',
    202: 'invalid_recipient',
    203: 'config_error',
    205: 'config_error',
    207: 'provider_auth',
    208: 'config_error',
    209: 'config_error',
    210: 'config_error',
    301: 'insufficient_funds',
    302: 'provider_auth',
    303: 'provider_auth',
    306: 'config_error',
    307: 'bad_request',
    308: 'bad_request',
    309: 'bad_request',
    310: 'bad_request',
    418: 'config_error',
    505: 'config_error',
    506: 'config_error',
    601: 'provider_unavailable',
  }

  it.each(Object.entries(CODES))('reads code %s as %s, whatever the HTTP status and the text are', (code, reason) => {
    for (const httpStatus of [200, 400, 401, 503]) {
      for (const form of [code, ` ${code} `, Number(code)]) {
        const outcome = readReply(replied(httpStatus, { type: 'error', message: 'template', code: form }))
        expect(outcome).toStrictEqual(rejected(reason, httpStatus, code))
      }
    }
  })

  it.each([200, 400])('takes a duplicate that is answered %d for the message that it doubles', (httpStatus) => {
    for (const code of ['311', 311]) {
      const outcome = readReply(replied(httpStatus, { type: 'error', message: '3763abc', code }))
      expect(outcome).toStrictEqual({ status: 'accepted', providerMessageId: null, deliveryStatus: 'queued' })
    }
  })

  it.each<[string, FailureReason]>([
    ['Invalid authkey', 'provider_auth'],
    ['Auth Key missing', 'provider_auth'],
    ['418', 'config_error'],
    ['IP not whitelisted for this authkey', 'config_error'],
    ['Please enter atleast one number to send sms.', 'invalid_recipient'],
    ['Mobile no. empty or not numeric', 'invalid_recipient'],
    [' MOBILE NUMBER EMPTY OR NOT NUMERIC\n', 'invalid_recipient'],
    ['invalid_mobile_number', 'invalid_recipient'],
    ['OTP empty or not numeric', 'bad_request'],
    ['OTP retry count maxed out', 'recipient_rate_limited'],
    ['max_retry_count_exceeded', 'recipient_rate_limited'],
    ['Insufficient balance', 'insufficient_funds'],
    ['Template ID missing', 'template_rejected'],
    ['DLT_TE_ID does not match', 'template_rejected'],
    ['Something went wrong', 'unknown'],
    ['', 'unknown'],
  ])('reads the text %j as %s', (message, reason) => {
    expect(readReply(replied(200, { type: 'error', message }))).toStrictEqual(rejected(reason, 200))
  })

  it.each<[number, unknown, FailureReason, string?]>([
    [200, { type: 'ERROR', message: 'x' }, 'unknown'],
    [200, { type: 'error', message: 'Template missing', code: '777' }, 'template_rejected', '777'],
    [200, { type: 'error', message: { odd: true }, code: 'free text' }, 'unknown'],
    [200, { type: 'error', code: -1 }, 'unknown'],
    [200, { type: 'error', code: 12_345 }, 'unknown'],
    [400, { type: 'error', message: 'Invalid authkey' }, 'provider_auth'],
    [400, { type: 'error', message: 'x' }, 'bad_request'],
    [400, { message: 'x', code: '301' }, 'insufficient_funds', '301'],
    [400, { type: 'success', request_id: '3763abc' }, 'bad_request'],
    [401, undefined, 'provider_auth'],
    [403, undefined, 'provider_auth'],
    [429, undefined, 'rate_limited'],
    [502, undefined, 'provider_unavailable'],
    [502, { type: 'success', request_id: '3763abc' }, 'provider_unavailable'],
    [301, undefined, 'config_error'],
  ])('reads %d %j as %s', (httpStatus, body, reason, providerCode) => {
    expect(readReply(replied(httpStatus, body))).toStrictEqual(rejected(reason, httpStatus, providerCode))
  })
})

describe('confirm', () => {
  const T0 = 1_767_225_600_000
  const setUp = async (code = CODE) => {
    let time = T0
    const vendor = createMsg91StandIn({ authKey: CONFIG.authKey, now: () => time })
    const provider = createMsg91({ ...CONFIG, verifiesToo: true }, httpTo(vendor))
    await provider.send({ ...MESSAGE, code })
    return {
      vendor,
      // As the service calls it: on its own.
      confirm: provider.confirm!,
      pass: (ms: number) => void (time += ms),
    }
  }
  const guess = { to: MESSAGE.to, code: CODE }

  it('asks in the one form that the vendor documents', async () => {
    const { vendor, confirm } = await setUp('0042')

    expect(await confirm({ to: MESSAGE.to, code: '0042' })).toBe('right')
    expect(vendor.requests.at(-1)).toStrictEqual({
      method: 'GET',
      url: 'http://msg91.test/api/v5/otp/verify?otp=0042&mobile=919876543210',
      authKey: CONFIG.authKey,
      contentType: null,
      body: '',
    })
  })

  it('calls another code wrong, and the right one after it right', async () => {
    const { confirm } = await setUp()

    expect([await confirm({ ...guess, code: '482914' }), await confirm(guess)]).toStrictEqual(['wrong', 'right'])
  })

  it('never counts "already verified" as right: it would pass any code', async () => {
    const { confirm } = await setUp()
    await confirm(guess)

    expect([await confirm(guess), await confirm({ ...guess, code: '000000' })]).toStrictEqual(['unknown', 'unknown'])
  })

  it('calls a code wrong from the moment it expires', async () => {
    const { confirm, pass } = await setUp()
    pass(180_000)

    expect(await confirm(guess)).toBe('wrong')
  })

  it('calls a code wrong that was never sent, or guessed at too often', async () => {
    const { confirm } = await setUp()
    for (let wrong = 0; wrong < MSG91_MAX_GUESSES; wrong += 1) await confirm({ ...guess, code: '000000' })

    expect([await confirm(guess), await confirm({ ...guess, to: '+919876543211' })]).toStrictEqual(['wrong', 'wrong'])
  })

  it('does not know where the vendor does not answer, and tells nothing', async () => {
    const hang: VendorHttp = { fetch: () => new Promise(() => {}), timeoutMs: 5 }
    const broken: VendorHttp = { ...unused, fetch: () => Promise.reject(new Error(CODE)), timeoutMs: 1000 }

    for (const http of [hang, broken]) {
      expect(await createMsg91({ ...CONFIG, verifiesToo: true }, http).confirm!(guess)).toBe('unknown')
    }
  })

  it.each<[number, unknown, 'right' | 'wrong' | 'unknown']>([
    [200, { type: 'success', message: 'OTP verified success' }, 'right'],
    [200, { type: 'success', message: ' otp VERIFIED successfully ' }, 'right'],
    [200, { type: 'success', message: 'number_verified_successfully' }, 'right'],
    [200, { type: 'success', message: 'Mobile no. already verified' }, 'unknown'],
    [200, { type: 'success', message: 'already_verified' }, 'unknown'],
    [200, { type: 'error', message: 'Mobile no. already verified' }, 'unknown'],
    [200, { type: 'success', message: 'Already been verified' }, 'unknown'],
    [200, { type: 'success', message: 'OTP not verified' }, 'unknown'],
    [200, { type: 'error', message: 'OTP verified success' }, 'unknown'],
    [200, { type: 'success', message: '3763abc' }, 'unknown'],
    [200, { type: 'success' }, 'unknown'],
    [200, { type: 'error', message: 'OTP not match' }, 'wrong'],
    [200, { type: 'error', message: ' otp NOT match ' }, 'wrong'],
    [400, { type: 'error', message: 'OTP not match' }, 'wrong'],
    [200, { type: 'error', message: 'OTP expired' }, 'wrong'],
    [200, { type: 'error', message: 'otp_expired' }, 'wrong'],
    [200, { type: 'error', message: 'Mobile no. not found' }, 'wrong'],
    [200, { type: 'error', message: 'last_otp_request_on_this_number_is_invalid' }, 'wrong'],
    [200, { type: 'error', message: 'Max limit reached for this otp verification' }, 'wrong'],
    [200, { type: 'error', message: 'Invalid authkey', code: '201' }, 'unknown'],
    [200, { type: 'error', message: 'Account expired', code: '302' }, 'unknown'],
    [200, { type: 'error', message: 'IP not whitelisted', code: '418' }, 'unknown'],
    [200, { type: 'error', message: 'Something went wrong' }, 'unknown'],
    [404, { type: 'error', message: 'Not Found' }, 'unknown'],
    [503, { type: 'error', message: 'OTP not match' }, 'unknown'],
    [503, { type: 'success', message: 'OTP verified success' }, 'unknown'],
    [302, { type: 'success', message: 'OTP verified success' }, 'unknown'],
    [200, undefined, 'unknown'],
    [200, [], 'unknown'],
  ])('reads %d %j as %s', (httpStatus, body, verdict) => {
    expect(readVerdict(replied(httpStatus, body))).toBe(verdict)
  })
})
