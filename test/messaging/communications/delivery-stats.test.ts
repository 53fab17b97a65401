import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CommunicationRow } from '../../../src/audit/communications-of'
import { DELIVERY_RANK, type DeliveryStatus } from '../../../src/audit/delivery-status'
import { uuidv7 } from '../../../src/core/ids'
import { createDatabase } from '../../../src/db/client'
import { deliveryStats } from '../../../src/messaging/communications/delivery-stats'
import { toDecimalText } from '../../../src/messaging/communications/money'
import { fillCommunications, planOf, watchedDatabase } from '../../support/audit'
import { brokenDatabase } from '../../support/broken'
import { T0 } from '../../support/pure-gate'

const HOUR_MS = 3_600_000
const PERIOD = { from: T0, until: T0 + HOUR_MS }

const aMessage = (status: DeliveryStatus, changes: Partial<CommunicationRow> = {}): CommunicationRow => ({
  id: uuidv7(changes.createdAt ?? T0),
  verificationId: 'ver_1',
  surface: 'v1',
  channel: 'sms',
  purpose: 'login',
  phoneHash: 'hash',
  phoneMasked: '+91********88',
  country: 'IN',
  templateId: null,
  templateVersion: null,
  provider: 'twilio',
  providerMessageId: null,
  status,
  statusRank: DELIVERY_RANK[status],
  statusAt: T0,
  reason: null,
  providerCode: null,
  segments: 1,
  costMicros: null,
  currency: null,
  verified: false,
  createdAt: T0,
  leadId: null,
  owner: '',
  ...changes,
})
const stats = (period = PERIOD) => deliveryStats(watchedDatabase().db, period)

beforeEach(() => env.DB.prepare('DELETE FROM communication').run())

describe('the figures of a period', () => {
  it('are none where nothing was sent', async () => {
    const nothing = { messages: 0, accepted: 0, delivered: 0, failed: 0, pending: 0, unknown: 0, verified: 0 }
    expect(await stats()).toEqual({ totals: { ...nothing, deliveryRate: null, verificationRate: null, cost: [] }, groups: [] })
  })

  it.each([
    ['pending', null, { pending: 1, accepted: 0 }],
    ['unknown', 'twilio', { unknown: 1, accepted: 0 }],
    ['queued', 'twilio', { pending: 1, accepted: 1 }],
    ['sent', 'twilio', { pending: 1, accepted: 1 }],
    ['failed', 'twilio', { failed: 1, accepted: 1 }],
    ['failed', null, { failed: 1, accepted: 0 }],
    ['undelivered', 'twilio', { failed: 1, accepted: 1 }],
    ['delivered', 'twilio', { delivered: 1, accepted: 1 }],
    ['read', 'twilio', { delivered: 1, accepted: 1 }],
  ] as const)('count a message that is %s with %s', async (status, provider, counted) => {
    await fillCommunications([aMessage(status, { provider })])
    const none = { messages: 1, accepted: 0, delivered: 0, failed: 0, pending: 0, unknown: 0, verified: 0 }
    expect((await stats()).totals).toMatchObject({ ...none, ...counted })
  })

  it('take what tells of a lead for no code that nobody typed', async () => {
    const notice = { verificationId: '', leadId: 'lead-1' }
    await fillCommunications([aMessage('read', { verified: true }), aMessage('delivered', notice), aMessage('sent', notice)])
    expect((await stats()).totals).toMatchObject({ accepted: 3, verified: 1, verificationRate: 1 })
    await fillCommunications([aMessage('delivered', { ...notice, country: 'TZ' })])
    expect((await stats()).groups.find(({ country }) => country === 'TZ')).toMatchObject({ accepted: 1, verificationRate: null })
  })

  it('are rates of what was accepted', async () => {
    const verified = { verified: true }
    await fillCommunications([
      aMessage('delivered', verified),
      aMessage('read', verified),
      aMessage('delivered'),
      aMessage('sent'),
      aMessage('queued'),
      aMessage('undelivered'),
      aMessage('failed', { provider: null }),
      aMessage('pending', { provider: null }),
    ])
    expect((await stats()).totals).toMatchObject({ messages: 8, accepted: 6, deliveryRate: 0.5, verificationRate: 0.3333 })
  })

  it('are by provider, channel and country', async () => {
    await fillCommunications([
      aMessage('delivered'),
      aMessage('failed'),
      aMessage('delivered', { country: 'TZ' }),
      aMessage('delivered', { channel: 'whatsapp', provider: 'gupshup' }),
      aMessage('failed', { provider: null }),
    ])
    const { totals, groups } = await stats()
    expect(totals).toMatchObject({ messages: 5, delivered: 3, failed: 2 })
    expect(
      groups.map(({ provider, channel, country, messages, delivered }) => [provider, channel, country, messages, delivered]),
    ).toEqual([
      [null, 'sms', 'IN', 1, 0],
      ['gupshup', 'whatsapp', 'IN', 1, 1],
      ['twilio', 'sms', 'IN', 2, 1],
      ['twilio', 'sms', 'TZ', 1, 1],
    ])
  })

  it('are of the messages that were made in it, from its beginning to before its end', async () => {
    const at = (createdAt: number) => aMessage('delivered', { createdAt })
    await fillCommunications([at(T0 - 1), at(T0), at(T0 + HOUR_MS - 1), at(T0 + HOUR_MS)])
    expect((await stats()).totals.messages).toBe(2)
    expect((await stats({ from: T0 - 1, until: T0 + HOUR_MS + 1 })).totals.messages).toBe(4)
  })

  it('always add up', async () => {
    const message = fc.record({
      status: fc.constantFrom(...(Object.keys(DELIVERY_RANK) as DeliveryStatus[])),
      provider: fc.constantFrom('twilio', 'gupshup'),
      country: fc.constantFrom('IN', 'TZ'),
      costMicros: fc.option(fc.nat({ max: 999_999 })),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 30 }), async (all) => {
        await env.DB.prepare('DELETE FROM communication').run()
        await fillCommunications(all.map(({ status, ...facts }) => aMessage(status, { ...facts, currency: 'USD' })))
        const { totals, groups } = await stats()
        for (const { messages, delivered, failed, pending, unknown, accepted } of [totals, ...groups]) {
          expect(delivered + failed + pending + unknown).toBe(messages)
          expect(accepted).toBeGreaterThanOrEqual(delivered)
        }
        expect(totals.messages).toBe(all.length)
        expect(groups.reduce((sum, { messages }) => sum + messages, 0)).toBe(all.length)
        const micros = all.reduce((sum, { costMicros }) => sum + (costMicros ?? 0), 0)
        const known = all.some(({ costMicros }) => costMicros !== null)
        expect(totals.cost).toEqual(known ? [{ amount: toDecimalText(micros), currency: 'USD' }] : [])
      }),
      { numRuns: 25 },
    )
  })
})

