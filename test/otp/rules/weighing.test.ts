import { describe, expect, it } from 'vitest'
import type { CheckAnswer } from '../../../src/otp/rules/guess'
import { FREE_POLICY, MINUTE_MS, PureGate, T0 } from '../../support/pure-gate'

describe('what happens while a guess is being weighed', () => {
  it('a resend: the old code is right no more, and the guess counts against the verification', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    const end = gate.letIn()
    gate.send()

    expect(end(true)).toEqual({ status: 'incorrect', guessesLeft: 4, verificationId })
    expect(gate.verification(verificationId)).toMatchObject({ status: 'pending', wrong: 1, code: { id: 'code-2' } })
    expect(gate.guess(true)).toMatchObject({ status: 'approved', guessesLeft: 3 })
  })

  it.each([
    ['a cancel', (gate: PureGate) => gate.cancel('ver-code-1'), 'canceled'],
    ['an approval', (gate: PureGate) => gate.guess(true), 'approved'],
    ['a rejection by the vendor', (gate: PureGate) => gate.settle('rejected'), 'failed'],
  ] as const)('%s: nobody is approved, and nothing is written', (_name, meanwhile, status) => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    const ends = [gate.letIn(), gate.letIn()]
    meanwhile(gate)
    const before = gate.state

    expect(ends[0]!(true)).toEqual({ status: 'not_found' })
    expect(ends[1]!(false)).toEqual({ status: 'not_found' })
    expect(gate.state).toBe(before)
    expect(gate.verification('ver-code-1').status).toBe(status)
  })

  it('a cancel and a new send: the old guess is nothing to the new verification', () => {
    const gate = new PureGate(FREE_POLICY)
    const old = gate.send().verificationId
    const end = gate.letIn()
    gate.cancel(old)
    const { verificationId } = gate.send()

    expect(end(true)).toEqual({ status: 'not_found' })
    expect(gate.verification(verificationId)).toMatchObject({ status: 'pending', guesses: 0, wrong: 0 })
  })

  it('the storage was deleted: it is not found', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    const end = gate.letIn()
    gate.state = new PureGate().state
    expect(end(true)).toEqual({ status: 'not_found' })
  })
})

describe('locking', () => {
  it('is by weighed guesses: the right one among five at once is approved, in whatever order they end', () => {
    for (let right = 0; right < 5; right++) {
      const gate = new PureGate(FREE_POLICY)
      gate.send()
      const ends = [1, 2, 3, 4, 5].map(() => gate.letIn())
      expect(gate.begin().status).toBe('too_many_guesses')

      const answers = ends.map((end, nth) => end(nth === right))

      expect(answers[right]).toMatchObject({ status: 'approved', guessesLeft: 0 })
      expect(answers.filter(({ status }) => status === 'incorrect')).toHaveLength(right)
      expect(gate.verification('ver-code-1').status).toBe('approved')
    }
  })

  it('five wrong ones at once lock with the last', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    const ends = [1, 2, 3, 4, 5].map(() => gate.letIn())
    expect(ends.map((end) => end(false).status)).toEqual([
      ...Array.from({ length: 4 }, () => 'incorrect'),
      'incorrect_and_locked',
    ])
  })
})

describe('a repeated check', () => {
  const answers = {
    approved: (gate: PureGate) => gate.guess(true, { attemptKey: 'mine' }),
    incorrect: (gate: PureGate) => gate.guess(false, { attemptKey: 'mine' }),
    incorrect_and_locked: (gate: PureGate) => {
      for (const _ of [1, 2, 3, 4]) gate.guess(false)
      return gate.guess(false, { attemptKey: 'mine' })
    },
  } satisfies Record<string, (gate: PureGate) => CheckAnswer>

  it.each(Object.entries(answers))('that was %s is answered as before and writes nothing, for a minute', (status, first) => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    const answer = first(gate)
    expect(answer).toMatchObject({ status })
    const before = gate.state
    for (const wait of [0, 1, MINUTE_MS - 2]) {
      gate.wait(wait)
      expect(gate.guess(false, { attemptKey: 'mine' })).toEqual(answer)
    }
    expect(gate.state).toBe(before)
  })

  it('is another guess once the minute is over', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    gate.guess(false, { attemptKey: 'mine' })
    gate.wait(MINUTE_MS)
    expect(gate.guess(false, { attemptKey: 'mine' })).toEqual({ status: 'incorrect', guessesLeft: 3, verificationId })
  })

  it('by another key is another guess', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    gate.guess(true, { attemptKey: 'mine' })
    expect(gate.guess(true, { attemptKey: 'yours' })).toEqual({ status: 'not_found' })
  })

  it('of a verification is nothing to another one', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    gate.send({ purpose: 'payment' })
    gate.guess(true, { attemptKey: 'mine' })
    const other = gate.guess(false, { attemptKey: 'mine', target: { purpose: 'payment', bindingHash: '' } })
    expect(other).toMatchObject({ status: 'incorrect', verificationId: 'ver-code-2' })
  })

  it('of a code before a resend is a guess at the new code', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    gate.guess(false, { attemptKey: 'mine' })
    gate.wait(1_000)
    gate.send()
    expect(gate.guess(true, { attemptKey: 'mine' })).toMatchObject({ status: 'approved', guessesLeft: 3 })
    expect(gate.verification('ver-code-1').completedAt).toBe(T0 + 1_000)
  })

  // The reply was lost on the way while the object was still weighing, and the caller asks again.
  it('that comes while the first is still being weighed gets the same answer', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    const first = gate.letIn({ attemptKey: 'mine' })
    const second = gate.letIn({ attemptKey: 'mine' })
    expect(second(true).status).toBe('approved')
    expect(first(true).status).toBe('approved')
  })
})
