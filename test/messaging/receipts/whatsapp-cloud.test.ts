import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import { META_CODES } from '../../../src/messaging/providers/meta-codes'
import type { WebhookRequest } from '../../../src/messaging/receipts/receipt'
import { answerChallenge, createWhatsappCloudReceipts } from '../../../src/messaging/receipts/whatsapp-cloud'
import { signBody, whatsappCloudReceipts } from '../../support/vendors/whatsapp-cloud'

const SECRET = 'test_app_secret'
const BODY =
  '{"object":"whatsapp_business_account","entry":[{"id":"0","changes":[{"field":"messages","value":{"messaging_product":' +
  '"whatsapp","metadata":{"display_phone_number":"15550000000","phone_number_id":"106540352242922"},"statuses":[{"id":' +
  '"wamid.TEST1","status":"delivered","timestamp":"1767225600","recipient_id":"919876543210"}]}}]}]}'
const SIGNATURE = 'sha256=8f1b5b50ce0c4502d1282b52261c6634a3777dc550f586312cfd92b3164c607c'
const OURS = '0199f0b0-0000-7000-8000-000000000001'
const AT = 1_767_225_600_000
const READER = createWhatsappCloudReceipts({ appSecret: SECRET })

/** A copy, which is what has the type of a request's body. */
const bytesOf = (text: string) => new Uint8Array(new TextEncoder().encode(text))

const webhook = (body: string | Uint8Array<ArrayBuffer>, signature?: string): WebhookRequest => ({
  method: 'POST',
  url: new URL('https://otp.example.test/webhooks/whatsapp_cloud'),
  headers: new Headers(signature === undefined ? {} : { 'x-hub-signature-256': signature }),
  body: typeof body === 'string' ? bytesOf(body) : body,
  pathSecret: undefined,
})
const isGenuine = (body: string | Uint8Array<ArrayBuffer>, signature?: string, reader = READER) =>
  reader.isGenuine(webhook(body, signature))
const read = (body: string | Uint8Array<ArrayBuffer>) => READER.read(webhook(body))

const bodyOf = (...changes: unknown[]) => JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '0', changes }] })
const change = (...statuses: unknown[]) => ({ field: 'messages', value: { messaging_product: 'whatsapp', statuses } })
const STATUS = { id: 'wamid.1', status: 'sent', timestamp: '1767225600', recipient_id: '919876543210' }
const RECEIPT = { providerMessageId: 'wamid.1', communicationId: null, status: 'sent', at: AT, reason: null, providerCode: null }

