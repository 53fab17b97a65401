import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { brokenDatabase, failing } from '../../support/broken'
import { fireAlarm, gateOf, gatesWith } from '../../support/gate'
import { bearer, putApiKey } from '../../support/keys'
import { allLeads, allNotices, eventsOf, leadBody, leadRow, putLead, putLeads } from '../../support/leads'
import { putLoan } from '../../support/loans'
import {
  MSG91_SETTINGS,
  MSHASTRA_SETTINGS,
  NOTICE_SETTINGS,
  NO_LENDER,
  type StandIns,
  TWILIO_SETTINGS,
  createMockService,
  createService,
  standInForVendors,
  uniquePhone,
} from '../../support/service'

const CREATE = '/api_v1/lead_create'
const PATH = '/api_v1/lead_status'
const MINUTE_MS = 60_000
const service = createService({ BASIC_APPLICATION_TIMEOUT_MS: '50' })

let vendors: StandIns
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

type Service = ReturnType<typeof createService>

async function ask(body: object, by: Service = service, headers: Record<string, string> = {}) {
  const response = await by.post(PATH, body, headers)
  return { status: response.status, body: await response.json() }
}

/** To the second, as times are told. */
const toTime = (ms: number) => new Date(ms).toISOString().replace(/\.\d+/, '')

const said = (status: string) => ({ status: 200, body: { status, message: `Your lead status is: ${status}` } })
const lastKnown = (status: string, since: number, at = toTime(since)) => ({
  status: 200,
  body: {
    status,
    message: `Your lead status is: ${status} (the last that is known, of ${at})`,
    last_known_at: at,
  },
})
const notFound = (phone: string | null = null) => ({
  status: 404,
  body: { success: false, message: 'There is no such lead.', data: { phone_number: phone, error: 'lead_not_found' } },
})

/** A lead that the lender has. */
async function submitted(phone = uniquePhone(), changes: object = {}, by: Service = service) {
  const response = await by.post(CREATE, leadBody({ mobile_number: phone, ...changes }))
  expect(response.status).toBe(200)
  const { basic_application_id: applicationId } = await response.json<{ basic_application_id: string }>()
  const lead = (await allLeads()).find((one) => one.applicationId === applicationId)!
  return { phone, applicationId, leadId: lead.id }
}

const leadOf = async (id: string) => (await allLeads()).find((lead) => lead.id === id)!

