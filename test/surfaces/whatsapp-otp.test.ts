import { describe, expect, it } from 'vitest'
import { createService, uniquePhone } from '../support/service'
import { describeContract, useStandInAndFakeTime } from './contract'
import { describeMock } from './contract/mock'
import { phoneOtpSurface } from './contract/phone-otp'
import { MISCONFIGURED, NOT_CONFIGURED, SECRETS } from './contract/settings'
import { expectAnswer, expectCommonHeaders, expectRefusal } from './contract/surface'

const surface = phoneOtpSurface(
  'whatsapp-otp',
  '',
  { send: '/send-otp', resend: '/resend-otp', verify: '/verify-otp' },
  { invalid_phone: 400, cooldown_active: 429 },
)
const service = createService()

describe('the contract', () => describeContract(surface))

describe('brief 004', () => {
  const { vendor } = useStandInAndFakeTime()
  describeMock({ surface, vendor })

  it('resends without a send before it, and that code verifies', async () => {
    const phone = uniquePhone()

    await expectAnswer(await surface.resend(service, phone), surface.resent, phone)
    await expectRefusal(surface, await surface.resend(service, phone), { code: 'cooldown_active', phone, retryAfter: 60 })
    await expectAnswer(await surface.verify(service, phone, vendor().lastCode(phone)!), surface.verified(), phone)
  })

  it('says what is wrong in words for a person', async () => {
    const message = async (path: string, body: object) => {
      const { message: text } = await (await service.post(path, body)).json<{ message: string }>()
      return text
    }
    const phone = uniquePhone()

    expect(await message('/send-otp', { phone_number: '+912223456789' })).toBe(
      'This is a landline, which cannot receive messages. Use a mobile number.',
    )
    expect(await message('/send-otp', { phone_number: phone })).toBe('OTP sent successfully')
    expect(await message('/send-otp', { phone_number: phone })).toBe(
      'A code was sent to this number just now. Please wait 60 seconds before asking for another one.',
    )
    expect(await message('/verify-otp', { phone_number: phone, otp: 'secret' })).toBe('otp: must be 4 to 10 digits')
    expect(await message('/verify-otp', {})).toBe('phone_number: is required; otp: is required')
  })

  it.each(['/', '/v1x/verifications', '/api_v1x/health', '/v2', '/debug', '/debug/secrets'])(
    'has the root: %s is told in its envelope',
    async (path) => expectRefusal(surface, await service.request(path), { code: 'route_not_found' }),
  )
})

describe('GET /health', () => {
  it.each(['/health', '/health/'])('%s says exactly what brief 004 says', async (path) => {
    const response = await service.request(path)

    expectCommonHeaders(response)
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ status: 'healthy', message: 'WhatsApp OTP API is running' })
  })

  it('answers HEAD as GET, without the body', async () => {
    const response = await service.request('/health', { method: 'HEAD' })

    expectCommonHeaders(response)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([200, 'application/json', ''])
  })

  it.each(MISCONFIGURED)('%s it is alive, and says misconfigured', async (_what, settings) => {
    const response = await createService(settings).request('/health')
    const text = await response.text()

    expect(response.status).toBe(200)
    expect(JSON.parse(text)).toEqual({ status: 'misconfigured', message: expect.stringContaining('/ready') })
    for (const secret of SECRETS) expect(text).not.toContain(secret)
  })
})

describe('GET /debug/whatsapp', () => {
  const SETTINGS = ['GUPSHUP_API_KEY', 'GUPSHUP_SOURCE', 'GUPSHUP_TEMPLATE_ID', 'GUPSHUP_SRC_NAME']
  const all = (isThere: boolean) => Object.fromEntries(SETTINGS.map((name) => [name, isThere]))

  it.each([
    [
      'configured',
      {},
      { configured: true, mock: false, api_url: 'http://gupshup.test/wa/api/v1/template/msg', settings: all(true) },
    ],
    ['not configured', NOT_CONFIGURED, { configured: false, mock: false, api_url: null, settings: all(false) }],
    [
      'in mock mode',
      { ...NOT_CONFIGURED, PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' },
      { configured: false, mock: true, api_url: null, settings: all(false) },
    ],
  ])('%s: which settings are there, and none of their values', async (_what, settings, expected) => {
    const response = await createService(settings).request('/debug/whatsapp')
    const text = await response.text()

    expectCommonHeaders(response)
    expect(response.status).toBe(200)
    expect(JSON.parse(text)).toEqual({ ...expected, otp: { length: 6, expires_in_seconds: 180 } })
    for (const secret of SECRETS) expect(text).not.toContain(secret)
  })

  it('is told as misconfigured when the settings are wrong', async () => {
    const response = await createService({ OTP_PEPPER: '' }).request('/debug/whatsapp')
    await expectRefusal(surface, response, { code: 'misconfigured' })
  })

  it('shows the length and lifetime in force', async () => {
    const response = await createService({ OTP_LENGTH: '4', OTP_EXPIRY_MINUTES: '5' }).request('/debug/whatsapp')
    expect(await response.json()).toMatchObject({ otp: { length: 4, expires_in_seconds: 300 } })
  })
})

describe('GET /debug/test-request', () => {
  const { vendor } = useStandInAndFakeTime()

  it('shows the request as the vendor gets it, but for key, number and code', async () => {
    const phone = uniquePhone()
    const response = await service.request('/debug/test-request/')
    const text = await response.text()
    await surface.send(service, phone)

    const real = vendor().requests[0]!
    const template = (code: string) => JSON.stringify({ id: 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b', params: [code] })
    const form = (destination: string, code: string) => ({
      channel: 'whatsapp',
      source: '917834811114',
      destination,
      'src.name': 'HomiAi',
      template: template(code),
    })
    expect(JSON.parse(text)).toEqual({
      method: 'POST',
      url: real.url,
      headers: { apikey: '[redacted]', 'content-type': real.contentType },
      form: form('910000000000', '000000'),
      body: new URLSearchParams(form('910000000000', '000000')).toString(),
    })
    expect(real.body).toBe(new URLSearchParams(form(phone.slice(1), vendor().lastCode(phone)!)).toString())
    for (const secret of SECRETS) expect(text).not.toContain(secret)
  })

  it('shows the form with placeholders before there is an account, and sends nothing', async () => {
    const response = await createService(NOT_CONFIGURED).request('/debug/test-request')

    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      method: 'POST',
      form: { source: '<GUPSHUP_SOURCE>', destination: '910000000000' },
    })
    expect(vendor().requests).toHaveLength(0)
  })
})

describe('/debug in production', () => {
  const production = createService({ ENVIRONMENT: 'production' })

  it.each(['/debug/whatsapp', '/debug/test-request', '/debug/whatsapp/'])('%s does not exist', async (path) =>
    expectRefusal(surface, await production.request(path), { code: 'route_not_found' }),
  )

  it('does not exist where nobody said that it is development either', async () =>
    expectRefusal(surface, await createService({ ENVIRONMENT: '' }).request('/debug/whatsapp'), { code: 'route_not_found' }))
})