describe('isGenuine', () => {
  it('knows the signature of a body', async () => {
    expect(bytesOf(BODY)).toHaveLength(329)
    expect(await signBody(BODY, SECRET)).toBe(SIGNATURE)
    expect(await isGenuine(BODY, SIGNATURE)).toBe(true)
    expect(await isGenuine(BODY, SIGNATURE)).toBe(true)
    expect(await isGenuine('', await signBody('', SECRET))).toBe(true)
    expect(await isGenuine('{"text":"😀"}', await signBody('{"text":"😀"}', SECRET))).toBe(true)
  })

  it.each([
    ['no signature', BODY, undefined],
    ['an empty one', BODY, ''],
    ['no scheme', BODY, SIGNATURE.replace('sha256=', '')],
    ['another scheme', BODY, SIGNATURE.replace('sha256', 'sha1')],
    ['a shorter one', BODY, SIGNATURE.slice(0, -2)],
    ['a longer one', BODY, `${SIGNATURE}00`],
    ['one that is not hexadecimal', BODY, SIGNATURE.replace('8f', 'zz')],
    ['two of them', BODY, `${SIGNATURE}, ${SIGNATURE}`],
    ['an altered one', BODY, SIGNATURE.replace('8f', '8e')],
    ['an altered body', BODY.replace('delivered', 'read'), SIGNATURE],
    ['a body written anew', JSON.stringify(JSON.parse(BODY), null, 1), SIGNATURE],
    ['a body with a line break at its end', `${BODY}\n`, SIGNATURE],
    ['no body', '', SIGNATURE],
  ])('refuses %s', async (_title, body, signature) => {
    expect(await isGenuine(body, signature)).toBe(false)
  })

  it('refuses what another secret signed', async () => {
    expect(await isGenuine(BODY, await signBody(BODY, `${SECRET}!`))).toBe(false)
    expect(await isGenuine(BODY, SIGNATURE, createWhatsappCloudReceipts({ appSecret: 'other' }))).toBe(false)
  })

  it.each([undefined, ''])('refuses everything without a secret (%j)', async (appSecret) => {
    expect(await isGenuine(BODY, SIGNATURE, createWhatsappCloudReceipts({ appSecret }))).toBe(false)
    expect(await isGenuine(BODY, undefined, createWhatsappCloudReceipts({ appSecret }))).toBe(false)
  })

  it('refuses any changed byte', async () => {
    const flip = fc.record({ at: fc.nat(328), by: fc.integer({ min: 1, max: 255 }) })
    await fc.assert(
      fc.asyncProperty(flip, async ({ at, by }) => {
        const bytes = bytesOf(BODY)
        bytes[at]! ^= by
        expect(await isGenuine(bytes, SIGNATURE)).toBe(false)
        // Whatever the change made of it.
        await read(bytes)
      }),
    )
  })

  it('answers for any bytes and any header', async () => {
    const header = fc.oneof(fc.string({ unit: 'grapheme-ascii' }), fc.stringMatching(/^sha256=[\dA-Fa-f]{64}$/))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), header, async (bytes, signature) => {
        expect(await isGenuine(new Uint8Array(bytes), signature)).toBe(false)
      }),
    )
  })
})

