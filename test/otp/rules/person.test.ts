import { describe, expect, it } from 'vitest'
import { CALLER_CODE_PURPOSE } from '../../../src/config/profiles'
import { EMPTY_GATE_STATE } from '../../../src/otp/gate-state'
import { codeIdsIn, provenAt } from '../../../src/otp/rules/person'
import { FREE_POLICY, MINUTE_MS, PureGate, SECOND_MS, T0 } from '../../support/pure-gate'

const HOUR_MS = 60 * MINUTE_MS

/** A code that was asked for and typed. */
function prove(gate: PureGate, purpose = 'login') {
  gate.send({ purpose })
  gate.settle('accepted')
  return gate.guess(true, { target: { purpose, bindingHash: '' } })
}

describe('when a number was proved', () => {
  it('is nothing for a number that nobody has asked for', () => {
    expect(provenAt(EMPTY_GATE_STATE)).toBeNull()
  })

  it.each([
    ['only sent', () => {}],
    ['refused by the vendor', (gate: PureGate) => gate.settle('rejected')],
    ['guessed wrongly', (gate: PureGate) => gate.guess(false)],
    ['locked', (gate: PureGate) => [1, 2, 3, 4, 5].map(() => gate.guess(false))],
    ['canceled', (gate: PureGate) => gate.cancel(gate.state.verifications[0]!.id)],
    ['expired', (gate: PureGate) => gate.wait(HOUR_MS)],
  ] as const)('is nothing where its code was %s', (_status, bring) => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    bring(gate)
    expect(provenAt(gate.state)).toBeNull()
  })

  it('is when the right code was typed, and not when it was sent', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    gate.wait(20 * SECOND_MS)
    gate.guess(true)
    gate.wait(MINUTE_MS)
    expect(provenAt(gate.state)).toBe(T0 + 20 * SECOND_MS)
  })

  it('is the newest of several, for whatever purpose, in whatever order they were begun', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send({ purpose: 'login' })
    gate.wait(SECOND_MS)
    gate.send({ purpose: 'payment' })
    const guess = (purpose: string) => gate.guess(true, { target: { purpose, bindingHash: '' } }).status
    gate.wait(SECOND_MS)
    expect(guess('payment')).toBe('approved')
    gate.wait(SECOND_MS)
    expect(guess('login')).toBe('approved')
    expect(provenAt(gate.state)).toBe(T0 + 3 * SECOND_MS)
  })

  it('stays when a later code comes to nothing', () => {
    const gate = new PureGate(FREE_POLICY)
    prove(gate)
    gate.wait(MINUTE_MS)
    gate.send()
    gate.guess(false)
    expect(provenAt(gate.state)).toBe(T0)
  })

  it('does not count a code that the caller made, and knew', () => {
    const gate = new PureGate(FREE_POLICY)
    expect(prove(gate, CALLER_CODE_PURPOSE).status).toBe('approved')
    expect(provenAt(gate.state)).toBeNull()
  })

  it('is still known when D1 has it', () => {
    const gate = new PureGate(FREE_POLICY)
    prove(gate)
    gate.wait(15 * MINUTE_MS)
    gate.flush()
    expect(provenAt(gate.state)).toBe(T0)
  })
})

describe('the codes that may be in KV', () => {
  it('are none of a number that nobody has asked for', () => {
    expect(codeIdsIn(EMPTY_GATE_STATE)).toEqual([])
  })

  it('are the newest of each verification, each once, over or not', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send({ purpose: 'login' })
    gate.guess(true)
    gate.send({ purpose: 'payment' })
    expect(codeIdsIn(gate.state)).toEqual(['code-1', 'code-2'])
  })

  it('are both while one takes the place of the other', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send({ replaceable: true })
    gate.settle('accepted', {
      detail: { communication_id: 'com-code-1', provider: 'gupshup', provider_message_id: 'gs-1', delivery_status: 'queued' },
    })
    gate.send({ resendOf: verificationId, replaces: 'com-code-1' })
    expect(gate.verification(verificationId).code?.replaces?.code.id).toBe('code-1')
    expect(codeIdsIn(gate.state)).toEqual(['code-2', 'code-1'])
  })
})
