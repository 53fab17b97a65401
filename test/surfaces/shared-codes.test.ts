import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MSHASTRA_SETTINGS, type StandIns, createService, standInForVendors, uniquePhone } from '../support/service'

let vendors: StandIns
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const service = createService(MSHASTRA_SETTINGS)

/** A login code of four digits, from the surface that has such. */
async function shortCode() {
  const phone = uniquePhone()
  await service.post('/api/users/send-otp/', { phone })
  return { phone, code: vendors.mshastra.lastCode(phone)! }
}

describe('a code of four digits', () => {
  it.each([
    ['/verify-otp', (phone: string, code: string) => ({ phone_number: phone, otp: code })],
    ['/api_v1/otp_verify', (phone: string, code: string) => ({ phone_number: phone, otp: code })],
    ['/v1/verifications/check', (phone: string, code: string) => ({ to: phone, code })],
  ])('is wrong at %s, whose codes have six: it would make a guess there three hundred times as good', async (path, body) => {
    const { phone, code } = await shortCode()

    const answer = await (await service.post(path, body(phone, code))).json()

    expect(JSON.stringify(answer)).toMatch(/code_incorrect|"valid":false/)
    expect(JSON.stringify(answer)).toMatch(/"(attempts|guesses)_left":2/)
  })

  it('is not right elsewhere because it was right where it was asked for, in the same request', async () => {
    const { phone, code } = await shortCode()
    const sameRequest = { 'x-request-id': 'the-same-request' }
    const there = await service.post('/api/users/verify-otp/', { phone, otp: code }, sameRequest)

    const elsewhere = await service.post('/v1/verifications/check', { to: phone, code }, sameRequest)

    expect(await there.json()).toMatchObject({ verified: true })
    expect(elsewhere.status).toBe(404)
  })

  it('is right where it was asked for, after a wrong try elsewhere', async () => {
    const { phone, code } = await shortCode()
    await service.post('/verify-otp', { phone_number: phone, otp: code })

    const response = await service.post('/api/users/verify-otp/', { phone, otp: code })

    expect(await response.json()).toMatchObject({ verified: true })
  })
})

it('a code of six digits is right at the surface whose own have four', async () => {
  const phone = uniquePhone()
  await service.post('/send-otp', { phone_number: phone })

  const response = await service.post('/api/users/verify-otp/', { phone, otp: vendors.gupshup.lastCode(phone) })

  expect(await response.json()).toMatchObject({ verified: true })
})

it('the wait after an unknown outcome is what is left of it at the answer', async () => {
  const phone = uniquePhone('0023')
  const standIn = vendors.gupshup.handle.bind(vendors.gupshup)
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    vi.advanceTimersByTime(16_000)
    return standIn(new Request(input, init))
  })

  const response = await service.post('/v1/verifications', { to: phone, channel: 'whatsapp' })

  expect(await response.json()).toMatchObject({ code: 'delivery_unknown', retry_after: 44 })
  expect(response.headers.get('retry-after')).toBe('44')
})

it.each(['/send-otp', '/v1/verifications', '/api/users/send-otp/', '/api/v1/external/sms/otp', '/v1/templates'])(
  'bytes that are no UTF-8 are no JSON at %s, and are not mended',
  async (path) => {
    const bytes = new Uint8Array([...new TextEncoder().encode('{"to":"'), 0xe9, ...new TextEncoder().encode('"}')])

    const response = await service.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: bytes,
    })

    expect(response.status).toBe(400)
    expect(await response.text()).toMatch(/not valid JSON/)
  },
)
