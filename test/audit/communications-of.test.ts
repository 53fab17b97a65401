import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { attemptsIn, communicationsOf } from '../../src/audit/communications-of'
import { DELIVERY_RANK } from '../../src/audit/delivery-status'
import type { AuditBatch, AuditDetail, AuditEventKind } from '../../src/audit/event'
import { timeOfUuidv7, uuidv7From } from '../../src/audit/uuid-time'
import { uuidv7 } from '../../src/core/ids'
import { aRecord, aStory, anAttempt, anEvent, joined, settledDetail } from '../support/audit'
import { T0 } from '../support/pure-gate'

const NOTHING = { communications: [], attempts: [] }

const oneOf = (...batches: readonly AuditBatch[]) => {
  const { communications } = communicationsOf(joined(...batches))
  expect(communications).toHaveLength(1)
  return communications[0]!
}

describe('the row of a message', () => {
  it('is whole after its three events in one batch', () => {
    const { id, record, settled, ...story } = aStory({
      record: { country: 'TZ', purpose: 'payment', owner: 'key_1' },
      settled: { template_id: 'otp-login', template_version: 3 },
    })

    expect(oneOf(story.reserved, story.outcome, story.approved)).toEqual({
      id,
      verificationId: record.id,
      surface: 'v1',
      channel: 'sms',
      purpose: 'payment',
      phoneHash: 'hash-of-the-number',
      phoneMasked: '+91******8888',
      country: 'TZ',
      templateId: 'otp-login',
      templateVersion: 3,
      provider: 'twilio',
      providerMessageId: settled.provider_message_id,
      status: 'delivered',
      statusRank: DELIVERY_RANK.delivered,
      statusAt: T0 + 20_000,
      reason: null,
      providerCode: null,
      segments: 1,
      costMicros: 83_200,
      currency: 'USD',
      verified: true,
      createdAt: T0,
      leadId: null,
      owner: 'key_1',
    })
  })

  it.each([
    ['pending', 'reserved', {}],
    ['queued', 'outcome', { delivery_status: 'queued' }],
    ['sent', 'outcome', { delivery_status: 'sent' }],
    ['unknown', 'outcome', { delivery_status: 'unknown' }],
    ['failed', 'outcome', { delivery_status: 'failed' }],
    ['delivered', 'approved', {}],
  ] as const)('is %s after %s alone', (status, event, settled) => {
    const story = aStory({ settled })
    expect(oneOf(story[event])).toMatchObject({
      status,
      statusRank: DELIVERY_RANK[status],
      statusAt: story[event].events[0]!.at,
      verified: event === 'approved',
    })
  })

  it('has the surface of the send, not of the check', () => {
    const { reserved, approved } = aStory()
    expect(oneOf(reserved, approved).surface).toBe('v1')
    expect(oneOf(approved).surface).toBe('')
  })

  it('has the channel by which it went', () => {
    const { reserved, outcome } = aStory({ reserved: { channel: 'whatsapp' }, settled: { channel: 'sms' } })
    expect(oneOf(reserved).channel).toBe('whatsapp')
    expect(oneOf(reserved, outcome).channel).toBe('sms')
  })

  it('keeps the channel of the send where nobody took it', () => {
    const settled = { channel: 'sms', provider: null, provider_message_id: null, delivery_status: 'failed' } as const
    const { reserved, outcome } = aStory({ reserved: { channel: 'whatsapp' }, outcome: 'send.rejected', settled })
    expect(oneOf(reserved, outcome)).toMatchObject({ channel: 'whatsapp', provider: null, status: 'failed' })
  })

  it('has the reason of an unknown outcome only while it is unknown', () => {
    const settled = { delivery_status: 'unknown', reason: 'timeout', provider_message_id: null } as const
    const { reserved, outcome, approved } = aStory({ outcome: 'send.unknown', settled })
    expect(oneOf(reserved, outcome)).toMatchObject({ status: 'unknown', reason: 'timeout', provider: 'twilio' })
    expect(oneOf(reserved, outcome, approved)).toMatchObject({ status: 'delivered', reason: null, provider: 'twilio' })
  })

  it('has no currency without a cost', () => {
    const { outcome } = aStory({ settled: { cost_micros: null } })
    expect(oneOf(outcome)).toMatchObject({ costMicros: null, currency: null })
  })

  it('is the same in whatever order its events are told', () => {
    const { reserved, outcome, approved } = aStory({
      reserved: { channel: 'whatsapp' },
      settled: { template_id: 'a', template_version: 1 },
    })
    const inOrder = communicationsOf(joined(reserved, outcome, approved))
    fc.assert(
      fc.property(fc.shuffledSubarray([reserved, outcome, approved], { minLength: 3 }), (batches) => {
        const { events } = joined(...batches)
        expect(communicationsOf({ ...joined(reserved, outcome, approved), events })).toEqual(inOrder)
      }),
    )
  })

  it('is one for each message of a verification', () => {
    const first = aStory()
    const second = aStory({ record: { id: first.record.id } })
    const { communications, attempts } = communicationsOf(joined(first.reserved, first.outcome, second.reserved, second.outcome))
    expect(communications.map(({ id }) => id)).toEqual([first.id, second.id])
    expect(attempts.map(({ communicationId }) => communicationId)).toEqual([first.id, second.id])
  })
})

