import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { uuidv7 } from '../../src/core/ids'
import { createGates } from '../../src/otp/gate-client'
import { createMessageId, phoneInMockId, readMessageId } from '../../src/otp/message-id'
import { createVerificationId, gateIdOf } from '../../src/otp/verification-id'

const gateId = env.PHONE_GATE.idFromName('a number').toString()
const verificationId = createVerificationId(gateId)
const communicationId = uuidv7(Date.UTC(2026, 10, 21))
const id = createMessageId(verificationId, communicationId)

describe('a message id', () => {
  it('carries the gate and the message, and is fit for a URL', () => {
    expect(id).toMatch(/^msg_[\w-]{64}$/)
    expect(readMessageId(id)!.communicationId).toBe(communicationId)
    expect(gateIdOf(readMessageId(id)!.verificationId)).toBe(gateId)
  })

  it.each(['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', communicationId])(
    'gives %s back as it was',
    (uuid) => expect(readMessageId(createMessageId(verificationId, uuid))!.communicationId).toBe(uuid),
  )

  it('is the same for the same message, and does not tell the verification', () => {
    expect(createMessageId(createVerificationId(gateId), communicationId)).toBe(id)
    expect(readMessageId(id)!.verificationId).not.toBe(verificationId)
  })

  it('is not made for what is no verification', () => {
    expect(() => createMessageId('ver_garbled', communicationId)).toThrow(TypeError)
  })

  it('finds the gate without a look-up', () => {
    const gates = createGates(
      env.PHONE_GATE,
      () => Promise.resolve('a number'),
      () => {},
    )
    expect(gates.forVerification(readMessageId(id)!.verificationId)?.gateId).toBe(gateId)
  })

  it.each([
    ['nothing', ''],
    ['the prefix alone', 'msg_'],
    ['another prefix', `ver_${id.slice(4)}`],
    ['another case of the prefix', `MSG_${id.slice(4)}`],
    ['one cut off', id.slice(0, -1)],
    ['something added', `${id}AAAA`],
    ['padding', `${id}=`],
    ['a space inside', `${id.slice(0, 20)} ${id.slice(20)}`],
    ['the UUID itself', communicationId],
    ['two prefixes', `msg_ver_${id.slice(4)}`],
  ])('is not %s', (_name, text) => expect(readMessageId(text)).toBeUndefined())
})

describe('an id of the mock', () => {
  it.each([
    ['mock_+919876543210_1234567890', '+919876543210'],
    ['mock_+2559_1', undefined],
    ['mock_+919876543210_', undefined],
    ['mock_+919876543210_12345678901234', undefined],
    ['mock_919876543210_1', undefined],
    ['mock_+0919876543210_1', undefined],
    ['mock_+919876543210_1_', undefined],
    ['mock_+919876543210_1\n', undefined],
    [`mock_+${'9'.repeat(16)}_1`, undefined],
    ['', undefined],
  ])('%j has the number %s', (text, phone) => expect(phoneInMockId(text)).toBe(phone))
})
