import { describe, expect, it } from 'vitest'
import { DAY_MS, type GateState, isLive } from '../../../src/otp/gate-state'
import { HOUR_MS, MINUTE_MS, FREE_POLICY, POLICY, PureGate, T0 } from '../../support/pure-gate'

const liveCodes = (state: GateState, now: number) => state.verifications.filter((one) => isLive(one, now))

/** Brings a verification into a state, within its lifetime unless the state is about that. */
const statuses: Record<string, (gate: PureGate, id: string) => unknown> = {
  pending: () => {},
  'pending, settled': (gate) => gate.settle('accepted'),
  'pending with guesses': (gate) => [gate.guess(false), gate.guess(false)],
  failed: (gate) => gate.settle('rejected'),
  approved: (gate) => gate.guess(true),
  locked: (gate) => [1, 2, 3, 4, 5].map(() => gate.guess(false)),
  canceled: (gate, id) => gate.cancel(id),
  expired: (gate) => gate.wait(5 * MINUTE_MS),
  'failed, out of time': (gate) => [gate.settle('rejected'), gate.wait(5 * MINUTE_MS)],
}

function brought(status: string) {
  const gate = new PureGate(FREE_POLICY)
  const { verificationId } = gate.send()
  statuses[status]!(gate, verificationId)
  return { gate, id: verificationId }
}

describe('a send for the same number, purpose and binding', () => {
  it.each(['pending', 'pending, settled', 'pending with guesses', 'failed'])('goes on with one that is %s', (status) => {
    const { gate, id } = brought(status)
    const { guesses, wrong } = gate.verification(id)
    gate.wait(MINUTE_MS)

    const reply = gate.send()

    expect(reply).toMatchObject({ verificationId: id, createdAt: T0, expiresAt: T0 + 6 * MINUTE_MS, guessesLeft: 5 - guesses })
    expect(gate.verification(id)).toMatchObject({ status: 'pending', sends: 2, guesses, wrong, code: { id: gate.codeId } })
    expect(gate.state.verifications).toHaveLength(1)
  })

  it.each(['approved', 'locked', 'canceled', 'expired', 'failed, out of time'])('begins anew after one that is %s', (status) => {
    const { gate, id } = brought(status)
    gate.wait(MINUTE_MS)

    const reply = gate.send()

    expect(reply).toMatchObject({ createdAt: gate.now, guessesLeft: 5 })
    expect(reply.verificationId).not.toBe(id)
    expect(gate.verification(reply.verificationId)).toMatchObject({ sends: 1, guesses: 0, wrong: 0 })
    expect(liveCodes(gate.state, gate.now)).toHaveLength(1)
  })

  it('looks at the newest one: one that was locked before stays so', () => {
    const { gate, id } = brought('locked')
    const { verificationId } = gate.send()
    expect(gate.send().verificationId).toBe(verificationId)
    expect(gate.verification(id)).toMatchObject({ status: 'locked', sends: 1, code: null })
  })

  it('leaves those of other purposes and bindings alone', () => {
    const gate = new PureGate(FREE_POLICY)
    const facts = [{}, { purpose: 'payment' }, { bindingHash: 'loan-1' }, { purpose: 'payment', bindingHash: 'loan-1' }]
    const ids = facts.map((fact) => gate.send(fact).verificationId)

    expect(new Set(ids).size).toBe(4)
    expect(liveCodes(gate.state, gate.now).map(({ id }) => id)).toEqual(ids)
    expect(facts.map((fact) => gate.send(fact).verificationId)).toEqual(ids)
    expect(liveCodes(gate.state, gate.now).map(({ code }) => code!.id)).toEqual(['code-5', 'code-6', 'code-7', 'code-8'])
  })

  it('takes over channel, locale and surface of the newest send', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    gate.send({ channel: 'whatsapp', locale: 'hi', surface: 'homi' })
    expect(gate.verification(verificationId)).toMatchObject({ channel: 'whatsapp', locale: 'hi', surface: 'homi' })
  })

  it('with all guesses being weighed begins anew, and the old code is worth nothing', () => {
    const gate = new PureGate(FREE_POLICY)
    const old = gate.send().verificationId
    const endings = [1, 2, 3, 4, 5].map(() => gate.letIn())

    const { verificationId } = gate.send()

    expect(verificationId).not.toBe(old)
    expect(gate.verification(old)).toMatchObject({ status: 'locked', code: null, completedAt: T0 })
    expect(liveCodes(gate.state, gate.now).map(({ id }) => id)).toEqual([verificationId])
    for (const end of endings) expect(end(true)).toEqual({ status: 'not_found' })
  })

  it('never has more guesses than either policy gives', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    gate.guess(false)
    expect(gate.send({ policy: { ...FREE_POLICY, guessLimit: 3 } }).guessesLeft).toBe(2)
    expect(gate.send({ policy: { ...FREE_POLICY, guessLimit: 5 } }).guessesLeft).toBe(2)
    expect(gate.verification(verificationId).guessLimit).toBe(3)
  })

  it('under a stricter policy that leaves no guess: no code that nobody may try is sent', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    for (const _ of [1, 2, 3, 4]) gate.guess(false)

    const reply = gate.reserve({ policy: { ...FREE_POLICY, guessLimit: 3 } })

    if (reply.status === 'reserved') expect(reply.guessesLeft).toBeGreaterThan(0)
    else expect(reply).toMatchObject({ status: 'refused', reason: 'too_many_guesses' })
  })
})

