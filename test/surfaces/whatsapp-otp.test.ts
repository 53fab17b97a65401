import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMockService, createService, standInForGupshup, uniquePhone, wrongCode } from '../support/service'

describe('whatsapp-otp, brief 004', () => {
  let vendor: ReturnType<typeof standInForGupshup>
  beforeEach(() => {
    vendor = standInForGupshup()
  })
  afterEach(() => vi.restoreAllMocks())

  it('sends a code and verifies it, body for body', async () => {
    const { post } = createService()
    const phone = uniquePhone()

    const sent = await post('/send-otp', { phone_number: phone })
    expect(sent.status).toBe(200)
    expect(await sent.json()).toEqual({ success: true, message: 'OTP sent successfully', data: { phone_number: phone } })

    const verified = await post('/verify-otp', { phone_number: phone, otp: vendor.lastCode(phone) })
    expect(await verified.json()).toEqual({ success: true, message: 'OTP verified successfully', data: { phone_number: phone } })
    expect(verified.status).toBe(200)
  })

  it('shows the code in mock mode only, and calls nobody then', async () => {
    const phone = uniquePhone()

    const sent = await createMockService().post('/send-otp', { phone_number: phone })

    expect(await sent.json()).toEqual({
      success: true,
      message: 'OTP sent successfully',
      data: { phone_number: phone, otp: '123456' },
    })
    expect(vendor.requests).toHaveLength(0)
  })

  it('tells how many guesses are left after a wrong code', async () => {
    const { post } = createService()
    const phone = uniquePhone()
    await post('/send-otp', { phone_number: phone })

    const checked = await post('/verify-otp', { phone_number: phone, otp: wrongCode(vendor.lastCode(phone)!) })

    expect(checked.status).toBe(400)
    expect(await checked.json()).toEqual({
      success: false,
      message: 'The code is not correct. Attempts left: 4.',
      data: { phone_number: phone, error: 'code_incorrect', attempts_left: 4 },
    })
  })
})
