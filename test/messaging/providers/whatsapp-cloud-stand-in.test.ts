import { describe, expect, it, vi } from 'vitest'
import { createWhatsappCloudStandIn, WHATSAPP_CLOUD_SCENARIOS } from '../../support/vendors/whatsapp-cloud'

const ADDRESS = 'http://graph.test/v26.0/106540352242922/messages'
const parameters = [{ type: 'text', text: '482913' }]
const BODY = { type: 'body', parameters }
const BUTTON = { type: 'button', sub_type: 'url', index: '0', parameters }
const TEMPLATE = { name: 'login_code', language: { code: 'en_US' }, components: [BODY, BUTTON] }
const MESSAGE = {
  messaging_product: 'whatsapp',
  recipient_type: 'individual',
  to: '919876543210',
  type: 'template',
  biz_opaque_callback_data: 'ours',
  template: TEMPLATE,
}
const HEADERS = { authorization: 'Bearer token', 'content-type': 'application/json' }

const request = (message: object = {}, init: RequestInit = {}, address = ADDRESS) =>
  new Request(address, { method: 'POST', headers: HEADERS, body: JSON.stringify({ ...MESSAGE, ...message }), ...init })
const withTemplate = (template: object) => request({ template: { ...TEMPLATE, ...template } })
const notice = (name: string, ...components: object[]) =>
  request({ template: { name, language: { code: 'en_US' }, ...(components.length > 0 && { components }) } })

const setUp = () => createWhatsappCloudStandIn({ accessToken: 'token', phoneNumberId: '106540352242922' })

