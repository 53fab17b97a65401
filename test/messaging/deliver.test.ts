import { describe, expect, it, vi } from 'vitest'
import type { LogFields, LogLevel } from '../../src/core/log'
import { createCircuitBreaker } from '../../src/messaging/circuit-breaker'
import { deliver } from '../../src/messaging/deliver'
import { FAILURE_REASONS, type FailureReason } from '../../src/messaging/failure-reason'
import type { Channel } from '../../src/messaging/message'
import type { Provider, SendOutcome } from '../../src/messaging/provider'
import { CODE, otpMessage } from './providers/contract'

const MESSAGE = otpMessage('+919876543210', 'whatsapp')

const ACCEPTED: SendOutcome = { status: 'accepted', providerMessageId: 'm-1', deliveryStatus: 'queued' }
const TIMEOUT: SendOutcome = { status: 'unknown', reason: 'timeout' }
const UNREADABLE: SendOutcome = { status: 'unknown', reason: 'unreadable_reply', httpStatus: 200 }
const refused = (reason: FailureReason): SendOutcome => ({ status: 'rejected', reason })

/** Providers that answer as told, the first as `gupshup`, the second as `mock`, and so on in turn. */
function setUp(outcomes: readonly (SendOutcome | Error)[], maxProviders = 2, channels: readonly Channel[] = []) {
  let now = 1_000
  const lines: [LogLevel, string, LogFields?][] = []
  const sent: string[] = []
  const hops = outcomes.map((outcome, index) => {
    const id = index % 2 === 0 ? 'gupshup' : 'mock'
    const provider: Provider = {
      id,
      channels: ['whatsapp'],
      facts: { maxCodeLength: 8, textIsOurs: true },
      send: async (message) => {
        sent.push(`${id} ${message.kind === 'otp' ? message.code : ''} ${message.channel}`)
        now += 100 * (index + 1)
        if (outcome instanceof Error) throw outcome
        return outcome
      },
    }
    return { provider, channel: channels[index] ?? 'whatsapp' }
  })
  const log = (...line: [LogLevel, string, LogFields?]) => void lines.push(line)
  const options = { maxProviders, breaker: createCircuitBreaker(vi.fn()), clock: () => now, log }
  return { run: () => deliver(hops, async (channel) => ({ ...MESSAGE, channel }), options), lines, sent }
}

