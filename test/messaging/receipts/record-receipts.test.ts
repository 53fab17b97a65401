import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DELIVERY_RANK } from '../../../src/audit/delivery-status'
import type { AuditBatch } from '../../../src/audit/event'
import { writeAudit } from '../../../src/audit/write-audit'
import { uuidv7 } from '../../../src/core/ids'
import type { Receipt } from '../../../src/messaging/receipts/receipt'
import { recordReceipts } from '../../../src/messaging/receipts/record-receipts'
import { aStory, joined, planOf, rowsWritten, uniqueId, watchedDatabase } from '../../support/audit'
import { T0 } from '../../support/pure-gate'

const NOW = T0 + 60_000
const DAY_MS = 86_400_000

const aReceipt = (changes: Partial<Receipt> = {}): Receipt => ({
  providerMessageId: `SM-${uniqueId()}`,
  communicationId: null,
  status: 'delivered',
  at: T0 + 3_000,
  reason: null,
  providerCode: null,
  ...changes,
})
const record = (receipts: readonly Receipt[], provider: 'twilio' | 'msg91' = 'twilio', now = NOW) =>
  recordReceipts(watchedDatabase().db, provider, receipts, now)
const rowOf = async (id: string) => (await env.DB.prepare('SELECT * FROM communication WHERE id = ?').bind(id).first())!
const receiptsOf = async (messageId: string) => {
  const of = env.DB.prepare('SELECT * FROM communication_receipt WHERE provider_message_id = ? ORDER BY status')
  return (await of.bind(messageId).all()).results
}
const write = (...batches: readonly AuditBatch[]) => writeAudit(watchedDatabase().db, joined(...batches))

/** A message that a provider took, in D1. */
async function sent(changes: Parameters<typeof aStory>[0] = {}) {
  const story = aStory(changes)
  await write(story.reserved, story.outcome)
  return { ...story, messageId: story.settled.provider_message_id! }
}
const lostReply = {
  outcome: 'send.unknown',
  settled: { delivery_status: 'unknown', provider_message_id: null, reason: 'timeout' },
} as const

describe('a receipt', () => {
  it('is kept as it is, and moves its message', async () => {
    const { id, messageId } = await sent()
    expect(await record([aReceipt({ providerMessageId: messageId })])).toEqual({ lost: [], unmatched: [] })
    expect(await rowOf(id)).toMatchObject({ status: 'delivered', status_rank: 5, status_at: T0 + 3_000 })
    expect(await receiptsOf(messageId)).toEqual([
      {
        provider: 'twilio',
        provider_message_id: messageId,
        status: 'delivered',
        status_rank: 5,
        at: T0 + 3_000,
        received_at: NOW,
        reason: null,
        provider_code: null,
      },
    ])
  })

  it.each([
    ['sent', 'read', 'read'],
    ['read', 'delivered', 'read'],
    ['delivered', 'sent', 'delivered'],
    ['delivered', 'failed', 'delivered'],
    ['failed', 'delivered', 'delivered'],
    ['undelivered', 'sent', 'undelivered'],
    ['queued', 'undelivered', 'undelivered'],
  ] as const)('that says %s, then one that says %s: %s', async (first, second, end) => {
    const { id, messageId } = await sent()
    for (const status of [first, second]) await record([aReceipt({ providerMessageId: messageId, status })])
    expect(await rowOf(id)).toMatchObject({ status: end, status_rank: DELIVERY_RANK[end] })
    expect(await receiptsOf(messageId)).toHaveLength(2)
  })

  it('of the time of its arrival where the vendor names none, or one that is a day off', async () => {
    for (const at of [null, NOW + DAY_MS + 1]) {
      const { id, messageId } = await sent()
      await record([aReceipt({ providerMessageId: messageId, at })])
      expect(await rowOf(id)).toMatchObject({ status_at: NOW })
      expect(await receiptsOf(messageId)).toMatchObject([{ at: null, received_at: NOW }])
    }
  })

  it('of another vendor with the same id is of another message', async () => {
    const { id, messageId } = await sent()
    const receipt = aReceipt({ providerMessageId: messageId, status: 'failed' })
    expect(await record([receipt], 'msg91')).toEqual({ lost: [], unmatched: [receipt] })
    expect(await rowOf(id)).toMatchObject({ status: 'queued' })
  })

  it('proves nothing but delivery', async () => {
    const { id, messageId } = await sent()
    await record([aReceipt({ providerMessageId: messageId, status: 'read' })])
    expect(await rowOf(id)).toMatchObject({ status: 'read', verified: 0 })
  })

  it('of any text harms nothing', async () => {
    const text = `'); DROP TABLE communication; -- "\\ \u{1F642} {}`
    const receipt = aReceipt({
      providerMessageId: text,
      communicationId: text,
      providerCode: text,
      status: 'failed',
      reason: 'unknown',
    })
    expect(await record([receipt])).toEqual({ lost: [], unmatched: [receipt] })
    expect(await receiptsOf(text)).toMatchObject([{ provider_message_id: text, provider_code: text }])
  })
})

