import { env } from 'cloudflare:workers'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CommunicationRow, type ToldMessages, communicationsOf } from '../../src/audit/communications-of'
import { DELIVERY_RANK } from '../../src/audit/delivery-status'
import type { AuditBatch, SettledDetail } from '../../src/audit/event'
import { writeAudit } from '../../src/audit/write-audit'
import { writeCommunications } from '../../src/audit/write-communications'
import { uuidv7 } from '../../src/core/ids'
import { aStory, anAttempt, joined, planOf, rowsWritten, watchedDatabase } from '../support/audit'
import { T0 } from '../support/pure-gate'

const rowOf = (id: string) => env.DB.prepare('SELECT * FROM communication WHERE id = ?').bind(id).first()
const logOf = async (id: string) =>
  (await env.DB.prepare('SELECT * FROM communication_log WHERE communication_id = ? ORDER BY attempt').bind(id).all()).results
const write = (...batches: readonly AuditBatch[]) => writeAudit(watchedDatabase().db, joined(...batches))

async function costOf(...batches: readonly AuditBatch[]): Promise<number> {
  const { db, done } = watchedDatabase()
  await writeAudit(db, joined(...batches))
  return rowsWritten(done)
}

const REFUSED: Partial<SettledDetail> = {
  provider: null,
  provider_message_id: null,
  delivery_status: 'failed',
  reason: 'invalid_recipient',
  provider_code: '21211',
  segments: null,
  cost_micros: null,
  currency: null,
  attempts: [anAttempt({ status: 'rejected', reason: 'invalid_recipient', provider_code: '21211', http_status: 400 })],
}
const LOST_REPLY: Partial<SettledDetail> = { delivery_status: 'unknown', provider_message_id: null, reason: 'timeout' }

describe('a message in D1', () => {
  it('is as its batch tells, column for column', async () => {
    const { id, record, settled, ...story } = aStory({
      record: { owner: 'key_1' },
      settled: { template_id: 'otp-login', template_version: 3 },
    })
    await write(story.reserved, story.outcome, story.approved)
    expect(await rowOf(id)).toEqual({
      id,
      verification_id: record.id,
      surface: 'v1',
      channel: 'sms',
      purpose: 'login',
      phone_hash: 'hash-of-the-number',
      phone_masked: '+91******8888',
      country: 'IN',
      template_id: 'otp-login',
      template_version: 3,
      provider: 'twilio',
      provider_message_id: settled.provider_message_id,
      status: 'delivered',
      status_rank: 5,
      status_at: T0 + 20_000,
      reason: null,
      provider_code: null,
      segments: 1,
      cost_micros: 83_200,
      currency: 'USD',
      verified: 1,
      created_at: T0,
      lead_id: null,
      owner: 'key_1',
    })
    expect(await logOf(id)).toEqual([
      {
        communication_id: id,
        attempt: 1,
        at: T0 + 100,
        provider: 'twilio',
        channel: 'sms',
        outcome: 'accepted',
        reason: null,
        provider_code: null,
        http_status: 201,
        duration_ms: 212,
      },
    ])
  })

  it('goes from batch to batch through its states', async () => {
    const { id, reserved, outcome, approved } = aStory()
    await write(reserved)
    expect(await rowOf(id)).toMatchObject({ status: 'pending', provider: null, verified: 0, cost_micros: null })
    await write(outcome)
    expect(await rowOf(id)).toMatchObject({
      status: 'queued',
      provider: 'twilio',
      verified: 0,
      cost_micros: 83_200,
      surface: 'v1',
    })
    await write(approved)
    expect(await rowOf(id)).toMatchObject({ status: 'delivered', status_at: T0 + 20_000, verified: 1, surface: 'v1' })
  })

  it('that nobody took has the reason, and the attempts are in the log', async () => {
    const { id, reserved, outcome } = aStory({ reserved: { channel: 'whatsapp' }, outcome: 'send.rejected', settled: REFUSED })
    await write(reserved)
    await write(outcome)
    const failed = { status: 'failed', provider: null, channel: 'whatsapp', reason: 'invalid_recipient', provider_code: '21211' }
    expect(await rowOf(id)).toMatchObject(failed)
    expect(await logOf(id)).toMatchObject([{ attempt: 1, provider: 'twilio', outcome: 'rejected', http_status: 400 }])
  })

  it('takes text that looks like SQL or JSON as text', async () => {
    const text = `'); DROP TABLE communication; -- "\\{}[] 🙂`
    const { id, reserved, outcome } = aStory({ settled: { template_id: text, provider_code: text } })
    await write(reserved, outcome)
    expect(await rowOf(id)).toMatchObject({ template_id: text, provider_code: text })
  })

  it('keeps numbers that look like text as text, and ids of digits whole', async () => {
    const { id, outcome } = aStory({ settled: { provider_message_id: '0900719925474099312345', provider_code: '0' } })
    await write(outcome)
    expect(await rowOf(id)).toMatchObject({ provider_message_id: '0900719925474099312345', provider_code: '0' })
  })
})