describe('deliver', () => {
  it.each<[string, SendOutcome[], object]>([
    ['accepted', [ACCEPTED, ACCEPTED], { status: 'accepted', provider: 'gupshup', providerMessageId: 'm-1', reason: null }],
    ['accepted and sent on', [{ ...ACCEPTED, deliveryStatus: 'sent' }], { status: 'accepted', deliveryStatus: 'sent' }],
    [
      'accepted without an id',
      [{ ...ACCEPTED, providerMessageId: null }],
      { status: 'accepted', provider: 'gupshup', providerMessageId: null, reason: null },
    ],
    ['refused, accepted', [refused('rate_limited'), ACCEPTED], { status: 'accepted', provider: 'mock', reason: null }],
    ['unknown, accepted', [TIMEOUT, ACCEPTED], { status: 'accepted', provider: 'mock', providerMessageId: 'm-1' }],
    [
      'refused by all',
      [refused('rate_limited'), refused('provider_auth')],
      { status: 'rejected', provider: null, providerMessageId: null, deliveryStatus: 'failed', reason: 'provider_auth' },
    ],
    [
      'unknown, refused',
      [TIMEOUT, refused('provider_unavailable')],
      { status: 'unknown', provider: 'gupshup', providerMessageId: null, deliveryStatus: 'unknown', reason: 'timeout' },
    ],
    ['unknown, refused for good', [TIMEOUT, refused('invalid_recipient')], { status: 'unknown', provider: 'gupshup' }],
    [
      'refused, unknown',
      [refused('rate_limited'), UNREADABLE],
      { status: 'unknown', provider: 'mock', reason: 'unreadable_reply' },
    ],
    ['unknown twice', [TIMEOUT, UNREADABLE], { status: 'unknown', provider: 'gupshup', reason: 'timeout' }],
  ])('sums up: %s', async (_title, outcomes, expected) => {
    await expect(setUp(outcomes).run()).resolves.toMatchObject(expected)
  })

  it.each(Object.entries(FAILURE_REASONS))(
    'after a refusal for %s goes on as the taxonomy says',
    async (reason, { failover }) => {
      const { run, sent } = setUp([refused(reason as FailureReason), ACCEPTED])

      const { status } = await run()

      const goesOn = failover === 'any'
      expect(sent).toHaveLength(goesOn ? 2 : 1)
      expect(status).toBe(goesOn ? 'accepted' : 'rejected')
    },
  )

  it('sends the same code through each provider', async () => {
    const { run, sent } = setUp([TIMEOUT, ACCEPTED])

    await run()

    expect(sent).toStrictEqual([`gupshup ${CODE} whatsapp`, `mock ${CODE} whatsapp`])
  })

  it.each([1, 2, 3])('tries at most %d providers', async (maxProviders) => {
    const { run, sent } = setUp([TIMEOUT, TIMEOUT, TIMEOUT, ACCEPTED], maxProviders)

    const { status, attempts } = await run()

    expect(sent).toHaveLength(maxProviders)
    expect(attempts).toHaveLength(maxProviders)
    expect(status).toBe('unknown')
  })

  it('records each attempt with its duration', async () => {
    const { run } = setUp([{ status: 'rejected', reason: 'template_rejected', providerCode: '4005', httpStatus: 400 }, ACCEPTED])

    const { attempts } = await run()

    expect(attempts).toStrictEqual([
      {
        at: 1_000,
        provider: 'gupshup',
        channel: 'whatsapp',
        status: 'rejected',
        reason: 'template_rejected',
        providerCode: '4005',
        httpStatus: 400,
        durationMs: 100,
      },
      {
        at: 1_100,
        provider: 'mock',
        channel: 'whatsapp',
        status: 'accepted',
        reason: null,
        providerCode: null,
        httpStatus: null,
        durationMs: 200,
      },
    ])
  })

  it('writes one line for each attempt, louder where somebody has to act', async () => {
    const { run, lines } = setUp([refused('provider_auth'), refused('rate_limited'), { ...UNREADABLE }, ACCEPTED], 4)

    await run()

    const common = { communication_id: MESSAGE.communicationId, channel: 'whatsapp', purpose: 'login' }
    expect(lines).toEqual([
      [
        'error',
        'provider.attempt',
        { ...common, provider: 'gupshup', attempt: 1, outcome: 'rejected', reason: 'provider_auth', duration_ms: 100 },
      ],
      [
        'warn',
        'provider.attempt',
        { ...common, provider: 'mock', attempt: 2, outcome: 'rejected', reason: 'rate_limited', duration_ms: 200 },
      ],
      [
        'warn',
        'provider.attempt',
        {
          ...common,
          provider: 'gupshup',
          attempt: 3,
          outcome: 'unknown',
          reason: 'unreadable_reply',
          status: 200,
          duration_ms: 300,
        },
      ],
      ['info', 'provider.attempt', { ...common, provider: 'mock', attempt: 4, outcome: 'accepted', duration_ms: 400 }],
    ])
  })

  it('takes a provider that throws for an unknown outcome, and tells only the name of the error', async () => {
    const { run, lines } = setUp([new RangeError(`${MESSAGE.to} ${CODE}`), refused('rate_limited')])

    const delivery = await run()

    expect(delivery).toMatchObject({ status: 'unknown', provider: 'gupshup', reason: 'unknown' })
    expect(delivery.attempts).toMatchObject([{ status: 'unknown', reason: 'unknown', durationMs: 100 }, { status: 'rejected' }])
    expect(lines[0]).toStrictEqual([
      'error',
      'provider.threw',
      { provider: 'gupshup', communication_id: MESSAGE.communicationId, error_name: 'RangeError' },
    ])
    expect(JSON.stringify([delivery, lines])).not.toContain(CODE)
  })

  it('moves on from a provider that throws', async () => {
    await expect(setUp([new Error('bug'), ACCEPTED]).run()).resolves.toMatchObject({ status: 'accepted', provider: 'mock' })
  })

  it.each<[FailureReason, Channel, Channel, boolean]>([
    ['invalid_recipient', 'whatsapp', 'sms', true],
    ['invalid_recipient', 'sms', 'whatsapp', false],
    ['invalid_recipient', 'sms', 'sms', false],
    ['recipient_rate_limited', 'whatsapp', 'sms', true],
    ['opted_out', 'whatsapp', 'sms', false],
    ['bad_request', 'whatsapp', 'sms', false],
    ['provider_unavailable', 'sms', 'whatsapp', true],
  ])('after %s on %s the message may go by %s: %s', async (reason, first, second, goesOn) => {
    const { run, sent } = setUp([refused(reason), ACCEPTED], 2, [first, second])

    const delivery = await run()

    expect(sent).toHaveLength(goesOn ? 2 : 1)
    expect(delivery.channel).toBe(goesOn ? second : first)
    expect(sent.at(-1)).toContain(delivery.channel)
  })

  it('passes over the other provider of a channel that the number is not on', async () => {
    const { run, sent } = setUp([refused('invalid_recipient'), ACCEPTED, ACCEPTED], 2, ['whatsapp', 'whatsapp', 'sms'])

    await expect(run()).resolves.toMatchObject({ status: 'accepted', channel: 'sms' })
    expect(sent).toStrictEqual([`gupshup ${CODE} whatsapp`, `gupshup ${CODE} sms`])
  })

  it('refuses to work without a provider', async () => {
    await expect(setUp([]).run()).rejects.toThrow('at least one hop')
    await expect(setUp([ACCEPTED], 0).run()).rejects.toThrow('at least one hop')
  })
})
