import { describe, expect, it } from 'vitest'
import type { GupshupConfig } from '../../../src/config/providers/gupshup'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import type { NoticeMessage } from '../../../src/messaging/message'
import { buildRequest, createGupshup, describeGupshupRequest, readReply } from '../../../src/messaging/providers/gupshup'
import type { VendorReply } from '../../../src/messaging/providers/http'
import { META_CODES } from '../../../src/messaging/providers/meta-codes'
import { createGupshupStandIn } from '../../support/vendors/gupshup'
import { CODE, describeProviderContract, otpMessage, rejected } from './contract'

const CONFIG = {
  apiKey: 'key-that-must-not-leak',
  source: '917834811114',
  apiUrl: 'http://gupshup.test/wa/api/v1/template/msg',
  templateId: 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b',
  srcName: 'Homi & Söhne',
  notices: {
    lead_created: {
      templateId: '0e02d8c5-0000-4000-8000-000000000001',
      srcName: 'HomiLeads',
      values: ['first_name', 'application_id'],
    },
    lead_status: {
      templateId: '0e02d8c5-0000-4000-8000-000000000002',
      srcName: 'Homi & Status',
      values: ['status', 'first_name', 'application_id'],
    },
  },
} satisfies GupshupConfig
const MESSAGE = otpMessage('+919876543210', 'whatsapp')

/** What stands in the places of the template for codes. */
const FILLED = { templateId: CONFIG.templateId, srcName: CONFIG.srcName, params: [CODE] }

function noticeOf(templateId: string | undefined, variables: Readonly<Record<string, string>>): NoticeMessage {
  const { expiresInSeconds: _, code: __, ...facts } = MESSAGE
  return { ...facts, kind: 'notice', variables, vendorTemplates: templateId === undefined ? {} : { gupshup: templateId } }
}

/** The provider with its vendor behind it. */
function connected(config: GupshupConfig = CONFIG) {
  const vendor = createGupshupStandIn()
  const fetch = (url: string, init?: RequestInit) => vendor.handle(new Request(url, init))
  return { vendor, provider: createGupshup(config, { fetch, timeoutMs: 1000 }) }
}

const special = (suffix: string) => `+91987654${suffix}`

describeProviderContract({
  name: 'gupshup',
  channel: 'whatsapp',
  create: (http) => createGupshup(CONFIG, http),
  accepted: { to: '+919876543210', outcome: { status: 'accepted' } },
  secrets: [CONFIG.apiKey],
  vendor: {
    create: () => createGupshupStandIn({ apiKey: CONFIG.apiKey }),
    situations: {
      'answers 400': { to: special('0001'), outcome: rejected('bad_request', 400) },
      'answers 401': { to: special('0025'), outcome: rejected('provider_auth', 401) },
      'answers 429': { to: special('0006'), outcome: rejected('rate_limited', 429) },
      'answers 500 with JSON': { to: special('0020'), outcome: rejected('provider_unavailable', 500) },
      'answers 503 with HTML': { to: special('0007'), outcome: rejected('provider_unavailable', 503) },
      'answers 2xx with a failure inside': { to: special('0009'), outcome: rejected('unknown', 202) },
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
      'is at the limit for one person': { to: special('0012'), outcome: rejected('recipient_rate_limited', 400, '131056') },
      'is at the frequency cap': { to: special('0024'), outcome: rejected('content_blocked', 400, '131049') },
      'answers 200 with a failure inside': { to: special('0016'), outcome: rejected('unknown', 200) },
      'gives no id': { to: special('0027'), outcome: { status: 'unknown', reason: 'unreadable_reply', httpStatus: 202 } },
    },
  },
})

describe('buildRequest', () => {
  it('builds the one form that the vendor documents', () => {
    const { url, init } = buildRequest(CONFIG, MESSAGE.to, FILLED)

    expect({ url, init }).toStrictEqual({
      url: 'http://gupshup.test/wa/api/v1/template/msg',
      init: {
        method: 'POST',
        headers: { apikey: 'key-that-must-not-leak', 'content-type': 'application/x-www-form-urlencoded' },
        body:
          'channel=whatsapp&source=917834811114&destination=919876543210&src.name=Homi+%26+S%C3%B6hne&template=' +
          '%7B%22id%22%3A%22c6aecef6-bcb0-4fb1-8100-28c094e3bc6b%22%2C%22params%22%3A%5B%22482913%22%5D%7D',
      },
    })
  })

  it('keeps quotes in a setting from changing the template', () => {
    const { init } = buildRequest(CONFIG, MESSAGE.to, { ...FILLED, templateId: '","params":["0"],"x":"' })

    const template = JSON.parse(new URLSearchParams(init.body).get('template') ?? '') as object
    expect(template).toStrictEqual({ id: '","params":["0"],"x":"', params: [CODE] })
  })

  it('keeps quotes in a value from changing the template', () => {
    const params = ['"],"id":"other', 'a & b = c + d', 'Zoë 🙂']
    const { init } = buildRequest(CONFIG, MESSAGE.to, { ...FILLED, params })

    const form = new URLSearchParams(init.body)
    expect(JSON.parse(form.get('template') ?? '')).toStrictEqual({ id: CONFIG.templateId, params })
    expect([...form.keys()]).toStrictEqual(['channel', 'source', 'destination', 'src.name', 'template'])
  })

  it('sends the code once, in the form, and keeps its leading zeros', async () => {
    const { vendor, provider } = connected()

    await provider.send({ ...MESSAGE, code: '004217' })

    expect(vendor.messages).toMatchObject([
      { destination: '919876543210', source: CONFIG.source, srcName: CONFIG.srcName, params: ['004217'] },
    ])
    expect(vendor.requests[0]?.body.split('004217')).toHaveLength(2)
    expect(vendor.requests[0]?.url).not.toContain('004217')
  })
})

