import { describe, expect, it, vi } from 'vitest'
import { createGupshupStandIn, GUPSHUP_PATH, GUPSHUP_SCENARIOS } from '../../support/vendors/gupshup'

const ADDRESS = `http://gupshup.test${GUPSHUP_PATH}`
const TEMPLATE = { id: 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b', params: ['482913'] }
const FORM = {
  channel: 'whatsapp',
  source: '917834811114',
  destination: '919876543210',
  'src.name': 'HomiAi',
  template: JSON.stringify(TEMPLATE),
}
const HEADERS = { apikey: 'key', 'content-type': 'application/x-www-form-urlencoded' }

const request = (form: Partial<typeof FORM> = {}, init: RequestInit = {}, address = ADDRESS) =>
  new Request(address, {
    method: 'POST',
    headers: HEADERS,
    body: new URLSearchParams({ ...FORM, ...form }).toString(),
    ...init,
  })

describe('createGupshupStandIn', () => {
  it('takes a well-formed message and remembers it', async () => {
    const onMessage = vi.fn()
    const vendor = createGupshupStandIn({ apiKey: 'key', onMessage })

    const response = await vendor.handle(request())

    expect(response.status).toBe(202)
    const { messageId } = vendor.messages[0]!
    expect(await response.json()).toStrictEqual({ status: 'submitted', messageId })
    expect(vendor.messages).toMatchObject([{ destination: '919876543210', code: '482913', srcName: 'HomiAi' }])
    expect(onMessage).toHaveBeenCalledExactlyOnceWith(vendor.messages[0])
    expect(vendor.lastCode('+919876543210')).toBe('482913')
  })

  it.each<[string, number, Request]>([
    ['another path', 404, request({}, {}, 'http://gupshup.test/wa/api/v1/msg')],
    ['another method', 405, request({}, { method: 'PUT' })],
    ['no key', 401, request({}, { headers: { 'content-type': HEADERS['content-type'] } })],
    ['a wrong key', 401, request({}, { headers: { ...HEADERS, apikey: 'other' } })],
    ['JSON', 400, request({}, { headers: { ...HEADERS, 'content-type': 'application/json' }, body: JSON.stringify(FORM) })],
    ['no form', 400, request({}, { body: '' })],
    ['another channel', 400, request({ channel: 'sms' })],
    ['a + in the destination', 400, request({ destination: '+919876543210' })],
    [
      'an unescaped + in the destination',
      400,
      request({}, { body: new URLSearchParams(FORM).toString().replace('n=91', 'n=+91') }),
    ],
    ['a + in the source', 400, request({ source: '+917834811114' })],
    ['no app name', 400, request({ 'src.name': '' })],
    ['a template that is not JSON', 400, request({ template: TEMPLATE.id })],
    ['a template id that is no UUID', 400, request({ template: JSON.stringify({ ...TEMPLATE, id: '1234567890' }) })],
    ['no parameters', 400, request({ template: JSON.stringify({ id: TEMPLATE.id }) })],
    ['a parameter that is a number', 400, request({ template: JSON.stringify({ ...TEMPLATE, params: [482913] }) })],
  ])('refuses %s with %d', async (_title, status, bad) => {
    const vendor = createGupshupStandIn({ apiKey: 'key' })

    const response = await vendor.handle(bad)

    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ status: 'error' })
    expect(vendor.messages).toHaveLength(0)
    expect(vendor.requests).toHaveLength(1)
  })

  it.each(Object.entries(GUPSHUP_SCENARIOS))('…%s: %s', async (suffix, { what, taken }) => {
    const vendor = createGupshupStandIn()
    const signal = AbortSignal.timeout(20)

    const status = await vendor.handle(request({ destination: `91987654${suffix}` }, { signal })).then(
      (response) => String(response.status),
      () => (signal.aborted ? 'no answer' : 'reset'),
    )

    expect(what).toContain(status)
    expect(vendor.messages).toHaveLength(taken && suffix !== '0013' ? 1 : 0)
    expect(vendor.lastCode(`91987654${suffix}`)).toBe('482913')
  })

  it.each([
    ['a name', ['Asha', '4711']],
    ['too few digits', ['123']],
    ['too many digits', ['12345678901']],
    ['digits among others', ['B002123']],
  ])('does not take a notice for a code: %s', async (_title, params) => {
    const vendor = createGupshupStandIn()
    await vendor.handle(request())

    const response = await vendor.handle(request({ template: JSON.stringify({ ...TEMPLATE, params }) }))

    expect(response.status).toBe(202)
    expect(vendor.messages[1]).toMatchObject({ code: '', params })
    expect(vendor.lastCode('919876543210')).toBe('482913')
  })

  it.each(['1234', '1234567890'])('takes %s for a code', async (code) => {
    const vendor = createGupshupStandIn()

    await vendor.handle(request({ template: JSON.stringify({ ...TEMPLATE, params: [code] }) }))

    expect(vendor.lastCode('919876543210')).toBe(code)
  })

  it('takes the second message for …0013', async () => {
    const vendor = createGupshupStandIn()
    const destination = '919876540013'

    const statuses = [await vendor.handle(request({ destination })), await vendor.handle(request({ destination }))]

    expect(statuses.map(({ status }) => status)).toStrictEqual([503, 202])
    expect(vendor.messages).toHaveLength(1)
  })

  it('answers after the delay, unless the caller gives up', async () => {
    const vendor = createGupshupStandIn({ delayMs: 30 })
    const startedAt = Date.now()

    await vendor.handle(request())

    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(25)
    await expect(vendor.handle(request({}, { signal: AbortSignal.timeout(5) }))).rejects.toThrow('gave up')
    expect(vendor.messages).toHaveLength(1)
  })

  it('forgets everything at a reset', async () => {
    const vendor = createGupshupStandIn()
    await vendor.handle(request())

    vendor.reset()

    expect([vendor.messages, vendor.requests, vendor.lastCode('919876543210')]).toStrictEqual([[], [], undefined])
  })
})
