import { describe, expect, it } from 'vitest'
import { MINUTE_MS, PureGate, T0 } from '../../support/pure-gate'

describe('cancel', () => {
  it.each([
    ['pending', () => {}],
    ['failed', (gate: PureGate) => gate.settle('rejected')],
  ] as const)('ends one that is %s, and its code', (_status, bring) => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    bring(gate)
    gate.wait(2_000)

    expect(gate.cancel(verificationId)).toEqual({ status: 'canceled' })

    expect(gate.verification(verificationId)).toMatchObject({ status: 'canceled', code: null, completedAt: T0 + 2_000 })
    expect(gate.guess(true)).toEqual({ status: 'not_found' })
  })

  it('is on record, with nothing more than what is known', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.cancel(verificationId)
    expect(gate.state.outbox.at(-1)).toEqual({
      seq: 1,
      at: T0,
      verificationId,
      kind: 'verification.canceled',
      surface: 'v1',
      requestId: 'req-cancel',
      detail: {},
    })
  })

  it('keeps the cooldown', () => {
    const gate = new PureGate()
    gate.cancel(gate.send().verificationId)
    expect(gate.reserve()).toEqual({ status: 'refused', reason: 'cooldown', waitMs: MINUTE_MS })
  })

  it('is no error when repeated, and writes nothing then', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.cancel(verificationId)
    const before = gate.state
    expect(gate.cancel(verificationId)).toEqual({ status: 'canceled' })
    expect(gate.state).toBe(before)
  })

  it.each([
    ['approved', (gate: PureGate) => gate.guess(true)],
    ['locked', (gate: PureGate) => [1, 2, 3, 4, 5].map(() => gate.guess(false))],
    ['expired', (gate: PureGate) => gate.wait(5 * MINUTE_MS)],
  ] as const)('leaves one that is %s, and writes nothing', (status, bring) => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    bring(gate)
    const before = gate.state
    expect(gate.cancel(verificationId)).toEqual({ status: 'not_pending', now: status })
    expect(gate.state).toBe(before)
  })

  it('does not know a foreign id', () => {
    const gate = new PureGate()
    gate.send()
    const before = gate.state
    expect(gate.cancel('ver-foreign')).toEqual({ status: 'not_found' })
    expect(gate.state).toBe(before)
  })

  it('touches only the one it names', () => {
    const gate = new PureGate()
    const first = gate.send().verificationId
    gate.wait(MINUTE_MS)
    const other = gate.send({ purpose: 'payment' }).verificationId
    gate.cancel(first)
    expect(gate.verification(other)).toMatchObject({ status: 'pending', code: { id: 'code-2' } })
  })
})
