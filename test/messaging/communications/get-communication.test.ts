import { describe, expect, it } from 'vitest'
import { writeAudit } from '../../../src/audit/write-audit'
import { createDatabase } from '../../../src/db/client'
import { getCommunication } from '../../../src/messaging/communications/get-communication'
import { recordReceipts } from '../../../src/messaging/receipts/record-receipts'
import { aStory, anAttempt, joined, planOf, watchedDatabase } from '../../support/audit'
import { brokenDatabase } from '../../support/broken'
import { T0 } from '../../support/pure-gate'

const NOW = T0 + 60_000

async function written(changes: Parameters<typeof aStory>[0] = {}) {
  const story = aStory(changes)
  await writeAudit(watchedDatabase().db, joined(story.reserved, story.outcome))
  return story
}

describe('one message', () => {
  it('has the log of its attempts and receipts, in order of time', async () => {
    const attempts = [
      anAttempt({ provider: 'msg91', status: 'rejected', reason: 'provider_unavailable', http_status: 503, at: T0 + 50 }),
      anAttempt({ at: T0 + 900 }),
    ]
    const { id, settled } = await written({ settled: { attempts } })
    const other = await written()
    const receipt = { communicationId: null, reason: null, providerCode: null }
    const messageId = settled.provider_message_id!
    const { db } = watchedDatabase()
    await recordReceipts(
      db,
      'twilio',
      [
        { ...receipt, providerMessageId: messageId, status: 'read', at: null },
        { ...receipt, providerMessageId: messageId, status: 'delivered', at: T0 + 3_000 },
        // The vendor's clock is behind, and tells whole seconds.
        { ...receipt, providerMessageId: messageId, status: 'sent', at: T0 },
        { ...receipt, providerMessageId: messageId, status: 'queued', at: T0 },
        { ...receipt, providerMessageId: other.settled.provider_message_id!, status: 'failed', at: T0 },
      ],
      NOW,
    )

    const { log, ...communication } = await getCommunication(db, id)

    expect(communication).toMatchObject({ id, status: 'read', statusAt: NOW, provider: 'twilio', verified: false, createdAt: T0 })
    expect(log).toEqual([
      expect.objectContaining({ type: 'receipt', status: 'queued', at: T0, receivedAt: NOW, provider: 'twilio' }),
      expect.objectContaining({ type: 'receipt', status: 'sent', at: T0 }),
      expect.objectContaining({
        type: 'attempt',
        attempt: 1,
        provider: 'msg91',
        outcome: 'rejected',
        httpStatus: 503,
        at: T0 + 50,
      }),
      expect.objectContaining({ type: 'attempt', attempt: 2, provider: 'twilio', outcome: 'accepted', at: T0 + 900 }),
      expect.objectContaining({ type: 'receipt', status: 'delivered', at: T0 + 3_000 }),
      expect.objectContaining({ type: 'receipt', status: 'read', at: NOW, receivedAt: NOW }),
    ])
  })

  it('of which nothing happened yet has an empty log', async () => {
    const { id, reserved } = aStory()
    await writeAudit(watchedDatabase().db, reserved)
    expect(await getCommunication(watchedDatabase().db, id)).toMatchObject({ id, status: 'pending', log: [] })
  })

  it('costs one round trip and its own rows', async () => {
    const { id } = await written()
    const { db, done, calls } = watchedDatabase()
    await getCommunication(db, id)
    expect(calls.batch).toBe(1)
    const plans = (await Promise.all(done.map(planOf))).flat()
    // Of the tables nothing is scanned: only the list of the ids that were asked for.
    expect(plans.filter((step) => step.startsWith('SCAN') && !step.includes('json_each'))).toEqual([])
    expect(plans.filter((step) => step.startsWith('SEARCH')).length).toBeGreaterThanOrEqual(3)
    expect(done.reduce((sum, { rowsRead }) => sum + rowsRead, 0)).toBeLessThan(15)
  })

  it.each(['', 'com-1', `' OR 1=1 --`, 'x'.repeat(10_000)])('is not found as %o', async (id) => {
    await expect(getCommunication(watchedDatabase().db, id)).rejects.toMatchObject({
      refusal: { code: 'communication_not_found' },
    })
  })

  it('is not to be had while D1 fails', async () => {
    const { id } = await written()
    await expect(getCommunication(createDatabase(brokenDatabase as unknown as D1Database), id)).rejects.toMatchObject({
      refusal: { code: 'dependency_unavailable', details: { dependency: 'd1' } },
    })
  })
})
