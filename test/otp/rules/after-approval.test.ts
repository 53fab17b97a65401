import { describe, expect, it } from 'vitest'
import { DAY_MS, type GateState, type Verification } from '../../../src/otp/gate-state'
import type { CheckRequest } from '../../../src/otp/rules/guess'
import type { ReserveRequest } from '../../../src/otp/rules/reserve'
import { FREE_POLICY, MINUTE_MS, POLICY, PureGate, SECOND_MS, T0, WINDOW_MS, anIntent, deepFreeze } from '../../support/pure-gate'

const A = anIntent('A', { amount: 500_000 })
const B = anIntent('B', { amount: 400_000 })
const KNOWN = { proofs: ['proof'] }
const UNKNOWN = { proofs: ['proof of another code'] }

/** A gate with one verification that an intent may follow. */
function sent(changes: Partial<ReserveRequest> = {}, gate = new PureGate(FREE_POLICY)) {
  return { gate, id: gate.send({ updateWindowMs: WINDOW_MS, ...changes }).verificationId }
}

/** The same after its right code, without an intent so far. */
function verified(changes: Partial<ReserveRequest> = {}, gate?: PureGate) {
  const story = sent(changes, gate)
  expect(story.gate.guess(true, KNOWN).status).toBe('approved')
  return story
}

/** The same with an intent that was let through. */
function accepted(gate?: PureGate) {
  const story = sent({}, gate)
  expect(story.gate.guess(true, { ...KNOWN, intent: A }).status).toBe('approved')
  return story
}

const eventsOf = (gate: PureGate) => gate.state.outbox.map(({ kind }) => kind)
const newestOf = (gate: PureGate) => gate.state.outbox.at(-1)

describe('the right code', () => {
  it('with an intent lets it through in the same state, to be carried out', () => {
    const { gate, id } = sent()
    gate.wait(5 * SECOND_MS)

    const answer = gate.guess(true, { ...KNOWN, intent: A, surface: 'payment-otp', requestId: 'req-agent' })

    const asked = { acceptedAt: T0 + 5 * SECOND_MS, surface: 'payment-otp', requestId: 'req-agent' }
    const approval = { verificationId: id, intent: A, communicationId: 'com-code-1', ...asked }
    expect(answer).toEqual({ status: 'approved', verificationId: id, guessesLeft: 4, approval })
    expect(gate.verification(id)).toMatchObject({ status: 'approved', code: null, intent: A, accepted: asked, proof: 'proof' })
    expect(gate.state).toMatchObject({ unfulfilled: [id], wrongGuesses: [] })
    expect(gate.state.outbox.slice(1)).toMatchObject([
      { kind: 'check.approved', detail: { guess: 1, communication_id: 'com-code-1' } },
      { kind: 'intent.accepted', verificationId: id, surface: 'payment-otp', requestId: 'req-agent', detail: A.facts },
    ])
    expect(gate.fulfil()).toEqual([approval])
  })

  it('of a code for something fixed lets that through, and nothing else', () => {
    const { gate, id } = sent({ intent: A })
    const presented = { ...KNOWN, presented: {} }
    expect(gate.guess(true, presented)).toMatchObject({ status: 'approved', approval: { verificationId: id, intent: A } })
    expect(gate.state.unfulfilled).toEqual([id])
    // It was right once: who names nothing of what it was for finds nothing.
    expect(gate.guess(true, KNOWN)).toEqual({ status: 'not_found' })
    expect(gate.guess(true, { ...KNOWN, intent: B })).toEqual({ status: 'used', verificationId: id })
  })

  it.each<[string, Partial<CheckRequest>]>([
    ['nothing', KNOWN],
    ['something of its own', { ...KNOWN, intent: A }],
    ['nothing, by its id', { ...KNOWN, target: { id: 'ver-code-1' } }],
  ])('of a code for something fixed is not found by who takes it for %s, and nothing is written', (_name, request) => {
    const { gate, id } = sent({ intent: A })
    const before = gate.state
    expect(gate.guess(true, request)).toEqual({ status: 'not_found' })
    expect(gate.state).toBe(before)
    expect(gate.guess(true, { ...KNOWN, presented: A.facts })).toMatchObject({ status: 'approved', verificationId: id })
  })

  it('that nothing may follow keeps no proof, and is used up', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    gate.guess(true, { ...KNOWN, intent: A })
    expect(gate.verification(verificationId)).not.toHaveProperty('proof')
    expect(gate.state.unfulfilled).toEqual([verificationId])
    expect(gate.guess(true, { ...KNOWN, intent: A })).toEqual({ status: 'not_found' })
  })

  it('from a caller that says nothing of what follows keeps no proof: nobody can come back', () => {
    const { gate, id } = sent()
    gate.guess(true)
    expect(gate.verification(id)).not.toHaveProperty('proof')
    expect(gate.guess(true, { ...KNOWN, intent: A })).toEqual({ status: 'not_found' })
  })

  it('is kept as its proof under the newest pepper only', () => {
    const { gate, id } = sent()
    gate.guess(true, { proofs: ['proof', 'proof under the pepper before'] })
    expect(gate.verification(id).proof).toBe('proof')
  })

  it.each([
    ['wrong', false, {}],
    ['vetoed, which the gate weighs as wrong', false, { vetoed: true }],
  ])('and not one that is %s: nothing is let through, no proof is kept', (_name, right, changes) => {
    const { gate, id } = sent()
    expect(gate.guess(right, { ...KNOWN, intent: A, ...changes })).toMatchObject({ status: 'incorrect' })
    expect(gate.verification(id)).not.toHaveProperty('proof')
    expect(gate.verification(id)).not.toHaveProperty('intent')
    expect(gate.fulfil()).toEqual([])
  })
})

