import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { leadNotices } from '../../src/db/schema'
import worker from '../../src/index'
import type { LeadNoticeRow, LeadRow } from '../../src/leads/lead'
import { PERSONAL, allLeads, leadBody, leadRow, putLead, putLeads } from '../support/leads'
import { NOTICE_SETTINGS, type StandIns, createService, standInForVendors, uniquePhone } from '../support/service'

const DAY_MS = 24 * 60 * 60 * 1000
const TABLES = ['lead', 'lead_event', 'lead_notice', 'communication']

const service = createService(NOTICE_SETTINGS)
const db = createDatabase(env.DB)
let vendors: StandIns

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const serviceEnv = { ...env, ...NOTICE_SETTINGS } as Env
const runSchedule = () =>
  worker.scheduled(createScheduledController({ scheduledTime: new Date(Date.now()), cron: '* * * * *' }), serviceEnv)

const noticeOf = (lead: LeadRow, changes: Partial<LeadNoticeRow> = {}): LeadNoticeRow => ({
  leadId: lead.id,
  version: lead.version,
  kind: 'lead_created',
  status: lead.status,
  communicationId: uuidv7(Date.now()),
  surface: 'homi',
  isSending: false,
  dueAt: Date.now(),
  attempts: 0,
  createdAt: Date.now(),
  ...changes,
})

describe('what was told of a lead before', () => {
  it('is not its status any more once the lender has refused it', async () => {
    const personal = { phone: uniquePhone('0001') }
    const waiting = { submission: 'waiting', applicationId: null, status: null, statusAt: null } as const
    const { id } = await putLead({ ...waiting, nextAttemptAt: Date.now(), personal })
    await service.post(`/v1/leads/${id}/status`, { status: 'Received' })
    await runSchedule()

    const answer = await service.post('/api_v1/lead_status', { basic_application_id: id })
    expect(await answer.json()).toMatchObject({ status: 'Not Accepted' })
  })

  it('is not its status where it was asked for again since, and taken', async () => {
    const { id } = await putLead({ submission: 'refused', applicationId: null, status: null, statusAt: null })
    await service.post(`/v1/leads/${id}/status`, { status: 'Rejected' })
    vi.advanceTimersByTime(DAY_MS)
    await service.request(`/v1/leads/${id}/submit`, { method: 'POST' })

    expect(await allLeads()).toMatchObject([{ submission: 'submitted', status: 'Under Review' }])
  })
})

describe('messages that wait for others', () => {
  it('do not take the turn of those that can go', async () => {
    const held = await Promise.all(Array.from({ length: 60 }, () => leadRow({ version: 5 })))
    await putLeads(held)
    for (const lead of held) {
      await db
        .insert(leadNotices)
        .values([
          noticeOf(lead, { version: 3, attempts: 1, dueAt: Date.now() + 600_000 }),
          noticeOf(lead, { kind: 'lead_status', createdAt: Date.now() - 1000 }),
        ])
    }
    await db.insert(leadNotices).values(noticeOf(await putLead({ personal: { firstName: 'Ada' } })))
    await runSchedule()

    expect(vendors.gupshup.messages.map(({ params }) => params[0])).toEqual(['Ada'])
  })
})

describe("an application's id with the customer's PAN in it", () => {
  it('is not kept in the open', async () => {
    const taken = { isError: false, result: { basicAppId: `LN-${PERSONAL.pan}` } }
    vi.spyOn(vendors.lender, 'handle').mockImplementation(async () => Response.json(taken))
    await service.post('/api_v1/lead_create', leadBody())

    const { results } = await env.DB.prepare('SELECT * FROM lead').all()
    expect(results).toHaveLength(1)
    expect(JSON.stringify(results)).not.toContain(PERSONAL.pan)
  })
})
