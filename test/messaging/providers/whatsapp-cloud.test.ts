import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FailureReason } from '../../../src/messaging/failure-reason'
import type { NoticeMessage } from '../../../src/messaging/message'
import type { VendorReply } from '../../../src/messaging/providers/http'
import { META_CODES } from '../../../src/messaging/providers/meta-codes'
import { buildRequest, createWhatsappCloud, readReply } from '../../../src/messaging/providers/whatsapp-cloud'
import { createWhatsappCloudStandIn } from '../../support/vendors/whatsapp-cloud'
import { CODE, describeProviderContract, otpMessage, rejected } from './contract'

const CONFIG = {
  accessToken: 'token-that-must-not-leak',
  phoneNumberId: '106540352242922',
  template: 'login_code',
  templateLanguage: 'en_US',
  apiUrl: 'http://graph.test/v26.0',
}
const MESSAGE = otpMessage('+919876543210', 'whatsapp')
const NOTICE: NoticeMessage = {
  kind: 'notice',
  to: MESSAGE.to,
  channel: 'whatsapp',
  purpose: 'lead_created',
  locale: 'en',
  communicationId: MESSAGE.communicationId,
  text: 'Dear Asha "A", your lead L-7 is in.',
  variables: { name: 'Asha "A"', lead: 'L-7' },
  dltTemplateId: null,
  vendorTemplates: { whatsapp_cloud: 'lead_created' },
}

const special = (suffix: string) => `+91987654${suffix}`
const unreadable = (httpStatus: number) => ({ status: 'unknown', reason: 'unreadable_reply', httpStatus }) as const

describeProviderContract({
  name: 'whatsapp_cloud',
  channel: 'whatsapp',
  create: (http) => createWhatsappCloud(CONFIG, http),
  accepted: { to: '+919876543210', outcome: { status: 'accepted' } },
  secrets: [CONFIG.accessToken],
  vendor: {
    create: () => createWhatsappCloudStandIn({ accessToken: CONFIG.accessToken, phoneNumberId: CONFIG.phoneNumberId }),
    situations: {
      'answers 400': { to: special('0001'), outcome: rejected('invalid_recipient', 400, '131021') },
      'answers 401': { to: special('0025'), outcome: rejected('provider_auth', 401, '190') },
      'answers 429': { to: special('0006'), outcome: rejected('rate_limited', 429, '130429') },
      'answers 500 with JSON': { to: special('0020'), outcome: rejected('provider_unavailable', 500, '131000') },
      'answers 503 with HTML': { to: special('0028'), outcome: rejected('provider_unavailable', 503) },
      'answers 2xx with a failure inside': { to: special('0016'), outcome: rejected('provider_unavailable', 200, '131000') },
      'answers 200 with text that is not JSON': { to: special('0022'), outcome: unreadable(200) },
      'answers 200 with an empty body': { to: special('0021'), outcome: unreadable(200) },
      'answers with a redirect': { to: special('0026'), outcome: rejected('config_error', 302) },
      'does not answer': { to: special('0008'), outcome: { status: 'unknown', reason: 'timeout' } },
      'resets the connection': { to: special('0023'), outcome: { status: 'unknown', reason: 'connection_lost' } },
    },
    others: {
      'has no such template': { to: special('0004'), outcome: rejected('template_rejected', 400, '132001') },
      'was not paid': { to: special('0005'), outcome: rejected('insufficient_funds', 400, '131042') },
      'is down': { to: special('0007'), outcome: rejected('provider_unavailable', 503, '2') },
      'is at the limit for one person': { to: special('0012'), outcome: rejected('recipient_rate_limited', 429, '131056') },
      'is at the frequency cap': { to: special('0024'), outcome: rejected('content_blocked', 400, '131049') },
      'fails for a moment in its own words': { to: special('0029'), outcome: rejected('provider_unavailable', 400, '139999') },
      'answers without a message': { to: special('0009'), outcome: unreadable(200) },
      'holds the message back': { to: special('0014'), outcome: { status: 'accepted' } },
      'pauses the message': { to: special('0027'), outcome: { status: 'accepted' } },
      'knows the person by another number': { to: special('0015'), outcome: { status: 'accepted' } },
    },
  },
})

