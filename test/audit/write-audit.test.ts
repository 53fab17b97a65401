import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import type { AuditEvent, VerificationRecord } from '../../src/audit/event'
import { writeAudit } from '../../src/audit/write-audit'
import { aRecord, aStory, anEvent, joined, rowsWritten, uniqueId, watchedDatabase } from '../support/audit'
import { T0 } from '../support/pure-gate'

const eventsOf = (id: string) =>
  env.DB.prepare('SELECT * FROM audit_events WHERE verification_id = ? ORDER BY seq').bind(id).all()
const messageOf = (id: string) => env.DB.prepare('SELECT * FROM communication WHERE id = ?').bind(id).first()
const recordOf = (id: string) => env.DB.prepare('SELECT * FROM verifications WHERE id = ?').bind(id).first()

const story = (count: number, verificationId = uniqueId()): AuditEvent[] =>
  Array.from({ length: count }, (_, seq) => anEvent({ verificationId, seq, at: T0 + seq, requestId: `req-${seq}` }))

describe('writing the audit', () => {
  it('of nothing asks D1 nothing', async () => {
    const { db, done, calls } = watchedDatabase()
    await writeAudit(db, { events: [], records: [] })
    expect(done).toEqual([])
    expect(calls.batch).toBe(0)
  })

  it.each([
    [1, 0],
    [1, 1],
    [14, 6],
    [15, 7],
    [50, 20],
    [200, 20],
  ])('carries %i events and %i records in one round trip, whole', async (eventCount, recordCount) => {
    const { db, done, calls } = watchedDatabase()
    const events = story(eventCount)
    const records = Array.from({ length: recordCount }, () => aRecord())

    await writeAudit(db, { events, records })

    expect(calls.batch).toBe(1)
    for (const { parameters } of done) expect(parameters).toBeLessThanOrEqual(100)
    const { results } = await eventsOf(events[0]!.verificationId)
    expect(results.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq))
    for (const { id } of records) expect(await recordOf(id)).not.toBeNull()
    expect(rowsWritten(done, 'audit_events')).toBe(eventCount)
    expect(rowsWritten(done, 'verifications')).toBe(2 * recordCount)
  })

  it('keeps every field of an event', async () => {
    const { db } = watchedDatabase()
    const detail = { provider: 'gupshup', reason: null, ok: true, attempts: [{ provider: 'gupshup', http_status: 202 }] }
    const event = anEvent({ seq: 7, kind: 'send.accepted', surface: 'homi', detail })
    await writeAudit(db, { events: [event], records: [] })
    expect((await eventsOf(event.verificationId)).results).toEqual([
      {
        verification_id: event.verificationId,
        seq: 7,
        at: T0,
        kind: 'send.accepted',
        surface: 'homi',
        request_id: 'req-1',
        detail: JSON.stringify(detail),
      },
    ])
  })

  it('keeps every field of a record', async () => {
    const { db } = watchedDatabase()
    const changed = { status: 'approved', guesses: 2, sends: 3, completedAt: T0 + 9, version: 5 } as const
    const record = aRecord({ bindingHash: 'loan-1', owner: 'key_1', ...changed })
    await writeAudit(db, { events: [], records: [record] })
    expect(await recordOf(record.id)).toEqual({
      id: record.id,
      version: 5,
      phone_hash: 'hash-of-the-number',
      phone_masked: '+91******8888',
      country: 'IN',
      purpose: 'login',
      binding_hash: 'loan-1',
      surface: 'v1',
      channel: 'sms',
      status: 'approved',
      is_used: 1,
      sends: 3,
      guesses: 2,
      created_at: T0,
      expires_at: T0 + 300_000,
      completed_at: T0 + 9,
      subject: null,
      intent: null,
      owner: 'key_1',
    })
  })

  it('keeps what a record is about, and what its code is for, as JSON', async () => {
    const record = aRecord({ subject: 'repayment:1/2', intent: { loan_id: '1', amount: 500_000, requested_by: null } })
    await writeAudit(watchedDatabase().db, { events: [], records: [record] })
    expect(await recordOf(record.id)).toMatchObject({
      subject: 'repayment:1/2',
      intent: '{"loan_id":"1","amount":500000,"requested_by":null}',
    })
  })

  it.each([
    ['pending', 0],
    ['approved', 1],
    ['expired', 1],
    ['locked', 1],
    ['canceled', 1],
    ['failed', 1],
  ] as const)('a %s one has is_used %i', async (status, isUsed) => {
    const record = aRecord({ status })
    await writeAudit(watchedDatabase().db, { events: [], records: [record] })
    expect(await recordOf(record.id)).toMatchObject({ status, is_used: isUsed })
  })

  it('takes text that looks like SQL as text', async () => {
    const text = `'); DROP TABLE audit_events; --`
    const event = anEvent({ surface: text, requestId: text, detail: { reason: text } })
    await writeAudit(watchedDatabase().db, { events: [event], records: [] })
    expect((await eventsOf(event.verificationId)).results).toMatchObject([{ surface: text, request_id: text }])
  })
})

