import { createExecutionContext, createScheduledController, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { NOTICE_ATTEMPTS, NOTICE_LEASE_MS, NOTICE_PAUSE_MS } from '../../src/config/limits'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { communicationLog, communications, leadNotices } from '../../src/db/schema'
import type { LeadNoticeRow, LeadRow } from '../../src/leads/lead'
import { failing } from '../support/broken'
import { PERSONAL, allLeads, allNotices, leadBody, putLead } from '../support/leads'
import { deliverWebhooks } from '../support/receipts'
import {
  GUPSHUP_WEBHOOK,
  NOTICE_SETTINGS,
  type StandIns,
  createService,
  standInForVendors,
  uniquePhone,
} from '../support/service'
import { GUPSHUP_SCENARIOS, gupshupReceipts } from '../support/vendors/gupshup'

const CREATE = '/api_v1/lead_create'
const STATUS = '/api_v1/lead_status'
const MINUTE_MS = 60_000
const SETTINGS = { ...NOTICE_SETTINGS, GUPSHUP_WEBHOOK_SECRET: GUPSHUP_WEBHOOK, PROVIDER_TIMEOUT_MS: '50' }

const db = createDatabase(env.DB)
let vendors: StandIns
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
  const tables = ['lead', 'lead_event', 'lead_notice', 'communication', 'communication_log', 'communication_receipt']
  await env.DB.batch(tables.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Its isolate is its own, and with it what it knows of vendors that fail. */
const full = (changes: object = {}) => createService({ ...SETTINGS, ...changes })

async function created(by = full(), phone = uniquePhone(), changes: object = {}): Promise<LeadRow> {
  const response = await by.post(CREATE, leadBody({ mobile_number: phone, ...changes }))
  expect(response.status, await response.clone().text()).toBe(200)
  return (await allLeads()).at(-1)!
}

const runSchedule = (changes: object = {}) =>
  worker.scheduled(createScheduledController({ scheduledTime: new Date(Date.now()), cron: '* * * * *' }), {
    ...env,
    ...SETTINGS,
    ...changes,
  })

const sentMessages = () => db.select().from(communications).orderBy(communications.id).all()
const attempts = () => db.select().from(communicationLog).orderBy(communicationLog.attempt).all()

/** Has the vendor answer in another way, from now on or once. */
function vendorAnswers(answer: (messageId: string) => Response | 'hang' | 'reset', times = Infinity): () => number {
  const handle = vendors.gupshup.handle.bind(vendors.gupshup)
  let asked = 0
  vi.spyOn(vendors.gupshup, 'handle').mockImplementation(async (request) => {
    asked += 1
    if (asked > times) return handle(request)
    const reply = answer(crypto.randomUUID())
    if (reply === 'reset') throw new Error('connection reset')
    return reply === 'hang' ? new Promise<never>(() => {}) : reply
  })
  return () => asked
}

const busy = () => Response.json({ status: 'error', message: 'Service Unavailable' }, { status: 503 })

describe('the customer of a lead', () => {
  it('is told of it in the template for that, with its app and its values in order', async () => {
    const phone = uniquePhone()
    const lead = await created(full(), phone)

    expect(vendors.gupshup.messages).toMatchObject([
      {
        destination: phone.slice(1),
        source: '917834811114',
        templateId: NOTICE_SETTINGS.GUPSHUP_LEAD_CREATION_TEMPLATE_ID,
        srcName: NOTICE_SETTINGS.GUPSHUP_LEAD_CREATION_SRC_NAME,
        params: ['Zebulon', lead.applicationId],
        code: '',
      },
    ])
  })

  it('is told of a new status in the template for that', async () => {
    const phone = uniquePhone()
    const lead = await created(full(), phone)
    vendors.lender.setStatus(lead.applicationId!, 'Approved & signed ✓')
    await full().post(STATUS, { mobile_number: phone })

    expect(vendors.gupshup.messages.slice(1)).toMatchObject([
      {
        destination: phone.slice(1),
        templateId: NOTICE_SETTINGS.GUPSHUP_LEAD_STATUS_TEMPLATE_ID,
        srcName: NOTICE_SETTINGS.GUPSHUP_LEAD_STATUS_SRC_NAME,
        params: ['Zebulon', lead.applicationId, 'Approved & signed ✓'],
      },
    ])
  })

  it('is told what the settings say, in their order', async () => {
    const by = full({
      GUPSHUP_LEAD_CREATION_VALUES: 'loan_type, application_id,status',
      GUPSHUP_LEAD_STATUS_VALUES: 'status',
    })
    const phone = uniquePhone()
    const lead = await created(by, phone, { loan_type: 'education loan' })
    vendors.lender.setStatus(lead.applicationId!, 'Approved')
    await by.post(STATUS, { mobile_number: phone })

    expect(vendors.gupshup.messages.map(({ params }) => params)).toEqual([
      ['Education Loan', lead.applicationId, 'Under Review'],
      ['Approved'],
    ])
  })

  it('is told when the lender has the lead, and not before', async () => {
    vendors.lender.down(true)
    const phone = uniquePhone()
    expect((await full().post(CREATE, leadBody({ mobile_number: phone }))).status).toBe(202)
    expect(vendors.gupshup.requests).toEqual([])
    expect(await allNotices()).toEqual([])
    vendors.lender.down(false)
    vi.advanceTimersByTime(MINUTE_MS)
    await runSchedule()

    expect(vendors.gupshup.messages.map(({ params }) => params)).toEqual([
      ['Zebulon', vendors.lender.applications[0]!.basicAppId],
    ])
    // By whoever got it there.
    expect(await sentMessages()).toMatchObject([{ surface: 'schedule', purpose: 'lead_created' }])
  })

  it('is told nothing of a refusal', async () => {
    expect((await full().post(CREATE, leadBody({ mobile_number: uniquePhone('0001') }))).status).toBe(422)
    expect(vendors.gupshup.requests).toEqual([])
    expect(await allNotices()).toEqual([])
  })

  it('is told once, however often the same is asked for', async () => {
    const phone = uniquePhone()
    const body = leadBody({ mobile_number: phone })
    const service = full()
    await Promise.all(Array.from({ length: 20 }, () => service.post(CREATE, body)))
    await service.post(CREATE, body)
    await runSchedule()
    expect(vendors.gupshup.messages).toHaveLength(1)
  })
})

describe('the record of such a message', () => {
  it('is that of codes, with the lead instead of a verification', async () => {
    const prices = JSON.stringify({ currency: 'USD', prices: { gupshup: '0.0042' } })
    const lead = await created(full({ MESSAGE_PRICES: prices }))

    const [row, ...others] = await sentMessages()
    expect(others).toEqual([])
    expect(row).toEqual({
      id: expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7/),
      leadId: lead.id,
      verificationId: '',
      surface: 'homi',
      channel: 'whatsapp',
      purpose: 'lead_created',
      phoneHash: lead.phoneHash,
      phoneMasked: lead.phoneMasked,
      country: 'IN',
      templateId: null,
      templateVersion: null,
      provider: 'gupshup',
      providerMessageId: vendors.gupshup.messages[0]!.messageId,
      status: 'queued',
      statusRank: 2,
      statusAt: Date.now(),
      reason: null,
      providerCode: null,
      segments: null,
      costMicros: 4_200,
      currency: 'USD',
      verified: false,
      createdAt: Date.now(),
      owner: '',
    })
    expect(await attempts()).toMatchObject([
      { communicationId: row!.id, attempt: 1, provider: 'gupshup', channel: 'whatsapp', outcome: 'accepted', httpStatus: null },
    ])
    expect(await allNotices()).toEqual([])
  })

  it('is moved on by what the vendor reports', async () => {
    const service = full()
    await created(service)
    const reports = await gupshupReceipts(vendors.gupshup.messages[0]!, {
      baseUrl: 'http://service.test',
      secret: GUPSHUP_WEBHOOK,
    })

    for (const response of await deliverWebhooks(service, reports)) expect(response.status).toBe(200)

    expect(await sentMessages()).toMatchObject([{ status: 'delivered', purpose: 'lead_created' }])
  })

  it('is that of a loss where the vendor reports one, and nothing else is sent for it', async () => {
    const service = full()
    // Taken; its event reports that the number is not on WhatsApp.
    const phone = uniquePhone('0003')
    await created(service, phone)
    const reports = await gupshupReceipts(vendors.gupshup.messages[0]!, {
      baseUrl: 'http://service.test',
      secret: GUPSHUP_WEBHOOK,
    })
    for (const response of await deliverWebhooks(service, reports)) expect(response.status).toBe(200)
    vi.advanceTimersByTime(60 * MINUTE_MS)
    await runSchedule()

    expect(await sentMessages()).toMatchObject([{ reason: 'opted_out', statusRank: 4 }])
    expect(vendors.gupshup.requests).toHaveLength(1)
  })

  it('is one in mock mode, too, where nothing is sent', async () => {
    const lead = await created(createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' }))
    expect(vendors.gupshup.requests).toEqual([])
    expect(await sentMessages()).toMatchObject([{ leadId: lead.id, provider: 'mock', status: 'sent', purpose: 'lead_created' }])
  })
})

describe('without a template', () => {
  it.each([
    ['none is set up', createService()],
    [
      'only the one for a status is',
      createService({
        GUPSHUP_LEAD_STATUS_TEMPLATE_ID: NOTICE_SETTINGS.GUPSHUP_LEAD_STATUS_TEMPLATE_ID,
        GUPSHUP_LEAD_STATUS_SRC_NAME: NOTICE_SETTINGS.GUPSHUP_LEAD_STATUS_SRC_NAME,
      }),
    ],
  ])('since %s: nobody is told of a new lead, and nothing waits for it', async (_why, by) => {
    await created(by)
    expect(vendors.gupshup.requests).toEqual([])
    expect(await allNotices()).toEqual([])
    expect(await sentMessages()).toEqual([])
  })

  it('what was to be told goes when the template does, with a word in the log', async () => {
    vendorAnswers(busy)
    const lead = await created()
    vi.restoreAllMocks()
    vendors = standInForVendors()
    const warnings: string[] = []
    vi.spyOn(console, 'warn').mockImplementation((line: string) => void warnings.push(line))
    vi.advanceTimersByTime(NOTICE_PAUSE_MS)
    const none = Object.fromEntries(Object.keys(NOTICE_SETTINGS).map((name) => [name, '']))
    await runSchedule(none)

    expect(await allNotices()).toEqual([])
    expect(vendors.gupshup.requests).toEqual([])
    expect(warnings.map((line) => JSON.parse(line) as object)).toContainEqual({
      level: 'warn',
      event: 'notice.dropped',
      lead_id: lead.id,
      communication_id: expect.any(String),
    })
  })
})

describe('a vendor that fails', () => {
  const OUTCOMES: Readonly<Record<string, 'taken' | 'lost' | 'later' | 'unknown'>> = {
    '0001': 'lost',
    '0006': 'later',
    '0007': 'later',
    '0008': 'unknown',
    '0009': 'later',
    '0012': 'lost',
    '0016': 'later',
    '0020': 'later',
    '0021': 'unknown',
    '0022': 'unknown',
    '0023': 'unknown',
    '0024': 'later',
    '0025': 'later',
    '0026': 'later',
    '0027': 'unknown',
  }
  const STATUS_OF = { taken: 'queued', lost: 'failed', later: 'pending', unknown: 'unknown' } as const

  it.each(Object.entries(GUPSHUP_SCENARIOS).map(([suffix, { what }]) => [suffix, what]))(
    '(%s: %s) fails no lead, and is not asked to repeat what may have arrived',
    async (suffix) => {
      const asked = vendorAnswers(GUPSHUP_SCENARIOS[suffix]!.answer)
      const outcome = OUTCOMES[suffix] ?? 'taken'

      const lead = await created()

      expect(lead).toMatchObject({ submission: 'submitted', status: 'Under Review' })
      expect(await sentMessages()).toMatchObject([{ leadId: lead.id, status: STATUS_OF[outcome] }])
      expect(await attempts()).toHaveLength(1)
      expect(await allNotices()).toHaveLength(outcome === 'later' ? 1 : 0)
      vi.advanceTimersByTime(NOTICE_PAUSE_MS)
      await runSchedule()
      expect(asked()).toBe(outcome === 'later' ? 2 : 1)
      expect(await allLeads()).toEqual([lead])
    },
  )

  it.each(Object.keys(OUTCOMES))('(%s) fails no question for a status', async (suffix) => {
    const phone = uniquePhone()
    const service = full()
    const lead = await created(service, phone)
    vendors.lender.setStatus(lead.applicationId!, 'Approved')
    vendorAnswers(GUPSHUP_SCENARIOS[suffix]!.answer)
    const response = await service.post(STATUS, { mobile_number: phone })
    expect([response.status, await response.json()]).toMatchObject([200, { status: 'Approved' }])
  })

  it('keeps nobody waiting who creates a lead', async () => {
    const answer = Promise.withResolvers<Response>()
    vi.spyOn(vendors.gupshup, 'handle').mockImplementation(() => answer.promise)
    const ctx = createExecutionContext()
    const request = new Request(`http://service.test${CREATE}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(leadBody()),
    })
    const serviceEnv = { ...env, ...SETTINGS, PROVIDER_TIMEOUT_MS: '20000' } as Env

    expect((await worker.fetch(request, serviceEnv, ctx)).status).toBe(200)

    answer.resolve(busy())
    await waitOnExecutionContext(ctx)
    expect(await sentMessages()).toMatchObject([{ status: 'pending' }])
  })

  it('is asked again by the job after a pause, with the same message, and its attempts are counted on', async () => {
    const asked = vendorAnswers(busy, 1)
    const lead = await created()
    const [pending] = await sentMessages()
    expect(pending).toMatchObject({ status: 'pending', provider: null, reason: null })
    expect(await allNotices()).toEqual([
      {
        leadId: lead.id,
        version: lead.version,
        kind: 'lead_created',
        status: 'Under Review',
        communicationId: pending!.id,
        surface: 'homi',
        isSending: false,
        dueAt: Date.now() + NOTICE_PAUSE_MS,
        attempts: 1,
        createdAt: Date.now(),
      },
    ])

    vi.advanceTimersByTime(NOTICE_PAUSE_MS - 1)
    await runSchedule()
    expect(asked()).toBe(1)
    vi.advanceTimersByTime(1)
    await runSchedule()

    expect(asked()).toBe(2)
    expect(vendors.gupshup.messages).toMatchObject([{ params: ['Zebulon', lead.applicationId] }])
    expect(await sentMessages()).toMatchObject([
      {
        id: pending!.id,
        status: 'queued',
        provider: 'gupshup',
        providerMessageId: vendors.gupshup.messages[0]!.messageId,
        reason: null,
      },
    ])
    expect(await attempts()).toMatchObject([
      { communicationId: pending!.id, attempt: 1, outcome: 'rejected', reason: 'provider_unavailable', httpStatus: 503 },
      { communicationId: pending!.id, attempt: 2, outcome: 'accepted', reason: null },
    ])
    expect(await allNotices()).toEqual([])
    await runSchedule()
    expect(asked()).toBe(2)
  })

  it('all the time is not asked for ever', async () => {
    const asked = vendorAnswers(busy)
    await created()
    for (let minute = 0; minute < 24 * 60; minute += 10) {
      vi.advanceTimersByTime(10 * MINUTE_MS)
      await runSchedule()
    }

    expect(asked()).toBe(NOTICE_ATTEMPTS)
    expect((await attempts()).map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4, 5, 6])
    const times = (await attempts()).map(({ at }) => at)
    expect(times.slice(1).map((at, nth) => (at - times[nth]!) / MINUTE_MS)).toEqual([10, 20, 30, 40, 50])
    expect(await sentMessages()).toMatchObject([{ status: 'failed', reason: 'provider_unavailable' }])
    expect(await allNotices()).toEqual([])
  })

  it('leaves news of the status for later as well, each message on its own', async () => {
    const phone = uniquePhone()
    const service = full()
    const lead = await created(service, phone)
    const asked = vendorAnswers(busy, 1)
    vi.advanceTimersByTime(MINUTE_MS)
    vendors.lender.setStatus(lead.applicationId!, 'Approved')
    await service.post(STATUS, { mobile_number: phone })
    expect(await allNotices()).toMatchObject([{ kind: 'lead_status', status: 'Approved', attempts: 1 }])
    vi.advanceTimersByTime(NOTICE_PAUSE_MS)
    await runSchedule()

    expect(asked()).toBe(2)
    expect(vendors.gupshup.messages.at(-1)!.params).toEqual(['Zebulon', lead.applicationId, 'Approved'])
    expect(await sentMessages()).toMatchObject([{ purpose: 'lead_created' }, { purpose: 'lead_status', status: 'queued' }])
  })
})

describe('news of a status', () => {
  it('that others overtook while they waited are not told any more: they would say what is not so', async () => {
    const phone = uniquePhone()
    const service = full()
    const lead = await created(service, phone)
    vendorAnswers(busy, 1)
    for (const status of ['Approved', 'Disbursed']) {
      vendors.lender.setStatus(lead.applicationId!, status)
      vi.advanceTimersByTime(MINUTE_MS)
      await service.post(STATUS, { mobile_number: phone })
    }
    vi.advanceTimersByTime(NOTICE_PAUSE_MS)
    await runSchedule()

    expect(vendors.gupshup.messages.slice(1).map(({ params }) => params[2])).toEqual(['Disbursed'])
    expect(await allNotices()).toEqual([])
  })
})

/** The real database, of which the batches after the first so many go another way. */
function databaseWhere(good: number, otherwise: () => Promise<never>): D1Database {
  let asked = 0
  const batch = (statements: D1PreparedStatement[]) => (++asked <= good ? env.DB.batch(statements) : otherwise())
  const get = (target: D1Database, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name)
    return name === 'batch' ? batch : typeof value === 'function' ? (value.bind(target) as unknown) : value
  }
  return new Proxy(env.DB, { get })
}

describe('a Worker that dies', () => {
  it('while it sends has sent nothing twice: that nobody knows what came of it is in the record', async () => {
    // The lead and its submission are written; what came of the message is not.
    const lead = await created(full({ DB: databaseWhere(2, failing) }))
    expect(vendors.gupshup.messages).toHaveLength(1)
    expect(await allNotices()).toMatchObject([{ isSending: true, attempts: 1, dueAt: Date.now() + NOTICE_LEASE_MS }])
    expect(await sentMessages()).toEqual([])

    vi.advanceTimersByTime(NOTICE_LEASE_MS - 1)
    await runSchedule()
    expect(await sentMessages()).toEqual([])

    const warnings: string[] = []
    vi.spyOn(console, 'warn').mockImplementation((line: string) => void warnings.push(line))
    vi.advanceTimersByTime(1)
    await Promise.all([runSchedule(), runSchedule()])
    expect(vendors.gupshup.requests).toHaveLength(1)
    expect(await sentMessages()).toMatchObject([{ leadId: lead.id, status: 'unknown', provider: null, purpose: 'lead_created' }])
    expect(await allNotices()).toEqual([])
    expect(warnings.join()).toContain('notice.abandoned')

    vi.advanceTimersByTime(60 * MINUTE_MS)
    await runSchedule()
    expect(vendors.gupshup.requests).toHaveLength(1)
  })

  it('while it sends for the second time has not sent for a third, and the attempts before are still there', async () => {
    vendorAnswers(busy, 1)
    await created()
    const id = (await sentMessages())[0]!.id
    vi.advanceTimersByTime(NOTICE_PAUSE_MS)
    await runSchedule({ DB: databaseWhere(0, failing) })
    expect(vendors.gupshup.messages).toHaveLength(1)
    vi.advanceTimersByTime(NOTICE_LEASE_MS)
    await runSchedule()

    expect(vendors.gupshup.messages).toHaveLength(1)
    expect(await sentMessages()).toMatchObject([{ id, status: 'unknown' }])
    expect(await attempts()).toMatchObject([{ attempt: 1, outcome: 'rejected' }])
    expect(await allNotices()).toEqual([])
  })

  it('before it sends has the job send it', async () => {
    const lead = await putLead()
    await putNotice(lead)
    await runSchedule()
    expect(vendors.gupshup.messages.map(({ params }) => params)).toEqual([['Zebulon', lead.applicationId]])
    expect(await sentMessages()).toMatchObject([{ status: 'queued' }])
    expect(await allNotices()).toEqual([])
  })

  it('and comes back when the job has it: one of them sends', async () => {
    const lead = await putLead()
    const notice = await putNotice(lead)
    await Promise.all([runSchedule(), runSchedule(), runSchedule()])
    expect(vendors.gupshup.messages).toHaveLength(1)
    expect(await sentMessages()).toMatchObject([{ id: notice.communicationId }])
  })
})

async function putNotice(lead: LeadRow, changes: Partial<LeadNoticeRow> = {}): Promise<LeadNoticeRow> {
  const now = Date.now()
  const notice = {
    leadId: lead.id,
    version: lead.version,
    kind: 'lead_created',
    status: lead.status,
    communicationId: uuidv7(now),
    surface: 'homi',
    isSending: false,
    dueAt: now,
    attempts: 0,
    createdAt: now,
    ...changes,
  }
  await db.insert(leadNotices).values(notice)
  return notice
}

describe('what waits to be told', () => {
  it('is told in its order', async () => {
    const lead = await putLead()
    const now = Date.now()
    await putNotice(lead, { version: 5, kind: 'lead_status', status: 'third', createdAt: now - 1 })
    await putNotice(lead, { version: 3, kind: 'lead_created', status: 'first', createdAt: now - 3 })
    await putNotice(lead, { version: 4, kind: 'lead_status', status: 'second', createdAt: now - 2 })
    await runSchedule({ GUPSHUP_LEAD_CREATION_VALUES: 'status', GUPSHUP_LEAD_STATUS_VALUES: 'status' })
    expect(vendors.gupshup.messages.map(({ params }) => params[0])).toEqual(['first', 'second', 'third'])
  })

  it('is not told before its time', async () => {
    await putNotice(await putLead(), { dueAt: Date.now() + 1 })
    await runSchedule()
    expect(vendors.gupshup.requests).toEqual([])
  })

  it('of a lead whose key is gone is told to nobody, and keeps nobody else', async () => {
    const lost = await putLead()
    await env.DB.prepare("UPDATE lead SET personal_key_id = 'gone' WHERE id = ?").bind(lost.id).run()
    await putNotice(lost)
    const other = await putLead({ personal: { firstName: 'Ada' } })
    await putNotice(other, { createdAt: Date.now() + 1 })
    await runSchedule()

    expect(vendors.gupshup.messages.map(({ params }) => params)).toEqual([['Ada', other.applicationId]])
    expect(await allNotices()).toEqual([])
  })

  it('is told by the number that the lead is of, and to no other', async () => {
    await putNotice(await putLead({ personal: { phone: PERSONAL.phone } }))
    await runSchedule()
    expect(vendors.gupshup.messages.map(({ destination }) => destination)).toEqual([PERSONAL.phone.slice(1)])
  })

  it('is not lost where D1 fails before it is taken: the lead is told of, the message waits', async () => {
    const errors: string[] = []
    vi.spyOn(console, 'error').mockImplementation((line: string) => void errors.push(line))
    const prepare = (sql: string) => {
      if (sql.startsWith('update "lead_notice"')) throw new Error('injected')
      return env.DB.prepare(sql)
    }
    const get = (target: D1Database, name: string | symbol): unknown => {
      const value: unknown = Reflect.get(target, name)
      return name === 'prepare' ? prepare : typeof value === 'function' ? (value.bind(target) as unknown) : value
    }
    const lead = await created(full({ DB: new Proxy(env.DB, { get }) }))
    expect(vendors.gupshup.requests).toEqual([])
    expect(errors.map((line) => JSON.parse(line) as object)).toMatchObject([
      { event: 'notice.failed', lead_id: lead.id, error_name: expect.any(String) },
    ])
    expect(await allNotices()).toMatchObject([{ isSending: false, attempts: 0 }])

    await runSchedule()
    expect(vendors.gupshup.messages).toHaveLength(1)
  })
})
