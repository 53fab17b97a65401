import { describe, expect, it } from 'vitest'
import { DAY_MS, EMPTY_GATE_STATE, type GateState } from '../../../src/otp/gate-state'
import { dropBatch, dropFulfilled, isQuiet, nextAlarmAt, takeBatch, unfulfilledIn } from '../../../src/otp/rules/outbox'
import {
  FREE_POLICY,
  HOUR_MS,
  MINUTE_MS,
  PHONE,
  POLICY,
  PureGate,
  SECOND_MS,
  T0,
  WINDOW_MS,
  anIntent,
  deepFreeze,
} from '../../support/pure-gate'

/** A gate with so many events to carry, for one verification. */
function waiting(events: number) {
  const gate = new PureGate(FREE_POLICY)
  for (let nth = 0; nth < events; nth++) gate.send()
  return gate
}

describe('a batch', () => {
  it('has the oldest fifty events, in order', () => {
    const { state } = waiting(120)
    expect(takeBatch(state, 0).events.map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, seq) => seq))
  })

  it('has the present state of the verifications it tells of, and of no other', () => {
    const gate = waiting(50)
    gate.send({ purpose: 'payment' })
    const [record, ...others] = takeBatch(gate.state, gate.now).records
    expect(others).toEqual([])
    expect(record).toEqual({
      id: 'ver-code-1',
      version: 49,
      phoneHash: PHONE.hash,
      phoneMasked: PHONE.masked,
      country: 'IN',
      purpose: 'login',
      bindingHash: null,
      surface: 'v1',
      channel: 'sms',
      status: 'pending',
      sends: 50,
      guesses: 0,
      createdAt: T0,
      expiresAt: T0 + 5 * MINUTE_MS,
      completedAt: null,
      subject: null,
      intent: null,
      owner: '',
    })
  })

  it('has what a verification is about, and what its code is for or was given for', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send({ subject: 'repayment:1/2', updateWindowMs: WINDOW_MS })
    expect(takeBatch(gate.state, gate.now).records[0]).toMatchObject({ subject: 'repayment:1/2', intent: null })
    gate.guess(true, { proofs: ['proof'], intent: anIntent('A') })
    expect(takeBatch(gate.state, gate.now).records[0]).toMatchObject({ subject: 'repayment:1/2', intent: { name: 'A' } })
    gate.send({ purpose: 'fixed', intent: anIntent('B') })
    expect(takeBatch(gate.state, gate.now).records[1]).toMatchObject({ subject: null, intent: { name: 'B' } })
  })

  it('keeps the hash of a binding', () => {
    const gate = new PureGate()
    gate.send({ bindingHash: 'loan-1' })
    expect(takeBatch(gate.state, gate.now).records[0]?.bindingHash).toBe('loan-1')
  })

  it('says of each verification whose it is', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send({ owner: 'key_1' })
    gate.send({ owner: 'key_2' })
    gate.send()
    expect(takeBatch(gate.state, gate.now).records.map(({ owner }) => owner)).toEqual(['key_1', 'key_2', ''])
  })

  it('has neither number nor digest nor the id of a code', () => {
    const gate = waiting(2)
    gate.guess(false)
    gate.settle('accepted')
    gate.send({ updateWindowMs: WINDOW_MS })
    gate.guess(true, { proofs: ['proof'], intent: anIntent('A') })
    gate.guess(true, { proofs: ['wrong proof'], intent: anIntent('A') })
    const { events, records } = takeBatch(gate.state, gate.now)
    expect(events.at(-1)?.kind).toBe('check.incorrect')
    expect(JSON.stringify({ events, records })).not.toMatch(/7888888888|digest|"code-\d|proof|key-of/)
  })

  it('has no record for a refusal of a verification that never began', () => {
    const gate = new PureGate()
    gate.send()
    gate.flush()
    gate.reserve({ purpose: 'payment' })
    expect(takeBatch(gate.state, gate.now)).toMatchObject({
      events: [{ kind: 'send.refused', verificationId: 'ver-code-2' }],
      records: [],
    })
  })

  it('has a record for such a refusal where it was about something, so that it is in the story of that', () => {
    const gate = new PureGate()
    gate.send()
    gate.flush()
    gate.wait(SECOND_MS)
    const wish = { purpose: 'payment', bindingHash: 'loan-1', subject: 'repayment:1/2', owner: 'key_1' }
    gate.reserve({ ...wish, surface: 'payment-otp' })
    const refusedAt = T0 + SECOND_MS
    expect(takeBatch(gate.state, gate.now).records).toEqual([
      {
        id: 'ver-code-2',
        version: expect.any(Number),
        phoneHash: PHONE.hash,
        phoneMasked: PHONE.masked,
        country: PHONE.country,
        purpose: 'payment',
        bindingHash: 'loan-1',
        surface: 'payment-otp',
        channel: 'sms',
        status: 'failed',
        sends: 0,
        guesses: 0,
        createdAt: refusedAt,
        expiresAt: refusedAt,
        completedAt: refusedAt,
        subject: 'repayment:1/2',
        intent: null,
        owner: 'key_1',
      },
    ])
  })

  it('is empty where nothing waits', () => {
    expect(takeBatch(EMPTY_GATE_STATE, 0)).toEqual({ events: [], records: [] })
  })
})

