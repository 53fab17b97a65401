import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { expireVerifications } from '../../src/audit/expire-verifications'
import { writeAudit } from '../../src/audit/write-audit'
import { takeBatch } from '../../src/otp/rules/outbox'
import { aRecord, rowsWritten, watchedDatabase } from '../support/audit'
import { FREE_POLICY, MINUTE_MS, PureGate, T0 } from '../support/pure-gate'

const recordOf = (id: string) => env.DB.prepare('SELECT * FROM verifications WHERE id = ?').bind(id).first()
const EXPIRES_AT = T0 + 300_000

async function written(changes: Parameters<typeof aRecord>[0]) {
  const record = aRecord({ expiresAt: EXPIRES_AT, ...changes })
  await writeAudit(watchedDatabase().db, { events: [], records: [record] })
  return record
}

beforeEach(() => env.DB.prepare('DELETE FROM verifications').run())

describe('marking what was never finished', () => {
  it.each([
    ['before its time', EXPIRES_AT - 1, 0],
    ['at its time', EXPIRES_AT, 0],
    ['at the end of the grace', EXPIRES_AT + MINUTE_MS, 0],
    ['just past the grace', EXPIRES_AT + MINUTE_MS + 1, 1],
    ['a year later', EXPIRES_AT + 365 * 24 * 60 * MINUTE_MS, 1],
  ])('%s', async (_name, now, count) => {
    const { id } = await written({ status: 'pending' })
    expect(await expireVerifications(watchedDatabase().db, now)).toBe(count)
    expect(await recordOf(id)).toMatchObject(
      count === 1 ? { status: 'expired', is_used: 1, version: 1 } : { status: 'pending', is_used: 0, version: 1 },
    )
  })

  it.each(['approved', 'locked', 'canceled', 'failed', 'expired'] as const)('leaves one that is %s', async (status) => {
    const { id } = await written({ status })
    const before = await recordOf(id)
    expect(await expireVerifications(watchedDatabase().db, EXPIRES_AT * 2)).toBe(0)
    expect(await recordOf(id)).toEqual(before)
  })

  it('marks all that are due at once, and the second time none', async () => {
    const records = await Promise.all(
      Array.from({ length: 30 }, (_, nth) => written({ expiresAt: EXPIRES_AT + nth * MINUTE_MS })),
    )
    expect(records).toHaveLength(30)
    const now = EXPIRES_AT + 20.5 * MINUTE_MS
    expect(await expireVerifications(watchedDatabase().db, now)).toBe(20)
    expect(await expireVerifications(watchedDatabase().db, now)).toBe(0)
  })

  it('gives way to an approval that arrives late, by its greater version', async () => {
    const record = await written({ version: 1 })
    await expireVerifications(watchedDatabase().db, EXPIRES_AT * 2)
    const approved = { ...record, version: 2, status: 'approved', completedAt: T0 + 1 } as const
    await writeAudit(watchedDatabase().db, { events: [], records: [approved] })
    expect(await recordOf(record.id)).toMatchObject({ status: 'approved', is_used: 1, version: 2, completed_at: T0 + 1 })
  })

  it('is not undone by a replay of what it marked', async () => {
    const record = await written({ version: 1 })
    await expireVerifications(watchedDatabase().db, EXPIRES_AT * 2)
    await writeAudit(watchedDatabase().db, { events: [], records: [record] })
    expect(await recordOf(record.id)).toMatchObject({ status: 'expired', is_used: 1 })
  })

  // A person who types the code too late makes an event, and with it a newer version of the record.
  it('is not undone by a guess that came too late', async () => {
    const gate = new PureGate(FREE_POLICY)
    const { verificationId } = gate.send()
    await writeAudit(watchedDatabase().db, takeBatch(gate.state, gate.now))
    gate.flush()
    gate.wait(10 * MINUTE_MS)
    await expireVerifications(watchedDatabase().db, gate.now)

    expect(gate.guess(true).status).toBe('expired')
    await writeAudit(watchedDatabase().db, takeBatch(gate.state, gate.now))

    expect(await recordOf(verificationId)).toMatchObject({ status: 'expired', is_used: 1 })
  })
})

describe('the cost', () => {
  it('is an index of what is pending: not the whole history', async () => {
    const { db, done } = watchedDatabase()
    const finished = Array.from({ length: 300 }, () => aRecord({ status: 'approved', expiresAt: EXPIRES_AT }))
    const young = Array.from({ length: 100 }, () => aRecord({ expiresAt: EXPIRES_AT * 3 }))
    await writeAudit(db, { events: [], records: [...finished, ...young, aRecord({ expiresAt: EXPIRES_AT })] })
    done.length = 0

    expect(await expireVerifications(db, EXPIRES_AT * 2)).toBe(1)

    expect(done).toHaveLength(1)
    expect(done[0]!.rowsRead).toBeLessThan(10)
    expect(rowsWritten(done)).toBe(1)
  })

  it('is that of the partial index, as the planner says of the very statement', async () => {
    const { db, done } = watchedDatabase()
    await expireVerifications(db, T0)
    const { sql } = done[0]!
    const plan = await env.DB.prepare(`EXPLAIN QUERY PLAN ${sql}`).bind('expired', 1, 'pending', T0).all<{ detail: string }>()
    expect(plan.results.map(({ detail }) => detail)).toEqual([
      'SEARCH verifications USING INDEX verifications_pending (expires_at<?)',
    ])
  })
})
