import { describe, expect, it } from 'vitest'
import { uniquePhone } from '../../support/service'
import type { ContractContext } from '../contract'
import { type JsonRoute, type Service, type SurfaceUnderTest, expectAnswer, expectRefusal, serviceFor } from './surface'

const KIB = 1024
const LIMIT = 16 * KIB
const MIB = KIB * KIB

/** Bodies that are wrong, and what is wrong with them. */
export function describeBodies({ surface, vendor }: ContractContext): void {
  const service = serviceFor(surface)
  describe.each(surface.routes)('$path, its body', (route) => {
    const refuses = async (
      sent: Response | Promise<Response>,
      code: Parameters<typeof expectRefusal>[2]['code'],
      phone?: string,
    ) => {
      await expectRefusal(surface, await sent, { code, ...(phone !== undefined && { phone }) })
      expect(vendor().requests).toHaveLength(0)
    }

    it.each(['{', '{"a":}', '', ' ', 'phone=1', "{'a':1}", '{"a":1}}', '\u0000', 'undefined', 'NaN'])(
      'refuses %j as no JSON',
      async (text) => {
        const isLeftOut = text === '' && route.bodyIsOptional
        await refuses(service.post(route.path, text), isLeftOut ? 'invalid_request' : 'malformed_json')
      },
    )

    it.each(['null', '[]', '[{}]', '"text"', '42', 'true'])('refuses %s, which is no object', async (text) =>
      refuses(service.post(route.path, text), 'invalid_request'),
    )

    it('refuses a request without any body', async () => {
      const headers = { 'content-type': 'application/json' }
      const code = route.bodyIsOptional ? 'invalid_request' : 'malformed_json'
      await refuses(service.request(route.path, { method: 'POST', headers }), code)
    })

    it.each([
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'application/problem+json',
      'application/json; charset=utf-16',
      'nonsense',
      '',
    ])('refuses the content type "%s"', async (type) => {
      const body = JSON.stringify(route.body(uniquePhone()))
      await refuses(service.post(route.path, body, { 'content-type': type }), 'unsupported_media_type')
    })

    it('refuses a missing content type', async () => {
      const body = new TextEncoder().encode(JSON.stringify(route.body(uniquePhone())))
      const request = new Request(`http://service.test${route.path}`, { method: 'POST', body })
      expect(request.headers.has('content-type')).toBe(false)
      await refuses(service.request(route.path, { method: 'POST', body }), 'unsupported_media_type')
    })

    it.each([
      'application/json;charset=utf-8',
      'application/json; charset="UTF-8"',
      'application/json; charset=ISO-8859-1',
      'Application/JSON',
      'application/json ;',
    ])('takes the content type "%s"', async (type) => {
      const phone = uniquePhone()
      await expectTaken(surface, route, await service.post(route.path, route.body(phone), { 'content-type': type }), phone)
    })

    const tested = { surface, route, service, refuses }
    describeSizes(tested)
    describeFields(tested)
  })
}

type Refuses = (
  sent: Response | Promise<Response>,
  code: 'payload_too_large' | 'invalid_request',
  phone?: string,
) => Promise<void>

/** A right body was understood: a code went out, or there is none to check. */
async function expectTaken(surface: SurfaceUnderTest, route: JsonRoute, response: Response, phone: string): Promise<void> {
  const given = route.phoneField !== undefined && { phone }
  if (route.codeField) return expectRefusal(surface, response, { code: 'verification_not_found', ...given })
  await expectAnswer(response, route === surface.routes[0] ? surface.sent : surface.resent, phone)
}

interface Tested {
  readonly surface: SurfaceUnderTest
  readonly route: JsonRoute
  readonly service: Service
  readonly refuses: Refuses
}