describe('the status of a lead', () => {
  it('is told in the words of brief 001', async () => {
    const { phone, leadId } = await submitted()
    const before = await leadOf(leadId)

    expect(await ask({ mobile_number: phone })).toEqual(said('Under Review'))

    // It was known: nothing is written, nobody is told.
    expect(await leadOf(leadId)).toEqual(before)
  })

  it('is asked of the lender by its own id and the number', async () => {
    const { phone, applicationId } = await submitted()
    await ask({ mobile_number: phone })
    const { method, url } = vendors.lender.requests.at(-1)!
    expect([method, new URL(url).pathname]).toEqual([
      'GET',
      `/api/v1/Application/Activity/GetActivity/${applicationId}/${phone.slice(3)}`,
    ])
  })

  it.each([
    ['E.164', (national: string) => `+91${national}`],
    ['without a country code', (national: string) => national],
    ['with the country code', (national: string) => `91${national}`],
    ['with a trunk 0', (national: string) => `0${national}`],
    ['with 00', (national: string) => `0091${national}`],
    ['with blanks', (national: string) => `+91 ${national.slice(0, 5)} ${national.slice(5)}`],
    ['with hyphens', (national: string) => `91-${national.slice(0, 3)}-${national.slice(3, 6)}-${national.slice(6)}`],
    ['with brackets', (national: string) => ` (+91) ${national} `],
  ])('is found by the number, %s', async (_how, spell) => {
    const { phone } = await submitted()
    expect(await ask({ mobile_number: spell(phone.slice(3)) })).toEqual(said('Under Review'))
  })

  it('is found by the application id, and by the id of the lead', async () => {
    const { applicationId, leadId } = await submitted()
    expect(await ask({ basic_application_id: applicationId })).toEqual(said('Under Review'))
    expect(await ask({ basic_application_id: ` ${applicationId} ` })).toEqual(said('Under Review'))
    expect(await ask({ basic_application_id: leadId })).toEqual(said('Under Review'))
  })

  it('is found by both where they belong together, and not where they do not', async () => {
    const { phone, applicationId, leadId } = await submitted()
    const other = await submitted()

    expect(await ask({ mobile_number: phone, basic_application_id: applicationId })).toEqual(said('Under Review'))
    expect(await ask({ mobile_number: phone, basic_application_id: leadId })).toEqual(said('Under Review'))
    const mismatches = [other.applicationId, other.leadId, 'B000000']
    for (const basic_application_id of mismatches) {
      expect(await ask({ mobile_number: phone, basic_application_id })).toEqual(notFound(phone))
    }
  })

  it('is, by the number, that of the newest lead', async () => {
    const { phone, applicationId } = await submitted()
    vi.advanceTimersByTime(1)
    const newer = await submitted(phone, { loan_amount: 1_000_000 })
    vendors.lender.setStatus(applicationId, 'Rejected')
    vendors.lender.setStatus(newer.applicationId, 'Approved')

    expect(await ask({ mobile_number: phone })).toEqual(said('Approved'))
    expect(await ask({ mobile_number: phone, basic_application_id: applicationId })).toEqual(said('Rejected'))
  })

  it('is not found where nothing is known', async () => {
    const phone = uniquePhone()
    expect(await ask({ mobile_number: phone })).toEqual(notFound(phone))
    for (const basic_application_id of ['APP123456789', '019aa5f0-0000-7000-8000-000000000000', "' or 1=1 --", '%']) {
      expect(await ask({ basic_application_id })).toEqual(notFound())
    }
    expect(vendors.lender.requests).toEqual([])
  })

  it('is the made up one in mock mode', async () => {
    const mock = createMockService()
    const { phone } = await submitted(uniquePhone(), {}, mock)
    expect(await ask({ mobile_number: phone }, mock)).toEqual(said('Under Review'))
    expect(vendors.lender.requests).toEqual([])
  })
})