describe('a failure', () => {
  it('is told with the message and its verification, again when it comes again', async () => {
    const { id, record: verification, messageId } = await sent()
    const failure = aReceipt({
      providerMessageId: messageId,
      status: 'undelivered',
      reason: 'unreachable',
      providerCode: '30003',
    })
    const lost = [{ communicationId: id, verificationId: verification.id, reason: 'unreachable' }]
    expect(await record([failure])).toEqual({ lost, unmatched: [] })
    expect(await rowOf(id)).toMatchObject({ status: 'undelivered', reason: 'unreachable', provider_code: '30003' })
    expect(await record([failure, failure])).toEqual({ lost, unmatched: [] })
  })

  it.each(['delivered', 'read'] as const)('is none when the message is %s', async (status) => {
    const { messageId } = await sent()
    await record([aReceipt({ providerMessageId: messageId, status })])
    const failure = aReceipt({ providerMessageId: messageId, status: 'failed' })
    expect(await record([failure])).toEqual({ lost: [], unmatched: [] })
  })

  it('is none when its code was typed', async () => {
    const { id, messageId, approved } = await sent()
    await write(approved)
    const failure = aReceipt({ providerMessageId: messageId, status: 'failed', reason: 'unreachable' })
    expect(await record([failure])).toEqual({ lost: [], unmatched: [] })
    expect(await rowOf(id)).toMatchObject({ status: 'delivered', verified: 1 })
  })

  it('is not told by a receipt that says something else', async () => {
    const { messageId } = await sent()
    await record([aReceipt({ providerMessageId: messageId, status: 'failed' })])
    expect(await record([aReceipt({ providerMessageId: messageId, status: 'sent' })])).toEqual({ lost: [], unmatched: [] })
  })

  it('keeps its reason when the message arrives after all, and beside a later failure', async () => {
    const { id, messageId } = await sent()
    const failed = aReceipt({ providerMessageId: messageId, status: 'failed', reason: 'unreachable', providerCode: '1' })
    const undelivered = { ...failed, status: 'undelivered', at: failed.at! + 1, reason: 'unknown', providerCode: null } as const
    for (const receipt of [undelivered, failed]) await record([receipt])
    expect(await rowOf(id)).toMatchObject({ status: 'failed', reason: 'unreachable', provider_code: '1' })
    await record([aReceipt({ providerMessageId: messageId })])
    expect(await rowOf(id)).toMatchObject({ status: 'delivered', reason: 'unreachable', provider_code: '1' })
  })
})

describe('a receipt without its message', () => {
  it('is told, and counts when the message comes', async () => {
    const story = aStory()
    const receipt = aReceipt({ providerMessageId: story.settled.provider_message_id!, status: 'failed', reason: 'unreachable' })
    expect(await record([receipt])).toEqual({ lost: [], unmatched: [receipt] })
    await write(story.reserved, story.outcome)
    expect(await rowOf(story.id)).toMatchObject({ status: 'failed', reason: 'unreachable' })
    expect(await record([receipt])).toMatchObject({ lost: [{ communicationId: story.id }], unmatched: [] })
  })
})

