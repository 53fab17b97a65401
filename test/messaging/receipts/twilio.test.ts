import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Receipt, WebhookRequest } from '../../../src/messaging/receipts/receipt'
import { createTwilioReceipts } from '../../../src/messaging/receipts/twilio'
import { createTwilioStandIn, signTwilio, twilioPath, twilioReceipts } from '../../support/vendors/twilio'

const TOKEN = 'test_auth_token_0123456789abcdef'
const ACCOUNT = 'AC00000000000000000000000000000001'
const SID = 'SM00000000000000000000000000000001'
const COMMUNICATION = '0199f0b0-0000-7000-8000-000000000001'
const ADDRESS = 'https://otp.example.test/v1/webhooks/twilio?tenant=t_1'
const FORM_TYPE = 'application/x-www-form-urlencoded'
const FIELDS = {
  MessageSid: SID,
  MessageStatus: 'delivered',
  AccountSid: ACCOUNT,
  From: '+15005550006',
  To: '+919876543210',
  ApiVersion: '2010-04-01',
  SmsSid: SID,
  SmsStatus: 'delivered',
}
const SIGNATURE = 'EbZFa7skDT3CowmI4x45SA/QOMM='
const DIGEST = '015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862'

interface Parts {
  readonly url?: string
  readonly type?: string | null
  readonly signature?: string | null
  readonly body?: string | Uint8Array<ArrayBuffer>
}

/** The genuine call of the first vector, but for the parts that are given. Null leaves a header out. */
function webhook({
  url = ADDRESS,
  type = FORM_TYPE,
  signature = SIGNATURE,
  body = formText(FIELDS),
}: Parts = {}): WebhookRequest {
  const headers = new Headers()
  if (type !== null) headers.set('content-type', type)
  if (signature !== null) headers.set('x-twilio-signature', signature)
  const bytes = typeof body === 'string' ? Uint8Array.from(new TextEncoder().encode(body)) : body
  return { method: 'POST', url: new URL(url), headers, body: bytes, pathSecret: undefined }
}

const formText = (fields: Record<string, string>) => new URLSearchParams(fields).toString()
const readerOf = (config: Partial<Parameters<typeof createTwilioReceipts>[0]> = {}) =>
  createTwilioReceipts({ authToken: TOKEN, accountSid: ACCOUNT, publicUrl: undefined, ...config })
const READER = readerOf()
const isGenuine = (parts: Parts, reader = READER) => reader.isGenuine(webhook(parts))
const readForm = (fields: Record<string, string>, url = ADDRESS) => READER.read(webhook({ url, body: formText(fields) }))

