import { describe, expect, it } from 'vitest'
import { EMPTY_GATE_STATE } from '../../../src/otp/gate-state'
import { describe as describeVerification } from '../../../src/otp/rules/describe'
import { FREE_POLICY, MINUTE_MS, PHONE, POLICY, PureGate, T0, WINDOW_MS, anIntent } from '../../support/pure-gate'

const seen = (gate: PureGate, id: string) => describeVerification(gate.state, id, gate.policy.windows, gate.now)

describe('describe', () => {
  it('tells what is known of a pending one, and nothing of its code', () => {
    const gate = new PureGate()
    const asked = { profile: 'v1', templateId: 'LOGIN_HI', channelIsFixed: true, replaceable: true }
    const { verificationId } = gate.send({
      channel: 'whatsapp',
      locale: 'hi',
      bindingHash: 'loan-1',
      communicationId: 'com-1',
      owner: 'key_1',
      ...asked,
    })
    gate.wait(10_000)
    gate.guess(false, { target: { id: verificationId } })

    const description = seen(gate, verificationId)

    expect(description).toEqual({
      id: verificationId,
      status: 'pending',
      phone: PHONE.e164,
      country: 'IN',
      purpose: 'login',
      bindingHash: 'loan-1',
      channel: 'whatsapp',
      locale: 'hi',
      sends: 1,
      guessesLeft: 4,
      createdAt: T0,
      expiresAt: T0 + 5 * MINUTE_MS,
      completedAt: null,
      resendAt: T0 + MINUTE_MS,
      surface: 'v1',
      message: { communicationId: 'com-1', provider: null, providerMessageId: null, status: 'pending' },
      ...asked,
      values: null,
      mustShow: null,
      subject: null,
      intent: null,
      updateWindowMs: null,
      owner: 'key_1',
    })
    expect(JSON.stringify(description)).not.toMatch(/digest|"code-1/)
  })

  it('tells what a send was for, so that another can go on with it', () => {
    const gate = new PureGate()
    const kept = {
      values: { amount: 'INR 5000.00', payee: 'Prosparity' },
      mustShow: ['amount', 'payee'],
      subject: 'repayment:1/2',
      intent: anIntent('A'),
      updateWindowMs: WINDOW_MS,
    }
    const { verificationId } = gate.send(kept)
    expect(seen(gate, verificationId)).toMatchObject(kept)
  })

  it('tells what the right code was given for, and never its proof', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send({ updateWindowMs: WINDOW_MS })
    gate.guess(true, { proofs: ['proof'], intent: anIntent('A') })
    const description = seen(gate, verificationId)
    expect(description).toMatchObject({ status: 'approved', intent: anIntent('A') })
    expect(JSON.stringify(description)).not.toContain('proof')
  })

  it.each([
    ['pending', () => {}],
    ['failed', (gate: PureGate) => gate.settle('rejected')],
    ['approved', (gate: PureGate) => gate.guess(true)],
    ['locked', (gate: PureGate) => [1, 2, 3, 4, 5].map(() => gate.guess(false))],
    ['canceled', (gate: PureGate) => gate.cancel('ver-code-1')],
    ['expired', (gate: PureGate) => gate.wait(5 * MINUTE_MS)],
  ] as const)('says %s', (status, bring) => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    bring(gate)
    expect(seen(gate, verificationId)?.status).toBe(status)
  })

  it.each([
    [5 * MINUTE_MS - 1, 'pending'],
    [5 * MINUTE_MS, 'expired'],
  ] as const)('after %i ms: %s', (after, status) => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(after)
    expect(seen(gate, verificationId)?.status).toBe(status)
  })

  it('says when the next send can go: by cooldown, by window, or now', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(2 * MINUTE_MS)
    expect(seen(gate, verificationId)?.resendAt).toBe(gate.now)
    gate.send()
    gate.wait(MINUTE_MS)
    gate.send()
    expect(seen(gate, verificationId)?.resendAt).toBe(T0 + 10 * MINUTE_MS)
  })

  it('counts a guess that is still being weighed as spent', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.letIn()
    expect(seen(gate, verificationId)?.guessesLeft).toBe(4)
  })

  it('knows no other id, and nothing where nothing happened', () => {
    const gate = new PureGate()
    gate.send()
    expect(seen(gate, 'ver-foreign')).toBeNull()
    expect(describeVerification(EMPTY_GATE_STATE, 'ver-code-1', POLICY.windows, T0)).toBeNull()
  })
})
