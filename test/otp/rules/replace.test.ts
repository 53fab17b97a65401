import { describe, expect, it } from 'vitest'
import { MINUTE_MS, POLICY, PureGate } from '../../support/pure-gate'

/** A gate whose first message, `com-code-1`, has left by `twilio`. */
function gateWithMessage(changes: { replaceable?: boolean } = { replaceable: true }) {
  const gate = new PureGate()
  const { verificationId } = gate.send(changes)
  gate.settle('accepted', { detail: detail('com-code-1') })
  return {
    gate,
    verificationId,
    replace: (communicationId = 'com-code-1') =>
      gate.reserve({ resendOf: verificationId, replaces: communicationId, replaceable: true }),
  }
}

const detail = (communicationId: string, provider: string | null = 'twilio', deliveryStatus = 'queued') => ({
  communication_id: communicationId,
  channel: 'sms',
  provider,
  provider_message_id: provider && `${provider}-1`,
  delivery_status: deliveryStatus,
})

describe('replacing a lost message', () => {
  it('needs no cooldown, kills the old code, and begins the cooldown anew', () => {
    const { gate, verificationId, replace } = gateWithMessage()
    gate.wait(3_000)

    const reply = replace()

    expect(reply).toMatchObject({ status: 'reserved', verificationId, now: gate.now })
    expect(gate.verification(verificationId)).toMatchObject({ sends: 2, lastCodeId: gate.codeId, replaceable: false })
    expect(gate.state.cooldownUntil).toBe(gate.now + POLICY.cooldownMs)
    expect(gate.state.outbox.at(-1)).toMatchObject({ kind: 'send.reserved', detail: { replaces: 'com-code-1', send: 2 } })
  })

  it('is answered as the first time when it is repeated', () => {
    const { gate, verificationId, replace } = gateWithMessage()
    const first = replace()
    const before = gate.state

    const again = gate.reserve({
      resendOf: verificationId,
      replaces: 'com-code-1',
      code: { id: gate.codeId, digest: 'd', keyVersion: 'k1' },
    })

    expect(again).toEqual(first)
    expect(gate.state).toBe(before)
  })

  it('is granted once for a verification, whatever is lost then', () => {
    const { gate, replace } = gateWithMessage()
    replace()
    const second = gate.codeId
    gate.settle('accepted', { detail: detail(`com-${second}`, 'msg91') })

    expect(replace(`com-${second}`)).toEqual({ status: 'not_replaceable' })
    gate.wait(MINUTE_MS)
    gate.send({ replaceable: true })
    gate.settle('accepted', { detail: detail(`com-${gate.codeId}`) })
    expect(replace(`com-${gate.codeId}`)).toEqual({ status: 'not_replaceable' })
  })

  it('is of the newest message only: a report of an older one is late', () => {
    const { gate, replace } = gateWithMessage()
    gate.wait(MINUTE_MS)
    gate.send({ replaceable: true })
    const newest = `com-${gate.codeId}`
    const before = gate.state

    expect(replace('com-code-1')).toEqual({ status: 'not_replaceable' })
    expect(gate.state).toBe(before)
    expect(replace(newest)).toMatchObject({ status: 'reserved' })
  })

  it('is not granted for a code that the caller made, nor for a state of older code', () => {
    expect(gateWithMessage({ replaceable: false }).replace()).toEqual({ status: 'not_replaceable' })
    expect(gateWithMessage({}).replace()).toEqual({ status: 'not_replaceable' })
  })

  it('is not granted when another provider may have delivered the same code', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send({ replaceable: true })
    const attempts = [{ status: 'unknown' }, { status: 'accepted' }]
    gate.settle('accepted', { detail: { ...detail('com-code-1'), attempts } })

    const reply = gate.reserve({ resendOf: verificationId, replaces: 'com-code-1', replaceable: true })

    expect(reply).toEqual({ status: 'not_replaceable' })
  })

  it.each<[string, (gate: PureGate, id: string) => unknown, string]>([
    ['approved', (gate) => gate.guess(true), 'approved'],
    ['locked', (gate) => [1, 2, 3, 4, 5].map(() => gate.guess(false)), 'locked'],
    ['canceled', (gate, id) => gate.cancel(id), 'canceled'],
    ['expired', (gate) => gate.wait(5 * MINUTE_MS), 'expired'],
  ])('is not granted when the verification is %s', (_title, bring, now) => {
    const { gate, verificationId, replace } = gateWithMessage()
    bring(gate, verificationId)

    expect(replace()).toEqual({ status: 'not_pending', now })
  })

  it('counts in the windows, which refuse it as any other send', () => {
    const { gate, replace } = gateWithMessage()
    for (let n = 0; n < 2; n++) {
      gate.wait(MINUTE_MS)
      gate.send({ replaceable: true })
    }

    expect(replace(`com-${gate.codeId}`)).toMatchObject({ status: 'refused', reason: 'send_limit' })
  })

  it('keeps the count of guesses', () => {
    const { gate, verificationId, replace } = gateWithMessage()
    gate.guess(false)
    gate.guess(false)

    expect(replace()).toMatchObject({ status: 'reserved', guessesLeft: 3 })
    expect(gate.verification(verificationId)).toMatchObject({ guesses: 2, wrong: 2 })
  })
})

