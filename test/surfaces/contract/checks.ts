import { describe, expect, it, vi } from 'vitest'
import { uniquePhone, wrongCode } from '../../support/service'
import type { ContractContext } from '../contract'
import { expectAnswer, expectRefusal, serviceFor } from './surface'

/** Ways to type a code that is the same code. */
const TYPED: Readonly<Record<string, (code: string) => string>> = {
  'with a space': (code) => `${code.slice(0, 3)} ${code.slice(3)}`,
  'with hyphens': (code) => code.split('').join('-'),
  'with space around it': (code) => `\t ${code}\n`,
  'in Devanagari digits': (code) => code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x966 + Number(digit))),
  'in Arabic-Indic digits': (code) => code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x660 + Number(digit))),
  'in fullwidth digits': (code) => code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
}

/** Right codes, wrong codes, and codes whose time is over. */
export function describeChecks({ surface, vendor }: ContractContext): void {
  const { guesses, wrongGuessesPerDay } = surface
  const service = serviceFor(surface)
  const sendTo = async (phone: string) => {
    await surface.send(service, phone)
    return vendor().lastCode(phone)!
  }

  describe(`${surface.name}, checking`, () => {
    it('takes the right code once', async () => {
      const phone = uniquePhone()
      const code = await sendTo(phone)

      await expectAnswer(await surface.verify(service, phone, code), surface.verified(), phone)
      await expectRefusal(surface, await surface.verify(service, phone, code), { code: 'verification_not_found', phone })
    })

    it.each(Object.keys(TYPED))('takes the code typed %s', async (name) => {
      const phone = uniquePhone()
      const code = await sendTo(phone)

      await expectAnswer(await surface.verify(service, phone, TYPED[name]!(code)), surface.verified(), phone)
    })

    it('knows no code for a number that none was sent to', async () => {
      const phone = uniquePhone()
      await expectRefusal(surface, await surface.verify(service, phone, '123456'), { code: 'verification_not_found', phone })
    })

    it('does not take the code of another number', async () => {
      const [mine, theirs] = [uniquePhone(), uniquePhone()]
      const [code, other] = [await sendTo(mine), await sendTo(theirs)]

      await surface.expectWrongCode(
        await surface.verify(service, mine, code === other ? wrongCode(code) : other),
        mine,
        guesses - 1,
      )
    })

    it('takes the code until its last millisecond, and not after', async () => {
      const [inTime, late] = [uniquePhone(), uniquePhone()]
      const [code, lateCode] = [await sendTo(inTime), await sendTo(late)]

      vi.advanceTimersByTime(surface.lifetimeSeconds * 1000 - 1)
      await expectAnswer(await surface.verify(service, inTime, code), surface.verified(), inTime)
      vi.advanceTimersByTime(1)
      await expectRefusal(surface, await surface.verify(service, late, lateCode), { code: 'code_expired', phone: late })
    })

    it('says how many guesses are left, then that there were too many and when a new code can be had', async () => {
      const phone = uniquePhone()
      const code = await sendTo(phone)
      for (let nth = 1; nth <= guesses; nth++) {
        await surface.expectWrongCode(await surface.verify(service, phone, wrongCode(code, nth)), phone, guesses - nth)
      }

      const refusal = (retryAfter: number) => ({ code: 'too_many_guesses', phone, retryAfter }) as const
      await expectRefusal(surface, await surface.verify(service, phone, wrongCode(code, guesses + 1)), refusal(60))
      vi.advanceTimersByTime(9_500)
      await expectRefusal(surface, await surface.verify(service, phone, code), refusal(51))
      vi.advanceTimersByTime(50_500)
      await expectAnswer(await surface.send(service, phone), surface.sent, phone)
      await expectAnswer(await surface.verify(service, phone, vendor().lastCode(phone)!), surface.verified(), phone)
    })

    it('shares the guesses among the codes of one verification: a resend buys none', async () => {
      const phone = uniquePhone()
      const code = await sendTo(phone)
      for (let nth = 1; nth <= guesses - 2; nth++) await surface.verify(service, phone, wrongCode(code, nth))
      vi.advanceTimersByTime(60_000)
      await surface.resend(service, phone)
      const fresh = vendor().lastCode(phone)!

      await surface.expectWrongCode(await surface.verify(service, phone, wrongCode(fresh, 1)), phone, 1)
      await surface.expectWrongCode(await surface.verify(service, phone, wrongCode(fresh, 2)), phone, 0)
      await expectRefusal(surface, await surface.verify(service, phone, fresh), {
        code: 'too_many_guesses',
        phone,
        retryAfter: 60,
      })
    })

    it(`refuses wrong guess ${wrongGuessesPerDay + 1} of a number in 24 hours, and a send with it, until the first is a day old`, async () => {
      const phone = uniquePhone()
      const start = Date.now()
      for (let nth = 0; nth < wrongGuessesPerDay; nth++) {
        // As many guesses a code as it has, and 250 seconds between the codes, keep both other limits away.
        if (nth % guesses === 0) await sendTo(phone)
        await surface.verify(service, phone, wrongCode(vendor().lastCode(phone)!))
        if (nth % guesses === guesses - 1) vi.advanceTimersByTime(250_000)
      }
      const retryAfter = (start + 86_400_000 - Date.now()) / 1000
      expect(retryAfter).toBe(86_400 - Math.floor(wrongGuessesPerDay / guesses) * 250)

      await expectRefusal(surface, await surface.send(service, phone), { code: 'too_many_guesses', phone, retryAfter })
      vi.advanceTimersByTime(retryAfter * 1000)
      await expectAnswer(await surface.send(service, phone), surface.sent, phone)
    })

    it('answers the same request again as before, at the cost of no guess, and weighs another code on its own', async () => {
      const phone = uniquePhone()
      const code = await sendTo(phone)
      const again = { 'x-request-id': crypto.randomUUID() }

      for (let times = 0; times < 3; times++) {
        await surface.expectWrongCode(await surface.verify(service, phone, wrongCode(code), again), phone, guesses - 1)
      }
      await surface.expectWrongCode(await surface.verify(service, phone, wrongCode(code, 2), again), phone, guesses - 2)
      for (let times = 0; times < 2; times++) {
        await expectAnswer(await surface.verify(service, phone, code, again), surface.verified(guesses - 3), phone)
      }
      await expectRefusal(surface, await surface.verify(service, phone, code), { code: 'verification_not_found', phone })
    })
  })
}
