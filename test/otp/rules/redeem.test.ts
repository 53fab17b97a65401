import { describe, expect, it } from 'vitest'
import { CALLER_CODE_PURPOSE } from '../../../src/config/profiles'
import { attestationOf } from '../../../src/otp/rules/attest'
import { type RedeemRequest, redeem } from '../../../src/otp/rules/redeem'
import { DAY_MS } from '../../../src/otp/gate-state'
import { FREE_POLICY, MINUTE_MS, PHONE, PureGate, T0, deepFreeze } from '../../support/pure-gate'

const CLAIMED = { phone: PHONE.e164, purpose: 'login', bindingHash: '', owner: '' }
const ATTESTED = { ...CLAIMED, at: T0 + 5_000 }

/** A number whose code was right five seconds after the start. */
function approved(owner?: string) {
  const gate = new PureGate(FREE_POLICY)
  const { verificationId } = gate.send({ ...(owner !== undefined && { owner }) })
  gate.wait(5_000)
  expect(gate.guess(true, { target: { id: verificationId } }).status).toBe('approved')
  let attempts = 0
  const request = (changes: Partial<RedeemRequest> = {}): RedeemRequest => ({
    verificationId,
    claimed: CLAIMED,
    audience: 'shop',
    redeemedBy: 'key-1',
    attemptId: `attempt-${++attempts}`,
    surface: 'v1',
    requestId: 'req-redeem',
    ...changes,
  })
  function redeemOnce(changes: Partial<RedeemRequest> = {}) {
    const { state, reply } = redeem(gate.state, request(changes), gate.now)
    gate.state = deepFreeze(state)
    return reply
  }
  return { gate, verificationId, redeemOnce }
}

describe('the token of an approved verification (R-TOK-04)', () => {
  it('is taken once, and the audit says for whom and by whom', () => {
    const { gate, verificationId, redeemOnce } = approved()
    gate.wait(1_000)

    expect(redeemOnce()).toEqual({ status: 'redeemed', attestation: ATTESTED, redeemedAt: T0 + 6_000 })
    expect(gate.state.outbox.at(-1)).toEqual({
      seq: gate.state.seq - 1,
      at: T0 + 6_000,
      verificationId,
      kind: 'token.redeemed',
      surface: 'v1',
      requestId: 'req-redeem',
      detail: { audience: 'shop', redeemed_by: 'key-1' },
    })
    expect(gate.verification(verificationId)).toMatchObject({ status: 'approved', version: gate.state.seq - 1 })
    for (const redeemedBy of ['key-1', 'key-2', '']) expect(redeemOnce({ redeemedBy })).toEqual({ status: 'redeemed_before' })
    expect(gate.state.outbox.at(-1)).toMatchObject({
      kind: 'token.refused',
      detail: { audience: 'shop', redeemed_by: null, reason: 'redeemed_before' },
    })
  })

  it('is answered as before to a call that is repeated for its lost reply, and nothing is written', () => {
    const { gate, redeemOnce } = approved()
    const first = redeemOnce({ attemptId: 'lost' })
    const before = gate.state
    gate.wait(MINUTE_MS)
    expect(redeemOnce({ attemptId: 'lost' })).toEqual(first)
    expect(gate.state).toBe(before)
    expect(redeemOnce({ attemptId: 'another' })).toEqual({ status: 'redeemed_before' })
    expect(redeemOnce({ attemptId: 'lost' })).toEqual(first)
  })

  it('cannot fill the audit by being shown again and again', () => {
    const { gate, redeemOnce } = approved()
    redeemOnce()
    const { length } = gate.state.outbox
    for (let times = 0; times < 100; times++) redeemOnce()
    expect(gate.state.outbox).toHaveLength(length + 10)
  })

  it.each([
    ['another number', { claimed: { ...CLAIMED, phone: '+917888888889' } }],
    ['another purpose', { claimed: { ...CLAIMED, purpose: 'payment' } }],
    ['another binding', { claimed: { ...CLAIMED, bindingHash: 'loan-1' } }],
    ['another caller', { claimed: { ...CLAIMED, owner: 'page-1' } }],
    ['another verification', { verificationId: 'ver-code-2' }],
  ])('is not found where it says %s, and nothing is written or used up', (_what, changes) => {
    const { gate, redeemOnce } = approved()
    const before = gate.state
    expect(redeemOnce(changes)).toEqual({ status: 'not_found' })
    expect(gate.state).toBe(before)
    expect(redeemOnce().status).toBe('redeemed')
  })

  it.each(['', 'page-2'])('that a caller had checked is found as this one’s, and not where it says %j (R-TOK-03)', (owner) => {
    const { gate, redeemOnce } = approved('page-1')
    const before = gate.state
    expect(redeemOnce({ claimed: { ...CLAIMED, owner } })).toEqual({ status: 'not_found' })
    expect(gate.state).toBe(before)
    const claimed = { ...CLAIMED, owner: 'page-1' }
    expect(redeemOnce({ claimed })).toMatchObject({ status: 'redeemed', attestation: claimed })
  })

  it.each([
    ['is pending', () => {}],
    ['is locked', (gate: PureGate) => [1, 2, 3, 4, 5].map(() => gate.guess(false))],
    ['is canceled', (gate: PureGate) => gate.cancel(gate.state.verifications[0]!.id)],
    ['has expired', (gate: PureGate) => gate.wait(DAY_MS)],
  ] as const)('is not found while the verification %s', (_status, bring) => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    bring(gate)
    const about = { verificationId, claimed: CLAIMED, audience: 'shop', redeemedBy: '', attemptId: 'a', surface: 'v1' }
    const decision = redeem(gate.state, { ...about, requestId: 'req' }, gate.now)
    expect(decision).toEqual({ state: gate.state, reply: { status: 'not_found' } })
  })
})

describe('what a right code attests', () => {
  it('is in the answer where it was asked for, also in the repeated one, and nowhere else', () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send({ bindingHash: 'loan-1', purpose: 'payment', owner: 'page-1' })
    const target = { id: verificationId }
    expect(gate.guess(false, { target, attests: true })).not.toHaveProperty('attestation')
    gate.wait(5_000)

    const attestation = { phone: PHONE.e164, purpose: 'payment', bindingHash: 'loan-1', owner: 'page-1', at: T0 + 5_000 }
    const right = { status: 'approved', verificationId, guessesLeft: 3 }
    expect(gate.guess(true, { target, attests: true, attemptKey: 'this' })).toEqual({ ...right, attestation })
    gate.wait(5_000)
    expect(gate.guess(true, { target, attests: true, attemptKey: 'this' })).toEqual({ ...right, attestation })
    expect(gate.guess(true, { target, attests: false, attemptKey: 'this' })).toEqual(right)
    expect(gate.guess(true, { target, attemptKey: 'this' })).toEqual(right)
  })

  it.each([
    [true, true],
    [false, false],
    [undefined, false],
  ])('with a code that its caller could have made: ours %s', (codeIsOurs, attests) => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send({ purpose: CALLER_CODE_PURPOSE, ...(codeIsOurs !== undefined && { codeIsOurs }) })
    const answer = gate.guess(true, { target: { id: verificationId }, attests: true })
    expect(answer.status).toBe('approved')
    expect('attestation' in answer).toBe(attests)
    expect(attestationOf(gate.state, gate.verification(verificationId)) !== undefined).toBe(attests)
  })
})