describe('createGupshup', () => {
  const OTHER_TEMPLATE = '0e02d8c5-0000-4000-8000-000000000009'

  it('sends a code in the template that the message names, with the code as its only parameter', async () => {
    const { vendor, provider } = connected()

    await provider.send(MESSAGE)
    await provider.send({
      ...MESSAGE,
      variables: { app: 'Homi' },
      vendorTemplates: { gupshup: OTHER_TEMPLATE, msg91: 'not-this' },
    })

    expect(vendor.messages).toMatchObject([
      { templateId: CONFIG.templateId, srcName: CONFIG.srcName, params: [CODE] },
      { templateId: OTHER_TEMPLATE, srcName: CONFIG.srcName, params: [CODE] },
    ])
  })

  it.each(['lead_created', 'lead_status'] as const)(
    'sends %s in its template and app, with its values in order',
    async (kind) => {
      const { templateId, srcName } = CONFIG.notices[kind]
      const { vendor, provider } = connected()

      const outcome = await provider.send(noticeOf(templateId, { status: 'Approved', first_name: 'Zoë', application_id: 'APP1' }))

      expect(outcome).toMatchObject({ status: 'accepted', providerMessageId: vendor.messages[0]?.messageId })
      const facts = { destination: '919876543210', source: CONFIG.source }
      expect(vendor.messages).toMatchObject([{ ...facts, templateId, srcName, params: ['Approved', 'Zoë', 'APP1'] }])
    },
  )

  it.each([
    ['no template', undefined, CONFIG],
    ['the template for codes', CONFIG.templateId, CONFIG],
    ['a template that is set up for nothing', OTHER_TEMPLATE, CONFIG],
    ['a template where none is set up', CONFIG.notices.lead_created.templateId, { ...CONFIG, notices: {} }],
  ])('sends no notice in %s', async (_what, templateId, config) => {
    const { vendor, provider } = connected(config)

    const outcome = await provider.send(noticeOf(templateId, { first_name: 'Zoë' }))

    expect(outcome).toStrictEqual({ status: 'rejected', reason: 'bad_request' })
    expect(vendor.requests).toHaveLength(0)
  })

  it("passes on the vendor's id of the message", async () => {
    const { vendor, provider } = connected()

    const outcome = await provider.send(MESSAGE)

    expect(outcome).toStrictEqual({
      status: 'accepted',
      providerMessageId: vendor.messages[0]?.messageId,
      deliveryStatus: 'queued',
    })
  })

  it('is a WhatsApp provider for codes of at most 8 characters', () => {
    const { id, channels, facts } = createGupshup(CONFIG, { fetch: () => Promise.reject(new Error('unused')), timeoutMs: 1 })

    expect({ id, channels, facts }).toStrictEqual({
      id: 'gupshup',
      channels: ['whatsapp'],
      facts: { maxCodeLength: 8, textIsOurs: false },
    })
  })
})

const replied = (httpStatus: number, body: unknown): VendorReply => ({
  kind: 'replied',
  httpStatus,
  text: JSON.stringify(body),
  json: body,
})

