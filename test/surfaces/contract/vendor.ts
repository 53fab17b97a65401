import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import worker from '../../../src/index'
import type { GateStub } from '../../support/gate'
import { uniquePhone } from '../../support/service'
import type { ContractContext } from '../contract'
import { type Service, type SurfaceUnderTest, expectAnswer, expectRefusal, serviceFor } from './surface'

/** Words of the vendors and of their answers, which are nobody's business. */
const INSIDE =
  /gupshup|mshastra|twilio|graph|destination|authentication|too many|service unavailable|pair rate|credits|whitelist|\b131\d{3}\b|\b2[01]\d{3}\b|elsewhere/i

/** Looks at answers before the work that was put off is done, while gates take their time to settle. */
function createImpatientService(surface: SurfaceUnderTest): { readonly impatient: Service; readonly done: () => Promise<void> } {
  const ctx = createExecutionContext()
  const settleLate = (target: GateStub) => async (request: Parameters<GateStub['settle']>[0]) => {
    await scheduler.wait(30)
    return target.settle(request)
  }
  const PHONE_GATE = {
    idFromName: (name: string) => env.PHONE_GATE.idFromName(name),
    get: (id: DurableObjectId) =>
      new Proxy<GateStub>(env.PHONE_GATE.get(id), {
        get: (target, name) => (name === 'settle' ? settleLate(target) : Reflect.get(target, name)),
      }),
  }
  const post: Service['post'] = async (path, body) => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    return worker.fetch(new Request(`http://service.test${path}`, init), { ...env, ...surface.settings, PHONE_GATE }, ctx)
  }
  return { impatient: { ...serviceFor(surface), post }, done: () => waitOnExecutionContext(ctx) }
}

/** A vendor that refuses, fails, or is not to be understood. */
export function describeVendor({ surface, vendor }: ContractContext): void {
  const { nothingSent, perhapsSent } = surface.vendorAnswers
  const service = serviceFor(surface, { PROVIDER_TIMEOUT_MS: '50' })

  describe(`${surface.name}, the vendor's answer`, () => {
    it.each(nothingSent)('%s: refused, and the cooldown is given back', async (_what, suffix) => {
      const phone = uniquePhone(suffix)

      const first = await surface.send(service, phone)
      const text = await first.clone().text()
      await expectRefusal(surface, first, { code: 'delivery_failed', phone })
      await expectRefusal(surface, await surface.send(service, phone), { code: 'delivery_failed', phone })

      expect(vendor().requests).toHaveLength(2)
      expect(text).not.toMatch(INSIDE)
      const code = vendor().lastCode(phone)!
      await expectRefusal(surface, await surface.verify(service, phone, code), { code: 'verification_not_found', phone })
    })

    it.each(perhapsSent)('%s: not confirmed, the cooldown stays, and a code that arrives verifies', async (_what, suffix) => {
      const phone = uniquePhone(suffix)

      await expectRefusal(surface, await surface.send(service, phone), { code: 'delivery_unknown', phone, retryAfter: 60 })
      await expectRefusal(surface, await surface.send(service, phone), { code: 'cooldown_active', phone, retryAfter: 60 })

      expect(vendor().requests).toHaveLength(1)
      await expectAnswer(await surface.verify(service, phone, vendor().lastCode(phone)!), surface.verified(), phone)
    })

    it('a refusal and then an acceptance: the second try sends, at once', async () => {
      const phone = uniquePhone('0013')

      await expectRefusal(surface, await surface.send(service, phone), { code: 'delivery_failed', phone })
      await expectAnswer(await surface.send(service, phone), surface.sent, phone)

      await expectAnswer(await surface.verify(service, phone, vendor().lastCode(phone)!), surface.verified(), phone)
    })

    it('a refusal is told only when the cooldown is back: the next try waits for nothing that was put off', async () => {
      const phone = uniquePhone('0013')
      const { impatient, done } = createImpatientService(surface)

      await expectRefusal(surface, await surface.send(impatient, phone), { code: 'delivery_failed', phone })
      await expectAnswer(await surface.send(impatient, phone), surface.sent, phone)
      await done()
    })

    it('refusals count in the window all the same: the fourth try in ten minutes does not reach the vendor', async () => {
      const phone = uniquePhone('0025')
      for (let tries = 0; tries < 3; tries++) await surface.send(service, phone)

      await expectRefusal(surface, await surface.send(service, phone), { code: 'send_limit_reached', phone, retryAfter: 600 })

      expect(vendor().requests).toHaveLength(3)
      vi.advanceTimersByTime(600_000)
      await expectRefusal(surface, await surface.send(service, phone), { code: 'delivery_failed', phone })
    })

    it('a reply in two parts that never ends is given up', async () => {
      const phone = uniquePhone()
      const fetch = vi
        .spyOn(globalThis, 'fetch')
        .mockImplementation(
          async () => new Response(new ReadableStream({ start: (body) => body.enqueue(new TextEncoder().encode('{"status":')) })),
        )

      await expectRefusal(surface, await surface.send(service, phone), { code: 'delivery_unknown', phone, retryAfter: 60 })
      expect(fetch).toHaveBeenCalledTimes(1)
    })
  })
}