describe('a status that is new', () => {
  it('is stored, with its history', async () => {
    const { phone, applicationId, leadId } = await submitted()
    const before = await leadOf(leadId)
    vendors.lender.setStatus(applicationId, 'Approved')
    vi.advanceTimersByTime(5 * MINUTE_MS)

    expect(await ask({ mobile_number: phone })).toEqual(said('Approved'))

    expect(await leadOf(leadId)).toEqual({
      ...before,
      status: 'Approved',
      statusAt: Date.now(),
      updatedAt: Date.now(),
      version: before.version + 1,
    })
    expect((await eventsOf(leadId)).at(-1)).toMatchObject({
      version: before.version + 1,
      kind: 'status.changed',
      surface: 'homi',
      detail: { from: 'Under Review', to: 'Approved', source: 'asked' },
    })
  })

  it('is told to the customer once, however many ask', async () => {
    const full = createService(NOTICE_SETTINGS)
    const { phone, applicationId, leadId } = await submitted(uniquePhone(), {}, full)
    vendors.lender.setStatus(applicationId, 'Approved')

    const answers = await Promise.all(Array.from({ length: 20 }, () => ask({ mobile_number: phone }, full)))

    for (const answer of answers) expect(answer).toEqual(said('Approved'))
    const told = vendors.gupshup.messages.map(({ templateId, params }) => [templateId, ...params])
    expect(told).toEqual([
      [NOTICE_SETTINGS.GUPSHUP_LEAD_CREATION_TEMPLATE_ID, 'Zebulon', applicationId],
      [NOTICE_SETTINGS.GUPSHUP_LEAD_STATUS_TEMPLATE_ID, 'Zebulon', applicationId, 'Approved'],
    ])
    expect((await eventsOf(leadId)).filter(({ kind }) => kind === 'status.changed')).toHaveLength(1)
    expect((await allNotices()).filter((notice) => notice.leadId === leadId)).toEqual([])
  })

  it('is told each time that it changes, and when it is again what it was', async () => {
    const full = createService(NOTICE_SETTINGS)
    const { phone, applicationId } = await submitted(uniquePhone(), {}, full)
    for (const status of ['Approved', 'Under Review', 'Approved', 'Approved']) {
      vendors.lender.setStatus(applicationId, status)
      vi.advanceTimersByTime(MINUTE_MS)
      expect(await ask({ mobile_number: phone }, full)).toEqual(said(status))
    }
    expect(vendors.gupshup.messages.slice(1).map(({ params }) => params[2])).toEqual(['Approved', 'Under Review', 'Approved'])
  })

  it('that a slow answer has is not told after a newer one', async () => {
    const full = createService(NOTICE_SETTINGS)
    const { phone, applicationId, leadId } = await submitted(uniquePhone(), {}, full)
    const handle = vendors.lender.handle.bind(vendors.lender)
    const [isAsked, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    vi.spyOn(vendors.lender, 'handle').mockImplementationOnce(async (request) => {
      const reply = await handle(request)
      isAsked.resolve()
      await slow.promise
      return reply
    })
    vendors.lender.setStatus(applicationId, 'Documents Pending')
    const first = ask({ mobile_number: phone }, full)
    await isAsked.promise
    vendors.lender.setStatus(applicationId, 'Approved')
    vi.advanceTimersByTime(1_000)
    expect(await ask({ mobile_number: phone }, full)).toEqual(said('Approved'))
    slow.resolve()

    expect((await first).status).toBe(200)
    expect((await leadOf(leadId)).status).toBe('Approved')
    expect(vendors.gupshup.messages.slice(1).map(({ params }) => params[2])).toEqual(['Approved'])
  })

  it('is told to who asked also where D1 cannot keep it, and is news at the next time', async () => {
    const { phone, applicationId, leadId } = await submitted()
    vendors.lender.setStatus(applicationId, 'Approved')
    const get = (target: D1Database, name: string | symbol): unknown => {
      const value: unknown = Reflect.get(target, name)
      return name === 'batch' ? failing : typeof value === 'function' ? (value.bind(target) as unknown) : value
    }
    const readOnly = createService({ DB: new Proxy(env.DB, { get }) })

    expect(await ask({ mobile_number: phone }, readOnly)).toEqual(said('Approved'))
    expect((await leadOf(leadId)).status).toBe('Under Review')

    await ask({ mobile_number: phone })
    expect((await leadOf(leadId)).status).toBe('Approved')
  })
})

describe('a lender that cannot be asked', () => {
  it('has the last status told that is known, with its time', async () => {
    const { phone, applicationId, leadId } = await submitted()
    vi.advanceTimersByTime(60 * MINUTE_MS)
    vendors.lender.setStatus(applicationId, 'Approved')
    await ask({ mobile_number: phone })
    const changedAt = Date.now()
    vi.advanceTimersByTime(24 * 60 * MINUTE_MS)
    const before = await leadOf(leadId)
    vendors.lender.down(true)

    const answer = await ask({ mobile_number: phone })

    expect(answer).toEqual(lastKnown('Approved', changedAt))
    expect(await ask({ basic_application_id: applicationId })).toEqual(answer)
    expect(await leadOf(leadId)).toEqual(before)
  })

  it.each([
    ['does not answer', () => new Promise<never>(() => {})],
    ['breaks the connection', () => Promise.reject(new Error('reset'))],
    ['answers 500', async () => new Response('no', { status: 500 })],
    ['answers 401', async () => Response.json({ isError: true }, { status: 401 })],
    ['answers 429', async () => new Response('', { status: 429 })],
    ['answers without JSON', async () => new Response('Approved')],
    ['answers with a failure', async () => Response.json({ isError: true, result: { latestStatus: 'Approved' } })],
    ['answers without a status', async () => Response.json({ isError: false, result: { basicAppId: 'B1', latestStatus: ' ' } })],
    ['knows nothing of it', async () => Response.json({ isError: false, result: null })],
    ['answers with nothing', async () => new Response('')],
  ] as const)('since it %s', async (_how, handle) => {
    const { phone } = await submitted()
    const since = Date.now()
    vi.advanceTimersByTime(MINUTE_MS)
    vi.spyOn(vendors.lender, 'handle').mockImplementation(handle)
    expect(await ask({ mobile_number: phone })).toEqual(lastKnown('Under Review', since))
  })

  it.each([
    ['there is none any more', NO_LENDER],
    ['the key of the number is gone', { PII_ENCRYPTION_KEY: 'another key of personal data, 32 and more' }],
    ['there is no key any more', { ...NO_LENDER, PII_ENCRYPTION_KEY: '' }],
  ])('since %s', async (_why, settings) => {
    const { phone } = await submitted()
    expect(await ask({ mobile_number: phone }, createService(settings))).toEqual(lastKnown('Under Review', Date.now()))
  })
})

describe('a lead that the lender does not have', () => {
  it.each([
    ['waiting', 'Submission Pending'],
    ['refused', 'Not Accepted'],
    ['given_up', 'Submission Pending'],
  ])('%s: is told so, and the lender is not asked', async (submission, status) => {
    const phone = uniquePhone()
    const lead = await putLead({ submission, applicationId: null, status: null, statusAt: null, personal: { phone } })
    expect(await ask({ mobile_number: phone })).toEqual(said(status))
    expect(await ask({ basic_application_id: lead.id })).toEqual(said(status))
    expect(vendors.lender.requests).toEqual([])
  })
})

describe('D1 that is down', () => {
  it('is told, and the lender is not asked', async () => {
    const phone = uniquePhone()
    const broken = createService({ DB: brokenDatabase })
    for (const body of [{ mobile_number: phone }, { basic_application_id: 'B002BJF' }]) {
      expect(await ask(body, broken)).toMatchObject({ status: 503, body: { data: { error: 'dependency_unavailable' } } })
    }
    expect(vendors.lender.requests).toEqual([])
  })
})

describe('proof of possession', () => {
  const KEY = 'an-operator-key-for-tests-only-32-and-more'
  const settings = {
    ...MSHASTRA_SETTINGS,
    ...TWILIO_SETTINGS,
    ...MSG91_SETTINGS,
    LEADS_REQUIRE_VERIFIED_PHONE: 'true',
    ADMIN_API_KEY: KEY,
  }
  const strict = createService(settings)
  const unproved = (phone: string) => ({
    status: 403,
    body: {
      success: false,
      message:
        'This number was not verified in the last 15 minutes. Please send a code to it, verify the code, and repeat this request.',
      data: { phone_number: phone, error: 'phone_not_verified' },
    },
  })
  const create = async (phone: string, by: Service = strict, headers: Record<string, string> = {}) => {
    const response = await by.post(CREATE, leadBody({ mobile_number: phone }), headers)
    return { status: response.status, body: await response.json() }
  }
  const leadsOf = async (phone: string) => {
    const { name } = (await gateOf(phone)).id
    return (await allLeads()).filter(({ phoneHash }) => phoneHash === name)
  }

  /** Each way to prove a number, with the code that it takes. */
  const PROOFS: Readonly<Record<string, (phone: string) => Promise<Response>>> = {
    async homi(phone) {
      await strict.post('/api_v1/otp_send', { phone_number: phone })
      return strict.post('/api_v1/otp_verify', { phone_number: phone, otp: vendors.gupshup.lastCode(phone) })
    },
    async 'whatsapp-otp'(phone) {
      await strict.post('/send-otp', { phone_number: phone })
      return strict.post('/verify-otp', { phone_number: phone, otp: vendors.gupshup.lastCode(phone) })
    },
    async 'user-otp'(phone) {
      await strict.post('/api/users/send-otp/', { phone })
      return strict.post('/api/users/verify-otp/', { phone, otp: vendors.mshastra.lastCode(phone) })
    },
    async 'external-otp, with a code of ours'(phone) {
      await strict.post('/api/v1/external/sms/otp', { to_phone: phone })
      const code = vendors.twilio.lastCode(phone)
      return strict.post('/v1/verifications/check', { to: phone, code, purpose: 'external' })
    },
    async v1(phone) {
      await strict.post('/v1/verifications', { to: phone, channel: 'sms', purpose: 'registration' })
      return strict.post('/v1/verifications/check', { to: phone, code: vendors.twilio.lastCode(phone), purpose: 'registration' })
    },
    async 'payment-otp'(phone) {
      const { loanId: loan_id, repaymentId: repayment_id } = await putLoan({ contacts: { applicant: phone } })
      await strict.post('/api/v1/otp/send-otp-payment', { loan_id, repayment_id, contact_type: 'applicant' })
      return strict.post('/api/v1/otp/verify-otp-payment', { loan_id, repayment_id, otp_code: vendors.msg91.lastCode(phone) })
    },
    'a payment confirmation of v1': (phone) => confirm(phone),
  }

  async function confirm(phone: string, headers: Record<string, string> = {}): Promise<Response> {
    const { loanId: loan_id, repaymentId: repayment_id } = await putLoan({ contacts: { applicant: phone } })
    const body = { loan_id, repayment_id, amount: '5000.00', currency: 'INR', payment_mode: 'cash' }
    const sent = await strict.post('/v1/payments/confirmations', body, headers)
    const { id } = await sent.json<{ id: string }>()
    return strict.post(`/v1/payments/confirmations/${id}/check`, { code: vendors.twilio.lastCode(phone) }, headers)
  }

  it.each(Object.entries(PROOFS))('is a code that was typed on %s', async (_surface, prove) => {
    const phone = uniquePhone()
    expect(await create(phone)).toEqual(unproved(phone))
    expect(await ask({ mobile_number: phone }, strict)).toEqual(unproved(phone))
    expect(vendors.lender.requests).toEqual([])
    expect(await leadsOf(phone)).toEqual([])

    const proved = await prove(phone)
    expect(proved.status, await proved.clone().text()).toBe(200)

    expect((await create(phone)).status).toBe(200)
    expect(await ask({ mobile_number: phone }, strict)).toEqual(said('Under Review'))
  })

  it('lasts for 15 minutes, and is gone then', async () => {
    const phone = uniquePhone()
    await PROOFS['homi']!(phone)
    vi.advanceTimersByTime(15 * MINUTE_MS - 1)
    expect((await create(phone)).status).toBe(200)
    expect((await ask({ mobile_number: phone }, strict)).status).toBe(200)

    vi.advanceTimersByTime(1)
    expect(await create(phone)).toEqual(unproved(phone))
    expect(await ask({ mobile_number: phone }, strict)).toEqual(unproved(phone))

    await PROOFS['homi']!(phone)
    expect((await ask({ mobile_number: phone }, strict)).status).toBe(200)
  })

  it('lasts through the audit, a new start of the object, and a code that was asked for since', async () => {
    const phone = uniquePhone()
    await PROOFS['homi']!(phone)
    const gate = await gateOf(phone)
    await fireAlarm(gate)
    await evictDurableObject(gate)
    vi.advanceTimersByTime(10 * MINUTE_MS)
    await strict.post('/api_v1/otp_send', { phone_number: phone })
    await strict.post('/api_v1/otp_verify', { phone_number: phone, otp: '000000' })

    expect((await create(phone)).status).toBe(200)
  })

  it.each([
    [
      'a code that was sent, and not typed',
      async (phone: string) => void (await strict.post('/api_v1/otp_send', { phone_number: phone })),
    ],
    [
      'a wrong code',
      async (phone: string) => {
        await strict.post('/api_v1/otp_send', { phone_number: phone })
        const right = vendors.gupshup.lastCode(phone)!
        await strict.post('/api_v1/otp_verify', { phone_number: phone, otp: String((Number(right) + 1) % 1e6).padStart(6, '0') })
      },
    ],
    [
      'a code that the caller made, and knew',
      async (phone: string) => {
        await strict.post('/api/v1/external/sms/otp', { to_phone: phone, otp: '48291' })
        const checked = await strict.post('/v1/verifications/check', { to: phone, code: '48291', purpose: 'external' })
        expect(await checked.json()).toMatchObject({ valid: true })
      },
    ],
    [
      'a code that the caller made, in the query',
      async (phone: string) => {
        await strict.request(`/api/v1/external/whatsapp/otp?to_phone=${phone}&otp=482917`, { method: 'POST' })
        await strict.request(`/api/v1/external/sms/otp?to_phone=${phone}&otp=482917`, { method: 'POST' })
        await strict.post('/v1/verifications/check', { to: phone, code: '482917', purpose: 'external' })
      },
    ],
    [
      'a code that the caller made, after one of ours that nobody typed',
      async (phone: string) => {
        await strict.post('/api/v1/external/sms/otp', { to_phone: phone })
        vi.advanceTimersByTime(MINUTE_MS)
        await strict.post('/api/v1/external/sms/otp', { to_phone: phone, otp: '482917' })
        const checked = await strict.post('/v1/verifications/check', { to: phone, code: '482917', purpose: 'external' })
        expect(await checked.json()).toMatchObject({ valid: true })
      },
    ],
    ['a code that another number got', async (_phone: string) => void (await PROOFS['homi']!(uniquePhone()))],
    [
      'a code that was typed for another caller',
      async (phone: string) => expect((await confirm(phone, { authorization: `Bearer ${KEY}` })).status).toBe(200),
    ],
  ])('is not %s', async (_what, pretend) => {
    const phone = uniquePhone()
    await pretend(phone)
    expect(await create(phone)).toEqual(unproved(phone))
    expect(await ask({ mobile_number: phone }, strict)).toEqual(unproved(phone))
  })

  it('is not needed by the operator, and the key has to be right', async () => {
    const phone = uniquePhone()
    const operator = { authorization: `Bearer ${KEY}` }
    for (const authorization of ['Bearer nonsense', `Basic ${KEY}`, KEY, `Bearer ${KEY}x`, 'Bearer ']) {
      expect(await create(phone, strict, { authorization })).toEqual(unproved(phone))
    }
    expect((await create(phone, strict, operator)).status).toBe(200)
    expect(await ask({ mobile_number: phone }, strict, operator)).toEqual(said('Under Review'))
    const keyless = createService({ ...settings, ADMIN_API_KEY: '' })
    expect(await ask({ mobile_number: phone }, keyless, { authorization: 'Bearer ' })).toEqual(unproved(phone))
  })

  it('is asked for in the same words whether the number has leads or not', async () => {
    const [nobody, somebody] = [uniquePhone(), uniquePhone()]
    await putLeads([await leadRow({ personal: { phone: somebody } })])
    const answers = await Promise.all([nobody, somebody].map((phone) => ask({ mobile_number: phone }, strict)))
    expect(answers).toEqual([unproved(nobody), unproved(somebody)])
    const [lead] = await leadsOf(somebody)
    const both = { mobile_number: somebody, basic_application_id: lead!.applicationId }
    expect(await ask(both, strict)).toEqual(unproved(somebody))
  })

  it('is not needed with an id alone: whoever has one was given it', async () => {
    const phone = uniquePhone()
    const { applicationId, leadId } = await submitted(phone)
    for (const id of [applicationId, leadId]) {
      expect(await ask({ basic_application_id: id }, strict)).toEqual(said('Under Review'))
    }
  })

  it('fails closed where the gate cannot be asked', async () => {
    const phone = uniquePhone()
    const PHONE_GATE = gatesWith({ provenAt: failing } as never)
    const broken = createService({ ...settings, PHONE_GATE })
    expect(await create(phone, broken)).toMatchObject({ status: 503, body: { data: { error: 'dependency_unavailable' } } })
    expect(await ask({ mobile_number: phone }, broken)).toMatchObject({ status: 503 })
    expect(vendors.lender.requests).toEqual([])
  })

  it.each([
    ['in production', { ENVIRONMENT: 'production' }, 403],
    ['in production, switched off', { ENVIRONMENT: 'production', LEADS_REQUIRE_VERIFIED_PHONE: 'false' }, 200],
    ['in development', { ENVIRONMENT: 'development' }, 200],
    ['in development, switched on', { ENVIRONMENT: 'development', LEADS_REQUIRE_VERIFIED_PHONE: 'true' }, 403],
  ])('%s: %j', async (_where, changes, status) => {
    const changed = createService(changes)
    const { key } = await putApiKey({ scopes: ['leads:create'] })
    expect((await create(uniquePhone(), changed, bearer(key))).status).toBe(status)
    // Without a credential nothing is done in production, and nothing more in development.
    expect((await create(uniquePhone(), changed)).status).toBe(changes.ENVIRONMENT === 'production' ? 401 : status)
  })
})
