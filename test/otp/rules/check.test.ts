import { describe, expect, it } from 'vitest'
import { DAY_MS } from '../../../src/otp/gate-state'
import { FREE_POLICY, MINUTE_MS, PHONE, POLICY, PureGate, T0 } from '../../support/pure-gate'

const wrongTimes = (gate: PureGate, count: number) => Array.from({ length: count }, () => gate.guess(false))

describe('a guess', () => {
  it('is counted before it is weighed', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(5_000)

    expect(gate.begin()).toEqual({
      status: 'weigh',
      verificationId,
      code: { id: 'code-1', digest: 'digest-of-code-1', keyVersion: 'k1' },
      phone: PHONE.e164,
      purpose: 'login',
      bindingHash: '',
      expiresAt: T0 + 5 * MINUTE_MS,
    })
    expect(gate.verification(verificationId)).toMatchObject({ guesses: 1, wrong: 0, status: 'pending' })
    expect(gate.state).toMatchObject({ wrongGuesses: [T0 + 5_000], lastActivityAt: T0 + 5_000 })
    expect(gate.state.outbox).toHaveLength(1)
  })

  it('that never comes back from the weighing stays counted', () => {
    const gate = new PureGate()
    gate.send()
    for (const _ of [1, 2, 3, 4]) gate.letIn()
    expect(gate.guess(false)).toMatchObject({ status: 'incorrect', guessesLeft: 0 })
    expect(gate.guess(true).status).toBe('too_many_guesses')
  })

  it('that is right approves once, and the code is gone', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(5_000)

    expect(gate.guess(true)).toEqual({ status: 'approved', verificationId, guessesLeft: 4 })

    expect(gate.verification(verificationId)).toMatchObject({ status: 'approved', code: null, completedAt: T0 + 5_000, wrong: 0 })
    expect(gate.state.wrongGuesses).toEqual([])
    expect(gate.state.outbox.at(-1)).toMatchObject({ kind: 'check.approved', verificationId, detail: { guess: 1 } })
    expect(gate.guess(true)).toEqual({ status: 'not_found' })
  })

  it('that is right says where its sends were counted, if only nowhere, and a repetition of it does not', () => {
    const gate = new PureGate()
    gate.send()

    expect(gate.weighed(true, { attemptKey: 'mine' })).toMatchObject({ status: 'approved', counted: [] })
    expect(gate.weighed(true, { attemptKey: 'mine' })).toEqual(expect.not.objectContaining({ counted: expect.anything() }))
  })

  it('that is wrong says how many are left, and the last one locks', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()

    const answers = wrongTimes(gate, 5)

    expect(answers).toEqual([
      ...[4, 3, 2, 1].map((guessesLeft) => ({ status: 'incorrect', guessesLeft, verificationId })),
      { status: 'incorrect_and_locked', guessesLeft: 0, verificationId },
    ])
    expect(gate.verification(verificationId)).toMatchObject({ status: 'locked', code: null, completedAt: T0, wrong: 5 })
    expect(gate.state.outbox.slice(1).map(({ detail }) => detail)).toEqual([
      ...[4, 3, 2, 1].map((guesses_left) => ({ guesses_left, locked: false })),
      { guesses_left: 0, locked: true },
    ])
    expect(gate.guess(true)).toEqual({ status: 'too_many_guesses', verificationId, waitMs: MINUTE_MS })
  })

  it('takes one entry off the number when it is right, and only one', () => {
    const gate = new PureGate()
    gate.send()
    wrongTimes(gate, 3)
    gate.guess(true)
    expect(gate.state.wrongGuesses).toHaveLength(3)
  })

  it.each([
    ['no verification at all', () => {}, {}],
    ['another purpose', (gate: PureGate) => gate.send(), { target: { purpose: 'payment', bindingHash: '' } }],
    ['another binding', (gate: PureGate) => gate.send(), { target: { purpose: 'login', bindingHash: 'loan-1' } }],
    ['an unknown id', (gate: PureGate) => gate.send(), { target: { id: 'ver-foreign' } }],
  ] as const)('for %s is not found, and writes nothing', (_name, bring, changes) => {
    const gate = new PureGate()
    bring(gate)
    const before = gate.state
    expect(gate.guess(true, changes)).toEqual({ status: 'not_found' })
    expect(gate.state).toBe(before)
  })

  it('by purpose and binding is for the newest verification, by id for the one named', () => {
    const gate = new PureGate(FREE_POLICY)
    const locked = gate.send().verificationId
    wrongTimes(gate, 5)
    const fresh = gate.send().verificationId
    expect(gate.guess(true, { target: { id: locked } })).toMatchObject({ status: 'too_many_guesses', verificationId: locked })
    expect(gate.guess(true)).toMatchObject({ status: 'approved', verificationId: fresh })
  })

  it('costs only the verification it is for', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    const payment = gate.send({ purpose: 'payment' }).verificationId
    wrongTimes(gate, 5)
    expect(gate.guess(true, { target: { id: payment } })).toMatchObject({ status: 'approved', guessesLeft: 4 })
  })
})

