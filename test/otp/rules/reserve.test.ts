import { describe, expect, it } from 'vitest'
import { DAY_MS } from '../../../src/otp/gate-state'
import type { ReserveReply } from '../../../src/otp/rules/reserve'
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
} from '../../support/pure-gate'

/** Asks at each of these times, in milliseconds after the start; what the gate says to each. */
function sendsAt(times: readonly number[], gate = new PureGate()): ReserveReply[] {
  return times.map((at) => {
    gate.now = T0 + at
    return gate.reserve()
  })
}

const minutes = (...values: number[]) => values.map((value) => value * MINUTE_MS)

describe('the first send', () => {
  it('is let through and written down whole', () => {
    const gate = new PureGate()
    const reply = gate.reserve()

    expect(reply).toEqual({
      status: 'reserved',
      verificationId: 'ver-code-1',
      createdAt: T0,
      expiresAt: T0 + 5 * MINUTE_MS,
      resendAt: T0 + MINUTE_MS,
      guessesLeft: 5,
      now: T0,
    })
    expect(gate.state).toMatchObject({
      phone: PHONE.e164,
      phoneHash: PHONE.hash,
      phoneMasked: PHONE.masked,
      country: 'IN',
      cooldownUntil: T0 + MINUTE_MS,
      cooldownCodeId: 'code-1',
      sends: [T0],
      lastActivityAt: T0,
      seq: 1,
    })
    expect(gate.state.verifications).toMatchObject([
      { status: 'pending', sends: 1, guesses: 0, wrong: 0, unsettled: ['code-1'], lastCodeId: 'code-1', completedAt: null },
    ])
    expect(gate.verification('ver-code-1').code).toEqual({ id: 'code-1', digest: 'digest-of-code-1', keyVersion: 'k1' })
  })

  it('has its audit event in the same state', () => {
    const gate = new PureGate()
    gate.reserve({ channel: 'whatsapp', surface: 'homi' })
    expect(gate.state.outbox).toEqual([
      {
        seq: 0,
        at: T0,
        verificationId: 'ver-code-1',
        kind: 'send.reserved',
        surface: 'homi',
        requestId: 'req-code-1',
        detail: { communication_id: 'com-code-1', channel: 'whatsapp', send: 1 },
      },
    ])
  })
})

describe('what a code is for', () => {
  const kept = {
    values: { amount: 'INR 5000.00' },
    mustShow: ['amount'],
    subject: 'repayment:1/2',
    intent: anIntent('A', { amount: 500_000 }),
    updateWindowMs: WINDOW_MS,
  }

  it('is kept whole, and its facts are in the audit beside the usual ones', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send(kept)
    expect(gate.verification(verificationId)).toMatchObject(kept)
    expect(gate.state.outbox[0]?.detail).toEqual({
      name: 'A',
      amount: 500_000,
      communication_id: 'com-code-1',
      channel: 'sms',
      send: 1,
    })
  })

  it('never takes the place of the usual ones', () => {
    const gate = new PureGate()
    gate.send({ intent: anIntent('A', { communication_id: 'forged', channel: 'forged', send: 9 }) })
    expect(gate.state.outbox[0]?.detail).toEqual({ name: 'A', communication_id: 'com-code-1', channel: 'sms', send: 1 })
  })

  it('stays what it is for the same, and is nothing of a send that is for nothing', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send(kept)
    gate.send({ ...kept, intent: { ...kept.intent, facts: { basis: 7 } } })
    expect(gate.verification(verificationId)).toMatchObject({ sends: 2, intent: { facts: { basis: 7 } } })
    gate.send()
    expect(gate.verification(verificationId).sends).toBe(3)
    for (const field of Object.keys(kept)) expect(gate.verification(verificationId)).not.toHaveProperty(field)
  })

  it('begins anew for something else: another id, the guesses go on, and the one before is canceled', () => {
    const gate = new PureGate(FREE_POLICY)
    const first = gate.send(kept).verificationId
    for (let nth = 0; nth < 2; nth++) gate.guess(false, { presented: {} })
    gate.wait(SECOND_MS)

    const reply = gate.send({ ...kept, intent: anIntent('B'), policy: { ...FREE_POLICY, guessLimit: 9 }, requestId: 'req-other' })

    const at = T0 + SECOND_MS
    expect(reply).toMatchObject({ verificationId: 'ver-code-2', createdAt: at, guessesLeft: 3 })
    expect(gate.verification('ver-code-2')).toMatchObject({
      status: 'pending',
      sends: 1,
      createdAt: at,
      guesses: 2,
      wrong: 2,
      guessLimit: 5,
      unsettled: ['code-2'],
      intent: anIntent('B'),
    })
    expect(gate.verification(first)).toMatchObject({ status: 'canceled', code: null, completedAt: at, intent: kept.intent })
    expect(gate.state.outbox.slice(-2)).toMatchObject([
      { kind: 'verification.canceled', verificationId: first, requestId: 'req-other' },
      { kind: 'send.reserved', verificationId: 'ver-code-2', detail: { name: 'B', send: 1 } },
    ])
    expect(gate.settle('accepted', { verificationId: first, codeId: 'code-1' })).toMatchObject({ status: 'settled' })

    for (let nth = 0; nth < 2; nth++) gate.guess(false, { presented: {} })
    expect(gate.guess(false, { presented: {} })).toMatchObject({ status: 'incorrect_and_locked', guessesLeft: 0 })
    expect(gate.send({ ...kept, intent: anIntent('C') })).toMatchObject({ verificationId: 'ver-code-3', guessesLeft: 5 })
  })

  it('begins anew after one that no vendor took, too, and is answered the same when it is repeated', () => {
    const gate = new PureGate(FREE_POLICY)
    const first = gate.send({ ...kept, replaceable: true }).verificationId
    gate.settle('rejected')
    const request = gate.request({ ...kept, intent: anIntent('B'), replaceable: true })
    const reply = gate.reserve(request)
    expect(reply).toMatchObject({ status: 'reserved', verificationId: 'ver-code-2' })
    expect(gate.verification(first).status).toBe('canceled')
    expect(gate.verification('ver-code-2').replaceable).toBe(true)
    const before = gate.state
    expect(gate.reserve(request)).toEqual(reply)
    expect(gate.state).toBe(before)
  })

  it('is nothing of a new verification, after the right code of the one before', () => {
    const gate = new PureGate(FREE_POLICY)
    gate.send(kept)
    gate.guess(true, { proofs: ['proof'], presented: {} })
    const { verificationId } = gate.send({ updateWindowMs: WINDOW_MS })
    expect(verificationId).toBe('ver-code-2')
    for (const field of ['intent', 'accepted', 'proof']) expect(gate.verification(verificationId)).not.toHaveProperty(field)
    expect(gate.verification('ver-code-1')).toMatchObject({ status: 'approved', proof: 'proof', intent: kept.intent })
  })
})

