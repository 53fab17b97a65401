import { describe, expect, it, vi } from 'vitest'
import { createService, uniquePhone, wrongCode } from '../support/service'
import { describeContract, useStandInAndFakeTime } from './contract'
import { describeMock } from './contract/mock'
import { phoneOtpSurface } from './contract/phone-otp'
import { MISCONFIGURED, SECRETS } from './contract/settings'
import { expectAnswer, expectCommonHeaders, expectRefusal } from './contract/surface'

const surface = phoneOtpSurface(
  'homi',
  '/api_v1',
  { send: '/otp_send', resend: '/otp_resend', verify: '/otp_verify' },
  { invalid_phone: 422, cooldown_active: 409 },
)
const service = createService()

describe('the contract', () => describeContract(surface))

describe('brief 001', () => {
  const { vendor } = useStandInAndFakeTime()
  describeMock({ surface, vendor })

  it('resends without a send before it, and that code verifies', async () => {
    const phone = uniquePhone()

    await expectAnswer(await surface.resend(service, phone), surface.resent, phone)
    await expectRefusal(surface, await surface.resend(service, phone), { code: 'cooldown_active', phone, retryAfter: 60 })
    await expectAnswer(await surface.verify(service, phone, vendor().lastCode(phone)!), surface.verified(), phone)
  })

  it('answers to the prefix itself in its own envelope', async () =>
    expectRefusal(surface, await service.request('/api_v1'), { code: 'route_not_found' }))

  it('shares number, code, guesses and cooldown with the other surfaces of the same purpose', async () => {
    const phone = uniquePhone()
    await surface.send(service, phone)
    const code = vendor().lastCode(phone)!

    expect((await service.post('/send-otp', { phone_number: phone })).status).toBe(429)
    expect((await service.post('/v1/verifications', { to: phone })).status).toBe(429)
    expect((await service.post('/verify-otp', { phone_number: phone, otp: wrongCode(code, 1) })).status).toBe(400)
    const byV1 = await service.post('/v1/verifications/check', { to: phone, code: wrongCode(code, 2) })
    expect(await byV1.json()).toMatchObject({ valid: false, guesses_left: 3 })
    await surface.expectWrongCode(await surface.verify(service, phone, wrongCode(code, 3)), phone, 2)
    expect((await service.post('/verify-otp', { phone_number: phone, otp: code })).status).toBe(200)
    await expectRefusal(surface, await surface.verify(service, phone, code), { code: 'verification_not_found', phone })
  })
})

describe('GET /api_v1/health', () => {
  useStandInAndFakeTime()

  it.each(['/api_v1/health', '/api_v1/health/'])('%s says exactly what brief 001 says', async (path) => {
    vi.setSystemTime('2024-01-15T10:30:00.987Z')
    const response = await service.request(path)

    expectCommonHeaders(response)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'healthy', timestamp: '2024-01-15T10:30:00Z' })
  })

  it('answers HEAD as GET, without the body', async () => {
    const response = await service.request('/api_v1/health', { method: 'HEAD' })

    expectCommonHeaders(response)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'application/json', ''])
  })

  it.each(MISCONFIGURED)('%s it is alive, and says misconfigured', async (_what, settings) => {
    const response = await createService(settings).request('/api_v1/health')
    const text = await response.text()

    expect(response.status).toBe(200)
    expect(JSON.parse(text)).toEqual({
      status: 'misconfigured',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    })
    for (const secret of SECRETS) expect(text).not.toContain(secret)
  })
})
