import { describe, expect, it } from 'vitest'
import { EMPTY_GATE_STATE } from '../../../src/otp/gate-state'
import { carrierOf } from '../../../src/otp/rules/carrier'
import { MINUTE_MS, PHONE, PureGate } from '../../support/pure-gate'

const TARGET = { purpose: 'login', bindingHash: '' }

function gateOfMsg91() {
  const gate = new PureGate()
  const { verificationId } = gate.send()
  const detail = {
    communication_id: 'com-code-1',
    channel: 'sms',
    provider: 'msg91',
    provider_message_id: 'm-1',
    delivery_status: 'queued',
  }
  gate.settle('accepted', { detail })
  return {
    gate,
    verificationId,
    carrier: (target: Parameters<typeof carrierOf>[1] = TARGET) => carrierOf(gate.state, target, gate.now),
  }
}

describe('the carrier of a live code', () => {
  it('is told with the number, by id and by purpose', () => {
    const { verificationId, carrier } = gateOfMsg91()

    expect(carrier()).toEqual({ provider: 'msg91', phone: PHONE.e164 })
    expect(carrier({ id: verificationId })).toEqual({ provider: 'msg91', phone: PHONE.e164 })
  })

  it('is nobody where there is no such verification, or its message has not left', () => {
    const gate = new PureGate()
    gate.send()

    expect(carrierOf(EMPTY_GATE_STATE, TARGET, gate.now)).toBeNull()
    expect(carrierOf(gate.state, TARGET, gate.now)).toBeNull()
    expect(gateOfMsg91().carrier({ purpose: 'payment', bindingHash: '' })).toBeNull()
  })

  it.each<[string, (gate: PureGate, id: string) => unknown]>([
    ['used', (gate) => gate.guess(true)],
    ['locked', (gate) => [1, 2, 3, 4, 5].map(() => gate.guess(false))],
    ['canceled', (gate, id) => gate.cancel(id)],
    ['expired', (gate) => gate.wait(5 * MINUTE_MS)],
  ])('is nobody once the code is %s: the vendor is not asked for nothing', (_title, bring) => {
    const { gate, verificationId, carrier } = gateOfMsg91()
    bring(gate, verificationId)

    expect(carrier()).toBeNull()
  })
})