describe('read', () => {
  it('reads the documented body', async () => {
    expect(await read(BODY)).toStrictEqual([{ ...RECEIPT, providerMessageId: 'wamid.TEST1', status: 'delivered' }])
  })

  it.each(['sent', 'delivered', 'read'])('reads %s', async (status) => {
    const odd = { ...STATUS, status, errors: [{ code: 131_026 }] }

    expect(await read(bodyOf(change({ ...STATUS, status }, odd)))).toStrictEqual([
      { ...RECEIPT, status },
      { ...RECEIPT, status },
    ])
  })

  it.each<[unknown, FailureReason, string | null]>([
    [[{ code: 131_026, title: 'Message undeliverable' }], 'invalid_recipient', '131026'],
    [[{ code: '131049' }, { code: 131_026 }], 'content_blocked', '131049'],
    [[{ code: 131_042 }], 'insufficient_funds', '131042'],
    [[{ code: 0 }], 'provider_auth', '0'],
    [[{ code: 139_999 }], 'unknown', '139999'],
    [[{ code: 'in words' }], 'unknown', null],
    [[{}], 'unknown', null],
    [[], 'unknown', null],
    ['odd', 'unknown', null],
    [undefined, 'unknown', null],
  ])('reads a failure with %j as %s', async (errors, reason, providerCode) => {
    const failed = { ...RECEIPT, status: 'failed', reason, providerCode }

    expect(await read(bodyOf(change({ ...STATUS, status: 'failed', errors })))).toStrictEqual([failed])
  })

  it('has the reasons that a send has', async () => {
    const codes = Object.entries(META_CODES)
    const statuses = codes.map(([code]) => ({ ...STATUS, status: 'failed', errors: [{ code: Number(code) }] }))

    const receipts = await read(bodyOf(change(...statuses)))

    expect(receipts?.map(({ reason, providerCode }) => [providerCode, reason])).toStrictEqual(codes)
  })

  it.each([
    [OURS, OURS],
    ['otp_01J', null],
    ['', null],
    [17, null],
    [`${OURS} `, null],
  ])('takes %j as our id: %j', async (biz_opaque_callback_data, communicationId) => {
    const receipts = await read(bodyOf(change({ ...STATUS, biz_opaque_callback_data })))

    expect(receipts).toStrictEqual([{ ...RECEIPT, communicationId }])
  })

  it.each([
    ['1767225600', AT],
    [1_767_225_600, AT],
    ['0', null],
    ['-1', null],
    ['1767225600.5', null],
    ['1767225600000', null],
    ['yesterday', null],
    [{}, null],
    [undefined, null],
  ])('takes the time %j as %j', async (timestamp, at) => {
    expect(await read(bodyOf(change({ ...STATUS, timestamp })))).toStrictEqual([{ ...RECEIPT, at }])
  })

  it('reads many entries, changes and statuses, in their order, the doubled ones too', async () => {
    const entry = [
      { changes: [change(STATUS, { ...STATUS, status: 'read' }), change(STATUS)] },
      { changes: [change({ ...STATUS, id: 'wamid.2' })] },
    ]

    const receipts = await read(JSON.stringify({ object: 'whatsapp_business_account', entry }))

    expect(receipts?.map(({ providerMessageId, status }) => `${providerMessageId} ${status}`)).toStrictEqual([
      'wamid.1 sent',
      'wamid.1 read',
      'wamid.1 sent',
      'wamid.2 sent',
    ])
  })

  it('leaves out what is not for us, or odd, and keeps the rest', async () => {
    const inbound = { field: 'messages', value: { messages: [{ from: '919876543210', id: 'wamid.in', text: { body: 'hi' } }] } }
    const others = [inbound, { field: 'account_update', value: { statuses: [STATUS] } }, null, 7, { field: 'messages' }]
    const odd = [
      { ...STATUS, status: 'deleted' },
      { ...STATUS, status: 'constructor' },
      { ...STATUS, id: '' },
      { ...STATUS, id: 17 },
      { ...STATUS, id: 'x'.repeat(201) },
      { ...STATUS, id: 'wamid\u0000' },
      {},
      null,
      'sent',
    ]

    expect(await read(bodyOf(...others))).toStrictEqual([])
    expect(await read(bodyOf(...others, change(...odd, STATUS)))).toStrictEqual([RECEIPT])
    expect(await read(bodyOf())).toStrictEqual([])
    expect(await read('{"object":"whatsapp_business_account","entry":[]}')).toStrictEqual([])
    expect(await read('{"object":"whatsapp_business_account","entry":[null,{},{"changes":{}}]}')).toStrictEqual([])
    expect(await read('{"object":"page","entry":[{"id":"1","time":1,"changes":[]}]}')).toStrictEqual([])
  })

  it.each([
    '',
    'OK',
    'null',
    '[]',
    '"object"',
    '{}',
    '{"object":"whatsapp_business_account"}',
    '{"object":"whatsapp_business_account","entry":{}}',
    '{"entry":[]}',
    BODY.slice(0, -1),
    `${BODY}${BODY}`,
    '['.repeat(100_000),
  ])('cannot read %.30s', async (body) => {
    expect(await read(body)).toBeUndefined()
  })

  it('cannot read what is not UTF-8', async () => {
    const bytes = bytesOf(BODY)
    bytes[BODY.indexOf('TEST1')] = 0xff

    expect(await read(bytes)).toBeUndefined()
  })

  it('answers for any bytes, any JSON and any statuses', async () => {
    const anyBody = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
      fc.json().map((text) => bytesOf(text)),
      fc.array(fc.jsonValue()).map((values) => bytesOf(bodyOf(...values, change(...values, STATUS)))),
    )
    await fc.assert(
      fc.asyncProperty(anyBody, async (body) => {
        const receipts = await read(body)
        expect(receipts?.every(({ providerMessageId }) => providerMessageId.length <= 200) ?? true).toBe(true)
      }),
    )
  })
})

