import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { uniquePhone } from '../../support/service'
import type { ContractContext } from '../contract'
import { expectRefusal, serviceFor } from './surface'

const CANARY = 'canary-value'
/** What no answer may have in it. */
export const SECRETS = [env.GUPSHUP_API_KEY, env.PHONE_HASH_KEY, env.OTP_PEPPER, CANARY]

/** Settings that are wrong, and the variables that an answer has to name. */
export const MISCONFIGURED: readonly (readonly [string, Record<string, string>, readonly string[]])[] = [
  ['without OTP_PEPPER', { OTP_PEPPER: '' }, ['OTP_PEPPER is missing']],
  ['with a short OTP_PEPPER', { OTP_PEPPER: CANARY }, ['OTP_PEPPER: must be at least 32 characters']],
  [
    'with mock mode in production',
    { ENVIRONMENT: 'production', PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' },
    ['PIONEER_FLAG_MOCK_OTP_ENABLED', 'ENVIRONMENT'],
  ],
  ['with half of Gupshup', { GUPSHUP_SOURCE: '', GUPSHUP_SRC_NAME: '' }, ['missing: GUPSHUP_SOURCE, GUPSHUP_SRC_NAME']],
  ['with a source that is no number', { GUPSHUP_SOURCE: CANARY }, ['GUPSHUP_SOURCE']],
  [
    'with two template ids that differ',
    { GUPSHUP_WHATSAPP_OTP_TEMPLATE_ID: CANARY },
    ['GUPSHUP_TEMPLATE_ID', 'GUPSHUP_WHATSAPP_OTP_TEMPLATE_ID'],
  ],
  ['with a country that is none', { DEFAULT_REGION: CANARY }, ['DEFAULT_REGION']],
]

/** Nobody can send: no Gupshup, no mock. */
export const NOT_CONFIGURED = {
  GUPSHUP_API_KEY: '',
  GUPSHUP_SOURCE: '',
  GUPSHUP_TEMPLATE_ID: '',
  GUPSHUP_SRC_NAME: '',
} as const

/** A service that its operator has not finished setting up. */
export function describeSettings({ surface, vendor }: ContractContext): void {
  describe(`${surface.name}, its settings`, () => {
    it.each(MISCONFIGURED)(
      '%s it refuses to work and names the variables, never their values',
      async (_what, settings, names) => {
        const service = serviceFor(surface, settings)

        for (const { path, body } of surface.routes) {
          const response = await service.post(path, body(uniquePhone()))
          const text = await response.clone().text()
          await expectRefusal(surface, response, { code: 'misconfigured' })
          for (const name of names) expect(text).toContain(name)
          for (const secret of SECRETS) expect(text).not.toContain(secret)
        }
        expect(vendor().requests).toHaveLength(0)
      },
    )

    it('without any provider it says which settings would give it one', async () => {
      const phone = uniquePhone()
      const response = await surface.send(serviceFor(surface, surface.withoutVendor), phone)
      const text = await response.clone().text()

      await expectRefusal(surface, response, { code: 'not_configured', phone })
      for (const name of Object.keys(surface.withoutVendor)) expect(text).toContain(name)
    })

    it('without any provider it still knows that there is no code to check, and starts no cooldown', async () => {
      const phone = uniquePhone()
      const service = serviceFor(surface, surface.withoutVendor)
      await surface.send(service, phone)

      await expectRefusal(surface, await surface.verify(service, phone, '123456'), { code: 'verification_not_found', phone })
      expect((await surface.send(serviceFor(surface), phone)).status).toBe(surface.sent.status)
    })
  })
}