describe('isGenuine of a form', () => {
  it('knows the signature of the first vector', async () => {
    expect(await isGenuine({})).toBe(true)
  })

  it.each([
    ['RSOYDt4T1cUTdK1PDd93/VVr8B8=', '+14158675309'],
    ['0/KCTR6DLpKmkAf8muzZqo1nDgQ=', '+12349013030'],
  ])("knows %s, of the vendor's own example", async (signature, caller) => {
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2'
    const fields = { CallSid: 'CA1234567890ABCDE', Caller: caller, Digits: '1234', From: caller, To: '+18005551212' }

    expect(await isGenuine({ url, signature, body: formText(fields) }, readerOf({ authToken: '12345' }))).toBe(true)
  })

  it('takes the fields in whatever order they come', async () => {
    expect(await isGenuine({ body: formText(Object.fromEntries(Object.entries(FIELDS).toReversed())) })).toBe(true)
  })

  it.each([
    ['an emoji, a space, a plus and an empty field', { ...FIELDS, Body: 'ok \u{1F44D}+é ', Empty: '' }],
    ['names that only differ in case', { a: '1', B: '2', A: '3' }],
    ['no fields', {}],
  ])('knows a form with %s', async (_title, fields) => {
    expect(await isGenuine({ body: formText(fields), signature: await signTwilio(TOKEN, ADDRESS, fields) })).toBe(true)
  })

  it('takes each value of a repeated name once, in order', async () => {
    const signature = await signTwilio(TOKEN, `${ADDRESS}a1a2b0`)

    expect(await isGenuine({ body: 'b=0&a=2&a=1&a=2', signature })).toBe(true)
    expect(await isGenuine({ body: 'b=0&a=2&a=3&a=2', signature })).toBe(false)
  })

  it('takes the media type whatever its case and parameters', async () => {
    expect(await isGenuine({ type: 'Application/X-WWW-Form-URLEncoded; charset=UTF-8' })).toBe(true)
  })

  it.each<[string, Parts]>([
    ['no signature', { signature: null }],
    ['an empty signature', { signature: '' }],
    ['another signature', { signature: `F${SIGNATURE.slice(1)}` }],
    ['half a signature', { signature: SIGNATURE.slice(0, 12) }],
    ['a signature in base64url', { signature: SIGNATURE.replace('/', '_') }],
    ['a signature twice', { signature: `${SIGNATURE}, ${SIGNATURE}` }],
    ['a signature that is no base64', { signature: '****************************' }],
    ['another path', { url: ADDRESS.replace('v1', 'v2') }],
    ['another query', { url: ADDRESS.replace('t_1', 't_2') }],
    ['no query', { url: ADDRESS.split('?')[0]! }],
    ['another host', { url: ADDRESS.replace('example', 'elsewhere') }],
    ['another scheme', { url: ADDRESS.replace('https', 'http') }],
    ['another status', { body: formText({ ...FIELDS, MessageStatus: 'failed' }) }],
    ['one field more', { body: formText({ ...FIELDS, ErrorCode: '30005' }) }],
    ['one empty field more', { body: formText({ ...FIELDS, ErrorCode: '' }) }],
    ['one field less', { body: formText(Object.fromEntries(Object.entries(FIELDS).slice(1))) }],
    ['no body', { body: '' }],
    ['a byte order mark', { body: `\u{FEFF}${formText(FIELDS)}` }],
    ['the same as JSON', { type: 'application/json', body: JSON.stringify(FIELDS) }],
    ['another media type', { type: 'text/plain' }],
    ['no media type', { type: null }],
    ['bytes that are no UTF-8', { body: Uint8Array.from([0xff, 0xfe]) }],
  ])('refuses %s', async (_title, parts) => {
    expect(await isGenuine(parts)).toBe(false)
  })

  it.each([undefined, '', 'another_auth_token'])('refuses everything with the token %j', async (authToken) => {
    expect(await isGenuine({}, readerOf({ authToken }))).toBe(false)
  })

  it('refuses the body with any byte changed', async () => {
    const genuine = new TextEncoder().encode(formText(FIELDS))
    for (const index of genuine.keys()) {
      const body = Uint8Array.from(genuine)
      body[index]! ^= 0x01
      expect([index, await isGenuine({ body })]).toStrictEqual([index, false])
    }
  })

  it('refuses the body with anything put in', async () => {
    // Without `%`: an escape can say the same as the character that it stands for.
    const altered = fc.record({ at: fc.nat(300), text: fc.stringMatching(/^[ -$'-~]+$/) })
    await fc.assert(
      fc.asyncProperty(altered, async ({ at, text }) => {
        const genuine = formText(FIELDS)
        expect(await isGenuine({ body: genuine.slice(0, at) + text + genuine.slice(at) })).toBe(false)
      }),
    )
  })
})

describe('isGenuine of an address', () => {
  const publicUrl = 'https://otp.example.test'
  const path = '/v1/webhooks/twilio?tenant=t_1'
  const signed = async (address: string) => ({ signature: await signTwilio(TOKEN, address, FIELDS) })

  it('checks the public address, wherever the request came to', async () => {
    for (const origin of ['http://127.0.0.1:8787', 'https://edge-verify.workers.dev', publicUrl]) {
      expect(await isGenuine({ url: origin + path }, readerOf({ publicUrl }))).toBe(true)
    }
  })

  it('refuses a signature of the address that the request came to, where the public one is another', async () => {
    const url = `https://edge-verify.workers.dev${path}`

    expect(await isGenuine({ url, ...(await signed(url)) }, readerOf({ publicUrl }))).toBe(false)
    expect(await isGenuine({ url, ...(await signed(url)) })).toBe(true)
  })

  it.each([
    ['https://otp.example.test', 'https://otp.example.test:443'],
    ['https://otp.example.test:443', 'https://otp.example.test'],
    ['https://OTP.example.test', 'https://otp.example.test'],
    ['http://otp.example.test', 'http://otp.example.test:80'],
    ['https://otp.example.test:8443', 'https://otp.example.test:8443'],
    ['https://otp.example.test:8443', 'https://otp.example.test'],
    ['https://otp.example.test/behind/a/proxy', 'https://otp.example.test/behind/a/proxy'],
  ])('known as %s, takes a signature of %s', async (known, origin) => {
    expect(await isGenuine(await signed(origin + path), readerOf({ publicUrl: known }))).toBe(true)
  })

  it.each([
    ['https://otp.example.test', 'https://otp.example.test:80'],
    ['https://otp.example.test', 'https://otp.example.test:8443'],
    ['http://otp.example.test', 'http://otp.example.test:443'],
    ['https://otp.example.test:8443', 'https://otp.example.test:443'],
    ['https://otp.example.test', 'http://otp.example.test'],
  ])('known as %s, refuses a signature of %s', async (known, origin) => {
    expect(await isGenuine(await signed(origin + path), readerOf({ publicUrl: known }))).toBe(false)
  })

  it('does not count the fragment as signed', async () => {
    expect(await isGenuine({ url: `${ADDRESS}#rc=3&rp=all` })).toBe(true)
  })
})

describe('isGenuine of JSON', () => {
  const url = `https://otp.example.test/v1/webhooks/twilio?bodySHA256=${DIGEST}`
  const GENUINE = { url, type: 'application/json', signature: 'YeBp4ZBAfns55s6rGkVOc+ZmFsk=', body: '{"a":1}' }

  it('knows the vector', async () => {
    expect(await isGenuine(GENUINE)).toBe(true)
    expect(await isGenuine({ ...GENUINE, type: 'application/json; charset=utf-8' })).toBe(true)
  })

  it.each<[string, Parts]>([
    ['another body', { body: '{"a":2}' }],
    ['the body written anew', { body: '{ "a": 1 }' }],
    ['no body', { body: '' }],
    ['another digest', { url: url.replace('015a', '015b') }],
    ['no signature', { signature: null }],
    ['another signature', { signature: SIGNATURE }],
    ['the type of a form', { type: FORM_TYPE }],
  ])('refuses %s', async (_title, parts) => {
    expect(await isGenuine({ ...GENUINE, ...parts })).toBe(false)
  })

  it('refuses a signed address that has no digest', async () => {
    expect(await isGenuine({ ...GENUINE, url: ADDRESS, signature: await signTwilio(TOKEN, ADDRESS) })).toBe(false)
  })
})

describe('read', () => {
  const receipt = (over: Partial<Receipt> = {}): Receipt => ({
    providerMessageId: SID,
    communicationId: null,
    status: 'delivered',
    at: null,
    reason: null,
    providerCode: null,
    ...over,
  })

  it.each<[string, Receipt['status']]>([
    ['accepted', 'queued'],
    ['scheduled', 'queued'],
    ['queued', 'queued'],
    ['sending', 'sent'],
    ['sent', 'sent'],
    ['delivered', 'delivered'],
    ['read', 'read'],
  ])('reads %s as %s', async (status, expected) => {
    // A code says nothing of a message that is not lost.
    const receipts = await readForm({ ...FIELDS, MessageStatus: status, SmsStatus: status, ErrorCode: '30005' })

    expect(receipts).toStrictEqual([receipt({ status: expected })])
  })

  it.each<[string, Receipt['status']]>([
    ['undelivered', 'undelivered'],
    ['failed', 'failed'],
    ['canceled', 'failed'],
  ])('reads %s as %s, with the reason', async (MessageStatus, status) => {
    expect(await readForm({ ...FIELDS, MessageStatus, ErrorCode: '30003' })).toStrictEqual([
      receipt({ status, reason: 'unreachable', providerCode: '30003' }),
    ])
    expect(await readForm({ ...FIELDS, MessageStatus })).toStrictEqual([receipt({ status, reason: 'unknown' })])
  })

  it.each([
    ['30005', 'invalid_recipient', '30005'],
    ['30007', 'content_blocked', '30007'],
    ['30036', 'unreachable', '30036'],
    ['30999', 'unknown', '30999'],
    ['63024', 'invalid_recipient', '63024'],
    ['21610', 'opted_out', '21610'],
    ['12345', 'unknown', '12345'],
    ['', 'unknown', null],
    ['0', 'unknown', null],
    ['none', 'unknown', null],
    ['3e4', 'unknown', null],
    ['1234567', 'unknown', null],
  ] as const)('reads the code %j as %s', async (ErrorCode, reason, providerCode) => {
    const receipts = await readForm({ ...FIELDS, MessageStatus: 'undelivered', ErrorCode })

    expect(receipts).toStrictEqual([receipt({ status: 'undelivered', reason, providerCode })])
  })

  it.each(['received', 'receiving', 'partially_delivered', 'Delivered', 'constructor', ''])(
    'ignores the status %j',
    async (status) => {
      expect(await readForm({ ...FIELDS, MessageStatus: status, SmsStatus: status })).toStrictEqual([])
    },
  )

  it('reads the older names where the newer ones are missing', async () => {
    expect(await readForm({ AccountSid: ACCOUNT, SmsSid: SID, SmsStatus: 'sent' })).toStrictEqual([receipt({ status: 'sent' })])
  })

  it.each([
    [`?communication_id=${COMMUNICATION}`, COMMUNICATION],
    ['?communication_id=1%27%20OR%201', null],
    [`?communication_id=${COMMUNICATION}0`, null],
    ['?communication_id=', null],
    ['', null],
  ])('finds our id in %j: %s', async (query, communicationId) => {
    const receipts = await readForm(FIELDS, `https://otp.example.test/webhooks/twilio${query}`)

    expect(receipts).toStrictEqual([receipt({ communicationId })])
  })

  it.each<[string, Record<string, string>]>([
    ['an inbound message', { ...FIELDS, MessageStatus: 'received', SmsStatus: 'received', Body: 'STOP' }],
    ['a call', { AccountSid: ACCOUNT, CallSid: 'CA1', CallStatus: 'completed' }],
    ['nothing', {}],
    ['an endless id', { ...FIELDS, MessageSid: 'S'.repeat(201), SmsSid: 'S'.repeat(201) }],
    ['an id of several lines', { ...FIELDS, MessageSid: 'SM\n1', SmsSid: 'SM\n1' }],
    ['a message of another account', { ...FIELDS, AccountSid: ACCOUNT.replace('1', '2') }],
  ])('finds nothing for us in %s', async (_title, fields) => {
    expect(await readForm(fields)).toStrictEqual([])
  })

  it('reads those of any account where ours is not known', async () => {
    const request = webhook({ body: formText({ ...FIELDS, AccountSid: 'AC2' }) })

    expect(await readerOf({ accountSid: undefined }).read(request)).toStrictEqual([receipt()])
  })

  it('reads the same fields in JSON', async () => {
    const body = JSON.stringify({ ...FIELDS, MessageStatus: 'undelivered', ErrorCode: 30_005 })

    expect(await READER.read(webhook({ type: 'application/json', body }))).toStrictEqual([
      receipt({ status: 'undelivered', reason: 'invalid_recipient', providerCode: '30005' }),
    ])
    expect(await READER.read(webhook({ type: 'application/json', body: '{"a":1}' }))).toStrictEqual([])
  })

  it.each<[string, Parts]>([
    ['bytes that are no UTF-8', { body: Uint8Array.from([0x61, 0xff]) }],
    ['JSON that is none', { type: 'application/json', body: '{"a":' }],
    ['a list', { type: 'application/json', body: '[]' }],
    ['null', { type: 'application/json', body: 'null' }],
    ['a form that is said to be JSON', { type: 'application/json' }],
    ['another media type', { type: 'text/plain' }],
    ['no media type', { type: null }],
  ])('cannot read %s', async (_title, parts) => {
    expect(await READER.read(webhook(parts))).toBeUndefined()
  })

  it('says the same of a doubled report', async () => {
    expect(await readForm(FIELDS)).toStrictEqual(await readForm(FIELDS))
  })

  it('resolves whatever the bytes are, and finds none of them genuine', async () => {
    const type = fc.constantFrom(FORM_TYPE, 'application/json', null)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), type, fc.string(), async (bytes, contentType, query) => {
        const url = `https://otp.example.test/webhooks/twilio?communication_id=${encodeURIComponent(query.toWellFormed())}`
        const request = webhook({ url, type: contentType, body: Uint8Array.from(bytes) })
        expect(await READER.isGenuine(request)).toBe(false)
        const receipts = await READER.read(request)
        expect(receipts === undefined || Array.isArray(receipts)).toBe(true)
      }),
    )
  })

  it('resolves whatever the fields are', async () => {
    const name = fc.constantFrom(...Object.keys(FIELDS), 'ErrorCode', '__proto__')
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.oneof(fc.jsonValue(), fc.constantFrom('failed', 'sent', SID))), async (fields) => {
        const receipts = await READER.read(webhook({ type: 'application/json', body: JSON.stringify(fields) }))
        expect(receipts?.length).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('the calls of the stand-in', () => {
  async function receiptsFor(suffix: string, publicUrl = 'https://otp.example.test') {
    const vendor = createTwilioStandIn()
    const fields = {
      To: `+91987654${suffix}`,
      From: '+15005550006',
      Body: '482913 is your code. \u{1F511}',
      StatusCallback: `${publicUrl}/webhooks/twilio?communication_id=${COMMUNICATION}#rc=3&rp=all`,
    }
    const headers = { authorization: `Basic ${btoa(`${ACCOUNT}:${TOKEN}`)}`, 'content-type': FORM_TYPE }
    const address = `http://twilio.test${twilioPath(ACCOUNT)}`
    await vendor.handle(new Request(address, { method: 'POST', headers, body: formText(fields) }))
    const message = vendor.messages[0]!
    const reader = readerOf({ publicUrl })
    const calls = await twilioReceipts(message, { authToken: TOKEN, baseUrl: 'http://127.0.0.1:8787' })
    const requests = calls.map(({ url, headers: sent, body }) =>
      webhook({ url, type: sent['content-type']!, signature: sent['x-twilio-signature']!, body }),
    )
    const genuine = await Promise.all(requests.map((request) => reader.isGenuine(request)))
    const receipts = (await Promise.all(requests.map((request) => reader.read(request)))).flat()
    return { message, genuine, receipts }
  }

  it.each([
    ['3210', ['sent', 'delivered'], null],
    ['0002', ['sent', 'undelivered'], 'invalid_recipient'],
    ['0004', ['sent', 'undelivered'], 'content_blocked'],
    ['0005', ['sent', 'undelivered'], 'unreachable'],
    ['0010', ['delivered', 'delivered', 'sent', 'sent'], null],
    ['0014', ['queued', 'sent'], null],
    ['0028', ['failed'], 'content_blocked'],
  ])('…%s: %j', async (suffix, statuses, reason) => {
    const { message, genuine, receipts } = await receiptsFor(suffix)

    expect(genuine).toStrictEqual(statuses.map(() => true))
    expect(receipts.map((receipt) => receipt?.status)).toStrictEqual(statuses)
    expect(receipts.at(-1)?.reason).toBe(reason)
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({ providerMessageId: message.messageId, communicationId: COMMUNICATION })
    }
  })
})