describe('dropping a batch', () => {
  it('drops exactly what was carried, while new events came', () => {
    const gate = waiting(60)
    const batch = takeBatch(gate.state, gate.now)
    gate.guess(false)
    gate.send()
    const dropped = dropBatch(gate.state, batch, gate.now)
    expect(dropped.outbox.map(({ seq }) => seq)).toEqual([50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61])
    expect(dropped.seq).toBe(62)
  })

  it('twice is as once', () => {
    const gate = waiting(60)
    const batch = takeBatch(gate.state, gate.now)
    const once = dropBatch(gate.state, batch, gate.now)
    expect(dropBatch(once, batch, gate.now)).toEqual(once)
  })

  it('keeps everything that decides', () => {
    const gate = waiting(3)
    gate.guess(false)
    const before = gate.state
    gate.flush()
    expect(gate.state).toEqual({ ...before, outbox: [] })
  })

  it('forgets the failures of the flushes before', () => {
    const gate = waiting(1)
    const failed = { ...gate.state, flushFailures: 7 }
    expect(dropBatch(failed, takeBatch(failed, gate.now), gate.now).flushFailures).toBe(0)
  })

  it.each([
    [POLICY.lifetimeMs + DAY_MS - 1, ['ver-code-1', 'ver-code-2']],
    [POLICY.lifetimeMs + DAY_MS, ['ver-code-2']],
  ])('forgets what ended a day ago: after %i ms %j are left', (after, ids) => {
    const gate = new PureGate()
    gate.send()
    gate.flush()
    gate.wait(after)
    gate.send({ purpose: 'payment' })
    gate.flush()
    expect(gate.state.verifications.map(({ id }) => id)).toEqual(ids)
  })

  it.each([
    ['verified', {}, POLICY.lifetimeMs + WINDOW_MS],
    ['with an intent', { intent: anIntent('A') }, POLICY.lifetimeMs + WINDOW_MS],
  ])('forgets the proof of a code %s when nobody can come back with it any more', (_name, changes, after) => {
    const gate = new PureGate()
    const { verificationId } = gate.send({ updateWindowMs: WINDOW_MS })
    gate.guess(true, { proofs: ['proof'], ...changes })
    gate.wait(after - 1)
    gate.flush()
    expect(gate.verification(verificationId).proof).toBe('proof')
    gate.wait(1)
    gate.state = deepFreeze(dropBatch(gate.state, takeBatch(gate.state, gate.now), gate.now))
    expect(gate.verification(verificationId)).not.toHaveProperty('proof')
    expect(gate.verification(verificationId).status).toBe('approved')
    expect(gate.guess(true, { proofs: ['proof'], intent: anIntent('A') })).toEqual({ status: 'not_found' })
  })

  it('keeps an old one for as long as events of it wait', () => {
    const gate = new PureGate()
    gate.send()
    const batch = takeBatch(gate.state, gate.now)
    gate.wait(3 * DAY_MS)
    gate.guess(true)
    expect(dropBatch(gate.state, batch, gate.now).verifications).toHaveLength(1)
    gate.flush()
    expect(gate.state.verifications).toEqual([])
  })
})