describe('the cost of messages', () => {
  it('is exact where binary fractions are not, and more than a number holds', async () => {
    const dear = { costMicros: Number.MAX_SAFE_INTEGER, currency: 'USD' }
    await fillCommunications([
      ...Array.from({ length: 3 }, () => aMessage('sent', dear)),
      aMessage('sent', { ...dear, costMicros: 100_000 }),
    ])
    // 3 x 9007199254.740991 + 0.1, which no JavaScript number can be.
    expect((await stats()).totals.cost).toEqual([{ amount: '27021597764.322973', currency: 'USD' }])
  })

  it('is apart for each currency, and of the messages that have one', async () => {
    const priced = (costMicros: number, currency: string, changes: Partial<CommunicationRow> = {}) =>
      aMessage('delivered', { costMicros, currency, ...changes })
    await fillCommunications([
      priced(83_200, 'USD'),
      priced(83_200, 'USD', { country: 'TZ' }),
      priced(250_000, 'INR'),
      aMessage('delivered'),
    ])
    const { totals, groups } = await stats()
    expect(totals).toMatchObject({ messages: 4 })
    expect(totals.cost).toEqual([
      { amount: '0.25', currency: 'INR' },
      { amount: '0.1664', currency: 'USD' },
    ])
    expect(groups.map(({ country, messages, cost }) => [country, messages, cost.length])).toEqual([
      ['IN', 3, 2],
      ['TZ', 1, 1],
    ])
  })

  it.each([
    [0, '0.00'],
    [1, '0.000001'],
    [10_000, '0.01'],
    [83_200, '0.0832'],
    [100_000, '0.10'],
    [1_000_000, '1.00'],
    [12_345_678, '12.345678'],
    [999_999_000_000, '999999.00'],
    [10n ** 21n, '1000000000000000.00'],
  ])('%s micros are %s', (micros, text) => {
    expect(toDecimalText(micros)).toBe(text)
  })
})

describe('the reading', () => {
  it('is of the period alone', async () => {
    const old = Array.from({ length: 2_000 }, (_, nth) => aMessage('delivered', { createdAt: T0 - 1 - nth }))
    await fillCommunications([...old, ...Array.from({ length: 50 }, () => aMessage('delivered'))])
    const { db, done } = watchedDatabase()
    expect((await deliveryStats(db, PERIOD)).totals.messages).toBe(50)
    expect((await planOf(done[0]!))[0]).toBe('SEARCH communication USING PRIMARY KEY (id>? AND id<?)')
    expect(done[0]!.rowsRead).toBeLessThan(200)
  })

  it('fails as a dependency', async () => {
    const db = createDatabase(brokenDatabase as unknown as D1Database)
    await expect(deliveryStats(db, PERIOD)).rejects.toMatchObject({
      refusal: { code: 'dependency_unavailable', details: { dependency: 'd1' } },
    })
  })
})
