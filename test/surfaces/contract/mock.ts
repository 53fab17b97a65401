import { describe, expect, it, vi } from 'vitest'
import { createService, uniquePhone, wrongCode } from '../../support/service'
import type { ContractContext } from '../contract'
import { expectAnswer } from './surface'

const MOCK = { PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' }

/** Mock mode on the surfaces of briefs 001 and 004, which show the code as `otp` there, and nowhere else. */
export function describeMock({ surface, vendor }: ContractContext): void {
  const showing = (message: string, otp: string) => ({
    status: 200,
    body: (phone: string) => ({ success: true, message, data: { phone_number: phone, otp } }),
  })

  describe(`${surface.name}, in mock mode`, () => {
    it.each([
      [undefined, '123456'],
      ['4', '1234'],
      ['8', '12345612'],
      ['10', '1234561234'],
    ])('with OTP_LENGTH %s it shows the code %s, calls nobody, and takes that code', async (length, code) => {
      const phone = uniquePhone()
      const service = createService({ ...MOCK, ...(length && { OTP_LENGTH: length }) })

      await expectAnswer(await surface.send(service, phone), showing('OTP sent successfully', code), phone)
      vi.advanceTimersByTime(60_000)
      await expectAnswer(await surface.resend(service, phone), showing('OTP resent successfully', code), phone)
      await expectAnswer(await surface.verify(service, phone, code), surface.verified(), phone)
      expect(vendor().requests).toHaveLength(0)
    })

    it('works without a vendor, keeps the cooldown, and takes no other code', async () => {
      const phone = uniquePhone()
      const service = createService({
        ...MOCK,
        GUPSHUP_API_KEY: '',
        GUPSHUP_SOURCE: '',
        GUPSHUP_TEMPLATE_ID: '',
        GUPSHUP_SRC_NAME: '',
      })

      expect((await surface.send(service, phone)).status).toBe(200)
      expect((await surface.send(service, phone)).status).toBe(surface.statuses.cooldown_active)
      await surface.expectWrongCode(await surface.verify(service, phone, wrongCode('123456')), phone, 4)
    })

    it('sends through a vendor as soon as it is switched off, whatever the spelling of off', async () => {
      for (const off of ['', 'false', '0', 'off', 'no']) {
        const phone = uniquePhone()
        const service = createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: off })
        await expectAnswer(await surface.send(service, phone), surface.sent, phone)
      }
      expect(vendor().messages).toHaveLength(5)
    })
  })
}
