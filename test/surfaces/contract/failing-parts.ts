import { describe, expect, it, vi } from 'vitest'
import { brokenDatabase, brokenKv, failing } from '../../support/broken'
import { gatesWith } from '../../support/gate'
import { uniquePhone } from '../../support/service'
import type { ContractContext } from '../contract'
import { expectAnswer, expectRefusal, serviceFor } from './surface'

const CANARY = 'canary-9f1c secret text'

/** A binding that throws where nothing is expected to. */
const oddities: readonly (readonly [string, () => never])[] = [
  ['an Error', () => raise(new Error(CANARY))],
  ['an Error of an odd name', () => raise(Object.assign(new Error(CANARY), { name: 'Odd', status: 418, cause: CANARY }))],
  ['a DOMException', () => raise(new DOMException(CANARY, 'DataError'))],
  ['an Error with its own response', () => raise(Object.assign(new Error(CANARY), { getResponse: () => new Response(CANARY) }))],
  ['a text', () => raise(CANARY)],
  ['an object', () => raise({ message: CANARY, toString: () => CANARY, refusal: { code: 'internal', details: { CANARY } } })],
  ['null', () => raise(null)],
  ['undefined', () => raise(undefined)],
]

function raise(thrown: unknown): never {
  throw thrown
}

/** Parts of the service that are down, and bugs. */
export function describeFailingParts({ surface, vendor }: ContractContext): void {
  describe(`${surface.name}, when a part fails`, () => {
    it('fails closed without the gate: nothing is sent, nothing is accepted', async () => {
      const phone = uniquePhone()
      const service = serviceFor(surface, { PHONE_GATE: gatesWith({ reserve: failing, check: failing }) })

      await expectRefusal(surface, await surface.send(service, phone), { code: 'dependency_unavailable', phone })
      await expectRefusal(surface, await surface.verify(service, phone, '123456'), { code: 'dependency_unavailable', phone })
      expect(vendor().requests).toHaveLength(0)
    })

    it('sends and verifies without KV and D1', async () => {
      const phone = uniquePhone()
      const service = serviceFor(surface, { OTP_KV: brokenKv, DB: brokenDatabase })

      await expectAnswer(await surface.send(service, phone), surface.sent, phone)
      await expectAnswer(await surface.verify(service, phone, vendor().lastCode(phone)!), surface.verified(), phone)
    })

    it.each(oddities)('tells nothing of itself when something throws %s', async (_what, idFromName) => {
      const logs = (['info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level).mockImplementation(() => {}))
      const phone = uniquePhone()
      const service = serviceFor(surface, { PHONE_GATE: { idFromName, idFromString: idFromName, get: idFromName } })

      for (const response of [await surface.send(service, phone), await surface.verify(service, phone, '123456')]) {
        const text = JSON.stringify([...response.headers]) + (await response.clone().text())
        await expectRefusal(surface, response, { code: 'internal', phone })
        expect(text).not.toContain('canary')
      }
      expect(JSON.stringify(logs.map(({ mock }) => mock.calls))).not.toContain('canary')
    })
  })
}