describe('buildRequest', () => {
  it('has the code in the body and in the button of an authentication template', () => {
    expect(buildRequest(CONFIG, MESSAGE)).toStrictEqual({
      url: 'http://graph.test/v26.0/106540352242922/messages',
      init: {
        method: 'POST',
        headers: { authorization: 'Bearer token-that-must-not-leak', 'content-type': 'application/json' },
        body:
          '{"messaging_product":"whatsapp","recipient_type":"individual","to":"919876543210","type":"template",' +
          '"biz_opaque_callback_data":"0199f0b0-0000-7000-8000-000000000001",' +
          '"template":{"name":"login_code","language":{"code":"en_US"},"components":[' +
          '{"type":"body","parameters":[{"type":"text","text":"482913"}]},' +
          '{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"482913"}]}]}}',
      },
    })
  })

  it('has the values of a notice in their order, and no button', () => {
    expect(buildRequest(CONFIG, NOTICE)?.init.body).toBe(
      '{"messaging_product":"whatsapp","recipient_type":"individual","to":"919876543210","type":"template",' +
        '"biz_opaque_callback_data":"0199f0b0-0000-7000-8000-000000000001",' +
        '"template":{"name":"lead_created","language":{"code":"en_US"},"components":[' +
        '{"type":"body","parameters":[{"type":"text","text":"Asha \\"A\\""},{"type":"text","text":"L-7"}]}]}}',
    )
  })

  it('has no components for a notice without values', () => {
    const body = buildRequest(CONFIG, { ...NOTICE, variables: {}, vendorTemplates: { whatsapp_cloud: 'office_closed' } })?.init
      .body

    expect(JSON.parse(body ?? '')).toHaveProperty('template', { name: 'office_closed', language: { code: 'en_US' } })
  })

  it.each([
    [{}, 'login_code', 'en_US'],
    [{ gupshup: 'another' }, 'login_code', 'en_US'],
    [{ whatsapp_cloud: 'payment_code' }, 'payment_code', 'en_US'],
    [{ whatsapp_cloud: 'payment_code:hi' }, 'payment_code', 'hi'],
    [{ whatsapp_cloud: '","x":"' }, '","x"', '"'],
  ])('takes the template of %j', (vendorTemplates, name, code) => {
    const body = buildRequest(CONFIG, { ...MESSAGE, vendorTemplates })?.init.body

    expect(JSON.parse(body ?? '')).toHaveProperty('template', expect.objectContaining({ name, language: { code } }))
  })
})