describe('after it, who knows the code', () => {
  it('lets one intent through, is told the same of it again, and no other', () => {
    const { gate, id } = verified()
    expect(gate.state.unfulfilled).toBeUndefined()
    gate.wait(MINUTE_MS)
    const first = gate.guess(true, { ...KNOWN, intent: A, requestId: 'req-first' })
    const approval = { verificationId: id, intent: A, acceptedAt: T0 + MINUTE_MS, surface: 'v1', requestId: 'req-first' }
    expect(first).toEqual({
      status: 'approved',
      guessesLeft: 4,
      verificationId: id,
      approval: { ...approval, communicationId: 'com-code-1' },
    })
    expect(newestOf(gate)).toMatchObject({ kind: 'intent.accepted', at: T0 + MINUTE_MS, requestId: 'req-first', detail: A.facts })

    gate.wait(MINUTE_MS)
    const before = gate.state
    expect(gate.guess(true, { ...KNOWN, intent: A, requestId: 'req-again' })).toEqual(first)
    expect(gate.guess(true, { ...KNOWN, intent: { ...A, facts: { name: 'A', basis: 7 } } })).toEqual(first)
    expect(gate.guess(true, { ...KNOWN, onlyRepeat: true, intent: A })).toEqual(first)
    expect(gate.state).toBe(before)
    // Who says nothing of what it is for asks for a code that is used up.
    expect(gate.guess(true, KNOWN)).toEqual({ status: 'not_found' })

    expect(gate.guess(true, { ...KNOWN, intent: B })).toEqual({ status: 'used', verificationId: id })
    expect(newestOf(gate)).toMatchObject({ kind: 'check.refused', verificationId: id, detail: { reason: 'used' } })
    expect(gate.verification(id).intent).toEqual(A)
    expect(gate.state.unfulfilled).toEqual([id])
    expect(eventsOf(gate).filter((kind) => kind === 'intent.accepted')).toHaveLength(1)
  })

  it('is told the same after it was carried out, and that is not carried out again', () => {
    const { gate, id } = accepted()
    gate.fulfil()
    expect(gate.guess(true, { ...KNOWN, intent: A })).toMatchObject({ status: 'approved', approval: { verificationId: id } })
    expect(gate.fulfil()).toEqual([])
  })

  it('can come by the id of the verification as well', () => {
    const { gate, id } = verified()
    gate.send()
    expect(gate.guess(true, { ...KNOWN, target: { id }, intent: A })).toMatchObject({
      status: 'approved',
      approval: { intent: A },
    })
  })

  it.each<[string, Partial<CheckRequest>]>([
    ['nothing to follow', {}],
    ['only what was let through before', { onlyRepeat: true, intent: A }],
    ['facts of something that was fixed', { presented: { amount: 500_000 } }],
  ])('and asks for %s finds nothing where none was let through', (_name, changes) => {
    const { gate, id } = verified()
    const before = gate.verification(id)
    expect(gate.guess(true, { ...KNOWN, ...changes })).toEqual({ status: 'not_found' })
    expect({ ...gate.verification(id), version: before.version }).toEqual(before)
  })

  it('and asks only for what was let through before finds no other, and no pending one', () => {
    const { gate, id } = accepted()
    const again = gate.guess(true, { ...KNOWN, onlyRepeat: true, intent: B })
    expect(again).toEqual({ status: 'not_found' })
    const fresh = sent()
    const before = fresh.gate.state
    expect(fresh.gate.guess(true, { ...KNOWN, onlyRepeat: true, intent: A })).toEqual({ status: 'not_found' })
    expect(fresh.gate.state).toBe(before)
    expect(gate.verification(id).intent).toEqual(A)
  })

  it('is known under the pepper before, once that was changed', () => {
    const { gate } = verified()
    expect(gate.guess(true, { proofs: ['proof under the new pepper', 'proof'], intent: A }).status).toBe('approved')
  })

  it.each([
    ['sent', () => {}],
    ['refused by all vendors', (gate: PureGate) => gate.settle('rejected')],
    ['sent, and right as well', (gate: PureGate) => gate.guess(true, { proofs: ['proof of the newer one'] })],
  ])('finds it beside a newer one that was %s, with its intent and with the same again', (_name, happens) => {
    const { gate, id } = verified()
    const newer = sent({}, gate).id
    happens(gate)
    const before = gate.verification(newer)

    const first = gate.guess(false, { ...KNOWN, intent: A })
    expect(first).toMatchObject({ status: 'approved', verificationId: id, approval: { intent: A } })
    expect(gate.guess(false, { ...KNOWN, intent: A })).toEqual(first)
    expect(gate.guess(false, { ...KNOWN, onlyRepeat: true, intent: A })).toEqual(first)
    expect(gate.state).toMatchObject({ unfulfilled: [id], wrongGuesses: [] })
    expect(gate.verification(newer)).toEqual(before)
  })

  it.each<[string, Partial<CheckRequest>]>([
    ['another intent than the one it had', { ...KNOWN, intent: B }],
    ['a code that is not known', { ...UNKNOWN, intent: A }],
    ['no proof', { intent: A }],
    ['an empty list of proofs', { proofs: [], intent: A }],
    ['no intent', KNOWN],
    ['one proof that only begins as the right one', { proofs: ['proo', 'proof '], intent: A }],
  ])('and brings %s finds only the newer one, whose guess it is', (_name, request) => {
    const { gate, id } = accepted()
    const newer = sent({}, gate).id
    expect(gate.guess(false, request)).toMatchObject({ status: 'incorrect', verificationId: newer })
    expect(gate.verification(id)).toMatchObject({ intent: A })
    expect(gate.verification(id)).not.toHaveProperty('wrongProofs')
  })

  it.each([
    ['another binding', { target: { purpose: 'login', bindingHash: 'loan-1' } }],
    ['another purpose', { target: { purpose: 'payment', bindingHash: '' } }],
  ])('finds it not for %s', (_name, elsewhere) => {
    const { gate, id } = verified()
    const newer = sent({ ...elsewhere.target }, gate).id
    expect(gate.guess(false, { ...KNOWN, ...elsewhere, intent: A })).toMatchObject({
      status: 'incorrect',
      verificationId: newer,
    })
    expect(gate.verification(id)).not.toHaveProperty('intent')
  })

  it('finds the newer one once the time for an intent is over', () => {
    const { gate, id } = verified()
    gate.wait(WINDOW_MS - 1)
    const newer = sent({}, gate).id
    gate.wait(1)
    expect(gate.guess(true, { ...KNOWN, intent: A })).toMatchObject({ status: 'approved', verificationId: newer })
    expect(gate.verification(id)).not.toHaveProperty('intent')
  })
})