describe('a resend by id', () => {
  it.each(['pending', 'pending, settled', 'pending with guesses', 'failed'])('goes on with one that is %s', (status) => {
    const { gate, id } = brought(status)
    expect(gate.reserve({ resendOf: id })).toMatchObject({ status: 'reserved', verificationId: id })
    expect(gate.verification(id)).toMatchObject({ status: 'pending', sends: 2, code: { id: gate.codeId } })
  })

  it.each([
    ['approved', 'approved'],
    ['locked', 'locked'],
    ['canceled', 'canceled'],
    ['expired', 'expired'],
    ['failed, out of time', 'failed'],
  ])('refuses one that is %s, and writes nothing', (status, now) => {
    const { gate, id } = brought(status)
    const before = gate.state
    expect(gate.reserve({ resendOf: id })).toEqual({ status: 'not_pending', now })
    expect(gate.state).toBe(before)
  })

  it('refuses an id that the gate does not know, and writes nothing', () => {
    const gate = new PureGate()
    expect(gate.reserve({ resendOf: 'ver-foreign' })).toEqual({ status: 'not_found' })
    gate.send()
    const before = gate.state
    expect(gate.reserve({ resendOf: 'ver-foreign' })).toEqual({ status: 'not_found' })
    expect(gate.state).toBe(before)
  })

  it('keeps to cooldown and windows', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    expect(gate.reserve({ resendOf: verificationId })).toEqual({ status: 'refused', reason: 'cooldown', waitMs: MINUTE_MS })
    expect(gate.state.outbox.at(-1)).toMatchObject({ kind: 'send.refused', verificationId })
  })

  it('of one whose guesses are all being weighed is not told that it is pending and therefore not pending', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    for (const _ of [1, 2, 3, 4, 5]) gate.letIn()
    expect(gate.reserve({ resendOf: verificationId })).not.toEqual({ status: 'not_pending', now: 'pending' })
  })

  // Only where surfaces with different limits share a purpose: the stricter one began anew while this one was open.
  it('makes the one it names the newest: the code that was sent last is the one that a check by number is for', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    gate.guess(false)
    gate.settle('rejected')
    expect(gate.send({ policy: { ...FREE_POLICY, guessLimit: 1 } }).verificationId).not.toBe(verificationId)
    gate.send({ resendOf: verificationId })
    expect(liveCodes(gate.state, gate.now).map(({ id }) => id)).toEqual([verificationId])
    expect(gate.guess(true)).toMatchObject({ status: 'approved', verificationId })
  })

  it('is told when it names one that is not the newest', () => {
    const { gate, id } = brought('approved')
    gate.send()
    expect(gate.reserve({ resendOf: id })).toEqual({ status: 'not_pending', now: 'approved' })
  })
})

describe('wrong guesses over all purposes', () => {
  /** 25 wrong guesses, a minute apart: five for each of five verifications, over two purposes. */
  function exhausted(policy = FREE_POLICY) {
    const gate = new PureGate(policy)
    for (let nth = 0; nth < 25; nth++) {
      const purpose = nth % 10 < 5 ? 'login' : 'payment'
      if (nth % 5 === 0) gate.send({ purpose })
      gate.guess(false, { target: { purpose, bindingHash: '' } })
      if (nth < 24) gate.wait(MINUTE_MS / 2)
    }
    return gate
  }

  it('refuse a send for any purpose, until the first of them is a day old', () => {
    const gate = exhausted()
    const waitMs = T0 + DAY_MS - gate.now
    for (const purpose of ['login', 'payment', 'registration']) {
      expect(gate.reserve({ purpose })).toEqual({ status: 'refused', reason: 'too_many_guesses', waitMs })
    }
    gate.wait(waitMs - 1)
    expect(gate.reserve()).toMatchObject({ reason: 'too_many_guesses', waitMs: 1 })
    gate.wait(1)
    expect(gate.reserve().status).toBe('reserved')
  })

  it('are judged by the policy of the one who asks', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send()
    for (const _ of [1, 2, 3]) gate.guess(false)
    expect(gate.reserve({ purpose: 'payment', policy: { ...FREE_POLICY, wrongGuessLimit: 3 } }).status).toBe('refused')
    expect(gate.reserve({ purpose: 'payment' }).status).toBe('reserved')
  })

  it('tell a wait that is long enough, the cooldown included', () => {
    const gate = new PureGate({ ...POLICY, windows: [], wrongGuessLimit: 5 })
    gate.send()
    gate.guess(false)
    gate.wait(DAY_MS - 10_000)
    gate.send()
    for (const _ of [1, 2, 3, 4]) gate.guess(false)
    const reply = gate.reserve()
    expect(reply).toMatchObject({ status: 'refused', reason: 'too_many_guesses' })

    gate.wait((reply as { waitMs: number }).waitMs)

    expect(gate.reserve().status).toBe('reserved')
  })

  it('older than a day do not count', () => {
    const gate = exhausted()
    gate.wait(DAY_MS + HOUR_MS)
    expect(gate.send().guessesLeft).toBe(5)
    gate.guess(false)
    expect(gate.state.wrongGuesses).toEqual([gate.now])
  })
})