describe('createWhatsappCloud', () => {
  const setUp = () => {
    const vendor = createWhatsappCloudStandIn({ accessToken: CONFIG.accessToken, phoneNumberId: CONFIG.phoneNumberId })
    const provider = createWhatsappCloud(CONFIG, {
      fetch: (url, init) => vendor.handle(new Request(url, init)),
      timeoutMs: 1000,
    })
    return { vendor, provider }
  }

  it("passes on the vendor's id of the message, and ours to the vendor", async () => {
    const { vendor, provider } = setUp()

    const outcome = await provider.send(MESSAGE)

    const [message] = vendor.messages
    expect(outcome).toStrictEqual({ status: 'accepted', providerMessageId: message?.id, deliveryStatus: 'queued' })
    expect(message).toMatchObject({ to: '919876543210', callbackData: MESSAGE.communicationId })
  })

  it('sends the code twice, in the body and nowhere else, and keeps its leading zeros', async () => {
    const { vendor, provider } = setUp()

    await provider.send({ ...MESSAGE, code: '004217' })

    expect(vendor.messages).toMatchObject([{ bodyParameters: ['004217'], buttonParameter: '004217' }])
    expect(vendor.requests[0]?.body.split('004217')).toHaveLength(3)
    expect(vendor.requests[0]?.url).not.toContain('004217')
    expect(vendor.requests[0]?.body).not.toContain(MESSAGE.text.replace(CODE, '004217'))
  })

  it.each([
    [NOTICE, ['Asha "A"', 'L-7']],
    [{ ...NOTICE, variables: {}, vendorTemplates: { whatsapp_cloud: 'office_closed' } }, []],
  ])('carries a notice: %j', async (notice, bodyParameters) => {
    const { vendor, provider } = setUp()

    expect(await provider.send(notice)).toMatchObject({ status: 'accepted' })

    expect(vendor.messages).toMatchObject([{ bodyParameters, buttonParameter: undefined }])
  })

  it.each([{}, { gupshup: 'lead_created' }])('refuses a notice whose template it does not know: %j', async (vendorTemplates) => {
    const { vendor, provider } = setUp()

    const outcome = await provider.send({ ...NOTICE, vendorTemplates })

    expect(outcome).toStrictEqual({ status: 'rejected', reason: 'template_rejected' })
    expect(vendor.requests).toHaveLength(0)
  })

  it('says that the phone number id is wrong', async () => {
    const { vendor } = setUp()
    const fetch = (url: string, init: RequestInit) => vendor.handle(new Request(url, init))
    const provider = createWhatsappCloud({ ...CONFIG, phoneNumberId: '15550000000' }, { fetch, timeoutMs: 1000 })

    expect(await provider.send(MESSAGE)).toStrictEqual(rejected('config_error', 400, '100'))
  })

  it('is a WhatsApp provider for codes of at most 8 characters', () => {
    const { id, channels, facts } = setUp().provider

    expect({ id, channels, facts }).toStrictEqual({
      id: 'whatsapp_cloud',
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
const ID = 'wamid.HBgMOTE5ODc2NTQzMjEwFQIAERgSQTA='

describe('readReply', () => {
  it.each([
    [200, { messages: [{ id: ID }] }],
    [201, { messages: [{ id: ID, message_status: 'accepted' }], contacts: [{ input: '1', wa_id: '2' }] }],
    [200, { messages: [{ id: ID, message_status: 'held_for_quality_assessment' }] }],
    [200, { messages: [{ id: ID, message_status: 'paused' }] }],
    [200, { messages: [{ id: ID, message_status: { odd: 1 } }], contacts: 'odd', error: null }],
  ])('accepts %d %j', (httpStatus, body) => {
    const accepted = { status: 'accepted', providerMessageId: ID, deliveryStatus: 'queued' }
    expect(readReply(replied(httpStatus, body))).toStrictEqual(accepted)
  })

  it.each([
    [200, undefined],
    [200, null],
    [200, []],
    [200, 'accepted'],
    [200, {}],
    [200, { messages: [] }],
    [200, { messages: [{}] }],
    [200, { messages: [null] }],
    [200, { messages: { id: ID } }],
    [200, { messages: [{ id: '' }] }],
    [200, { messages: [{ id: 17 }] }],
    [200, { messages: [{ id: 'x'.repeat(201) }] }],
    [200, { messages: [{ id: 'two\nlines' }] }],
    [200, { success: true }],
    [204, undefined],
  ])('cannot tell what %d %j means', (httpStatus, body) => {
    expect(readReply(replied(httpStatus, body))).toStrictEqual(unreadable(httpStatus))
  })

  const CODES: Record<number, FailureReason> = {
    0: 'provider_auth',
    1: 'provider_unavailable',
    2: 'provider_unavailable',
    3: 'provider_auth',
    4: 'rate_limited',
    10: 'provider_auth',
    33: 'config_error',
    100: 'bad_request',
    190: 'provider_auth',
    200: 'provider_auth',
    299: 'provider_auth',
    368: 'provider_auth',
    80007: 'rate_limited',
    130429: 'rate_limited',
    131026: 'invalid_recipient',
    131042: 'insufficient_funds',
    131050: 'opted_out',
    131056: 'recipient_rate_limited',
    132000: 'template_rejected',
    133010: 'config_error',
  }

  it.each(Object.entries(CODES))('reads code %s as %s, whatever the HTTP status is', (code, reason) => {
    for (const httpStatus of [200, 302, 400, 401, 429, 503]) {
      const error = { message: `(#${code})`, type: 'OAuthException', code: Number(code), is_transient: code !== '2' }
      expect(readReply(replied(httpStatus, { error }))).toStrictEqual(rejected(reason, httpStatus, code))
      expect(readReply(replied(httpStatus, { error: { code } }))).toStrictEqual(rejected(reason, httpStatus, code))
    }
  })

  it('knows the codes that come through other vendors as well', () => {
    for (const [code, reason] of Object.entries(META_CODES)) {
      expect(readReply(replied(400, { error: { code: Number(code) } }))).toStrictEqual(rejected(reason, 400, code))
    }
  })

  it.each<[number, unknown, FailureReason, string?]>([
    [400, { error: { code: 139_999 } }, 'bad_request', '139999'],
    [400, { error: { code: 139_999, is_transient: true } }, 'provider_unavailable', '139999'],
    [400, { error: { code: 139_999, is_transient: 'true' } }, 'bad_request', '139999'],
    [500, { error: { code: 139_999, is_transient: false } }, 'provider_unavailable', '139999'],
    [200, { error: { code: 139_999 } }, 'unknown', '139999'],
    [200, { error: {} }, 'unknown'],
    [200, { error: { code: 131_026 }, messages: [{ id: ID }] }, 'invalid_recipient', '131026'],
    [400, { error: { code: 100, error_subcode: 33 } }, 'config_error', '100'],
    [400, { error: { code: 100, error_subcode: '33' } }, 'bad_request', '100'],
    [400, { error: { code: 199 } }, 'bad_request', '199'],
    [400, { error: { code: 300 } }, 'bad_request', '300'],
    [400, { error: { code: null } }, 'bad_request'],
    [400, { error: { code: '' } }, 'bad_request'],
    [400, { error: { code: -1 } }, 'bad_request'],
    [400, { error: { code: 1.5 } }, 'bad_request'],
    [400, { error: { code: 1e300 } }, 'bad_request'],
    [400, { error: { code: 'my number is 919876543210' } }, 'bad_request'],
    [400, { error: 'odd' }, 'bad_request'],
    [400, { messages: [{ id: ID }] }, 'bad_request'],
    [401, undefined, 'provider_auth'],
    [403, undefined, 'provider_auth'],
    [404, undefined, 'config_error'],
    [429, undefined, 'rate_limited'],
    [502, { messages: [{ id: ID }] }, 'provider_unavailable'],
    [301, undefined, 'config_error'],
  ])('reads %d %j as %s', (httpStatus, body, reason, providerCode) => {
    expect(readReply(replied(httpStatus, body))).toStrictEqual(rejected(reason, httpStatus, providerCode))
  })

  it('has an outcome for every JSON there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 599 }), fc.jsonValue(), (httpStatus, body) => {
        expect(['rejected', 'unknown']).toContain(readReply(replied(httpStatus, body)).status)
        expect(readReply(replied(httpStatus, { error: body, messages: body }))).toHaveProperty('httpStatus', httpStatus)
      }),
    )
  })
})
