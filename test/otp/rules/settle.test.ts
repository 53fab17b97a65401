import { describe, expect, it } from 'vitest'
import { FREE_POLICY, MINUTE_MS, POLICY, PureGate, T0 } from '../../support/pure-gate'

describe('the outcome of a send', () => {
  it.each([
    { outcome: 'accepted', status: 'pending', cooldownUntil: T0 + MINUTE_MS },
    { outcome: 'unknown', status: 'pending', cooldownUntil: T0 + MINUTE_MS },
    { outcome: 'rejected', status: 'failed', cooldownUntil: 0 },
  ] as const)('$outcome: $status', ({ outcome, status, cooldownUntil }) => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(1_500)

    expect(gate.settle(outcome)).toEqual({ status: 'settled' })

    expect(gate.verification(verificationId)).toMatchObject({ status, unsettled: [], sends: 1, version: 1 })
    expect(gate.verification(verificationId).code?.id).toBe(status === 'pending' ? 'code-1' : undefined)
    expect(gate.state).toMatchObject({ cooldownUntil, sends: [T0], lastActivityAt: T0 + 1_500 })
    expect(gate.state.outbox.at(-1)).toEqual({
      seq: 1,
      at: T0 + 1_500,
      verificationId,
      kind: `send.${outcome}`,
      surface: 'v1',
      requestId: 'req-settle',
      detail: { provider: 'gupshup' },
    })
  })

  it.each(['accepted', 'rejected', 'unknown'] as const)('told twice (first %s) changes nothing, whatever it says', (first) => {
    const gate = new PureGate()
    gate.send()
    gate.settle(first)
    const before = gate.state
    for (const second of ['accepted', 'rejected', 'unknown'] as const) {
      expect(gate.settle(second)).toEqual({ status: 'repeated' })
    }
    expect(gate.state).toBe(before)
  })

  it.each([
    ['of a verification that the gate does not know', { verificationId: 'ver-foreign' }],
    ['of a code that the verification never had', { codeId: 'code-foreign' }],
  ])('%s changes nothing', (_name, changes) => {
    const gate = new PureGate()
    gate.send()
    const before = gate.state
    expect(gate.settle('rejected', changes)).toEqual({ status: 'repeated' })
    expect(gate.state).toBe(before)
  })
})

describe('a rejection', () => {
  it('lets the next send go at once, on the same verification', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.settle('rejected')
    expect(gate.send().verificationId).toBe(verificationId)
  })

  it('still counts in the windows', () => {
    const gate = new PureGate()
    for (const _ of [1, 2, 3]) {
      gate.send()
      gate.settle('rejected')
      gate.wait(1_000)
    }
    expect(gate.reserve()).toEqual({ status: 'refused', reason: 'send_limit', waitMs: 10 * MINUTE_MS - 3_000 })
  })

  it('leaves no code to be guessed, and keeps the count of guesses', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.guess(false)
    gate.settle('rejected')
    expect(gate.guess(true)).toEqual({ status: 'not_found' })
    expect(gate.send()).toMatchObject({ verificationId, guessesLeft: 4 })
  })

  it('that comes after a resend ends only its own code, and keeps the newer cooldown', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(MINUTE_MS)
    gate.send()

    expect(gate.settle('rejected', { codeId: 'code-1' })).toEqual({ status: 'settled' })

    expect(gate.verification(verificationId)).toMatchObject({
      status: 'pending',
      code: { id: 'code-2' },
      unsettled: ['code-2'],
    })
    expect(gate.reserve()).toEqual({ status: 'refused', reason: 'cooldown', waitMs: MINUTE_MS })
    expect(gate.guess(true).status).toBe('approved')
  })

  it('of one purpose does not give back the cooldown that another one started', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(MINUTE_MS)
    gate.send({ purpose: 'payment' })
    gate.settle('rejected', { verificationId, codeId: 'code-1' })
    expect(gate.state.cooldownUntil).toBe(T0 + 2 * MINUTE_MS)
    expect(gate.verification(verificationId).status).toBe('failed')
  })

  it('in any order: each reservation is settled once, by its own outcome', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    gate.send()
    gate.send()
    for (const codeId of ['code-3', 'code-1', 'code-2']) {
      expect(gate.settle(codeId === 'code-3' ? 'accepted' : 'rejected', { codeId })).toEqual({ status: 'settled' })
    }
    expect(gate.verification(verificationId)).toMatchObject({ status: 'pending', code: { id: 'code-3' }, unsettled: [] })
    const kinds = gate.state.outbox.map(({ kind }) => kind).slice(3)
    expect(kinds).toEqual(['send.accepted', 'send.rejected', 'send.rejected'])
  })

  it.each([
    ['approved', (gate: PureGate) => gate.guess(true)],
    ['canceled', (gate: PureGate, id: string) => gate.cancel(id)],
    ['locked', (gate: PureGate) => [1, 2, 3, 4, 5].map(() => gate.guess(false))],
  ] as const)('that comes when it is %s leaves it so, and is on record', (status, end) => {
    const gate = new PureGate(POLICY)
    const { verificationId } = gate.send()
    end(gate, verificationId)
    gate.settle('rejected')
    expect(gate.verification(verificationId)).toMatchObject({ status, code: null, unsettled: [] })
    expect(gate.state.outbox.at(-1)).toMatchObject({ kind: 'send.rejected', verificationId })
    expect(gate.verification(verificationId).version).toBe(gate.state.outbox.at(-1)!.seq)
  })
})