describe('a guess beside an approved code that may still be followed', () => {
  it('is counted there, where the newest verification counts none: no code is tried for nothing', () => {
    const { gate, id } = verified()
    const failed = gate.send({ updateWindowMs: WINDOW_MS }).verificationId
    gate.settle('rejected')
    expect(gate.verification(failed).status).toBe('failed')

    const answers = Array.from({ length: 6 }, () => gate.guess(true, { ...UNKNOWN, intent: A }).status)

    expect(answers).toEqual([...Array.from({ length: 5 }, () => 'incorrect_after_approval'), 'too_many_guesses'])
    expect(gate.verification(id).wrongProofs).toBe(5)
    expect(gate.state.wrongGuesses).toHaveLength(5)
    expect(gate.state.unfulfilled).toBeUndefined()
  })

  it('is counted there, too, where only what was let through is asked for', () => {
    const { gate, id } = accepted()
    gate.send({ updateWindowMs: WINDOW_MS })
    expect(gate.guess(true, { ...UNKNOWN, intent: A, onlyRepeat: true })).toMatchObject({
      status: 'incorrect_after_approval',
      verificationId: id,
    })
  })

  it('is counted once, at the newest, where that can be guessed', () => {
    const { gate, id } = verified()
    const newest = sent({}, gate).id
    expect(gate.guess(false, { ...UNKNOWN, intent: A })).toMatchObject({ status: 'incorrect', verificationId: newest })
    expect(gate.state.wrongGuesses).toHaveLength(1)
    expect(gate.verification(id)).not.toHaveProperty('wrongProofs')
  })
})