/** A gate with so many intents to carry out, each of a verification of its own, and nothing else that waits. */
function unfulfilled(count: number) {
  const gate = new PureGate(FREE_POLICY)
  for (let nth = 1; nth <= count; nth++) {
    const purpose = `purpose-${nth}`
    gate.send({ purpose, updateWindowMs: WINDOW_MS })
    gate.guess(true, { target: { purpose, bindingHash: '' }, proofs: ['proof'], intent: anIntent(`${nth}`) })
  }
  const { state } = gate
  gate.state = deepFreeze(dropBatch(state, { events: state.outbox, records: [] }, gate.now))
  return gate
}

describe('intents that are to be carried out', () => {
  it('are told in the order in which they were let through', () => {
    const { state } = unfulfilled(3)
    expect(state.outbox).toEqual([])
    expect(unfulfilledIn(state).map(({ verificationId, intent }) => [verificationId, intent.key])).toEqual([
      ['ver-code-1', 'key-of-1'],
      ['ver-code-2', 'key-of-2'],
      ['ver-code-3', 'key-of-3'],
    ])
  })

  it('are dropped once they were carried out, and only those', () => {
    const gate = unfulfilled(3)
    const [first, , third] = unfulfilledIn(gate.state)
    const after = dropFulfilled(gate.state, [third!, first!], [], gate.now)
    expect(after.unfulfilled).toEqual(['ver-code-2'])
    expect({ ...after, unfulfilled: gate.state.unfulfilled }).toEqual(gate.state)
    expect(dropFulfilled(after, [third!, first!], [], gate.now)).toEqual(after)
  })

  it('that turned out to be impossible are on record, for who asked for them', () => {
    const gate = unfulfilled(2)
    gate.wait(HOUR_MS)
    gate.fulfil(['ver-code-2'])
    expect(gate.state.unfulfilled).toEqual([])
    expect(gate.state.outbox).toEqual([
      {
        seq: 6,
        at: T0 + HOUR_MS,
        verificationId: 'ver-code-2',
        kind: 'intent.refused',
        surface: 'v1',
        requestId: 'req-attempt-2',
        detail: { reason: 'overtaken' },
      },
    ])
  })

  it('are told to be impossible once, though two carried them at once', () => {
    const gate = unfulfilled(2)
    const asked = unfulfilledIn(gate.state)
    const once = dropFulfilled(gate.state, asked, ['ver-code-1', 'ver-code-2'], gate.now)
    expect(once.outbox.map(({ verificationId }) => verificationId)).toEqual(['ver-code-1', 'ver-code-2'])
    expect(dropFulfilled(once, asked, ['ver-code-1', 'ver-code-2'], gate.now)).toEqual(once)
    // One that the other has done by then is not taken back.
    const done = dropFulfilled(gate.state, asked, [], gate.now)
    expect(dropFulfilled(done, asked, ['ver-code-2'], gate.now)).toEqual(done)
  })

  it('that came while others were carried out stay', () => {
    const gate = unfulfilled(1)
    const asked = unfulfilledIn(gate.state)
    gate.send({ updateWindowMs: WINDOW_MS })
    gate.guess(true, { intent: anIntent('meanwhile') })
    expect(dropFulfilled(gate.state, asked, [], gate.now).unfulfilled).toEqual(['ver-code-2'])
  })

  it('keep their verification, however old, and let it go when they are done', () => {
    const gate = unfulfilled(1)
    gate.wait(3 * DAY_MS)
    const empty = { events: [], records: [] }
    gate.state = deepFreeze(dropBatch(gate.state, empty, gate.now))
    expect(gate.fulfil()).toMatchObject([{ verificationId: 'ver-code-1', acceptedAt: T0, intent: anIntent('1') }])
    expect(dropBatch(gate.state, empty, gate.now).verifications).toEqual([])
  })

  it('keep the gate awake: the alarm is due as for events, and it is not quiet', () => {
    const { state } = unfulfilled(1)
    expect(nextAlarmAt(state, T0, 0.5)).toBe(T0 + 4_000)
    expect(nextAlarmAt({ ...state, flushFailures: 3 }, T0, 0.5)).toBe(T0 + 8_000)
    expect(isQuiet(state, T0 + 7 * DAY_MS)).toBe(false)
    const done = dropFulfilled(state, unfulfilledIn(state), [], T0)
    expect(nextAlarmAt(done, T0, 0.5)).toBe(T0 + DAY_MS)
    expect(isQuiet(done, T0 + DAY_MS)).toBe(true)
  })

  it('forget the failures before, once they are done', () => {
    const { state } = unfulfilled(1)
    expect(dropFulfilled({ ...state, flushFailures: 7 }, unfulfilledIn(state), [], T0).flushFailures).toBe(0)
  })

  it('are none in a state of older code', () => {
    const gate = waiting(1)
    expect(gate.state).not.toHaveProperty('unfulfilled')
    expect(unfulfilledIn(gate.state)).toEqual([])
    gate.flush()
    expect(isQuiet(gate.state, T0 + DAY_MS)).toBe(true)
    expect(unfulfilledIn(dropFulfilled(gate.state, [], [], gate.now))).toEqual([])
  })
})