describe('a receipt with our own id of the message', () => {
  it('finds the message whose acceptance got lost, and brings the id of the vendor', async () => {
    const { id } = await sent(lostReply)
    const first = aReceipt({ communicationId: id, status: 'sent' })
    expect(await record([first])).toEqual({ lost: [], unmatched: [] })
    expect(await rowOf(id)).toMatchObject({ status: 'sent', provider_message_id: first.providerMessageId, reason: null })
    await record([aReceipt({ providerMessageId: first.providerMessageId })])
    expect(await rowOf(id)).toMatchObject({ status: 'delivered' })
  })

  it('makes earlier receipts count that had nothing to be matched by', async () => {
    const { id } = await sent(lostReply)
    const early = aReceipt({ status: 'failed', reason: 'unreachable' })
    expect(await record([early])).toMatchObject({ unmatched: [early] })
    await record([{ ...early, communicationId: id, status: 'sent', reason: null }])
    expect(await rowOf(id)).toMatchObject({ status: 'failed', reason: 'unreachable' })
  })

  it('finds one whose code was typed', async () => {
    const { id, approved } = await sent(lostReply)
    await write(approved)
    const receipt = aReceipt({ communicationId: id, status: 'read' })
    await record([receipt])
    expect(await rowOf(id)).toMatchObject({ status: 'read', verified: 1, provider_message_id: receipt.providerMessageId })
  })

  it.each([
    ['another vendor', lostReply, 'msg91'],
    ['a message that has an id', {}, 'twilio'],
  ] as const)('takes no message from %s', async (_what, changes, provider) => {
    const { id } = await sent(changes)
    const before = await rowOf(id)
    const receipt = aReceipt({ communicationId: id, status: 'failed' })
    expect(await record([receipt], provider)).toEqual({ lost: [], unmatched: [receipt] })
    expect(await rowOf(id)).toEqual(before)
  })

  it('is nothing to a message that no provider was tried for', async () => {
    const { id, reserved } = aStory()
    await write(reserved)
    const receipt = aReceipt({ communicationId: id, status: 'failed' })
    expect(await record([receipt])).toMatchObject({ unmatched: [receipt] })
    expect(await rowOf(id)).toMatchObject({ status: 'pending', provider_message_id: null })
  })
})

