import { describe, expect, it, vi } from 'vitest'
import { createService, uniquePhone } from '../support/service'
import { useStandInsAndFakeTime } from './contract'
import { SMS_PATH, WHATSAPP_PATH, externalSms } from './contract/external-otp'
import { expectRefusal } from './contract/surface'

const JSON_HEADERS = { 'Content-Type': 'application/json' }
const mock = createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' })

describe('brief 003, in mock mode', () => {
  const { standIns } = useStandInsAndFakeTime()
  const expected = (to: string, unixSeconds: number) => ({
    success: true,
    data: {
      provider: 'mock',
      message_id: `mock_${to}_${unixSeconds}`,
      status: 'sent',
      to,
      otp_sent: '123456',
      message: 'Your Agent Mitra verification code is: 123456. Valid for 5 minutes.',
      mock: true,
    },
    message: 'OTP sent successfully',
  })
  const nothingLeft = () => expect(standIns().twilio.requests.length + standIns().whatsappCloud.requests.length).toBe(0)

  it('answers its SMS curl as printed, key for key and in order', async () => {
    vi.setSystemTime(1_234_567_890_999)
    const body = '{"to_phone": "+919876543210", "otp": "123456"}'
    const response = await mock.request(SMS_PATH, { method: 'POST', headers: JSON_HEADERS, body })

    expect([response.status, await response.text()]).toEqual([200, JSON.stringify(expected('+919876543210', 1_234_567_890))])
    nothingLeft()
  })

  it('answers its WhatsApp curl as printed: no body, no content type, and a + in the query that means a blank', async () => {
    vi.setSystemTime(1_234_667_890_000)
    const path = `${WHATSAPP_PATH}?to_phone=+919876543210&otp=123456`
    const response = await mock.request(path, { method: 'POST' })

    expect([response.status, await response.text()]).toEqual([200, JSON.stringify(expected('+919876543210', 1_234_667_890))])
    nothingLeft()
  })

  it.each([
    ['654321', '123456'],
    ['9999', '1234'],
    ['99999999', '12345612'],
    [undefined, '123456'],
  ])('has its own code, whatever the caller made (%s): it is %s', async (otp, code) => {
    const phone = uniquePhone()
    const response = await mock.post(SMS_PATH, { to_phone: phone, otp })

    expect(await response.json()).toMatchObject({ data: { otp_sent: code, message: expect.stringContaining(`: ${code}.`) } })
    const checked = await mock.post('/v1/verifications/check', { to: phone, code, purpose: 'external' })
    expect(await checked.json()).toMatchObject({ valid: true })
  })

  it('names the app as its operator does', async () => {
    const named = createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true', APP_NAME: 'Tally' })
    const response = await named.post(SMS_PATH, { to_phone: uniquePhone() })

    expect(await response.json()).toMatchObject({
      data: { message: 'Your Tally verification code is: 123456. Valid for 5 minutes.' },
    })
  })

  it('keeps the cooldown', async () => {
    const phone = uniquePhone()
    await mock.post(SMS_PATH, { to_phone: phone })
    const response = await mock.request(`${WHATSAPP_PATH}?to_phone=${phone}`, { method: 'POST' })
    await expectRefusal(externalSms, response, { code: 'cooldown_active', phone, retryAfter: 60 })
  })
})