describe('createWhatsappCloudStandIn', () => {
  it('takes a well-formed message and remembers it', async () => {
    const onMessage = vi.fn()
    const vendor = createWhatsappCloudStandIn({ accessToken: 'token', onMessage })

    const response = await vendor.handle(request({ to: '+919876543210' }))

    expect(response.status).toBe(200)
    const { id } = vendor.messages[0]!
    expect(await response.json()).toStrictEqual({
      messaging_product: 'whatsapp',
      contacts: [{ input: '+919876543210', wa_id: '919876543210' }],
      messages: [{ id, message_status: 'accepted' }],
    })
    expect(id).toMatch(/^wamid\./)
    expect(vendor.messages).toMatchObject([
      { to: '+919876543210', phoneNumberId: '106540352242922', code: '482913', buttonParameter: '482913', callbackData: 'ours' },
    ])
    expect(onMessage).toHaveBeenCalledExactlyOnceWith(vendor.messages[0])
    expect(vendor.lastCode('919876543210')).toBe('482913')
  })

  it.each([
    [notice('lead_created', { type: 'body', parameters: [...parameters, ...parameters] })],
    [notice('office_closed')],
    [withTemplate({ language: { code: 'hi' } })],
    [withTemplate({ components: [BODY, { ...BUTTON, index: 0 }] })],
  ])('takes other approved forms', async (good) => {
    const vendor = setUp()

    expect((await vendor.handle(good)).status).toBe(200)
    expect(vendor.messages).toHaveLength(1)
  })

  it.each<[string, number, number, Request]>([
    ['another path', 400, 2500, request({}, {}, 'http://graph.test/106540352242922/messages')],
    ['no version that there is', 400, 2500, request({}, {}, 'http://graph.test/v26/106540352242922/messages')],
    ['no token', 401, 190, request({}, { headers: { 'content-type': 'application/json' } })],
    ['a wrong token', 401, 190, request({}, { headers: { ...HEADERS, authorization: 'Bearer other' } })],
    ['another scheme', 401, 190, request({}, { headers: { ...HEADERS, authorization: 'token' } })],
    ['another method', 400, 100, request({}, { method: 'PUT' })],
    ['another phone number id', 400, 100, request({}, {}, 'http://graph.test/v26.0/15550000000/messages')],
    ['a form', 400, 100, request({}, { headers: { ...HEADERS, 'content-type': 'application/x-www-form-urlencoded' } })],
    ['no JSON', 400, 100, request({}, { body: 'to=919876543210' })],
    ['null', 400, 100, request({}, { body: 'null' })],
    ['another product', 400, 100, request({ messaging_product: 'sms' })],
    ['a text', 400, 100, request({ type: 'text', text: { body: '482913' } })],
    ['no recipient', 400, 131008, request({ to: undefined })],
    ['no template', 400, 131008, request({ template: null })],
    ['a national number', 400, 131009, request({ to: '09876543210' })],
    ['a number with blanks', 400, 131009, request({ to: '91 98765 43210' })],
    ['too much callback data', 400, 131009, request({ biz_opaque_callback_data: 'x'.repeat(513) })],
    ['an unknown template', 400, 132001, withTemplate({ name: 'constructor' })],
    ['a language that is not approved', 400, 132001, withTemplate({ language: { code: 'en' } })],
    ['no language', 400, 132001, withTemplate({ language: undefined })],
    ['no list of components', 400, 100, withTemplate({ components: {} })],
    ['no button', 400, 132000, withTemplate({ components: [BODY] })],
    ['a button of another kind', 400, 132000, withTemplate({ components: [BODY, { ...BUTTON, sub_type: 'copy_code' }] })],
    ['a button without the code', 400, 132000, withTemplate({ components: [BODY, { ...BUTTON, parameters: [] }] })],
    ['no body', 400, 132000, withTemplate({ components: [BUTTON] })],
    [
      'a parameter that is a number',
      400,
      132000,
      withTemplate({ components: [{ ...BODY, parameters: [{ type: 'text', text: 4 }] }] }),
    ],
    [
      'a code of 16 characters',
      400,
      132005,
      withTemplate({ components: [{ ...BODY, parameters: [{ type: 'text', text: '1'.repeat(16) }] }, BUTTON] }),
    ],
    ['a button in a notice', 400, 132000, notice('office_closed', BUTTON)],
    ['too few values in a notice', 400, 132000, notice('lead_created', BODY)],
  ])('refuses %s with %d and code %d', async (_title, status, code, bad) => {
    const vendor = setUp()

    const response = await vendor.handle(bad)

    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code, type: 'OAuthException' } })
    expect(vendor.messages).toHaveLength(0)
    expect(vendor.requests).toHaveLength(1)
  })

  it.each(Object.entries(WHATSAPP_CLOUD_SCENARIOS))('…%s: %s', async (suffix, { what, taken }) => {
    const vendor = createWhatsappCloudStandIn()
    const signal = AbortSignal.timeout(20)

    const status = await vendor.handle(request({ to: `91987654${suffix}` }, { signal })).then(
      (response) => String(response.status),
      () => (signal.aborted ? 'no answer' : 'reset'),
    )

    expect(what).toContain(status)
    expect(vendor.messages).toHaveLength(taken && suffix !== '0013' ? 1 : 0)
    expect(vendor.lastCode(`91987654${suffix}`)).toBe('482913')
  })

  it('takes the second message for …0013', async () => {
    const vendor = createWhatsappCloudStandIn()
    const to = '919876540013'

    const replies = [await vendor.handle(request({ to })), await vendor.handle(request({ to }))]

    expect(replies.map(({ status }) => status)).toStrictEqual([503, 200])
    expect(vendor.messages).toHaveLength(1)
  })

  it('answers after the delay, unless the caller gives up', async () => {
    const vendor = createWhatsappCloudStandIn({ delayMs: 30 })

    expect((await vendor.handle(request())).status).toBe(200)
    await expect(vendor.handle(request({}, { signal: AbortSignal.timeout(5) }))).rejects.toThrow('gave up')
    expect(vendor.messages).toHaveLength(1)
  })

  it('forgets everything at a reset', async () => {
    const vendor = createWhatsappCloudStandIn()
    await vendor.handle(request())

    vendor.reset()

    expect([vendor.messages, vendor.requests, vendor.lastCode('919876543210')]).toStrictEqual([[], [], undefined])
  })
})