describe('any order', () => {
  const failure = { reason: 'unreachable', providerCode: '30003' } as const
  const SETS: readonly (readonly Partial<Receipt>[])[] = [
    [{ status: 'queued' }, { status: 'sent' }, { status: 'delivered' }, { status: 'read', at: T0 + 9_000 }],
    [{ status: 'sent' }, { status: 'failed', ...failure }, { status: 'delivered', at: null }],
    [
      { status: 'failed', ...failure },
      { status: 'undelivered', reason: 'unknown', providerCode: null, at: T0 + 2_000 },
    ],
    [
      { status: 'undelivered', at: null, reason: 'content_blocked' },
      { status: 'failed', at: null, ...failure },
      { status: 'read', at: null },
    ],
    [{ status: 'delivered', at: T0 + 30_000 }],
  ]
  const steps = fc.record({
    set: fc.constantFrom(...SETS),
    withApproval: fc.boolean(),
    // Indexes into the receipts and batches, in any order and number; what is missing follows at the end.
    picks: fc.array(fc.nat({ max: 99 }), { maxLength: 8 }),
    together: fc.boolean(),
  })

  /** Runs the steps for a new message, and gives back what is left of it, without what is its own. */
  async function run({
    set,
    withApproval,
    picks,
    together,
  }: {
    set: readonly Partial<Receipt>[]
    withApproval: boolean
    picks: readonly number[]
    together: boolean
  }) {
    const { id, settled, reserved, outcome, approved } = aStory({ settled: { delivery_status: 'sent' } })
    const messageId = settled.provider_message_id!
    const receipts = set.map((changes) => aReceipt({ ...changes, providerMessageId: messageId }))
    const batches = [reserved, outcome, ...(withApproval ? [approved] : [])]
    const all = [
      ...receipts.map((receipt) => () => record(together ? [receipt, ...receipts, receipt] : [receipt])),
      ...batches.map((batch) => () => write(batch)),
    ]
    let rank = -1
    for (const pick of [...picks, ...all.keys()]) {
      await all[pick % all.length]!()
      const row = await env.DB.prepare('SELECT status_rank FROM communication WHERE id = ?')
        .bind(id)
        .first<{ status_rank: number }>()
      if (!row) continue
      expect(row.status_rank).toBeGreaterThanOrEqual(rank)
      rank = row.status_rank
    }
    const own = { id: 0, verification_id: 0, provider_message_id: 0 }
    const kept = (await receiptsOf(messageId)).map((receipt) => ({ ...receipt, ...own }))
    return { row: { ...(await rowOf(id)), ...own }, kept }
  }

  it('of receipts and batches, told any number of times, ends in the same, and never goes back on the way', async () => {
    const straight = new Map<string, Awaited<ReturnType<typeof run>>>()
    await fc.assert(
      fc.asyncProperty(steps, async (step) => {
        const key = JSON.stringify([step.set, step.withApproval])
        const expected = straight.get(key) ?? (await run({ ...step, picks: [], together: false }))
        straight.set(key, expected)
        expect(await run(step)).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  }, 60_000)
})

describe('the cost', () => {
  it('is one round trip for 100 receipts, and ten for 1,000', async () => {
    const { db, calls, done } = watchedDatabase()
    const receipts = Array.from({ length: 100 }, () => aReceipt())
    expect((await recordReceipts(db, 'twilio', receipts, NOW)).unmatched).toEqual(receipts)
    expect(calls.batch).toBe(1)
    for (const { parameters } of done) expect(parameters).toBeLessThanOrEqual(100)
    await recordReceipts(db, 'twilio', Array.from({ length: 10 }, () => receipts).flat(), NOW)
    expect(calls.batch).toBe(11)
  })

  it('of no receipts is none', async () => {
    const { db, done } = watchedDatabase()
    expect(await recordReceipts(db, 'twilio', [], NOW)).toEqual({ lost: [], unmatched: [] })
    expect(done).toEqual([])
  })

  it('is 3 rows written, and none for a double, of which a hundred are as one', async () => {
    const { messageId } = await sent()
    const { db, done } = watchedDatabase()
    const receipt = aReceipt({ providerMessageId: messageId })
    await recordReceipts(db, 'twilio', [receipt], NOW)
    expect(rowsWritten(done)).toBe(3)
    done.length = 0
    await recordReceipts(
      db,
      'twilio',
      Array.from({ length: 250 }, () => receipt),
      NOW + 5_000,
    )
    expect(rowsWritten(done)).toBe(0)
    expect(await receiptsOf(messageId)).toMatchObject([{ received_at: NOW }])
  })

  it('is 1 for a status that is behind', async () => {
    const { messageId } = await sent()
    await record([aReceipt({ providerMessageId: messageId })])
    const { db, done } = watchedDatabase()
    await recordReceipts(db, 'twilio', [aReceipt({ providerMessageId: messageId, status: 'sent' })], NOW)
    expect(rowsWritten(done)).toBe(1)
  })

  it('is that of keys and one index, as the planner says of the very statements', async () => {
    const { id } = await sent(lostReply)
    const { db, done } = watchedDatabase()
    await recordReceipts(db, 'twilio', [aReceipt({ communicationId: id })], NOW)
    const plans = await Promise.all(done.map(planOf))
    expect(plans.map((plan) => plan.filter((step) => /\b(c|r|communication\w*)\b/.test(step)))).toEqual([
      [],
      ['SEARCH communication USING PRIMARY KEY (id=?)'],
      [
        'SEARCH c USING INDEX communication_by_provider_message (provider_message_id=?)',
        'SEARCH r USING PRIMARY KEY (provider=? AND provider_message_id=?)',
        'SEARCH communication USING PRIMARY KEY (id=?)',
      ],
      ['SEARCH c USING INDEX communication_by_provider_message (provider_message_id=?)'],
    ])
  })

  it('does not grow with the messages of the vendor', async () => {
    const filler = Array.from({ length: 300 }, () => aStory({ id: uuidv7(T0), ...lostReply }))
    await write(...filler.flatMap(({ reserved, outcome }) => [reserved, outcome]))
    const { id } = await sent(lostReply)
    const { db, done } = watchedDatabase()
    await recordReceipts(db, 'twilio', [aReceipt({ communicationId: id })], NOW)
    expect(done.reduce((sum, { rowsRead }) => sum + rowsRead, 0)).toBeLessThan(60)
  })
})

describe('D1 refusing', () => {
  it('is told, and leaves nothing behind', async () => {
    const { id, messageId } = await sent()
    const good = aReceipt({ providerMessageId: messageId })
    const bad = { ...aReceipt(), providerMessageId: null as never }
    await expect(record([good, bad])).rejects.toThrow()
    expect(await receiptsOf(messageId)).toEqual([])
    expect(await rowOf(id)).toMatchObject({ status: 'queued' })
  })
})
