import { describe, expect, it } from 'vitest'
import { createMock, mockCode } from '../../../src/messaging/providers/mock'
import { describeProviderContract, otpMessage } from './contract'

const NOW = 1_767_225_600_900

for (const channel of ['sms', 'whatsapp'] as const) {
  describeProviderContract({
    name: `mock (${channel})`,
    channel,
    create: () => createMock(() => NOW),
    accepted: {
      to: '+919876543210',
      outcome: { status: 'accepted', providerMessageId: 'mock_+919876543210_1767225600', deliveryStatus: 'sent' },
    },
    secrets: [],
  })
}

describe('createMock', () => {
  it('names its messages after the number and the second, as brief 003 shows', async () => {
    const outcome = await createMock(() => NOW).send(otpMessage('+255694230173', 'sms'))

    expect(outcome).toStrictEqual({
      status: 'accepted',
      providerMessageId: 'mock_+255694230173_1767225600',
      deliveryStatus: 'sent',
    })
  })

  it('carries codes of every length that a profile may have', () => {
    expect(createMock(() => NOW).facts.maxCodeLength).toBe(10)
  })
})

describe('mockCode', () => {
  it.each([
    [4, '1234'],
    [5, '12345'],
    [6, '123456'],
    [8, '12345612'],
    [10, '1234561234'],
  ])('is the well-known code at %d digits', (length, code) => {
    expect(mockCode(length)).toBe(code)
  })
})
