import { describe, expect, it } from 'vitest'
import { uniquePhone } from '../../support/service'
import type { ContractContext } from '../contract'
import { expectAnswer, expectRefusal, serviceFor } from './surface'

/** Digits of another script, by the code point of its zero. */
const inScript = (zero: number, digits: string) => digits.replaceAll(/\d/g, (digit) => String.fromCodePoint(zero + Number(digit)))

/** Ways to write one Indian number: those of brief 001 that denote a real one, and what address books make of them. */
const SPELLINGS: Readonly<Record<string, (national: string) => string>> = {
  'with country code': (national) => `91${national}`,
  'with +': (national) => `+91${national}`,
  'as a national number': (national) => national,
  'with a leading 0': (national) => `0${national}`,
  'with spaces': (national) => `91 ${national.slice(0, 3)} ${national.slice(3, 6)} ${national.slice(6)}`,
  'with dashes': (national) => `91-${national.slice(0, 3)}-${national.slice(3, 6)}-${national.slice(6)}`,
  'with brackets': (national) => `+91 (${national.slice(0, 5)}) ${national.slice(5)}`,
  'with 00': (national) => `0091${national}`,
  'with space around it': (national) => `  +91${national}\t`,
  'with direction marks': (national) => `\u202A+91 ${national}\u202C`,
  'in Devanagari': (national) => inScript(0x966, national),
  'in Arabic-Indic': (national) => `+${inScript(0x660, `91${national}`)}`,
  'in fullwidth digits': (national) => `＋${inScript(0xff10, `91${national}`)}`,
}

/** Numbers that nothing may be sent to, each for another reason. */
const BAD_NUMBERS: Readonly<Record<string, string>> = {
  'too short (brief 001)': '788888888',
  'starts with 0 after the country code (brief 001)': '+910888888888',
  'one digit short (brief 001)': '+91888888888',
  'too long (brief 001)': '+918888888888888',
  'of no plan (brief 004)': '+1234567890',
  'a landline': '+912223456789',
  'premium rate': '+449098790000',
  'toll-free': '+18002345678',
  'of a satellite': '+881612345678',
  letters: 'call me',
  'letters among digits': '+91 98ABC 43210',
  'an extension': '+919876543210 ext 5',
  'two numbers': '+919876543210,+919876543211',
  'circled digits': '+91987654321①',
  'an injection': "' OR 1=1 --",
}

/** Which number is meant, and whether it may be. */
export function describePhones({ surface, vendor }: ContractContext): void {
  const service = serviceFor(surface)
  describe(`${surface.name}, the number`, () => {
    it.each(Object.keys(SPELLINGS))('%s reaches the same gate', async (name) => {
      const phone = uniquePhone()
      const spelling = SPELLINGS[name]!(phone.slice(3))
      expect((await surface.send(service, phone)).status).toBe(surface.sent.status)

      await expectRefusal(surface, await surface.send(service, spelling), {
        code: 'cooldown_active',
        phone: spelling,
        retryAfter: 60,
      })
      const verified = await surface.verify(service, spelling, vendor().lastCode(phone)!)
      expect(verified.status).toBe(200)
      expect(vendor().messages.map(({ destination }) => destination)).toEqual([phone.slice(1)])
    })

    it.each(Object.keys(BAD_NUMBERS))('%s is refused, and nothing is sent', async (name) => {
      const phone = BAD_NUMBERS[name]!
      await expectRefusal(surface, await surface.send(service, phone), { code: 'invalid_phone', phone })
      await expectRefusal(surface, await surface.verify(service, phone, '123456'), { code: 'invalid_phone', phone })
      expect(vendor().requests).toHaveLength(0)
    })

    it('of a country that is not allowed is refused, and of one that is, not', async () => {
      const indian = uniquePhone()
      const tanzanian = `+255694${indian.slice(5, 11)}`
      const onlyTanzania = serviceFor(surface, { ALLOWED_COUNTRIES: 'TZ' })

      await expectRefusal(surface, await surface.send(onlyTanzania, indian), { code: 'invalid_phone', phone: indian })
      expect(vendor().requests).toHaveLength(0)
      expect((await surface.send(onlyTanzania, tanzanian)).status).toBe(surface.sent.status)
      expect(vendor().messages.map(({ destination }) => destination)).toEqual([tanzanian.slice(1)])
    })

    it('is nobody else: another number has its own gate', async () => {
      const [one, other] = [uniquePhone(), uniquePhone()]
      await expectAnswer(await surface.send(service, one), surface.sent, one)
      await expectAnswer(await surface.send(service, other), surface.sent, other)
    })
  })
}