describe('what Meta reports on a message', () => {
  const reported = async (suffix: string) => {
    const message = { id: 'wamid.1', to: `91987654${suffix}`, phoneNumberId: '106540352242922', callbackData: OURS }
    const options = { baseUrl: 'https://otp.example.test', appSecret: SECRET, startAt: AT }
    const calls = await whatsappCloudReceipts(message, options)
    const receipts = []
    for (const { url, method, headers, body } of calls) {
      const request = { method, url: new URL(url), headers: new Headers(headers), body: bytesOf(body) }
      expect(await READER.isGenuine({ ...request, pathSecret: undefined })).toBe(true)
      receipts.push(...((await READER.read({ ...request, pathSecret: undefined })) ?? []))
    }
    return receipts
  }

  it.each([
    ['3210', ['sent', 'delivered']],
    ['0002', ['failed invalid_recipient 131026']],
    ['0003', ['failed content_blocked 131049']],
    ['0010', ['read', 'read']],
    ['0017', ['delivered', 'sent', 'delivered', 'sent']],
    ['0018', ['sent', 'failed provider_unavailable 131000', 'delivered']],
    ['0019', ['failed unknown 139999']],
    ['0001', []],
  ])('…%s: %j', async (suffix, expected) => {
    const receipts = await reported(suffix)

    const words = receipts.map(({ status, reason, providerCode }) => [status, reason, providerCode].filter(Boolean).join(' '))
    expect(words).toStrictEqual(expected)
    expect(receipts.map(({ at }) => at)).toStrictEqual(receipts.map((_, index) => AT + index * 1000))
    for (const receipt of receipts) {
      expect(receipt).toMatchObject({ providerMessageId: 'wamid.1', communicationId: OURS })
    }
  })

  it('signs the escapes, not what they stand for', async () => {
    const message = { id: 'wamid.1', to: '919876540002', phoneNumberId: '1', callbackData: undefined }
    const [call] = await whatsappCloudReceipts(message, { baseUrl: 'https://otp.example.test', appSecret: SECRET })

    expect(call?.body).toContain('\\u2013')
    expect(call?.body).toContain('https:\\/\\/')
    expect(await isGenuine(JSON.stringify(JSON.parse(call!.body)), call?.headers['x-hub-signature-256'])).toBe(false)
    expect(await read(call!.body)).toMatchObject([{ communicationId: null }])
  })
})

describe('answerChallenge', () => {
  const ask = (changes: Record<string, string> = {}, token: string | undefined = 'verify-token') => {
    const query = { 'hub.mode': 'subscribe', 'hub.verify_token': 'verify-token', 'hub.challenge': '1158201444', ...changes }
    return answerChallenge(new URLSearchParams(query), token)
  }

  it('answers with the challenge', async () => {
    expect(await ask()).toBe('1158201444')
    expect(await ask({ 'hub.challenge': 'x'.repeat(200) })).toBe('x'.repeat(200))
  })

  it.each([
    [{ 'hub.mode': 'unsubscribe' }],
    [{ 'hub.mode': '' }],
    [{ 'hub.verify_token': 'verify-tokem' }],
    [{ 'hub.verify_token': '' }],
    [{ 'hub.challenge': '' }],
    [{ 'hub.challenge': 'x'.repeat(201) }],
    [{ 'hub.challenge': 'two words' }],
    [{ 'hub.challenge': 'two\nlines' }],
    [{ 'hub.challenge': 'é' }],
  ])('does not answer %j', async (changes) => {
    expect(await ask(changes)).toBeUndefined()
  })

  it('does not answer without a token to know Meta by', async () => {
    const empty = new URLSearchParams('hub.mode=subscribe&hub.challenge=1&hub.verify_token=')

    expect(await answerChallenge(empty, undefined)).toBeUndefined()
    expect(await answerChallenge(empty, '')).toBeUndefined()
    expect(await answerChallenge(new URLSearchParams(), 'verify-token')).toBeUndefined()
  })
})