function describeSizes({ surface, route, service, refuses }: Tested): void {
  const huge = () => JSON.stringify({ ...route.body(uniquePhone()), padding: 'x'.repeat(MIB) })

  it('refuses a body of 1 MiB', async () => refuses(service.post(route.path, huge()), 'payload_too_large'))

  it.each(['10', '0', '-1', 'ten'])('refuses a body of 1 MiB whose Content-Length says %s', async (length) =>
    refuses(service.post(route.path, huge(), { 'content-length': length }), 'payload_too_large'),
  )

  it.each([{}, { 'content-length': '10' }])('stops reading a stream at the limit, with headers %j', async (headers) => {
    let pulled = 0
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 4 * KIB
        controller.enqueue(new Uint8Array(4 * KIB).fill(32))
        if (pulled >= MIB) controller.close()
      },
    })
    const init = { method: 'POST', body: stream, headers: { 'content-type': 'application/json', ...headers } }
    await refuses(service.request(route.path, init), 'payload_too_large')
    expect(pulled).toBeLessThanOrEqual(LIMIT + 16 * KIB)
  })

  it('counts bytes and not characters', async () => {
    const body = JSON.stringify({ ...route.body(uniquePhone()), padding: '€'.repeat(6000) })
    await refuses(service.post(route.path, body), 'payload_too_large')
    await refuses(service.post(route.path, body, { 'content-length': '10' }), 'payload_too_large')
  })

  it('takes a body of exactly the limit, and not one byte more', async () => {
    const phone = uniquePhone()
    const body = JSON.stringify(route.body(phone))
    await refuses(service.post(route.path, body.padEnd(LIMIT + 1)), 'payload_too_large')
    await expectTaken(surface, route, await service.post(route.path, body.padEnd(LIMIT)), phone)
  })
}

const PHONE_VALUES = [
  123,
  919888888888,
  1.5,
  true,
  false,
  null,
  [],
  ['+919888888888'],
  {},
  { e164: '1' },
  '',
  '   ',
  '9'.repeat(65),
]
const CODE_VALUES = [123456, 1.5, true, null, [], ['123456'], {}, '', '   ', '123', '12345678901', 'abcdef', '12a456', '½23456']

function describeFields({ surface, route, service, refuses }: Tested): void {
  const { phoneField, codeField } = route
  const cases = [
    ...(phoneField ? PHONE_VALUES.map((value) => ({ field: phoneField, value })) : []),
    ...(codeField ? CODE_VALUES.map((value) => ({ field: codeField, value })) : []),
  ]

  /** The number as an envelope gives it back: a text of the size of one, or null. */
  const givenBack = (body: Record<string, unknown>) => {
    const phone = phoneField && body[phoneField]
    return typeof phone === 'string' && phone.length <= 64 ? { phone } : {}
  }

  const refusesField = async (field: string, body: Record<string, unknown>) => {
    const { text, issues } = surface.complaint(field === codeField ? 'code' : 'phone', field, body[field])
    const response = await service.post(route.path, body)
    const said = await response.clone().text()
    await expectRefusal(surface, response, { code: 'invalid_request', issues, ...givenBack(body) })
    expect(said).toContain(`"${text}"`)
  }

  it.each(cases)('refuses $value as $field', async ({ field, value }) =>
    refusesField(field, { ...route.body(uniquePhone()), [field]: value }),
  )

  it.each([phoneField, codeField].filter((field) => field !== undefined))(
    'refuses a body without %s, and says so',
    async (field) => {
      const { [field]: _left, ...body } = route.body(uniquePhone())
      await refusesField(field, body)
    },
  )

  it.each([
    (body: string) => `{"__proto__":{"admin":true},${body.slice(1)}`,
    (body: string) => `${body.slice(0, -1)},"__proto__":null}`,
    (body: string) => `${body.slice(0, -1)},"other":{"deep":[{"__proto__":{"admin":true}}]}}`,
    (body: string) => `${body.slice(0, -1)},"\\u005f_proto__":{"admin":true}}`,
  ])('refuses __proto__ wherever it stands (%#)', async (write) => {
    await refuses(service.post(route.path, write(JSON.stringify(route.body(uniquePhone())))), 'invalid_request')
    expect(({} as { admin?: boolean }).admin).toBeUndefined()
  })

  const unknown = { other: 1, constructor: { prototype: { admin: true } }, toString: 'x', mobile: '+1' }
  it(`${surface.unknownFields === 'refused' ? 'refuses' : 'ignores'} fields that it does not know`, async () => {
    const phone = uniquePhone()
    const response = await service.post(route.path, { ...route.body(phone), ...unknown })
    if (surface.unknownFields === 'refused') return refuses(response, 'invalid_request')
    await expectTaken(surface, route, response, phone)
  })

  it('takes no field twice, since nobody can tell which of the two is meant', async () => {
    const phone = uniquePhone()
    const [field, value] = Object.entries(route.body(phone))[0]!
    const [name, other] = [JSON.stringify(field), JSON.stringify(phoneField ? uniquePhone() : 'y')]
    const body = `{${name}:${other},${JSON.stringify({ ...route.body(phone), [field]: value }).slice(1)}`
    const response = await service.post(route.path, body)
    expect(await response.clone().text()).toContain('is there twice')
    await expectRefusal(surface, response, { code: 'invalid_request' })
  })
}