describe('a replay', () => {
  it('of a whole batch writes no row', async () => {
    const batch = { events: story(200), records: Array.from({ length: 20 }, () => aRecord()) }
    await writeAudit(watchedDatabase().db, batch)
    const { db, done } = watchedDatabase()

    await writeAudit(db, batch)

    expect(done).toHaveLength(19)
    expect(rowsWritten(done)).toBe(0)
  })

  it('that overlaps writes only what is new', async () => {
    const events = story(30)
    await writeAudit(watchedDatabase().db, { events: events.slice(0, 20), records: [] })
    const { db, done } = watchedDatabase()
    await writeAudit(db, { events: events.slice(10), records: [] })
    expect(rowsWritten(done)).toBe(10)
    expect((await eventsOf(events[0]!.verificationId)).results).toHaveLength(30)
  })

  it('never changes an event that is written', async () => {
    const event = anEvent()
    await writeAudit(watchedDatabase().db, { events: [event], records: [] })
    await writeAudit(watchedDatabase().db, { events: [{ ...event, kind: 'check.approved', at: T0 + 1 }], records: [] })
    expect((await eventsOf(event.verificationId)).results).toMatchObject([{ kind: 'send.reserved', at: T0 }])
  })
})

describe('a record', () => {
  const pending = aRecord({ version: 1 })
  const resent = { ...pending, version: 3, sends: 2, channel: 'whatsapp', expiresAt: T0 + 400_000 }
  const approved = { ...resent, version: 5, status: 'approved', guesses: 2, completedAt: T0 + 70_000 } as const
  const versions: VerificationRecord[] = [pending, resent, approved]
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ]

  it.each(orders)('ends as its newest version, told in the order %i %i %i', async (...order) => {
    const id = uniqueId()
    for (const index of order) {
      await writeAudit(watchedDatabase().db, { events: [], records: [{ ...versions[index]!, id }] })
    }
    expect(await recordOf(id)).toMatchObject({
      version: 5,
      status: 'approved',
      is_used: 1,
      sends: 2,
      guesses: 2,
      channel: 'whatsapp',
      expires_at: T0 + 400_000,
      completed_at: T0 + 70_000,
    })
  })

  it('takes what the right code was given for with its newer version, and no older one takes that back', async () => {
    const id = uniqueId()
    const write = (record: VerificationRecord) => writeAudit(watchedDatabase().db, { events: [], records: [{ ...record, id }] })
    await write({ ...pending, subject: 'repayment:1/2' })
    await write({ ...approved, subject: 'repayment:1/2', intent: { amount: 500_000 } })
    await write({ ...resent, subject: 'repayment:1/2' })
    expect(await recordOf(id)).toMatchObject({ subject: 'repayment:1/2', intent: '{"amount":500000}', status: 'approved' })
  })

  it('that is older writes no row', async () => {
    const id = uniqueId()
    await writeAudit(watchedDatabase().db, { events: [], records: [{ ...approved, id }] })
    const { db, done } = watchedDatabase()
    await writeAudit(db, { events: [], records: [{ ...resent, id }] })
    expect(rowsWritten(done)).toBe(0)
  })
})

describe('D1 refusing', () => {
  it('one statement leaves nothing of the batch behind', async () => {
    const events = story(20)
    const broken = { ...aRecord(), purpose: null as never }
    await expect(writeAudit(watchedDatabase().db, { events, records: [broken] })).rejects.toThrow()
    expect((await eventsOf(events[0]!.verificationId)).results).toEqual([])
  })

  it('one event leaves nothing of the message either: event, record nor row', async () => {
    const { id, record, reserved, outcome } = aStory()
    const { events, records } = joined(reserved, outcome)
    const broken = { ...events[1]!, verificationId: 'ver_other', surface: null as never }
    await expect(writeAudit(watchedDatabase().db, { events: [...events, broken], records })).rejects.toThrow()
    expect((await eventsOf(record.id)).results).toEqual([])
    expect(await recordOf(record.id)).toBeNull()
    expect(await messageOf(id)).toBeNull()

    await writeAudit(watchedDatabase().db, { events, records })
    expect(await messageOf(id)).toMatchObject({ id, verification_id: record.id, status: 'queued' })
  })
})
