import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../../src/index'
import { createDatabase } from '../../../src/db/client'
import { communications } from '../../../src/db/schema'
import { allLeads, allNotices, leadBody } from '../../support/leads'
import { NOTICE_SETTINGS, type StandIns, createService, standInForVendors } from '../../support/service'

const MINUTE_MS = 60_000

const service = createService(NOTICE_SETTINGS)
let vendors: StandIns
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
  const tables = ['lead', 'lead_event', 'lead_notice', 'communication', 'communication_log']
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const create = () => service.post('/api_v1/lead_create', leadBody())
async function push(status: string): Promise<void> {
  vi.advanceTimersByTime(1_000)
  const [lead] = await allLeads()
  expect((await service.post(`/v1/leads/${lead!.id}/status`, { status })).status).toBe(200)
}
async function runScheduleFor(minutes: number): Promise<void> {
  for (let minute = 1; minute <= minutes; minute++) {
    vi.advanceTimersByTime(MINUTE_MS)
    const controller = createScheduledController({ scheduledTime: new Date(Date.now()), cron: '* * * * *' })
    await worker.scheduled(controller, { ...env, ...NOTICE_SETTINGS })
  }
}

/** What customers were told, by the last value of each message: the status, or of a new lead its number. */
const told = () => vendors.gupshup.messages.map(({ params }) => params.at(-1))
const numberOfLead = () => vendors.lender.applications[0]!.basicAppId
const records = async () => {
  const rows = await createDatabase(env.DB).select().from(communications).orderBy(communications.createdAt).all()
  return rows.map(({ purpose, status }) => [purpose, status])
}

/** Refuses for now whatever comes, so many times. */
function busy(times: number): void {
  const handle = vi.spyOn(vendors.gupshup, 'handle')
  for (let nth = 1; nth <= times; nth++) handle.mockImplementationOnce(async () => new Response('{}', { status: 503 }))
}

describe("a lead's news", () => {
  it('begin with its being there, also where that was refused for now', async () => {
    busy(1)
    await create()
    await push('Approved')
    expect(told()).toEqual([])
    await runScheduleFor(9)
    expect(told()).toEqual([])

    await runScheduleFor(2)

    expect(told()).toEqual([numberOfLead(), 'Approved'])
    expect(await allNotices()).toEqual([])
    expect(await records()).toEqual([
      ['lead_created', 'queued'],
      ['lead_status', 'queued'],
    ])
  })

  it('are not told where others overtook them while they waited: that is written down as a failure', async () => {
    busy(1)
    await create()
    for (const status of ['Under Process', 'Approved']) await push(status)
    await runScheduleFor(15)

    expect(told()).toEqual([numberOfLead(), 'Approved'])
    expect(await allNotices()).toEqual([])
    expect(await records()).toEqual([
      ['lead_created', 'queued'],
      ['lead_status', 'failed'],
      ['lead_status', 'queued'],
    ])
  })

  it('are held up by no earlier status that is refused for now: it is overtaken', async () => {
    await create()
    busy(1)
    for (const status of ['Under Process', 'Approved']) await push(status)
    expect(told()).toEqual([numberOfLead(), 'Approved'])
    await runScheduleFor(15)
    expect(told()).toEqual([numberOfLead(), 'Approved'])
  })

  it.each(['lead_created', 'lead_status'])('wait for a message that is on its way (%s)', async (kind) => {
    if (kind === 'lead_status') await create()
    const before = told()
    const handle = vendors.gupshup.handle.bind(vendors.gupshup)
    const [isOut, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    vi.spyOn(vendors.gupshup, 'handle').mockImplementationOnce(async (request) => {
      isOut.resolve()
      await slow.promise
      return handle(request)
    })
    const first = kind === 'lead_status' ? push('Under Process') : create()
    await isOut.promise
    await push('Approved')
    expect(told()).toEqual(before)
    slow.resolve()
    await first
    await runScheduleFor(1)

    expect(told()).toEqual([numberOfLead(), ...(kind === 'lead_status' ? ['Under Process'] : []), 'Approved'])
  })

  it('that are again what they were are told as often as they changed', async () => {
    await create()
    busy(1)
    for (const status of ['Approved', 'Under Process', 'Approved']) await push(status)
    await runScheduleFor(15)
    // The first one waited, and says what is so.
    expect(told()).toEqual([numberOfLead(), 'Under Process', 'Approved', 'Approved'])
  })
})