describe('a replacement that nobody takes', () => {
  it('leaves the lost code good, as it was: a vendor may be wrong about a loss', () => {
    const { gate, verificationId, replace } = gateWithMessage()
    const before = gate.verification(verificationId)
    gate.wait(3_000)
    replace()

    gate.settle('rejected', { detail: detail(`com-${gate.codeId}`, null, 'failed') })

    const { status, code, lastCodeId, channel, expiresAt, message, replaceable } = gate.verification(verificationId)
    expect({ status, code, lastCodeId, channel, expiresAt, message }).toEqual({
      status: 'pending',
      code: before.code,
      lastCodeId: before.lastCodeId,
      channel: before.channel,
      expiresAt: before.expiresAt,
      message: before.message,
    })
    expect(replaceable).toBe(false)
    expect(gate.state.cooldownUntil).toBe(0)
    expect(gate.guess(true)).toMatchObject({ status: 'approved' })
  })

  it.each(['accepted', 'unknown'] as const)('is another thing than one that is %s: the lost code is over', (outcome) => {
    const { gate, verificationId, replace } = gateWithMessage()
    replace()
    expect(gate.verification(verificationId).code?.replaces?.code.id).toBe('code-1')

    gate.settle(outcome, { detail: detail(`com-${gate.codeId}`, 'msg91') })

    expect(gate.verification(verificationId).code).toEqual({
      id: gate.codeId,
      digest: `digest-of-${gate.codeId}`,
      keyVersion: 'k1',
    })
  })

  it('brings nothing back once its own time is up', () => {
    const { gate, verificationId, replace } = gateWithMessage()
    replace()
    gate.wait(5 * MINUTE_MS)

    gate.settle('rejected', { detail: detail(`com-${gate.codeId}`, null, 'failed') })

    expect(gate.verification(verificationId)).toMatchObject({ status: 'failed', code: null })
  })

  it.each<[string, (gate: PureGate, id: string) => unknown]>([
    ['typed', (gate) => gate.guess(true)],
    ['canceled', (gate, id) => gate.cancel(id)],
  ])('leaves no digest behind when the new code is %s first', (_title, bring) => {
    const { gate, verificationId, replace } = gateWithMessage()
    replace()
    bring(gate, verificationId)

    gate.settle('rejected', { detail: detail(`com-${gate.codeId}`, null, 'failed') })

    expect(gate.verification(verificationId).code).toBeNull()
    expect(JSON.stringify(gate.state)).not.toContain('digest-of')
  })
})

describe('what a gate knows of its newest message', () => {
  it('is what the outcome said', () => {
    const { gate, verificationId } = gateWithMessage()

    expect(gate.verification(verificationId)).toMatchObject({
      channel: 'sms',
      message: { communicationId: 'com-code-1', provider: 'twilio', providerMessageId: 'twilio-1', status: 'queued' },
    })
  })

  it('takes the channel that the message went by', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send({ channel: 'whatsapp' })

    gate.settle('accepted', { detail: detail('com-code-1') })

    expect(gate.verification(verificationId).channel).toBe('sms')
  })

  it('is not touched by the late outcome of an older message', () => {
    const gate = new PureGate()
    const { verificationId } = gate.send()
    const old = gate.codeId
    gate.wait(MINUTE_MS)
    gate.send()

    gate.settle('unknown', { detail: detail('com-code-1', 'twilio', 'unknown'), verificationId, codeId: old })

    expect(gate.verification(verificationId).message).toEqual({
      communicationId: `com-${gate.codeId}`,
      provider: null,
      providerMessageId: null,
      status: 'pending',
    })
  })

  it.each([
    {},
    { communication_id: 'com-code-1' },
    detail('com-code-1', 'twilio', 'gone'),
    { ...detail('com-code-1'), delivery_status: 4 },
  ])('is not touched by an outcome of another form: %j', (odd) => {
    const gate = new PureGate()
    const { verificationId } = gate.send()

    gate.settle('accepted', { detail: odd })

    expect(gate.verification(verificationId).message?.status).toBe('pending')
  })

  it('is named by the approval of its code', () => {
    const { gate } = gateWithMessage()

    gate.guess(true)

    expect(gate.state.outbox.at(-1)).toMatchObject({ kind: 'check.approved', detail: { communication_id: 'com-code-1' } })
  })
})