describe('the time for it', () => {
  const TYPED_AT = 4 * MINUTE_MS

  it.each([
    [TYPED_AT + WINDOW_MS - 1, 'approved'],
    [TYPED_AT + WINDOW_MS, 'too_late'],
    [POLICY.lifetimeMs + WINDOW_MS, 'too_late'],
  ])('an intent %i ms after the send, with the code typed after four minutes: %s', (after, status) => {
    const { gate, id } = sent()
    gate.wait(TYPED_AT)
    gate.guess(true, KNOWN)
    gate.wait(after - TYPED_AT)
    expect(gate.guess(true, { ...KNOWN, intent: A })).toMatchObject({ status, verificationId: id })
    expect(gate.state.unfulfilled ?? []).toEqual(status === 'approved' ? [id] : [])
    if (status === 'too_late') expect(newestOf(gate)).toMatchObject({ kind: 'check.refused', detail: { reason: 'too_late' } })
  })

  it.each([
    [POLICY.lifetimeMs + WINDOW_MS - 1, 'approved'],
    [POLICY.lifetimeMs + WINDOW_MS, 'too_late'],
  ])('the same again %i ms after the send, with the code typed in the first moment: %s', (after, status) => {
    const { gate, id } = accepted()
    gate.wait(after)
    expect(gate.guess(true, { ...KNOWN, intent: A })).toMatchObject({ status, verificationId: id })
    expect(gate.guess(true, { ...KNOWN, presented: A.facts })).toMatchObject({ status })
  })
})