describe('in whatever batches, order and number', () => {
  const stories = [
    ['accepted', {}],
    ['on another channel', { reserved: { channel: 'whatsapp' }, settled: { template_id: 'a', template_version: 2 } }],
    ['refused', { reserved: { channel: 'whatsapp' }, outcome: 'send.rejected', settled: REFUSED }],
    ['unknown', { outcome: 'send.unknown', settled: LOST_REPLY }],
  ] as const

  it.each(stories)('a message that was %s ends as one batch would leave it', async (_name, changes) => {
    const whole = aStory(changes)
    const all = joined(whole.reserved, whole.outcome, whole.approved)
    await write(all)
    const { id: _id, ...expected } = (await rowOf(whole.id))!

    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }), async (choices) => {
        const id = uuidv7(T0)
        const story = aStory({ ...changes, id, settled: { ...whole.settled, communication_id: id } })
        const parts = [story.reserved, story.outcome, story.approved]
        let rank = -1
        // Each choice is a set of the three; the last one makes sure that none is missing.
        for (const choice of [...choices, 7 - (choices.reduce((seen, one) => seen | one) & 7)].filter((one) => one > 0)) {
          const { events } = joined(...parts.filter((_part, index) => choice & (1 << index)))
          await write({ events, records: [{ ...story.record, id: story.record.id }] })
          const row = (await rowOf(id))!
          expect(Number(row['status_rank'])).toBeGreaterThanOrEqual(rank)
          rank = Number(row['status_rank'])
        }
        const { id: _other, ...row } = (await rowOf(id))!
        expect(row).toEqual({ ...expected, verification_id: story.record.id })
        expect(await logOf(id)).toHaveLength(1)
      }),
      { numRuns: 20 },
    )
  })

  it('writes nothing for what it knows', async () => {
    const { reserved, outcome, approved } = aStory()
    await write(reserved, outcome, approved)
    for (const again of [[reserved], [outcome], [approved], [reserved, outcome], [reserved, outcome, approved]]) {
      expect(await costOf(...again)).toBe(0)
    }
  })
})