describe('time', () => {
  it.each([
    [5 * MINUTE_MS - 1, 'approved'],
    [5 * MINUTE_MS, 'expired'],
    [5 * MINUTE_MS + 1, 'expired'],
    [DAY_MS, 'expired'],
  ] as const)('a right code after %i ms: %s', (after, status) => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(after)
    expect(gate.guess(true)).toMatchObject({ status, verificationId })
  })

  it('an expired one counts no guess', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(5 * MINUTE_MS)
    gate.guess(false)
    expect(gate.verification(verificationId)).toMatchObject({ guesses: 0, wrong: 0 })
    expect(gate.state.wrongGuesses).toEqual([])
  })

  it('an expired one loses its digest with the next thing that is written', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.wait(5 * MINUTE_MS)
    gate.guess(true)
    gate.send()
    gate.flush()
    expect(gate.verification(verificationId).code).toBeNull()
  })

  it('a locked one says when a new code can be had: by cooldown or by window', () => {
    const gate = new PureGate()
    gate.send()
    wrongTimes(gate, 5)
    gate.wait(20_000)
    expect(gate.guess(true)).toMatchObject({ status: 'too_many_guesses', waitMs: 40_000 })
    for (const _ of [1, 2]) {
      gate.wait(MINUTE_MS)
      gate.send()
    }
    wrongTimes(gate, 5)
    expect(gate.guess(true)).toMatchObject({ status: 'too_many_guesses', waitMs: 10 * MINUTE_MS - (gate.now - T0) })
  })
})

describe('the limit of a number', () => {
  const SHORT = { ...FREE_POLICY, wrongGuessLimit: 7 }

  it('refuses further guesses over all purposes, without counting them, until the first is a day old', () => {
    const gate = new PureGate(SHORT)
    gate.send()
    wrongTimes(gate, 4)
    const target = { purpose: 'payment', bindingHash: '' }
    gate.send({ purpose: 'payment' })
    for (const _ of [1, 2, 3]) gate.guess(false, { target })

    const refused = { status: 'too_many_guesses', verificationId: 'ver-code-2', waitMs: DAY_MS }
    expect(gate.guess(true, { target })).toEqual(refused)
    expect(gate.guess(true)).toEqual({ ...refused, verificationId: 'ver-code-1' })
    expect(gate.verification('ver-code-2')).toMatchObject({ guesses: 3, wrong: 3, status: 'pending' })
    expect(gate.state.wrongGuesses).toHaveLength(7)
  })

  it('and the cooldown: a locked one says the longer of the two waits', () => {
    const gate = new PureGate({ ...POLICY, windows: [], wrongGuessLimit: 5 })
    gate.send()
    wrongTimes(gate, 5)
    expect(gate.guess(true)).toMatchObject({ status: 'too_many_guesses', waitMs: DAY_MS })
  })

  it('lets a guess in again to the millisecond', () => {
    const gate = new PureGate({ ...SHORT, lifetimeMs: 2 * DAY_MS })
    gate.send()
    wrongTimes(gate, 3)
    gate.send({ purpose: 'payment' })
    const target = { purpose: 'payment', bindingHash: '' }
    for (const _ of [1, 2, 3, 4]) gate.guess(false, { target })
    gate.wait(DAY_MS - 1)
    expect(gate.guess(true, { target })).toMatchObject({ status: 'too_many_guesses', waitMs: 1 })
    gate.wait(1)
    expect(gate.guess(true, { target })).toMatchObject({ status: 'approved' })
  })

  it('is never passed by guesses that are let in at the same time', () => {
    const gate = new PureGate({ ...SHORT, guessLimit: 5 })
    gate.send()
    gate.send({ purpose: 'payment' })
    const begun = Array.from({ length: 10 }, (_, nth) =>
      gate.begin({ target: { purpose: nth % 2 === 0 ? 'login' : 'payment', bindingHash: '' } }),
    )
    expect(begun.filter(({ status }) => status === 'weigh')).toHaveLength(7)
  })
})

describe('refused guesses', () => {
  it('are on record ten times an hour at most; beyond that nothing is written', () => {
    const gate = new PureGate()
    gate.send()
    wrongTimes(gate, 5)
    const recorded = gate.state.outbox.length
    for (let nth = 0; nth < 10; nth++) gate.guess(true)
    expect(gate.state.outbox.slice(recorded).map(({ kind, detail }) => [kind, detail])).toEqual(
      Array.from({ length: 10 }, () => ['check.refused', { reason: 'too_many_guesses' }]),
    )
    const before = gate.state
    for (let nth = 0; nth < 50; nth++) gate.guess(true)
    expect(gate.state).toBe(before)
  })

  it.each([
    ['expired', (gate: PureGate) => gate.wait(POLICY.lifetimeMs), 'expired'],
    ['approved', (gate: PureGate) => gate.guess(true), 'not_found'],
    ['canceled', (gate: PureGate) => gate.cancel('ver-code-1'), 'not_found'],
    ['failed', (gate: PureGate) => gate.settle('rejected'), 'not_found'],
  ] as const)('at one that is %s have their reason', (_status, bring, reason) => {
    const gate = new PureGate()
    gate.send()
    bring(gate)
    expect(gate.guess(true).status).toBe(reason)
    expect(gate.state.outbox.at(-1)).toMatchObject({ kind: 'check.refused', verificationId: 'ver-code-1', detail: { reason } })
  })
})