describe('the cooldown', () => {
  it.each([
    [0, MINUTE_MS],
    [1, MINUTE_MS - 1],
    [30_500, 29_500],
    [MINUTE_MS - 1, 1],
  ])('%i ms after a send: wait %i ms', (after, waitMs) => {
    expect(sendsAt([0, after])[1]).toEqual({ status: 'refused', reason: 'cooldown', waitMs })
  })

  it('is over to the millisecond', () => {
    expect(sendsAt([0, MINUTE_MS])[1]).toMatchObject({ status: 'reserved', resendAt: T0 + 2 * MINUTE_MS })
  })

  it('is one for the number, whatever the purpose and binding', () => {
    const gate = new PureGate()
    gate.send()
    expect(gate.reserve({ purpose: 'payment' })).toMatchObject({ status: 'refused', reason: 'cooldown' })
    expect(gate.reserve({ bindingHash: 'loan-1' })).toMatchObject({ status: 'refused', reason: 'cooldown' })
  })

  it('is not made longer by asking again and again', () => {
    const replies = sendsAt([0, 10_000, 20_000, 59_999, MINUTE_MS])
    expect(replies.map(({ status }) => status)).toEqual(['reserved', 'refused', 'refused', 'refused', 'reserved'])
  })
})

describe('the sliding windows', () => {
  it('let 3 through at 9:59 and none of 3 more at 10:01', () => {
    const gate = new PureGate({ ...POLICY, cooldownMs: 0 })
    const replies = sendsAt(minutes(9, 9, 9, 11, 11, 11), gate)
    expect(replies.map(({ status }) => status)).toEqual(['reserved', 'reserved', 'reserved', 'refused', 'refused', 'refused'])
    expect(replies[3]).toEqual({ status: 'refused', reason: 'send_limit', waitMs: 8 * MINUTE_MS })
  })

  const hourly = minutes(0, 10, 20, 30, 40, 50, 60, 70, 80, 90)
  const evening = (first: number, burst: number[]) => [...minutes(first, 20, 40, 60, 80, 100, 120), ...minutes(...burst)]
  it.each([
    { name: '3 in 10 minutes, inside the cooldown', sent: minutes(0, 1, 2), at: 2.5 * MINUTE_MS, waitMs: 7.5 * MINUTE_MS },
    { name: '3 in 10 minutes, after the cooldown', sent: minutes(0, 1, 2), at: 5 * MINUTE_MS, waitMs: 5 * MINUTE_MS },
    { name: '3 in 10 minutes, to the millisecond', sent: minutes(0, 1, 2), at: 10 * MINUTE_MS - 1, waitMs: 1 },
    { name: '10 in 24 hours', sent: hourly, at: 100 * MINUTE_MS, waitMs: DAY_MS - 100 * MINUTE_MS },
    { name: '10 in 24 hours, to the millisecond', sent: hourly, at: DAY_MS - 1, waitMs: 1 },
    { name: 'both full, the day longer', sent: evening(5, [1430, 1431, 1432]), at: 1433 * MINUTE_MS, waitMs: 12 * MINUTE_MS },
    { name: 'both full, the day shorter', sent: evening(0, [1435, 1436, 1437]), at: 1438 * MINUTE_MS, waitMs: 7 * MINUTE_MS },
  ])('$name', ({ sent, at, waitMs }) => {
    const gate = new PureGate()
    expect(sendsAt(sent, gate).every(({ status }) => status === 'reserved')).toBe(true)

    gate.now = T0 + at
    expect(gate.reserve()).toEqual({ status: 'refused', reason: 'send_limit', waitMs })
    gate.wait(waitMs - 1)
    expect(gate.reserve()).toMatchObject({ status: 'refused', waitMs: 1 })
    gate.wait(1)
    expect(gate.reserve().status).toBe('reserved')
  })

  it('slide: after the oldest of a day only one more goes', () => {
    const gate = new PureGate()
    sendsAt([...hourly, DAY_MS], gate)
    gate.wait(MINUTE_MS)
    expect(gate.reserve()).toEqual({ status: 'refused', reason: 'send_limit', waitMs: 9 * MINUTE_MS })
  })

  it('tell the cooldown from the limit', () => {
    const gate = new PureGate({ ...POLICY, cooldownMs: 20 * MINUTE_MS, windows: [{ limit: 1, windowMs: 10 * MINUTE_MS }] })
    expect(sendsAt(minutes(0, 5, 12), gate).slice(1)).toEqual([
      { status: 'refused', reason: 'send_limit', waitMs: 15 * MINUTE_MS },
      { status: 'refused', reason: 'cooldown', waitMs: 8 * MINUTE_MS },
    ])
  })

  it('keep only the sends of the last day', () => {
    const gate = new PureGate()
    sendsAt([0, HOUR_MS, DAY_MS, DAY_MS + HOUR_MS], gate)
    expect(gate.state.sends).toEqual([T0 + DAY_MS, T0 + DAY_MS + HOUR_MS])
  })
})

