import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../../src/index'
import { NOTICE_PAUSE_MS } from '../../../src/config/limits'
import type { LeadRow } from '../../../src/leads/lead'
import { allLeads, allNotices, eventsOf, leadBody, putLead } from '../../support/leads'
import { NOTICE_SETTINGS, type StandIns, createService, standInForVendors, uniquePhone } from '../../support/service'

const MINUTE_MS = 60_000
const SETTINGS = { ...NOTICE_SETTINGS, BASIC_APPLICATION_TIMEOUT_MS: '300', PROVIDER_TIMEOUT_MS: '300' }

const service = createService(SETTINGS)
let vendors: StandIns
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
  await env.DB.batch(
    ['lead', 'lead_event', 'lead_notice', 'communication'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const create = (phone: string) => service.post('/api_v1/lead_create', leadBody({ mobile_number: phone }))
const push = (id: string, status: string, more: object = {}) => service.post(`/v1/leads/${id}/status`, { status, ...more })
const ask = async (body: object) => (await service.post('/api_v1/lead_status', body)).json<Record<string, unknown>>()
const runSchedule = () =>
  worker.scheduled(createScheduledController({ scheduledTime: new Date(Date.now()), cron: '* * * * *' }), {
    ...env,
    ...SETTINGS,
  })

/** The only lead that there is. */
async function theLead(): Promise<LeadRow> {
  const [lead, ...others] = await allLeads()
  expect(others).toEqual([])
  return lead!
}

const toldOf = ({ id, applicationId }: LeadRow) =>
  vendors.gupshup.messages.map(({ params }) => params.filter((param) => ![id, applicationId, 'Zebulon'].includes(param)))

describe('a status that the lender tells while it takes the lead', () => {
  /** The lender tells of a status before it answers, and answers a second later. */
  function lenderThatTells(status: string): { readonly toldAt: () => number } {
    const handle = vendors.lender.handle.bind(vendors.lender)
    let toldAt = 0
    vi.spyOn(vendors.lender, 'handle').mockImplementationOnce(async (request) => {
      const reply = await handle(request)
      expect((await push((await theLead()).id, status)).status).toBe(200)
      toldAt = Date.now()
      vi.advanceTimersByTime(1_000)
      return reply
    })
    return { toldAt: () => toldAt }
  }

  it('does not undo that it took it, and is newer than the one in its answer', async () => {
    const phone = uniquePhone()
    const { toldAt } = lenderThatTells('Documents Received')

    const response = await create(phone)

    const [application, ...others] = vendors.lender.applications
    expect(others).toEqual([])
    expect([response.status, await response.json()]).toMatchObject([200, { basic_application_id: application!.basicAppId }])
    const lead = await theLead()
    expect(lead).toMatchObject({
      submission: 'submitted',
      applicationId: application!.basicAppId,
      customerId: application!.customerId,
      inDoubt: false,
      nextAttemptAt: null,
      failure: null,
      status: 'Documents Received',
      statusAt: toldAt(),
    })
    expect((await eventsOf(lead.id)).map(({ kind }) => kind)).toEqual(['status.changed', 'submission.accepted'])
    expect(toldOf(lead)).toEqual([['Documents Received'], []])
    expect(await allNotices()).toEqual([])
  })

  it('has nobody hand it in again', async () => {
    lenderThatTells('Documents Received')
    await create(uniquePhone())
    for (let minute = 1; minute <= 5; minute++) {
      vi.advanceTimersByTime(MINUTE_MS)
      await runSchedule()
    }
    expect(vendors.lender.requests.map(({ method }) => method)).toEqual(['POST'])
  })

  it('does not undo that it refused it', async () => {
    lenderThatTells('Documents Received')
    expect((await create(uniquePhone('0001'))).status).toBe(422)
    expect(await theLead()).toMatchObject({ submission: 'refused', inDoubt: false, nextAttemptAt: null })
  })
})

describe('a status that is told of a lead that the lender was not given yet', () => {
  it.each(['waiting', 'refused', 'given_up'])('%s: is what its status is from then on', async (submission) => {
    const phone = uniquePhone()
    const { id } = await putLead({ submission, applicationId: null, status: null, statusAt: null, personal: { phone } })
    expect((await push(id, 'Approved')).status).toBe(200)

    const said = { status: 'Approved', message: 'Your lead status is: Approved' }
    expect(await ask({ basic_application_id: id })).toEqual(said)
    expect(await ask({ mobile_number: phone })).toEqual(said)
    expect(vendors.lender.requests).toEqual([])
  })

  it('stays when the lender takes the lead: it is newer than the answer', async () => {
    const phone = uniquePhone()
    const { id } = await putLead({
      submission: 'waiting',
      applicationId: null,
      status: null,
      statusAt: null,
      nextAttemptAt: Date.now() + MINUTE_MS,
      personal: { phone },
    })
    await push(id, 'Documents Received')
    const toldAt = Date.now()
    vi.advanceTimersByTime(MINUTE_MS)
    await runSchedule()

    const lead = await theLead()
    expect(lead).toMatchObject({ submission: 'submitted', status: 'Documents Received', statusAt: toldAt })
    expect(toldOf(lead)).toEqual([['Documents Received'], []])
  })

  it('is told to the customer also where the lead was tried in vain meanwhile', async () => {
    vendors.lender.down(true)
    await create(uniquePhone())
    const { id, attempts } = await theLead()
    vi.spyOn(vendors.gupshup, 'handle').mockImplementationOnce(async () => new Response('{}', { status: 503 }))
    await push(id, 'Documents Received')
    expect(await allNotices()).toMatchObject([{ kind: 'lead_status', attempts: 1 }])
    for (let waited = 0; waited < NOTICE_PAUSE_MS; waited += MINUTE_MS) {
      vi.advanceTimersByTime(MINUTE_MS)
      await runSchedule()
    }

    const lead = await theLead()
    expect(lead.attempts).toBeGreaterThan(attempts)
    expect(toldOf(lead)).toEqual([['Documents Received']])
    expect(await allNotices()).toEqual([])
  })
})

describe('one status in two spellings', () => {
  it.each([
    ['Docs  Pending', 'Docs  Pending'],
    ['Docs Pending', ' Docs \r\n Pending\u0000 '],
    ['Docs   Pending', 'Docs Pending'],
    ['Zebulon  to sign', 'Zebulon to  sign'],
    [`${'x'.repeat(97)}  y`, `${'x'.repeat(97)} y`],
  ])('%j, as it is told, and %j, as it is asked for: is news once', async (told, asked) => {
    const phone = uniquePhone()
    await create(phone)
    const lead = await theLead()
    vendors.lender.setStatus(lead.applicationId!, asked)
    for (let nth = 1; nth <= 3; nth++) {
      vi.advanceTimersByTime(1_000)
      expect((await push(lead.id, told)).status).toBe(200)
      vi.advanceTimersByTime(1_000)
      await ask({ mobile_number: phone })
    }

    expect((await eventsOf(lead.id)).filter(({ kind }) => kind === 'status.changed')).toHaveLength(1)
    expect(vendors.gupshup.messages).toHaveLength(2)
  })
})

describe('news that says since when it is so', () => {
  const SECOND = Date.UTC(2026, 10, 21, 12)

  it.each([
    ['the same second, told without its parts', SECOND, true],
    ['the second before, told without its parts', SECOND - 1_000, false],
    ['the moment itself', SECOND + 400, true],
    ['a moment before', SECOND + 399, false],
  ])('is taken, or older than what is known: %s', async (_when, changedAt, isTaken) => {
    vi.setSystemTime(SECOND + 60_000)
    const lead = await putLead({ statusAt: SECOND + 400 })
    await push(lead.id, 'Approved', { changed_at: new Date(changedAt).toISOString() })
    expect((await theLead()).status).toBe(isTaken ? 'Approved' : lead.status)
  })

  it('is brought again where others were faster each time', async () => {
    const lead = await putLead()
    // Whoever is to change it finds another version, however often.
    const batch = async (statements: D1PreparedStatement[]) => {
      await env.DB.prepare('UPDATE lead SET version = version + 1').run()
      return env.DB.batch(statements)
    }
    const get = (target: D1Database, name: string | symbol): unknown => {
      const value: unknown = Reflect.get(target, name)
      return name === 'batch' ? batch : typeof value === 'function' ? (value.bind(target) as unknown) : value
    }
    const raced = createService({ ...SETTINGS, DB: new Proxy(env.DB, { get }) })
    expect((await raced.post(`/v1/leads/${lead.id}/status`, { status: 'Approved' })).status).toBe(503)
    expect(vendors.gupshup.requests).toEqual([])

    await push(lead.id, 'Approved')
    expect(await theLead()).toMatchObject({ status: 'Approved' })
    expect(toldOf(lead)).toEqual([['Approved']])
  })
})

describe('news that is not taken', () => {
  it('since it is older than what is known: is a line in the log', async () => {
    const infos: string[] = []
    vi.spyOn(console, 'info').mockImplementation((line: string) => void infos.push(line))
    const lead = await putLead({ statusAt: Date.now() })
    const changed_at = new Date(Date.now() - MINUTE_MS).toISOString()
    expect((await push(lead.id, 'Approved', { changed_at })).status).toBe(200)

    expect(await theLead()).toEqual(lead)
    const taken = infos.map((line) => JSON.parse(line) as { readonly event?: string })
    expect(taken.filter(({ event }) => event === 'lead.status_not_taken')).toEqual([
      { level: 'info', event: 'lead.status_not_taken', lead_id: lead.id, reason: 'pushed' },
    ])
  })

  it('since it is known: is none', async () => {
    const infos: string[] = []
    vi.spyOn(console, 'info').mockImplementation((line: string) => void infos.push(line))
    const lead = await putLead({ status: 'Approved' })
    await push(lead.id, 'Approved')
    expect(await theLead()).toEqual(lead)
    expect(infos.join()).not.toContain('lead.status_not_taken')
  })
})