describe('a report that came before its message', () => {
  const report = (providerMessageId: string, status: string, rank: number, at: number | null, changes: object = {}) => {
    const { provider = 'twilio', reason = null, code = null } = changes as Record<string, string | null>
    return env.DB.prepare('INSERT INTO communication_receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .bind(provider, providerMessageId, status, rank, at, T0 + 9_000, reason, code)
      .run()
  }

  it('counts as soon as the message is there: the furthest, and the reason of the first failure', async () => {
    const { id, settled, reserved, outcome } = aStory()
    const messageId = settled.provider_message_id!
    await report(messageId, 'sent', 3, T0 + 1_000)
    await report(messageId, 'undelivered', 4, T0 + 2_000, { reason: 'content_blocked', code: '2' })
    await report(messageId, 'failed', 4, T0 + 3_000, { reason: 'unreachable', code: '1' })
    await report(messageId, 'delivered', 5, null)
    await write(reserved, outcome)
    expect(await rowOf(id)).toMatchObject({
      status: 'delivered',
      status_rank: 5,
      status_at: T0 + 9_000,
      reason: 'content_blocked',
      provider_code: '2',
    })
  })

  it('counts for the message of its vendor only', async () => {
    const { id, settled, reserved, outcome } = aStory()
    await report(settled.provider_message_id!, 'delivered', 5, T0, { provider: 'msg91' })
    await write(reserved, outcome)
    expect(await rowOf(id)).toMatchObject({ status: 'queued' })
  })

  it('never takes a message back', async () => {
    const { id, settled, reserved, outcome, approved } = aStory()
    await report(settled.provider_message_id!, 'failed', 4, T0 + 2_000, { reason: 'unreachable' })
    await write(reserved, outcome, approved)
    expect(await rowOf(id)).toMatchObject({ status: 'delivered', verified: 1, reason: 'unreachable' })
  })
})

describe('a message that tells of a lead', () => {
  const LEAD = 'lead-1'
  const pendingNotice = (): CommunicationRow => {
    const { communications } = communicationsOf(aStory().reserved)
    return { ...communications[0]!, verificationId: '', purpose: 'lead_created', channel: 'whatsapp', leadId: LEAD }
  }
  const asSettled = (row: CommunicationRow): CommunicationRow => ({
    ...row,
    provider: 'gupshup',
    providerMessageId: `gs-${row.id}`,
    status: 'queued',
    statusRank: DELIVERY_RANK.queued,
    statusAt: T0 + 500,
    costMicros: 4_000,
    currency: 'USD',
  })
  const tell = async (told: Partial<ToldMessages>) => {
    const { db } = watchedDatabase()
    const [first, ...rest] = writeCommunications(db, { communications: [], attempts: [], ...told })
    if (first) await db.batch([first, ...rest])
  }

  it('names it, has no verification, and goes through its states like any other', async () => {
    const row = pendingNotice()
    await tell({ communications: [row] })
    expect(await rowOf(row.id)).toMatchObject({ lead_id: LEAD, verification_id: '', status: 'pending', provider: null })
    await tell({ communications: [asSettled(row)] })
    await tell({ communications: [row] })
    const settled = { status: 'queued', provider: 'gupshup', cost_micros: 4_000, purpose: 'lead_created', verified: 0 }
    expect(await rowOf(row.id)).toMatchObject({ lead_id: LEAD, verification_id: '', ...settled })
  })

  it('has each attempt once, numbered over all of its tries', async () => {
    const row = pendingNotice()
    const [first] = communicationsOf(aStory().outcome).attempts
    const tries = [1, 2].map((attempt) => ({ ...first!, communicationId: row.id, attempt }))
    await tell({ communications: [row], attempts: tries.slice(0, 1) })
    await tell({ communications: [asSettled(row)], attempts: tries.slice(1) })
    await tell({ communications: [asSettled(row)], attempts: tries })
    expect((await logOf(row.id)).map(({ attempt }) => attempt)).toEqual([1, 2])
  })

  it('goes where a report has moved it that came first', async () => {
    const row = asSettled(pendingNotice())
    await env.DB.prepare('INSERT INTO communication_receipt VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
      .bind('gupshup', row.providerMessageId, 'read', DELIVERY_RANK.read, T0 + 2_000, T0 + 2_000, null, null)
      .run()
    await tell({ communications: [row] })
    expect(await rowOf(row.id)).toMatchObject({ status: 'read', status_at: T0 + 2_000, lead_id: LEAD })
  })

  it('is nothing to D1 where nothing is told', () => {
    expect(writeCommunications(watchedDatabase().db, { communications: [], attempts: [] })).toEqual([])
  })
})

describe('the cost of a message in rows written', () => {
  // Events, the record with its entry in the index of what is pending, the message with its five indexes, the attempt.
  it('is 8 beside the events and the record: all in one batch', async () => {
    const { reserved, outcome, approved } = aStory()
    expect(await costOf(reserved, outcome, approved)).toBe(3 + 1 + 6 + 1)
  })

  it('is as much for a send, and 2 more for a code that is typed later', async () => {
    const { reserved, outcome, approved } = aStory()
    expect(await costOf(reserved, outcome)).toBe(2 + 2 + 6 + 1)
    expect(await costOf(approved)).toBe(1 + 1 + 2)
  })

  it('is 4 more for an outcome that is told later', async () => {
    const { reserved, outcome } = aStory()
    expect(await costOf(reserved)).toBe(1 + 2 + 6)
    expect(await costOf(outcome)).toBe(1 + 0 + 4 + 1)
  })

  it('is four statements for the largest batch, with few parameters, in its one round trip', async () => {
    const { db, done, calls } = watchedDatabase()
    const stories = Array.from({ length: 25 }, () => aStory({ record: { id: 'ver_of_many' } }))
    const batches = stories.flatMap(({ reserved, outcome }, nth) => (nth === 0 ? [reserved] : [reserved, outcome]))
    const { events, records } = joined(...batches)
    await writeAudit(db, { events: events.map((event, seq) => ({ ...event, seq })), records })
    const ofMessages = done.filter(({ sql }) => sql.includes('communication'))
    expect(calls.batch).toBe(1)
    expect(ofMessages).toHaveLength(4)
    for (const { parameters } of ofMessages) expect(parameters).toBe(1)
    const { results } = await env.DB.prepare(`SELECT count(*) n FROM communication WHERE verification_id = 'ver_of_many'`).all()
    expect(results).toEqual([{ n: 25 }])
  })

  it('is no scan of a table', async () => {
    const { db, done } = watchedDatabase()
    const { reserved, outcome } = aStory()
    await writeAudit(db, joined(reserved, outcome))
    const applying = done.find(({ sql }) => sql.startsWith('update "communication"'))!
    const plan = await planOf(applying)
    expect(plan.filter((step) => /\b(c|r|communication)\b/.test(step))).toEqual([
      'SEARCH c USING PRIMARY KEY (id=?)',
      'SEARCH r USING PRIMARY KEY (provider=? AND provider_message_id=?)',
      'SEARCH communication USING PRIMARY KEY (id=?)',
    ])
  })
})

it('asks D1 nothing for a batch without messages', async () => {
  const { reserved } = aStory({ id: 'com-1' })
  expect(communicationsOf(reserved).communications).toEqual([])
  const { db, done } = watchedDatabase()
  await writeAudit(db, reserved)
  expect(done.filter(({ sql }) => sql.includes('communication"'))).toEqual([])
})