describe('who does not know the code', () => {
  it('is counted, and after as many as a code may be guessed nobody is let in', () => {
    const { gate, id } = verified()
    gate.wait(SECOND_MS)
    const answers = Array.from({ length: 5 }, () => gate.guess(true, { ...UNKNOWN, intent: A }))

    expect(answers).toEqual(
      [4, 3, 2, 1, 0].map((guessesLeft) => ({ status: 'incorrect_after_approval', guessesLeft, verificationId: id })),
    )
    expect(gate.state.outbox.slice(2).map(({ kind, detail }) => [kind, detail])).toEqual([
      ...[4, 3, 2, 1].map((guesses_left) => ['check.incorrect', { guesses_left, locked: false }]),
      ['check.incorrect', { guesses_left: 0, locked: true }],
    ])
    expect(gate.state.wrongGuesses).toEqual(Array.from({ length: 5 }, () => gate.now))
    expect(gate.guess(true, { ...KNOWN, intent: A })).toEqual({ status: 'too_many_guesses', verificationId: id, waitMs: 0 })
    expect(gate.verification(id)).toMatchObject({ status: 'approved', guesses: 1, wrong: 0, wrongProofs: 5 })
    expect(gate.state.unfulfilled).toBeUndefined()
  })

  it('is told to wait until a new code can be had', () => {
    const { gate } = verified({}, new PureGate())
    gate.wait(20 * SECOND_MS)
    for (let nth = 0; nth < 5; nth++) gate.guess(true, { ...UNKNOWN, intent: A })
    expect(gate.guess(true, { ...KNOWN, intent: A })).toMatchObject({ status: 'too_many_guesses', waitMs: 40 * SECOND_MS })
  })

  it.each<[string, Partial<CheckRequest>]>([
    ['no proof', {}],
    ['no right one', UNKNOWN],
    ['an empty list', { proofs: [] }],
    ['the right one, vetoed', { ...KNOWN, vetoed: true }],
  ])('brings %s: wrong, for an intent and for the same again', (_name, changes) => {
    const one = verified()
    expect(one.gate.guess(true, { ...changes, intent: A })).toMatchObject({ status: 'incorrect_after_approval', guessesLeft: 4 })
    expect(one.gate.state.unfulfilled).toBeUndefined()
    const other = accepted()
    expect(other.gate.guess(true, { ...changes, intent: A })).toMatchObject({ status: 'incorrect_after_approval' })
  })

  it('is bounded by the wrong guesses of the number, which are counted together', () => {
    const gate = new PureGate({ ...FREE_POLICY, wrongGuessLimit: 4 })
    gate.send({ purpose: 'other' })
    const other = { target: { purpose: 'other', bindingHash: '' } }
    for (let nth = 0; nth < 2; nth++) gate.guess(false, other)
    gate.wait(MINUTE_MS)
    const { id } = verified({}, gate)
    for (let nth = 0; nth < 2; nth++) gate.guess(true, { ...UNKNOWN, intent: A })

    const refused = { status: 'too_many_guesses', waitMs: DAY_MS - MINUTE_MS }
    expect(gate.guess(true, { ...KNOWN, intent: A })).toEqual({ ...refused, verificationId: id })
    expect(gate.verification(id).wrongProofs).toBe(2)
    expect(gate.guess(true, other)).toMatchObject(refused)
  })

  it('is let in again to the millisecond, and old guesses are forgotten', () => {
    const gate = new PureGate({ ...FREE_POLICY, wrongGuessLimit: 2, lifetimeMs: 2 * DAY_MS })
    verified({ updateWindowMs: 2 * DAY_MS }, gate)
    gate.guess(true, { ...UNKNOWN, intent: A })
    gate.wait(MINUTE_MS)
    gate.guess(true, { ...UNKNOWN, intent: A })
    gate.wait(DAY_MS - MINUTE_MS - 1)
    expect(gate.guess(true, { ...KNOWN, intent: A })).toMatchObject({ status: 'too_many_guesses', waitMs: 1 })
    gate.wait(1)
    expect(gate.guess(true, { ...UNKNOWN, intent: A })).toMatchObject({ status: 'incorrect_after_approval', guessesLeft: 2 })
    expect(gate.state.wrongGuesses).toEqual([T0 + MINUTE_MS, T0 + DAY_MS])
  })

  it('leaves ten refusals an hour on record, and beyond that nothing is written', () => {
    const { gate } = accepted()
    for (let nth = 0; nth < 10; nth++) gate.guess(true, { ...KNOWN, intent: B })
    const before = gate.state
    expect(eventsOf(gate).filter((kind) => kind === 'check.refused')).toHaveLength(10)
    expect(gate.guess(true, { ...KNOWN, intent: B })).toMatchObject({ status: 'used' })
    expect(gate.state).toBe(before)
  })
})

