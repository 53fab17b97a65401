import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { leadAnswers } from '../../src/surfaces/v1/lead-answers'
import { databaseThat, failing } from '../support/broken'
import { expectDocumented } from '../support/conformance'
import { PERSONAL, allLeads, allNotices, eventsOf, putLead, putLeads, leadRow } from '../support/leads'
import { T0 } from '../support/pure-gate'
import { NOTICE_SETTINGS, NO_LENDER, type StandIns, createService, standInForVendors, uniquePhone } from '../support/service'

const ADMIN_KEY = 'a-key-of-the-operator-for-tests-only'
const AUTHORIZED = { authorization: `Bearer ${ADMIN_KEY}` }
const NOBODY = '019aa5f0-0000-7000-8000-000000000000'

let vendors: StandIns
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 })
  vi.spyOn(console, 'info').mockImplementation(() => {})
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  vi.spyOn(console, 'error').mockImplementation(() => {})
  vendors = standInForVendors()
  await env.DB.batch(['lead', 'lead_event', 'lead_notice'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const service = createService()

async function ask(method: string, path: string, { body, headers = {}, ...settings }: Record<string, unknown> = {}) {
  const response = await createService(settings).request(path, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(headers as object) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  await expectDocumented({ method, path }, response)
  return { status: response.status, headers: response.headers, body: await response.json<Record<string, never>>() }
}
const get = (path: string, more: Record<string, unknown> = {}) => ask('GET', `/v1/leads${path}`, more)
const post = (path: string, body?: unknown, more: Record<string, unknown> = {}) =>
  ask('POST', `/v1/leads${path}`, { body, ...more })

const request = (changes: Record<string, unknown> = {}) => ({
  phone: uniquePhone(),
  loan_type: 'home_loan',
  loan_amount: 5_000_000,
  loan_tenure_years: 20,
  first_name: PERSONAL.firstName,
  last_name: PERSONAL.lastName,
  gender: PERSONAL.gender,
  email: PERSONAL.email,
  pan: PERSONAL.pan,
  date_of_birth: PERSONAL.dateOfBirth,
  pin_code: PERSONAL.pinCode,
  ...changes,
})

describe('POST /v1/leads', () => {
  it('answers 201 where the lender has it, key for key, without who it is of', async () => {
    const asked = request()
    const { status, headers, body } = await post('', asked)

    const [lead] = await allLeads()
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/v1/leads/${lead!.id}`)
    expect(body).toEqual({
      id: lead!.id,
      status: 'Under Review',
      submission: 'submitted',
      application_id: vendors.lender.applications[0]!.basicAppId,
      phone: `+91********${asked.phone.slice(-2)}`,
      loan_type: 'HL',
      loan_amount: 5_000_000,
      loan_tenure_years: 20,
      created_at: '2026-11-21T06:30:00Z',
      updated_at: '2026-11-21T06:30:00Z',
    })
    for (const secret of [PERSONAL.firstName, PERSONAL.email, PERSONAL.pan, PERSONAL.dateOfBirth, asked.phone.slice(3)]) {
      expect(JSON.stringify(body)).not.toContain(secret)
    }
    expect(lead!.surface).toBe('v1')
  })

  it('hands the lender what was asked for', async () => {
    const asked = request({ loan_type: 'Car Loan', gender: undefined })
    await post('', asked)
    expect(vendors.lender.applications[0]!.fields).toMatchObject({
      mobile: asked.phone.slice(3),
      loanType: 'CL',
      loanAmountReq: 5_000_000,
      loanTenure: 20,
      firstName: PERSONAL.firstName,
      lastName: PERSONAL.lastName,
      pan: PERSONAL.pan,
      dateOfBirth: PERSONAL.dateOfBirth,
      pincode: PERSONAL.pinCode,
      email: PERSONAL.email,
    })
  })

  it('answers 202 where the lender is down, and the same id with 201 once it was submitted', async () => {
    vendors.lender.down(true)
    const asked = request()
    const first = await post('', asked)
    const again = await post('', asked)
    vendors.lender.down(false)
    vi.setSystemTime(T0 + 600_000)
    const later = await post('', asked)

    expect(first).toMatchObject({ status: 202, body: { submission: 'waiting', status: null, application_id: null } })
    expect(first.headers.get('location')).toBe(`/v1/leads/${String(first.body['id'])}`)
    expect(again).toMatchObject({ status: 202, body: { id: first.body['id'] } })
    expect(later).toMatchObject({ status: 201, body: { id: first.body['id'], submission: 'submitted' } })
    expect(vendors.lender.applications).toHaveLength(1)
  })

  it('is the same lead as the same request on another surface', async () => {
    const asked = request()
    const { body } = await post('', asked)
    const { phone, pan, date_of_birth, loan_tenure_years, ...rest } = asked
    await service.post('/api_v1/lead_create', {
      ...rest,
      mobile_number: phone,
      pan_number: pan,
      dob: date_of_birth,
      loan_tenure: loan_tenure_years,
    })
    expect((await allLeads()).map(({ id }) => id)).toEqual([body['id']])
  })

  it('refuses what the lender refuses, and keeps it', async () => {
    const { status, body } = await post('', request({ phone: uniquePhone('0001') }))
    expect({ status, body }).toMatchObject({ status: 422, body: { code: 'lead_refused' } })
    expect(await allLeads()).toMatchObject([{ submission: 'refused' }])
  })

  it.each(Object.keys(request()).filter((name) => name !== 'gender'))('refuses a request without %s', async (name) => {
    const { status, body } = await post('', request({ [name]: undefined }))
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { code: 'invalid_request', errors: [{ path: name, message: 'is required' }] },
    })
    expect(await allLeads()).toEqual([])
  })

  it.each([
    ['loan_type', 'boat_loan'],
    ['loan_amount', 999],
    ['loan_tenure_years', 41],
    ['first_name', '<b>'],
    ['gender', 'unknown'],
    ['email', 'nobody'],
    ['pan', 'ABCD1234F'],
    ['date_of_birth', '31/02/1990'],
    ['date_of_birth', '2010-01-01'],
    ['pin_code', '012345'],
  ])('refuses %s of %j', async (name, value) => {
    const { status, body } = await post('', request({ [name]: value }))
    expect({ status, body }).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ path: name }] } })
  })

  it('refuses a field that it does not know', async () => {
    expect(await post('', request({ mobile_number: '+917888888888' }))).toMatchObject({ status: 400 })
  })

  it.each(['788888888', '+255694230173', '+912212345678'])('refuses the number %s', async (phone) => {
    expect(await post('', request({ phone }))).toMatchObject({ status: 422, body: { code: 'invalid_phone' } })
    expect(await allLeads()).toEqual([])
  })

  it('is for who has proved the number, or has the key, where that is wanted', async () => {
    const settings = { LEADS_REQUIRE_VERIFIED_PHONE: 'true', ADMIN_API_KEY: ADMIN_KEY }
    const asked = request()
    expect(await post('', asked, settings)).toMatchObject({ status: 403, body: { code: 'phone_not_verified' } })
    expect(await post('', asked, { ...settings, headers: { authorization: 'Bearer wrong' } })).toMatchObject({ status: 403 })
    expect(await allLeads()).toEqual([])
    expect(await post('', asked, { ...settings, headers: AUTHORIZED })).toMatchObject({ status: 201 })

    const other = request()
    await createService(settings).post('/send-otp', { phone_number: other.phone })
    await createService(settings).post('/verify-otp', { phone_number: other.phone, otp: vendors.gupshup.lastCode(other.phone) })
    expect(await post('', other, settings)).toMatchObject({ status: 201 })
  })

  it('says what is not set up', async () => {
    const { status, body } = await post('', request(), NO_LENDER)
    expect({ status, body }).toMatchObject({ status: 503, body: { code: 'leads_not_configured' } })
  })
})

describe('GET /v1/leads/{id}', () => {
  it('shows a lead that was just created, key for key', async () => {
    const asked = request()
    const { body: created } = await post('', asked)
    const { status, body } = await get(`/${String(created['id'])}`)

    expect(status).toBe(200)
    expect(body).toEqual({
      ...created,
      phone: asked.phone,
      personal_data: 'readable',
      first_name: PERSONAL.firstName,
      last_name: PERSONAL.lastName,
      gender: PERSONAL.gender,
      email: PERSONAL.email,
      pan: '******876K',
      date_of_birth: PERSONAL.dateOfBirth,
      pin_code: PERSONAL.pinCode,
      customer_id: vendors.lender.applications[0]!.customerId,
      relation_id: vendors.lender.applications[0]!.refId,
      status_at: '2026-11-21T06:30:00Z',
      attempts: 1,
      next_attempt_at: null,
      failure: null,
      surface: 'v1',
      history: [
        {
          version: 2,
          at: '2026-11-21T06:30:00Z',
          kind: 'submission.accepted',
          surface: 'v1',
          request_id: expect.any(String),
          detail: { attempt: 1, application_id: created['application_id'], status: 'Under Review' },
        },
      ],
      lender_response: expect.objectContaining({ isError: false }),
    })
    expect(JSON.stringify(body['lender_response'])).not.toContain(PERSONAL.lastName)
  })

  it('shows one that waits, with its next attempt and why', async () => {
    vendors.lender.down(true)
    const { body: created } = await post('', request())
    const { body } = await get(`/${String(created['id'])}`)
    expect(body).toMatchObject({ submission: 'waiting', attempts: 1, failure: 'provider_unavailable', status_at: null })
    expect(Date.parse(String(body['next_attempt_at']))).toBeGreaterThan(T0)
    expect(body['lender_response']).toBeNull()
  })

  it("finds it by the lender's id, the newest where there are several", async () => {
    const [older, newer] = [await leadRow({ createdAt: T0 - 1 }), await leadRow({ createdAt: T0 })]
    await putLeads([older, newer].map((row) => ({ ...row, applicationId: 'APP-7' })))
    expect((await get('/APP-7')).body).toMatchObject({ id: newer.id })
    expect((await get(`/${older.id}`)).body).toMatchObject({ id: older.id })
  })

  it('has its own history only, in order', async () => {
    const [one, other] = [await putLead(), await putLead()]
    for (const status of ['Approved', 'Disbursed']) await post(`/${one.id}/status`, { status })
    await post(`/${other.id}/status`, { status: 'Rejected' })
    const { history } = leadAnswers().view.parse((await get(`/${one.applicationId}`)).body)
    expect(history).toMatchObject([
      { version: 3, kind: 'status.changed', detail: { from: 'Under Review', to: 'Approved', source: 'pushed' } },
      { version: 4, kind: 'status.changed', detail: { from: 'Approved', to: 'Disbursed', source: 'pushed' } },
    ])
  })

  it('says that who it is of cannot be read any more', async () => {
    const lead = await putLead({ customerId: 'c-1' })
    const otherKey = { PII_ENCRYPTION_KEY: 'another key of personal data, 32 and more characters' }
    for (const settings of [otherKey, { PII_ENCRYPTION_KEY: '', ...NO_LENDER }]) {
      const { status, body } = await get(`/${lead.id}`, settings)
      expect({ status, body }).toMatchObject({
        status: 200,
        body: {
          id: lead.id,
          application_id: lead.applicationId,
          customer_id: 'c-1',
          personal_data: 'unreadable',
          phone: null,
          first_name: null,
          last_name: null,
          gender: null,
          email: null,
          pan: null,
          date_of_birth: null,
          pin_code: null,
        },
      })
    }
  })

  it.each([NOBODY, 'APP-unknown', '%00', "'"])('answers 404 for %s', async (id) => {
    expect(await get(`/${id}`)).toMatchObject({ status: 404, body: { code: 'lead_not_found' } })
  })
})

describe('GET /v1/leads', () => {
  it('shows the newest first, with names and masked numbers', async () => {
    const [older, newer] = [await putLead({ createdAt: T0 - 1_000 }), await putLead({ createdAt: T0, loanType: 'PL' })]
    const { body } = await get('')
    const bodyOf = (lead: typeof older, createdAt: string) => ({
      id: lead.id,
      status: 'Under Review',
      submission: 'submitted',
      application_id: lead.applicationId,
      phone: lead.phoneMasked,
      loan_type: lead.loanType,
      loan_amount: 5_000_000,
      loan_tenure_years: 20,
      created_at: createdAt,
      updated_at: createdAt,
      first_name: PERSONAL.firstName,
      last_name: PERSONAL.lastName,
    })
    expect(body).toEqual({
      leads: [bodyOf(newer, '2026-11-21T06:30:00Z'), bodyOf(older, '2026-11-21T06:29:59Z')],
      next_cursor: null,
    })
  })

  it('filters by each of its parameters', async () => {
    const phone = uniquePhone()
    const [one, two, three] = [
      await putLead({ createdAt: T0 - 3_000, personal: { phone }, loanType: 'LAP' }),
      await putLead({ createdAt: T0 - 2_000, submission: 'refused', status: null, applicationId: null }),
      await putLead({ createdAt: T0 - 1_000, submission: 'waiting', nextAttemptAt: T0, status: 'Approved' }),
    ]
    const idsOf = async (query: string) =>
      leadAnswers()
        .page.parse((await get(`?${query}`)).body)
        .leads.map(({ id }) => id)
    const [plain, national] = [encodeURIComponent(phone), phone.slice(3)]
    expect(await idsOf('')).toEqual([three.id, two.id, one.id])
    expect(await idsOf(`phone=${plain}`)).toEqual([one.id])
    expect(await idsOf(`phone=0${national.slice(0, 5)}-${national.slice(5)}`)).toEqual([one.id])
    expect(await idsOf('submission=refused')).toEqual([two.id])
    expect(await idsOf('submission=waiting')).toEqual([three.id])
    expect(await idsOf('submission=submitted')).toEqual([one.id])
    expect(await idsOf('loan_type=loan%20against%20property')).toEqual([one.id])
    expect(await idsOf('status=Approved')).toEqual([three.id])
    expect(await idsOf('status=approved')).toEqual([])
    expect(await idsOf('created_after=2026-11-21T06:29:58Z')).toEqual([three.id, two.id])
    expect(await idsOf('created_before=2026-11-21T06:29:58Z')).toEqual([one.id])
    expect(await idsOf(`phone=${plain}&loan_type=HL`)).toEqual([])
  })

  it('goes on where a page ended', async () => {
    const rows = await Promise.all([3, 2, 1].map((age) => leadRow({ createdAt: T0 - age })))
    await putLeads(rows)
    const first = leadAnswers().page.parse((await get('?limit=2')).body)
    const second = leadAnswers().page.parse((await get(`?limit=2&cursor=${first.next_cursor}`)).body)
    expect([...first.leads, ...second.leads].map(({ id }) => id)).toEqual(rows.map(({ id }) => id).toReversed())
    expect(second.next_cursor).toBeNull()
  })

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['cursor=nonsense', 'cursor'],
    ['submission=lost', 'submission'],
    ['loan_type=boat', 'loan_type'],
    ['created_after=yesterday', 'created_after'],
    ['status=', 'status'],
    ['status=a&status=b', 'status'],
  ])('refuses ?%s', async (query, path) => {
    expect(await get(`?${query}`)).toMatchObject({ status: 400, body: { code: 'invalid_request', errors: [{ path }] } })
  })

  it('refuses a parameter that it does not know, and a number that is none', async () => {
    expect(await get('?name=Doe')).toMatchObject({ status: 400 })
    expect(await get('?phone=788888888')).toMatchObject({ status: 422, body: { code: 'invalid_phone' } })
  })
})

describe('POST /v1/leads/{id}/status', () => {
  it.each([
    ['our id', 'id'],
    ["the lender's id", 'applicationId'],
  ] as const)('takes the status by %s, and has the customer told once', async (_what, key) => {
    const lead = await putLead({ createdAt: T0 - 60_000 })
    const settings = { ...NOTICE_SETTINGS }
    const push = () => post(`/${lead[key]}/status`, { status: ' Approved ' }, settings)
    const answers = [await push(), await push()]

    for (const { status, body } of answers) {
      expect(status).toBe(200)
      expect(leadAnswers().lead.parse(body)).toEqual(body)
      expect(body).toMatchObject({ id: lead.id, status: 'Approved', phone: lead.phoneMasked })
    }
    expect(await eventsOf(lead.id)).toHaveLength(1)
    expect(vendors.gupshup.requests).toHaveLength(1)
    expect(await allNotices()).toEqual([])
    expect(vendors.lender.requests).toEqual([])
  })

  it('keeps when it changed, and takes no news that is older', async () => {
    const lead = await putLead({ createdAt: T0 - 7_200_000 })
    const push = (status: string, changed_at: string) => post(`/${lead.id}/status`, { status, changed_at })
    expect(await push('Approved', '2026-11-21T11:00:00+05:30')).toMatchObject({ body: { status: 'Approved' } })
    expect((await allLeads())[0]).toMatchObject({ statusAt: T0 - 3_600_000 })
    expect(await push('In Process', '2026-11-21T05:29:59Z')).toMatchObject({ status: 200, body: { status: 'Approved' } })
    expect(await push('Disbursed', '2026-11-21T05:30:01Z')).toMatchObject({ body: { status: 'Disbursed' } })
  })

  it('takes a time that is ahead by as much as clocks go wrong, as now', async () => {
    const lead = await putLead({ createdAt: T0 - 60_000 })
    expect(await post(`/${lead.id}/status`, { status: 'A', changed_at: '2026-11-21T06:35:00Z' })).toMatchObject({ status: 200 })
    expect((await allLeads())[0]).toMatchObject({ status: 'A', statusAt: T0 })
    expect(await post(`/${lead.id}/status`, { status: 'B', changed_at: '2026-11-21T06:35:01Z' })).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'changed_at', message: 'is more than 5 minutes in the future' }] },
    })
    expect((await allLeads())[0]).toMatchObject({ status: 'A' })
  })

  it.each([
    [{}, 'status'],
    [{ status: '' }, 'status'],
    [{ status: '  ' }, 'status'],
    [{ status: 'a\nb' }, 'status'],
    [{ status: 'a\u202eb' }, 'status'],
    [{ status: 'x'.repeat(101) }, 'status'],
    [{ status: 7 }, 'status'],
    [{ status: 'A', changed_at: 'yesterday' }, 'changed_at'],
    [{ status: 'A', changed_at: '2026-11-21T06:30:00' }, 'changed_at'],
    [{ status: 'A', reason: 'none' }, ''],
  ])('refuses %j', async (body, path) => {
    const lead = await putLead()
    expect(await post(`/${lead.id}/status`, body)).toMatchObject({ status: 400, body: { errors: [{ path }] } })
    expect((await allLeads())[0]).toMatchObject({ status: 'Under Review', version: 2 })
  })

  it('takes 100 characters', async () => {
    const lead = await putLead()
    expect(await post(`/${lead.id}/status`, { status: 'x'.repeat(100) })).toMatchObject({ status: 200 })
  })

  it('answers 404 where there is no such lead', async () => {
    expect(await post(`/${NOBODY}/status`, { status: 'A' })).toMatchObject({ status: 404, body: { code: 'lead_not_found' } })
  })
})

describe('POST /v1/leads/{id}/submit', () => {
  const submit = (id: string, more: Record<string, unknown> = {}) => post(`/${id}/submit`, undefined, more)
  const waiting = { submission: 'waiting', applicationId: null, status: null, statusAt: null, failure: 'timeout' } as const
  const HOUR_MS = 3_600_000

  it.each(['refused', 'given_up'] as const)('hands in one that was %s, at once', async (submission) => {
    const lead = await putLead({ ...waiting, submission, attempts: 48, createdAt: T0 - 72 * HOUR_MS })
    const { status, body } = await submit(lead.id)
    expect({ status, body }).toMatchObject({ status: 200, body: { id: lead.id, submission: 'submitted' } })
    expect(leadAnswers().lead.parse(body)).toEqual(body)
    expect(vendors.lender.applications).toMatchObject([{ id: lead.lenderRequestId }])
    expect((await eventsOf(lead.id)).map(({ kind }) => kind)).toEqual(['submission.resumed', 'submission.accepted'])
    expect(vendors.lender.requests.map(({ method }) => method)).toEqual(['POST'])
  })

  it('hands in one whose pause is not over', async () => {
    const lead = await putLead({ ...waiting, createdAt: T0 - HOUR_MS, nextAttemptAt: T0 + HOUR_MS })
    expect(await submit(lead.id)).toMatchObject({ status: 200, body: { submission: 'submitted' } })
    expect((await allLeads())[0]).toMatchObject({ attempts: 2, inDoubt: false, nextAttemptAt: null })
  })

  it.each([
    ['waiting', T0 + HOUR_MS],
    ['given_up', null],
  ] as const)('asks the lender first for one in doubt that is %s', async (submission, nextAttemptAt) => {
    const lead = await putLead({ ...waiting, submission, inDoubt: true, createdAt: T0 - HOUR_MS, nextAttemptAt })
    expect(await submit(lead.id)).toMatchObject({ body: { submission: 'submitted' } })
    expect(vendors.lender.requests.map(({ method }) => method)).toEqual(['GET', 'POST'])
  })

  it('leaves one alone that somebody hands in at this moment, until that one is dead', async () => {
    const underWay = { ...waiting, inDoubt: true, failure: null }
    const lead = await putLead({ ...underWay, createdAt: T0 - 89_999, nextAttemptAt: T0 + 1 })
    expect(await submit(lead.id)).toMatchObject({ status: 200, body: { submission: 'waiting' } })
    expect(vendors.lender.requests).toEqual([])
    expect(await allLeads()).toEqual([lead])
    vi.setSystemTime(T0 + 1)
    expect(await submit(lead.id)).toMatchObject({ body: { submission: 'submitted' } })
  })

  it('hands in one that was tried just now and is in no doubt', async () => {
    const lead = await putLead({ ...waiting, createdAt: T0, nextAttemptAt: T0 + 60_000 })
    expect(await submit(lead.id)).toMatchObject({ body: { submission: 'submitted' } })
  })

  it('leaves one alone that the lender has', async () => {
    const lead = await putLead()
    expect(await submit(lead.applicationId!)).toMatchObject({ status: 200, body: { id: lead.id, submission: 'submitted' } })
    expect(vendors.lender.requests).toEqual([])
    expect(await allLeads()).toEqual([lead])
  })

  it('makes one application, however often it is asked for at once', async () => {
    const lead = await putLead({ ...waiting, createdAt: T0 - HOUR_MS, nextAttemptAt: T0 + HOUR_MS })
    const answers = await Promise.all(Array.from({ length: 10 }, () => submit(lead.id)))
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(vendors.lender.requests).toHaveLength(1)
  })

  it('says what came of it where the lender refuses it again, or is down', async () => {
    const refused = await putLead({ ...waiting, submission: 'refused', personal: { phone: uniquePhone('0001') } })
    expect(await submit(refused.id)).toMatchObject({ status: 200, body: { submission: 'refused' } })
    vendors.lender.down(true)
    const given = await putLead({ ...waiting, submission: 'given_up', createdAt: T0 - HOUR_MS })
    expect(await submit(given.id)).toMatchObject({ status: 200, body: { submission: 'waiting' } })
  })

  it('answers 404 where there is no such lead, and 503 where leads are not set up', async () => {
    expect(await submit(NOBODY)).toMatchObject({ status: 404, body: { code: 'lead_not_found' } })
    const { status, body } = await submit(NOBODY, NO_LENDER)
    expect({ status, body }).toMatchObject({ status: 503, body: { code: 'leads_not_configured' } })
  })
})

describe('who may', () => {
  const ROUTES = [
    ['GET', '/v1/leads', undefined],
    ['GET', `/v1/leads/${NOBODY}`, undefined],
    ['GET', '/v1/leads/export?created_after=2026-11-01T00:00:00Z&created_before=2026-12-01T00:00:00Z', undefined],
    ['POST', `/v1/leads/${NOBODY}/status`, { status: 'A' }],
    ['POST', `/v1/leads/${NOBODY}/submit`, undefined],
  ] as const

  it.each(ROUTES)('%s %s is for the operator', async (method, path, body) => {
    const settings = { ADMIN_API_KEY: ADMIN_KEY, body }
    for (const headers of [{}, { authorization: 'Bearer wrong' }]) {
      expect(await ask(method, path, { ...settings, headers })).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
    }
    const allowed = await createService(settings).request(path, {
      method,
      headers: { ...AUTHORIZED, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    expect([200, 404]).toContain(allowed.status)
    await allowed.body?.cancel()
  })

  it.each(ROUTES)('%s %s says that D1 is down', async (method, path, body) => {
    const down = { DB: databaseThat(failing) }
    expect(await ask(method, path, { body, ...down })).toMatchObject({ status: 503, body: { code: 'dependency_unavailable' } })
  })
})
