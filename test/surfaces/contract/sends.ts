import { describe, expect, it, vi } from 'vitest'
import { gateOf, storedState } from '../../support/gate'
import { uniquePhone, wrongCode } from '../../support/service'
import type { ContractContext } from '../contract'
import { expectAnswer, expectRefusal, serviceFor } from './surface'

const SECOND_MS = 1000
const wait = (seconds: number) => vi.advanceTimersByTime(seconds * SECOND_MS)

/** Sending, sending again, and how long to wait. */
export function describeSends({ surface, vendor }: ContractContext): void {
  const { guesses, codeLength } = surface
  const service = serviceFor(surface)
  describe(`${surface.name}, sending`, () => {
    it(`sends one message with ${codeLength} digits, answers as documented, and does not show the code`, async () => {
      const phone = uniquePhone()
      const response = await surface.send(service, phone)
      const text = await response.clone().text()

      await expectAnswer(response, surface.sent, phone)
      expect(vendor().messages).toEqual([
        expect.objectContaining({ destination: phone.slice(1), code: expect.stringMatching(new RegExp(`^\\d{${codeLength}}$`)) }),
      ])
      expect(text.replaceAll(phone, '')).not.toContain(vendor().lastCode(phone))
    })

    it('is written down under its own name and the id of the request', async () => {
      const phone = uniquePhone()
      const sent = await surface.send(service, phone)
      const verified = await surface.verify(service, phone, vendor().lastCode(phone)!)

      const events = (await storedState(await gateOf(phone)))!.outbox
      const [sending, checking] = [sent, verified].map(({ headers }) => headers.get('x-request-id'))
      expect(events.map(({ kind, surface: name, requestId }) => [kind, name, requestId])).toEqual([
        ['send.reserved', surface.name, sending],
        ['send.accepted', surface.name, sending],
        ['check.approved', (surface.checkedBy ?? surface).name, checking],
      ])
    })

    it('refuses another send for 60 seconds, exact to the second', async () => {
      const phone = uniquePhone()
      const refusal = (retryAfter: number) => ({ code: 'cooldown_active', phone, retryAfter }) as const
      await surface.send(service, phone)

      await expectRefusal(surface, await surface.send(service, phone), refusal(60))
      vi.advanceTimersByTime(12_300)
      await expectRefusal(surface, await surface.send(service, phone), refusal(48))
      vi.advanceTimersByTime(47_699)
      await expectRefusal(surface, await surface.resend(service, phone), refusal(1))
      vi.advanceTimersByTime(1)
      await expectAnswer(await surface.resend(service, phone), surface.resent, phone)
      expect(vendor().messages).toHaveLength(2)
    })

    it('succeeds after exactly the seconds that it was told to wait', async () => {
      const phone = uniquePhone()
      await surface.send(service, phone)
      vi.advanceTimersByTime(7_001)

      const refused = await surface.send(service, phone)
      wait(Number(refused.headers.get('retry-after')))

      expect((await surface.send(service, phone)).status).toBe(surface.sent.status)
    })

    it('sends three codes in ten minutes, and the fourth after exactly the wait', async () => {
      const phone = uniquePhone()
      for (let sends = 0; sends < 3; sends++) {
        expect((await surface.send(service, phone)).status).toBe(surface.sent.status)
        wait(60)
      }

      await expectRefusal(surface, await surface.send(service, phone), { code: 'send_limit_reached', phone, retryAfter: 420 })
      wait(419)
      await expectRefusal(surface, await surface.send(service, phone), { code: 'send_limit_reached', phone, retryAfter: 1 })
      wait(1)
      expect((await surface.send(service, phone)).status).toBe(surface.sent.status)
      expect(vendor().messages).toHaveLength(4)
    })

    it('sends ten codes in 24 hours, and the eleventh after exactly the wait', async () => {
      const phone = uniquePhone()
      for (let sends = 0; sends < 10; sends++) {
        expect((await surface.send(service, phone)).status).toBe(surface.sent.status)
        wait(200)
      }

      await expectRefusal(surface, await surface.send(service, phone), { code: 'send_limit_reached', phone, retryAfter: 84_400 })
      wait(84_399)
      await expectRefusal(surface, await surface.send(service, phone), { code: 'send_limit_reached', phone, retryAfter: 1 })
      wait(1)
      expect((await surface.send(service, phone)).status).toBe(surface.sent.status)
    })

    it('makes a new code with a resend, and the old one is worth nothing', async () => {
      const phone = uniquePhone()
      await surface.send(service, phone)
      const old = vendor().lastCode(phone)!
      wait(60)
      await expectAnswer(await surface.resend(service, phone), surface.resent, phone)
      const fresh = vendor().lastCode(phone)!

      // One in ten thousand, or in a million: the new code may be the old one.
      await surface.expectWrongCode(
        await surface.verify(service, phone, old === fresh ? wrongCode(fresh) : old),
        phone,
        guesses - 1,
      )
      await expectAnswer(await surface.verify(service, phone, fresh), surface.verified(guesses - 2), phone)
    })
  })
}