describe('readReply', () => {
  it.each([
    [200, { status: 'submitted', messageId: 'm-1' }],
    [202, { status: 'submitted', messageId: 'm-1', extra: { more: true } }],
    [201, { status: 'submitted', messageId: 'm-1', code: { odd: 1 }, message: ['odd'] }],
  ])('accepts %d %j', (httpStatus, body) => {
    expect(readReply(replied(httpStatus, body))).toStrictEqual({
      status: 'accepted',
      providerMessageId: 'm-1',
      deliveryStatus: 'queued',
    })
  })

  it.each([
    [200, undefined],
    [200, null],
    [200, []],
    [202, 'submitted'],
    [202, {}],
    [202, { status: 'submitted', messageId: '' }],
    [202, { status: 'submitted', messageId: 17 }],
    [202, { status: 'queued', messageId: 'm-1' }],
    [204, undefined],
  ])('cannot tell what %d %j means', (httpStatus, body) => {
    expect(readReply(replied(httpStatus, body))).toStrictEqual({ status: 'unknown', reason: 'unreadable_reply', httpStatus })
  })

  const CODES: Record<number, FailureReason> = {
    500: 'provider_unavailable',
    1001: 'config_error',
    1002: 'invalid_recipient',
    1003: 'insufficient_funds',
    1004: 'template_rejected',
    1005: 'template_rejected',
    1006: 'opted_out',
    1007: 'opted_out',
    1008: 'opted_out',
    1010: 'bad_request',
    1011: 'bad_request',
    1012: 'opted_out',
    4001: 'rate_limited',
    4002: 'provider_unavailable',
    4003: 'template_rejected',
    4004: 'config_error',
    4005: 'template_rejected',
    470: 'template_rejected',
    131026: 'invalid_recipient',
    131042: 'insufficient_funds',
    131049: 'content_blocked',
    131050: 'opted_out',
    131056: 'recipient_rate_limited',
    132001: 'template_rejected',
  }

  it.each(Object.entries(CODES))('reads code %s as %s, whatever the HTTP status is', (code, reason) => {
    for (const httpStatus of [200, 400, 401, 503]) {
      const outcome = readReply(replied(httpStatus, { status: 'error', message: 'x', code: Number(code) }))
      expect(outcome).toStrictEqual(rejected(reason, httpStatus, code))
    }
  })

  it("passes on Meta's codes as they are", () => {
    for (const [code, reason] of Object.entries(META_CODES)) {
      expect(readReply(replied(400, { status: 'error', code: Number(code) }))).toStrictEqual(rejected(reason, 400, code))
    }
  })

  it.each<[number, unknown, FailureReason, string?]>([
    [400, { status: 'error', message: 'Invalid Destination' }, 'bad_request'],
    [400, { status: 'error', code: '1002' }, 'invalid_recipient', '1002'],
    [400, { code: 1002 }, 'invalid_recipient', '1002'],
    [400, { status: 'error', code: 777_777 }, 'bad_request', '777777'],
    [400, { status: 'submitted', messageId: 'm-1' }, 'bad_request'],
    [400, undefined, 'bad_request'],
    [401, { status: 'error', message: 'Unauthorized Access' }, 'provider_auth'],
    [403, undefined, 'provider_auth'],
    [404, undefined, 'config_error'],
    [429, undefined, 'rate_limited'],
    [500, undefined, 'provider_unavailable'],
    [502, { status: 'submitted', messageId: 'm-1' }, 'provider_unavailable'],
    [301, undefined, 'config_error'],
    [200, { status: 'error', message: 'Portal User Not Found With APIKey' }, 'provider_auth'],
    [200, { status: 'error', message: 'Too Many Requests' }, 'rate_limited'],
    [200, { status: 'error', message: 'Number Does Not Exist On WhatsApp' }, 'invalid_recipient'],
    [200, { status: 'error', message: 'Check your wallet balance.' }, 'insufficient_funds'],
    [200, { status: 'error', message: 'User is not opted in and inactive.' }, 'opted_out'],
    [200, { status: 'error', message: 'the template did not match' }, 'template_rejected'],
    [202, { status: 'error', messageId: 'm-1' }, 'unknown'],
    [200, { status: 'error', code: -1, message: { odd: true } }, 'unknown'],
  ])('reads %d %j as %s', (httpStatus, body, reason, providerCode) => {
    expect(readReply(replied(httpStatus, body))).toStrictEqual(rejected(reason, httpStatus, providerCode))
  })
})

describe('describeGupshupRequest', () => {
  it('shows the request that would be sent, with the key redacted', () => {
    const shown = describeGupshupRequest(CONFIG)

    expect(shown).toMatchObject({
      method: 'POST',
      url: 'http://gupshup.test/wa/api/v1/template/msg',
      headers: { apikey: '[redacted]', 'content-type': 'application/x-www-form-urlencoded' },
      form: { channel: 'whatsapp', source: CONFIG.source, destination: '910000000000', 'src.name': CONFIG.srcName },
    })
    expect(new URLSearchParams(shown.body).get('template')).toBe(`{"id":"${CONFIG.templateId}","params":["000000"]}`)
  })

  it('shows no secret, wherever it stands', () => {
    const apiUrl = 'https://user:hidden@gupshup.test/wa/api/v1/template/msg?token=hidden'

    const shown = JSON.stringify(describeGupshupRequest({ ...CONFIG, apiUrl }))

    expect(shown).not.toContain(CONFIG.apiKey)
    expect(shown).not.toContain('hidden')
  })
})