describe('a repeated reservation', () => {
  it('is answered as the first time and writes nothing', () => {
    const gate = new PureGate()
    const request = gate.request()
    const first = gate.reserve(request)
    const before = gate.state
    expect(gate.reserve(request)).toEqual(first)
    expect(gate.state).toBe(before)
  })

  it('keeps its times when it is repeated later', () => {
    const gate = new PureGate()
    const request = gate.request()
    const first = gate.reserve(request)
    gate.wait(2_000)
    expect(gate.reserve(request)).toEqual({ ...first, now: T0 + 2_000 })
  })

  it.each(['accepted', 'rejected', 'unknown'] as const)('is known after its send was settled as %s', (outcome) => {
    const gate = new PureGate()
    const request = gate.request()
    gate.reserve(request)
    gate.settle(outcome)
    const before = gate.state
    expect(gate.reserve(request)).toMatchObject({ status: 'reserved', verificationId: 'ver-code-1' })
    expect(gate.state).toBe(before)
  })
})

describe('refusals', () => {
  it('are recorded with reason and wait, for the verification they would have continued', () => {
    const gate = new PureGate()
    gate.send()
    gate.wait(10_000)
    gate.reserve()
    expect(gate.state.outbox.at(-1)).toEqual({
      seq: 1,
      at: T0 + 10_000,
      verificationId: 'ver-code-1',
      kind: 'send.refused',
      surface: 'v1',
      requestId: 'req-code-2',
      detail: { reason: 'cooldown', wait_ms: 50_000, channel: 'sms' },
    })
  })

  it('name the verification that never began when it is for another purpose', () => {
    const gate = new PureGate()
    gate.send()
    gate.reserve({ purpose: 'payment' })
    expect(gate.state.outbox.at(-1)).toMatchObject({ kind: 'send.refused', verificationId: 'ver-code-2' })
    expect(gate.state.verifications).toHaveLength(1)
  })

  it('are recorded at most ten in an hour; beyond that nothing is written', () => {
    const gate = new PureGate({ ...POLICY, cooldownMs: 2 * HOUR_MS })
    gate.send()
    for (let nth = 0; nth < 10; nth++) gate.reserve()
    expect(gate.state.outbox).toHaveLength(11)

    const before = gate.state
    for (let nth = 0; nth < 100; nth++) expect(gate.reserve()).toMatchObject({ status: 'refused', reason: 'cooldown' })
    expect(gate.state).toBe(before)

    gate.wait(HOUR_MS - 1)
    gate.reserve()
    expect(gate.state).toBe(before)
    gate.wait(1)
    gate.reserve()
    expect(gate.state.outbox).toHaveLength(12)
    expect(gate.state.refusals).toEqual([T0 + HOUR_MS])
  })

  it('share that bound with refused checks', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    gate.cancel(verificationId)
    for (let nth = 0; nth < 7; nth++) gate.reserve()
    for (let nth = 0; nth < 7; nth++) gate.guess(true)
    expect(gate.state.refusals).toHaveLength(10)
    expect(gate.state.outbox.filter(({ kind }) => kind === 'check.refused')).toHaveLength(3)
  })
})