describe('facts that a caller takes a code to be for', () => {
  it.each([{ amount: 500_000 }, { name: 'A', amount: 500_000 }, {}])('%j are right: it is weighed', (presented) => {
    const { gate } = sent({ intent: A })
    expect(gate.guess(true, { ...KNOWN, presented })).toMatchObject({ status: 'approved', approval: { intent: A } })
  })

  it.each([{ amount: 500_001 }, { amount: '500000' }, { amount: null }, { name: 'A', payee: 'somebody' }])(
    '%j are not: the code is over, before anything is weighed',
    (presented) => {
      const { gate, id } = sent({ intent: A })
      gate.wait(SECOND_MS)
      expect(gate.guess(true, { ...KNOWN, presented })).toEqual({ status: 'changed', verificationId: id })
      expect(gate.verification(id)).toMatchObject({ status: 'canceled', code: null, completedAt: T0 + SECOND_MS, guesses: 0 })
      expect(newestOf(gate)).toMatchObject({ kind: 'check.refused', verificationId: id, detail: { reason: 'changed' } })
      expect(gate.guess(true, { ...KNOWN, presented: A.facts })).toEqual({ status: 'not_found' })
      expect(gate.fulfil()).toEqual([])
    },
  )

  it('end a code that is full of guesses, or too old, no more', () => {
    const { gate, id } = sent({ intent: A })
    for (let nth = 0; nth < 5; nth++) gate.guess(false, { presented: {} })
    expect(gate.guess(true, { presented: B.facts })).toMatchObject({ status: 'too_many_guesses' })
    expect(gate.verification(id).status).toBe('locked')
    const late = sent({ intent: A })
    late.gate.wait(POLICY.lifetimeMs)
    expect(late.gate.guess(true, { presented: B.facts })).toMatchObject({ status: 'expired' })
    expect(late.gate.verification(late.id).status).toBe('pending')
  })

  it('are wrong after the right code: refused, and nothing that was let through is taken back', () => {
    const { gate, id } = sent({ intent: A })
    gate.guess(true, { ...KNOWN, presented: A.facts })
    expect(gate.guess(true, { ...KNOWN, presented: B.facts })).toEqual({ status: 'used', verificationId: id })
    expect(newestOf(gate)).toMatchObject({ kind: 'check.refused', detail: { reason: 'used' } })
    expect(gate.verification(id)).toMatchObject({ status: 'approved', intent: A })
    expect(gate.guess(true, { ...KNOWN, presented: A.facts })).toMatchObject({ status: 'approved', approval: { intent: A } })
    expect(gate.state.unfulfilled).toEqual([id])
  })

  it('of a code for nothing fixed are of nothing: not found, and nothing is written', () => {
    const { gate } = sent()
    const before = gate.state
    expect(gate.guess(true, { ...KNOWN, presented: {} })).toEqual({ status: 'not_found' })
    expect(gate.state).toBe(before)
  })
})

describe('two right ones at once', () => {
  it.each<[string, Partial<CheckRequest>, object]>([
    ['the same', { intent: A }, { status: 'approved', approval: { intent: A, requestId: 'req-one' } }],
    ['another', { intent: B }, { status: 'used' }],
    ['the same, with another code', { intent: A, ...UNKNOWN }, { status: 'incorrect_after_approval' }],
  ])('the first with an intent, the second with %s', (_name, changes, expected) => {
    const { gate, id } = sent()
    const one = gate.letIn({ ...KNOWN, intent: A, requestId: 'req-one' })
    const other = gate.letIn({ ...KNOWN, ...changes, requestId: 'req-other' })
    expect(one(true)).toMatchObject({ status: 'approved', approval: { intent: A } })
    expect(other(true)).toMatchObject({ verificationId: id, ...expected })
    expect(gate.state.unfulfilled).toEqual([id])
    expect(eventsOf(gate).filter((kind) => kind === 'intent.accepted')).toHaveLength(1)
  })

  it('the first with an intent, the second with none: a code is right once', () => {
    const { gate } = sent()
    const [one, other] = [gate.letIn({ ...KNOWN, intent: A }), gate.letIn(KNOWN)]
    expect(one(true)).toMatchObject({ approval: { intent: A } })
    expect(other(true)).toEqual({ status: 'not_found' })
  })

  it('without an intent: the second is not found, as a code is right once', () => {
    const { gate } = sent()
    const [one, other] = [gate.letIn(KNOWN), gate.letIn(KNOWN)]
    expect(one(true).status).toBe('approved')
    expect(other(true)).toEqual({ status: 'not_found' })
  })

  it('the first without an intent, the second with one: it follows', () => {
    const { gate } = sent()
    const [one, other] = [gate.letIn(KNOWN), gate.letIn({ ...KNOWN, intent: A })]
    expect(one(true)).not.toHaveProperty('approval')
    expect(other(true)).toMatchObject({ status: 'approved', approval: { intent: A } })
  })

  it('neither of which is a wrong guess of the number', () => {
    const { gate } = sent()
    const ends = [1, 2, 3].map(() => gate.letIn({ ...KNOWN, intent: A }))
    for (const end of ends) expect(end(true).status).toBe('approved')
    expect(gate.state.wrongGuesses).toEqual([])
  })

  it('and a wrong one with them, which says nothing', () => {
    const { gate } = sent()
    const [one, other] = [gate.letIn({ ...KNOWN, intent: A }), gate.letIn({ ...UNKNOWN, intent: A })]
    one(true)
    expect(other(false)).toEqual({ status: 'not_found' })
    expect(gate.state.wrongGuesses).toHaveLength(1)
  })
})