describe('the alarm', () => {
  const withOutbox = (flushFailures: number): GateState => ({ ...waiting(1).state, flushFailures })

  it('is due four seconds after what waits', () => {
    for (const jitter of [0, 0.5, 1]) expect(nextAlarmAt(withOutbox(0), T0, jitter)).toBe(T0 + 4_000)
  })

  it('is due a day after the last activity when nothing waits', () => {
    const gate = waiting(1)
    gate.wait(HOUR_MS)
    gate.guess(false)
    gate.flush()
    gate.wait(3 * HOUR_MS)
    expect(nextAlarmAt(gate.state, gate.now, 0.5)).toBe(T0 + HOUR_MS + DAY_MS)
  })

  it.each([
    [1, 2_000],
    [2, 4_000],
    [3, 8_000],
    [8, 256_000],
    [9, 512_000],
    [10, 900_000],
    [50, 900_000],
    [1_000_000, 900_000],
  ])('pauses after %i failures for %i ms, a fifth more or less', (failures, pause) => {
    const state = withOutbox(failures)
    expect(nextAlarmAt(state, T0, 0.5) - T0).toBeCloseTo(pause)
    expect(nextAlarmAt(state, T0, 0) - T0).toBeCloseTo(0.8 * pause)
    expect(nextAlarmAt(state, T0, 1) - T0).toBeCloseTo(1.2 * pause)
  })
})

describe('quiet', () => {
  it.each([
    ['nothing waits, a day ago', true, DAY_MS, true],
    ['nothing waits, just under a day ago', true, DAY_MS - 1, false],
    ['nothing waits, just now', true, 0, false],
    ['something waits, a week ago', false, 7 * DAY_MS, false],
  ])('%s', (_name, isCarried, after, quiet) => {
    const gate = waiting(1)
    if (isCarried) gate.flush()
    expect(isQuiet(gate.state, gate.now + after)).toBe(quiet)
  })

  it('comes only when nothing of the past decides any more', () => {
    const gate = new PureGate({ ...POLICY, cooldownMs: HOUR_MS, wrongGuessLimit: 3, windows: [{ limit: 1, windowMs: DAY_MS }] })
    gate.send()
    gate.wait(2 * MINUTE_MS)
    for (const _ of [1, 2, 3]) gate.guess(false)
    gate.flush()
    while (!isQuiet(gate.state, gate.now) && gate.now < T0 + 7 * DAY_MS) gate.wait(1_000)
    expect(gate.now).toBe(T0 + 2 * MINUTE_MS + DAY_MS)

    const fresh = new PureGate(gate.policy)
    fresh.now = gate.now
    expect(gate.send({ verificationId: 'ver-new' })).toEqual(fresh.send({ verificationId: 'ver-new' }))
    expect(gate.guess(false).status).toBe(fresh.guess(false).status)
  })
})

describe('the size of the state', () => {
  it('stays small however hard one number is hammered for a month', () => {
    const gate = new PureGate()
    let largest = 0
    for (let tick = 0; tick < 30 * 24 * 20; tick++) {
      gate.wait(3 * MINUTE_MS)
      gate.reserve({ purpose: `purpose-${tick % 3}` })
      for (let nth = 0; nth < 4; nth++) gate.guess(false, { target: { purpose: `purpose-${tick % 3}`, bindingHash: '' } })
      largest = Math.max(largest, JSON.stringify(gate.state).length)
      if (tick % 5 === 0) gate.flush()
    }
    expect(gate.state.verifications.length).toBeLessThan(35)
    expect(largest).toBeLessThan(32 * 1024)
  })
})