describe('the attempts', () => {
  it('are numbered from 1, with all that is known of them', () => {
    const refused = { provider: 'msg91', status: 'rejected', reason: 'provider_unavailable', provider_code: '418' }
    const attempts = [
      anAttempt({ ...refused, http_status: 503, duration_ms: 80 }),
      anAttempt({ at: T0 + 300, channel: 'whatsapp' }),
    ]
    const { id, outcome } = aStory({ settled: { attempts } })

    expect(communicationsOf(outcome).attempts).toEqual([
      {
        communicationId: id,
        attempt: 1,
        at: T0 + 100,
        provider: 'msg91',
        channel: 'sms',
        outcome: 'rejected',
        reason: 'provider_unavailable',
        providerCode: '418',
        httpStatus: 503,
        durationMs: 80,
      },
      {
        communicationId: id,
        attempt: 2,
        at: T0 + 300,
        provider: 'twilio',
        channel: 'whatsapp',
        outcome: 'accepted',
        reason: null,
        providerCode: null,
        httpStatus: 201,
        durationMs: 212,
      },
    ])
  })

  it('of before their time and channel were told have those of the outcome', () => {
    const { at: _at, channel: _channel, ...old } = anAttempt()
    const { outcome } = aStory({ record: { channel: 'whatsapp' }, settled: { attempts: [old as never] } })
    expect(communicationsOf(outcome).attempts).toMatchObject([{ at: T0 + 500, channel: 'whatsapp', durationMs: 212 }])
  })

  const OF_NOTICE = { communicationId: 'com-9', at: T0 + 700, channel: 'whatsapp' }

  it('of a message that no verification has are read in the same way', () => {
    const { at: _at, channel: _channel, ...bare } = anAttempt({ provider: 'gupshup', http_status: 202 })
    const { attempts } = settledDetail({ attempts: [bare as never, anAttempt()] })

    expect(attemptsIn({ attempts }, OF_NOTICE)).toMatchObject([
      { communicationId: 'com-9', attempt: 1, at: T0 + 700, channel: 'whatsapp', provider: 'gupshup', httpStatus: 202 },
      { communicationId: 'com-9', attempt: 2, at: T0 + 100, channel: 'sms', provider: 'twilio' },
    ])
  })

  it.each([undefined, null, {}, 'twilio'])('are none in %j', (attempts) => {
    expect(attemptsIn({ attempts } as AuditDetail, OF_NOTICE)).toEqual([])
  })
})

describe('what says less', () => {
  const told = (kind: AuditEventKind, detail: AuditDetail) => {
    const record = aRecord()
    return communicationsOf({ events: [anEvent({ verificationId: record.id, kind, detail })], records: [record] })
  }

  it.each([
    ['send.accepted', 'queued'],
    ['send.rejected', 'failed'],
    ['send.unknown', 'unknown'],
  ] as const)('%s without a status is %s', (kind, status) => {
    const { communications, attempts } = told(kind, { communication_id: uuidv7(T0), provider: 'gupshup' })
    expect(communications).toMatchObject([{ status, provider: 'gupshup', channel: 'sms', segments: null, costMicros: null }])
    expect(attempts).toEqual([])
  })

  it.each([
    ['an id that is no UUIDv7', 'send.reserved', { communication_id: 'com-1', channel: 'sms' }],
    ['no id', 'send.reserved', { channel: 'sms' }],
    ['an id of null', 'check.approved', { guess: 1, communication_id: null }],
    ['an event of another kind', 'send.refused', { communication_id: uuidv7(T0) }],
    ['another event with attempts', 'check.incorrect', { communication_id: uuidv7(T0), attempts: [anAttempt()] }],
  ] as const)('%s gives nothing', (_what, kind, detail) => {
    expect(told(kind, detail)).toEqual(NOTHING)
  })

  it('without a record gives nothing', () => {
    const { reserved, outcome, approved } = aStory()
    expect(communicationsOf({ ...joined(reserved, outcome, approved), records: [] })).toEqual(NOTHING)
  })

  it('never throws, whatever stands in the detail', () => {
    const names = ['channel', 'provider', 'delivery_status', 'attempts', 'cost_micros', 'template_version', 'segments']
    const value = fc.oneof(fc.anything(), fc.array(fc.anything()), fc.constantFrom('toString', '__proto__', 1.5, 2 ** 53))
    const detail = fc.record(Object.fromEntries(names.map((name) => [name, value])), { requiredKeys: [] })
    const kind = fc.constantFrom('send.reserved', 'send.accepted', 'send.rejected', 'send.unknown', 'check.approved')
    fc.assert(
      fc.property(kind, detail, (anyKind, anyDetail) => {
        const { communications } = told(anyKind, { ...anyDetail, communication_id: uuidv7(T0) })
        expect(Object.keys(DELIVERY_RANK)).toContain(communications[0]!.status)
        expect(Object.values(communications[0]!)).not.toContain(undefined)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the time in an id', () => {
  const times = fc.integer({ min: 0, max: 2 ** 48 - 1 })

  it('is that of its making', () => {
    fc.assert(
      fc.property(times, (ms) => {
        expect(timeOfUuidv7(uuidv7(ms))).toBe(ms)
      }),
    )
  })

  it.each(['', 'com-1', '0199e9a0-5a4e-4c8e-9d0c-2f6b1f0c7d11', '0199e9a0-5a4e-7c8e-9d0c-2f6b1f0c7d1', `${uuidv7(T0)} `])(
    'is none in %o',
    (text) => {
      expect(timeOfUuidv7(text)).toBeUndefined()
    },
  )

  it('orders ids against a moment', () => {
    fc.assert(
      fc.property(times, times, (ms, moment) => {
        expect(uuidv7(ms) >= uuidv7From(moment)).toBe(ms >= moment)
      }),
    )
  })

  it.each([
    [-1, '00000000-0000'],
    [0.9, '00000000-0000'],
    [2 ** 60, 'ffffffff-ffff'],
  ])('of %d is within bounds', (ms, text) => {
    expect(uuidv7From(ms)).toBe(text)
  })
})