describe('the same request again', () => {
  it('within a minute is answered as before, with what was let through', () => {
    const { gate } = sent()
    const request = gate.checkRequest({ ...KNOWN, intent: A })
    const first = gate.guess(true, request)
    gate.wait(MINUTE_MS - 1)
    const before = gate.state
    expect(gate.guess(true, request)).toEqual(first)
    expect(gate.state).toBe(before)
  })

  it('does so whatever was guessed meanwhile, and later only for who is let in', () => {
    const { gate } = sent()
    const request = gate.checkRequest({ ...KNOWN, intent: A })
    const first = gate.guess(true, request)
    for (let nth = 0; nth < 5; nth++) gate.guess(true, { ...UNKNOWN, intent: A })
    expect(gate.guess(true, request)).toEqual(first)
    gate.wait(MINUTE_MS)
    expect(gate.guess(true, request)).toMatchObject({ status: 'too_many_guesses' })
  })
})

describe('the digest of a code', () => {
  const weighed = (gate: PureGate, changes: Partial<CheckRequest> = { presented: {} }) =>
    gate.begin({ ...KNOWN, target: { purpose: 'login', bindingHash: 'loan-1' }, ...changes })

  it('is bound to what it is for, where that was fixed', () => {
    const { gate } = sent({ bindingHash: 'loan-1', intent: A })
    expect(weighed(gate)).toMatchObject({ status: 'weigh', bindingHash: 'loan-1.key-of-A' })
  })

  it('is bound to what it is for now: sent again, for something else or for nothing', () => {
    const { gate } = sent({ bindingHash: 'loan-1', intent: A })
    const { id } = sent({ bindingHash: 'loan-1', intent: B }, gate)
    expect(weighed(gate)).toMatchObject({ bindingHash: 'loan-1.key-of-B', verificationId: id })
    gate.send({ bindingHash: 'loan-1' })
    expect(weighed(gate, {})).toMatchObject({ bindingHash: 'loan-1', verificationId: id })
  })

  it('is bound to nothing more by an intent that comes with it', () => {
    const { gate } = sent({ bindingHash: 'loan-1' })
    const target = { purpose: 'login', bindingHash: 'loan-1' }
    expect(gate.begin({ ...KNOWN, target, intent: A })).toMatchObject({ bindingHash: 'loan-1' })
  })
})

describe('a state of older code', () => {
  const NEW = ['intent', 'updateWindowMs', 'proof', 'wrongProofs', 'accepted', 'values', 'mustShow', 'subject'] as const

  it('has none of the fields, and approves as ever', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    for (const field of NEW) expect(gate.verification(verificationId)).not.toHaveProperty(field)
    expect(gate.state).not.toHaveProperty('unfulfilled')
    expect(gate.guess(true)).toEqual({ status: 'approved', verificationId, guessesLeft: 4 })
    expect(gate.state).not.toHaveProperty('unfulfilled')
    expect(gate.guess(true)).toEqual({ status: 'not_found' })
  })

  it('that knows no message lets an intent through without the message', () => {
    const { gate } = sent()
    const [{ message: _, ...older }] = gate.state.verifications as [Verification]
    gate.state = deepFreeze<GateState>({ ...gate.state, verifications: [older] })
    expect(gate.guess(true, { ...KNOWN, intent: A })).toMatchObject({ approval: { intent: A, communicationId: null } })
  })
})
