import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { SAME_LEAD_MS } from '../../src/config/limits'
import { openPersonal } from '../../src/leads/personal'
import { brokenDatabase, databaseThat, hanging } from '../support/broken'
import { fireAlarm, gateOf } from '../support/gate'
import { PERSONAL, allLeads, eventsOf, leadBody, personalKeys } from '../support/leads'
import { callWebhook } from '../support/receipts'
import {
  GUPSHUP_WEBHOOK,
  NOTICE_SETTINGS,
  NO_LENDER,
  type StandIns,
  createMockService,
  createService,
  standInForVendors,
  uniquePhone,
} from '../support/service'
import { gupshupReceipts } from '../support/vendors/gupshup'

const PATH = '/api_v1/lead_create'
const STATUS_PATH = '/api_v1/lead_status'
const DAY_MS = 24 * 60 * 60 * 1000
const CREATED = { message: 'Lead Created Successfully.' }
const SAVED = { message: 'Lead saved. It will be submitted as soon as the lender can be reached.' }

const TABLES = ['lead', 'lead_event', 'lead_notice', 'communication', 'communication_log', 'communication_receipt']
const service = createService({ BASIC_APPLICATION_TIMEOUT_MS: '50' })
let vendors: StandIns

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
  // What is looked for in the whole database is of one test.
  await env.DB.batch(TABLES.map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

async function create(body: object, by = service): Promise<Answer> {
  const response = await by.post(PATH, body)
  return { status: response.status, body: await response.json<Answer['body']>() }
}

const bodyOf = (phone: string, changes: object = {}) => leadBody({ mobile_number: phone, ...changes })

/** The leads of a number, the oldest first. */
async function leadsOf(phone: string) {
  const { name } = (await gateOf(phone)).id
  return (await allLeads()).filter(({ phoneHash }) => phoneHash === name)
}

const askedOf = (phone: string) =>
  vendors.lender.requests.filter(({ body, url }) => body.includes(phone.slice(3)) || url.endsWith(phone.slice(3)))

describe('a lead that the lender takes', () => {
  it('is answered as brief 001 prints it, and is in D1 with nothing of the person in the open', async () => {
    const phone = uniquePhone()

    const answer = await create(bodyOf(phone))

    const [application] = vendors.lender.applications
    expect(answer).toEqual({ status: 200, body: { basic_application_id: application!.basicAppId, ...CREATED } })
    const [lead, ...others] = await leadsOf(phone)
    expect(others).toEqual([])
    expect(lead).toMatchObject({
      surface: 'homi',
      phoneMasked: `+91********${phone.slice(-2)}`,
      country: 'IN',
      personalKeyId: await personalKeys.keyId(),
      loanType: 'HL',
      loanAmount: 5_000_000,
      loanTenureYears: 20,
      submission: 'submitted',
      lenderRequestId: application!.id,
      attempts: 1,
      inDoubt: false,
      nextAttemptAt: null,
      failure: null,
      applicationId: application!.basicAppId,
      customerId: application!.customerId,
      relationId: application!.refId,
      status: 'Under Review',
      statusAt: Date.now(),
      createdAt: Date.now(),
      updatedAt: Date.now(),
    })
    expect(await openPersonal(personalKeys, lead!)).toEqual({ ...PERSONAL, phone })
    expect(lead!.lenderResponse).toMatchObject({ isError: false, result: { basicAppId: application!.basicAppId } })
    expect(await eventsOf(lead!.id)).toMatchObject([
      { version: lead!.version, kind: 'submission.accepted', surface: 'homi', requestId: lead!.requestId, at: Date.now() },
    ])
  })

  it('comes to the lender with all that was said', async () => {
    const phone = uniquePhone()
    await create(
      bodyOf(phone, {
        loan_type: 'Loan Against Property',
        loan_amount: '750000',
        loan_tenure: '7',
        gender: 'f',
        pin_code: 560071,
      }),
    )

    expect(vendors.lender.applications).toHaveLength(1)
    expect(vendors.lender.applications[0]!.fields).toMatchObject({
      loanType: 'LAP',
      loanAmountReq: 750_000,
      loanTenure: 7,
      firstName: PERSONAL.firstName,
      lastName: PERSONAL.lastName,
      gender: 'Female',
      dateOfBirth: PERSONAL.dateOfBirth,
      mobile: phone.slice(3),
      email: PERSONAL.email,
      pan: PERSONAL.pan,
      pincode: PERSONAL.pinCode,
    })
  })

  it('is taken where the customer has one there already, under that one', async () => {
    const phone = uniquePhone('0002')
    const first = await create(bodyOf(phone))
    const second = await create(bodyOf(phone, { loan_amount: 6_000_000 }))

    expect(vendors.lender.applications).toHaveLength(1)
    for (const answer of [first, second]) {
      expect(answer).toEqual({
        status: 200,
        body: { basic_application_id: vendors.lender.applications[0]!.basicAppId, ...CREATED },
      })
    }
    expect(await leadsOf(phone)).toHaveLength(2)
  })

  it('is made up in mock mode, where nobody is called', async () => {
    const phone = uniquePhone()
    const answer = await create(bodyOf(phone), createMockService())

    const [lead] = await leadsOf(phone)
    expect(answer).toEqual({ status: 200, body: { basic_application_id: lead!.applicationId, ...CREATED } })
    expect(lead!.applicationId).toMatch(/^MOCK[\dA-F]{8}$/)
    expect(vendors.lender.requests).toEqual([])
    expect(vendors.gupshup.requests).toEqual([])
  })
})

describe('the same request again', () => {
  it('50 times at once makes one lead, and one application at the lender', async () => {
    const phone = uniquePhone()
    const body = bodyOf(phone)

    const answers = await Promise.all(Array.from({ length: 50 }, () => create(body)))

    const [lead, ...others] = await leadsOf(phone)
    expect(others).toEqual([])
    expect(vendors.lender.applications).toHaveLength(1)
    expect(vendors.lender.requests).toHaveLength(1)
    expect(lead!.applicationId).toBe(vendors.lender.applications[0]!.basicAppId)
    const right = [
      { status: 200, body: { basic_application_id: lead!.applicationId, ...CREATED } },
      // While it is on its way.
      { status: 202, body: { basic_application_id: null, lead_id: lead!.id, ...SAVED } },
    ]
    for (const answer of answers) expect(right).toContainEqual(answer)
    expect(answers).toContainEqual(right[0])
    expect(await eventsOf(lead!.id)).toHaveLength(1)
  })

  it('later, in other spellings of the same, is the first lead', async () => {
    const phone = uniquePhone()
    const first = await create(bodyOf(phone))
    vi.advanceTimersByTime(SAME_LEAD_MS)

    const again = await create(
      bodyOf(`0${phone.slice(3)}`, {
        loan_type: 'HL',
        loan_amount: '5000000',
        loan_tenure: 20.0,
        pan_number: PERSONAL.pan.toLowerCase(),
        email: PERSONAL.email.toUpperCase(),
        first_name: ` ${PERSONAL.firstName} `,
        gender: 'OTHER',
        dob: '1987-11-23T00:00:00Z',
      }),
    )

    expect(again).toEqual(first)
    expect(vendors.lender.requests).toHaveLength(1)
    expect(await leadsOf(phone)).toHaveLength(1)
  })

  it('after 31 days is a new lead, and that is the one from then on', async () => {
    const phone = uniquePhone()
    const first = await create(bodyOf(phone))
    vi.advanceTimersByTime(1_000)
    await env.DB.prepare('UPDATE lead SET created_at = created_at - ?')
      .bind(31 * DAY_MS)
      .run()

    const second = await create(bodyOf(phone))
    const third = await create(bodyOf(phone))

    expect(second.status).toBe(200)
    expect(second.body['basic_application_id']).not.toBe(first.body['basic_application_id'])
    expect(third).toEqual(second)
    expect(vendors.lender.applications).toHaveLength(2)
    const [old, young, ...others] = await leadsOf(phone)
    expect(others).toEqual([])
    expect(old!.lenderRequestId).not.toBe(young!.lenderRequestId)
    expect([old!.requestHash, young!.requestHash]).toEqual([null, expect.any(String)])
  })

  it('after 31 days and 50 times at once is one new lead', async () => {
    const phone = uniquePhone()
    const body = bodyOf(phone)
    await create(body)
    await env.DB.prepare('UPDATE lead SET created_at = created_at - ?')
      .bind(31 * DAY_MS)
      .run()

    await Promise.all(Array.from({ length: 50 }, () => create(body)))

    expect(await leadsOf(phone)).toHaveLength(2)
    expect(vendors.lender.applications).toHaveLength(2)
  })

  it.each([
    ['amount', { loan_amount: 5_000_001 }],
    ['loan', { loan_type: 'CL' }],
    ['PAN', { pan_number: 'QWXYZ9876L' }],
    ['PIN code', { pin_code: '560072' }],
  ])('with another %s is another lead', async (_what, changes) => {
    const phone = uniquePhone()
    await create(bodyOf(phone))
    await create(bodyOf(phone, changes))

    expect(await leadsOf(phone)).toHaveLength(2)
    expect(vendors.lender.applications).toHaveLength(2)
  })
})

describe('a lead that the lender refuses', () => {
  it('is told in the failure body of brief 001, and is kept', async () => {
    const phone = uniquePhone('0001')

    const answer = await create(bodyOf(phone))

    expect(answer).toEqual({
      status: 422,
      body: {
        success: false,
        message: 'The lender did not accept this application. Please check what it says, and send it again.',
        data: { phone_number: phone, error: 'lead_refused' },
      },
    })
    const [lead] = await leadsOf(phone)
    expect(lead).toMatchObject({
      submission: 'refused',
      failure: 'validation_failed',
      nextAttemptAt: null,
      inDoubt: false,
      applicationId: null,
      lenderResponse: { isError: true, responseException: { validationErrors: [{ field: 'pan' }] } },
    })
    expect(await eventsOf(lead!.id)).toMatchObject([{ kind: 'submission.refused', detail: { reason: 'validation_failed' } }])
  })

  it('is tried again when it is asked for again, as the same lead', async () => {
    const phone = uniquePhone('0001')
    await create(bodyOf(phone))
    expect((await create(bodyOf(phone))).status).toBe(422)
    expect(askedOf(phone)).toHaveLength(2)

    // By now the lender has thought better of it.
    const handle = vendors.lender.handle.bind(vendors.lender)
    vi.spyOn(vendors.lender, 'handle').mockImplementation(async (request) => {
      await handle(request)
      return Response.json({ isError: false, result: { basicAppId: 'B002BJF', latestStatus: 'New' } })
    })
    const answer = await create(bodyOf(phone))

    expect(answer).toEqual({ status: 200, body: { basic_application_id: 'B002BJF', ...CREATED } })
    const [lead, ...others] = await leadsOf(phone)
    expect(others).toEqual([])
    expect(lead).toMatchObject({ submission: 'submitted', applicationId: 'B002BJF', failure: null, attempts: 1 })
    expect(askedOf(phone).map(({ body }) => (JSON.parse(body) as { id: string }).id)).toEqual(
      Array(3).fill(lead!.lenderRequestId),
    )
    expect((await eventsOf(lead!.id)).map(({ kind }) => kind)).toEqual([
      'submission.refused',
      'submission.resumed',
      'submission.refused',
      'submission.resumed',
      'submission.accepted',
    ])
  })

  it('is not tried again by itself', async () => {
    const phone = uniquePhone('0001')
    await create(bodyOf(phone))
    vi.advanceTimersByTime(3 * DAY_MS)
    await runSchedule()
    expect(askedOf(phone)).toHaveLength(1)
  })
})

const runSchedule = (settings: object = {}) =>
  worker.scheduled(createScheduledController({ scheduledTime: new Date(Date.now()), cron: '* * * * *' }), {
    ...env,
    ...settings,
  })

describe('a lead that the lender cannot be given', () => {
  it.each([
    ['no answer', '0008', 'timeout', true],
    ['an empty answer', '0009', 'unreadable_reply', true],
    ['an empty answer, and nothing made', '0027', 'unreadable_reply', true],
    ['500', '0007', 'provider_unavailable', true],
    ['502', '0017', 'provider_unavailable', true],
    ['a failure without a reason', '0016', 'unknown', true],
    ['no JSON', '0022', 'unreadable_reply', true],
    ['a connection that breaks', '0023', 'connection_lost', true],
    ['401', '0025', 'provider_auth', false],
    ['429', '0006', 'rate_limited', false],
    ['a redirect', '0026', 'unknown', false],
  ])('%s: is kept, 202, and waits', async (_what, suffix, failure, inDoubt) => {
    const phone = uniquePhone(suffix)

    const answer = await create(bodyOf(phone))

    const [lead, ...others] = await leadsOf(phone)
    expect(others).toEqual([])
    expect(answer).toEqual({ status: 202, body: { basic_application_id: null, lead_id: lead!.id, ...SAVED } })
    expect(lead).toMatchObject({ submission: 'waiting', failure, inDoubt, attempts: 1, applicationId: null, status: null })
    expect(lead!.nextAttemptAt! - Date.now()).toBeGreaterThanOrEqual(48_000)
    expect(lead!.nextAttemptAt! - Date.now()).toBeLessThanOrEqual(60_000)
    expect(await eventsOf(lead!.id)).toMatchObject([
      { kind: inDoubt ? 'submission.unknown' : 'submission.failed', detail: { reason: failure } },
    ])

    // The same again meanwhile is the same answer, and nobody is asked.
    expect(await create(bodyOf(phone))).toEqual(answer)
    expect(askedOf(phone)).toHaveLength(1)
    expect(await leadsOf(phone)).toEqual([lead])
  })

  it('is asked for again when its pause is over: it is submitted then', async () => {
    vendors.lender.down(true)
    const phone = uniquePhone()
    const saved = await create(bodyOf(phone))
    expect(saved.status).toBe(202)
    vendors.lender.down(false)
    vi.advanceTimersByTime(60_000)

    const answer = await create(bodyOf(phone))

    expect(answer).toEqual({
      status: 200,
      body: { basic_application_id: vendors.lender.applications[0]!.basicAppId, ...CREATED },
    })
    expect((await leadsOf(phone)).map(({ id }) => id)).toEqual([saved.body['lead_id']])
    expect(vendors.lender.applications).toHaveLength(1)
  })

  it('is asked for again after it was given up: it is submitted at once', async () => {
    const phone = uniquePhone()
    vendors.lender.down(true)
    const saved = await create(bodyOf(phone))
    await env.DB.prepare("UPDATE lead SET submission = 'given_up', next_attempt_at = NULL WHERE id = ?")
      .bind(saved.body['lead_id'])
      .run()
    vendors.lender.down(false)

    expect((await create(bodyOf(phone))).status).toBe(200)
    expect(vendors.lender.applications).toHaveLength(1)
    // It was in doubt: it was looked up first.
    expect(vendors.lender.requests.map(({ method }) => method)).toEqual(['POST', 'GET', 'POST'])
  })

  it('for a key that the lender does not take: that is an error in the log', async () => {
    const logs: string[] = []
    vi.spyOn(console, 'error').mockImplementation((line: string) => void logs.push(line))
    await create(bodyOf(uniquePhone('0025')))
    expect(logs.map((line) => JSON.parse(line) as object)).toMatchObject([
      { event: 'lead.attempt', outcome: 'submission.failed', reason: 'provider_auth', status: 401 },
    ])
  })
})

describe('without what a lead needs', () => {
  it.each([
    ['fails', brokenDatabase],
    ['does not answer', databaseThat(hanging)],
  ])('D1 that %s: 503, and the lender was not called', { timeout: 15_000 }, async (_how, DB) => {
    const phone = uniquePhone()
    const answer = await create(bodyOf(phone), createService({ DB }))

    expect(answer).toMatchObject({
      status: 503,
      body: { success: false, data: { phone_number: phone, error: 'dependency_unavailable' } },
    })
    expect(vendors.lender.requests).toEqual([])
  })

  const LENDER = Object.keys(NO_LENDER)
  it.each([
    ['no lender', NO_LENDER, LENDER],
    ['no key for personal data', { ...NO_LENDER, PII_ENCRYPTION_KEY: '' }, ['PII_ENCRYPTION_KEY', ...LENDER]],
    [
      'no key for personal data in mock mode',
      { ...NO_LENDER, PII_ENCRYPTION_KEY: '', PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' },
      ['PII_ENCRYPTION_KEY'],
    ],
  ])('%s: 503, with the names of what to set', async (_what, settings, names) => {
    const phone = uniquePhone()
    const answer = await create(bodyOf(phone), createService(settings))

    expect(answer).toEqual({
      status: 503,
      body: {
        success: false,
        message: `Leads are not set up here. Set ${names.join(', ')}.`,
        data: { phone_number: phone, error: 'leads_not_configured' },
      },
    })
    expect(await leadsOf(phone)).toEqual([])
  })

  it.each(['+255694230173', '+12025550123', '+447911123456'])(
    'a number of another country than the lender: %s is refused',
    async (phone) => {
      expect(await create(bodyOf(phone))).toMatchObject({ status: 422, body: { data: { error: 'invalid_phone' } } })
      expect(await leadsOf(phone)).toEqual([])
      expect(vendors.lender.requests).toEqual([])
    },
  )
})

/** Every column of every row of every table, as one text. */
async function dumpDatabase(): Promise<string> {
  const { results: tables } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>()
  const rows = await Promise.all(tables.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()))
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['lead', 'lead_event', 'lead_notice', 'communication']))
  return JSON.stringify(rows.map(({ results }) => results))
}

/** What must be nowhere, by what it is. */
const PERSON: Readonly<Record<string, RegExp>> = {
  PAN: /QWXYZ\W{0,3}9876\W{0,3}K/i,
  'email address': /zebulon\.q|example\.com/i,
  'first name': /zebulon/i,
  'last name': /quackenbush/i,
  'date of birth': /1987\W{0,3}(11|nov\w*)\W{0,3}23|23\W{0,3}(11|nov\w*)\W{0,3}1987|(11|nov\w*)\W{0,3}23\W{0,3}1987/i,
  'PIN code': /(?<!\w)560071(?!\w)/,
}

function expectNobodyIn(text: string, where: string): void {
  for (const [what, pattern] of Object.entries(PERSON)) expect(pattern.exec(text)?.[0], `${what} in ${where}`).toBeUndefined()
}

function expectNoNumberIn(text: string, phones: readonly string[], where: string): void {
  for (const phone of phones) expect(text.includes(phone.slice(3)), `number in ${where}`).toBe(false)
}

describe('personal data', () => {
  const settings = {
    ...NOTICE_SETTINGS,
    GUPSHUP_WEBHOOK_SECRET: GUPSHUP_WEBHOOK,
    BASIC_APPLICATION_TIMEOUT_MS: '50',
    PROVIDER_TIMEOUT_MS: '50',
  }
  const full = createService(settings)

  function watchLogs(): unknown[] {
    const logs: unknown[] = []
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, level).mockImplementation((...args) => void logs.push(...args))
    }
    return logs
  }

  it(
    'is nowhere in D1, in no log line and in no answer, whatever the lender and the vendor say',
    { timeout: 30_000 },
    async () => {
      const logs = watchLogs()
      // Reports on messages that nobody has an id of are looked at again after a while.
      vi.spyOn(scheduler, 'wait').mockResolvedValue()
      const suffixes = [
        '5555',
        '0001',
        '0002',
        '0006',
        '0007',
        '0008',
        '0009',
        '0013',
        '0016',
        '0017',
        '0022',
        '0023',
        '0025',
        '0026',
        '0027',
      ]
      const phones = suffixes.map((suffix) => uniquePhone(suffix))
      let answers = ''
      const hear = async (answer: Promise<Response>) => {
        const response = await answer
        answers += `${JSON.stringify([...response.headers])}${await response.text()}\n`
      }

      for (const phone of phones) await hear(full.post(PATH, bodyOf(phone)))
      for (const phone of phones) await hear(full.post(PATH, bodyOf(phone, { dob: '23/11/1987', gender: null })))
      for (const { mobile } of vendors.lender.applications) await hear(full.post(STATUS_PATH, { mobile_number: mobile }))
      for (const { basicAppId } of vendors.lender.applications) vendors.lender.setStatus(basicAppId, 'Approved')
      for (const phone of phones) await hear(full.post(STATUS_PATH, { mobile_number: phone }))
      for (let nth = 1; nth <= 3; nth++) {
        vi.advanceTimersByTime(11 * 60_000)
        await runSchedule(settings)
      }
      for (const message of vendors.gupshup.messages) {
        for (const webhook of await gupshupReceipts(message, { baseUrl: 'http://service.test', secret: GUPSHUP_WEBHOOK })) {
          await hear(callWebhook(full, webhook))
        }
      }
      for (const [field, value] of [
        ['pan_number', `${PERSONAL.pan}X`],
        ['email', `${PERSONAL.email}@`],
        ['dob', '23/11/19870'],
      ] as const) {
        await hear(full.post(PATH, bodyOf(uniquePhone(), { [field]: value })))
      }
      await hear(createService({ ...settings, DB: brokenDatabase }).post(PATH, bodyOf(uniquePhone())))
      for (const phone of phones) await fireAlarm(await gateOf(phone))

      const dump = await dumpDatabase()
      const logged = logs.map(String).join('\n')
      expectNobodyIn(dump, 'D1')
      expectNoNumberIn(dump, phones, 'D1')
      expectNobodyIn(logged, 'the log')
      expectNoNumberIn(logged, phones, 'the log')
      expectNobodyIn(answers, 'an answer')
      // The search would have found something: they were told to whom they had to be.
      expect(vendors.lender.requests.map(({ body }) => body).join()).toMatch(PERSON['date of birth']!)
      expect(vendors.gupshup.messages.map(({ params }) => params.join()).join()).toContain(PERSONAL.firstName)
      expect(dump).toContain('lead_status')
      expect(dump).toContain('"submission.refused"')
      expect(dump).toContain(vendors.lender.applications[0]!.basicAppId)
      expect(logged).toContain('lead.attempt')
    },
  )

  it.each([
    ['PAN', `Mismatch of ${PERSONAL.pan}`],
    ['email address', `Write to ${PERSONAL.email}`],
    ['date of birth', 'DOB 23/11/1987 does not match'],
    ['first name', `Waiting for ${PERSONAL.firstName}`],
    ['last name', `Call Mr ${PERSONAL.lastName.toUpperCase()}`],
    ['PIN code', 'No branch at 560071'],
  ])('that a status of the lender repeats is not kept: the %s', async (_what, status) => {
    const logs = watchLogs()
    const phone = uniquePhone()
    await create(bodyOf(phone), full)
    const [lead] = await leadsOf(phone)
    vendors.lender.setStatus(lead!.applicationId!, status)

    expect((await full.post(STATUS_PATH, { mobile_number: phone })).status).toBe(200)

    const [after] = await leadsOf(phone)
    expect(after!.status).not.toBe(lead!.status)
    expectNobodyIn(await dumpDatabase(), 'D1')
    expectNobodyIn(logs.map(String).join('\n'), 'the log')
  })

  it('is not kept of a lead whose reply nobody understands', async () => {
    const phone = uniquePhone()
    const odd = {
      message: `${PERSONAL.firstName} ${PERSONAL.lastName}`,
      isError: false,
      result: {
        basicAppId: 'B1',
        latestStatus: `${PERSONAL.pan} seen`,
        note: [phone, '23-11-1987', { [PERSONAL.email]: PERSONAL.pan }],
      },
    }
    vi.spyOn(vendors.lender, 'handle').mockImplementation(async () => Response.json(odd))

    expect((await create(bodyOf(phone))).status).toBe(200)

    const dump = await dumpDatabase()
    expectNobodyIn(dump, 'D1')
    expectNoNumberIn(dump, [phone], 'D1')
    expect((await leadsOf(phone))[0]!.lenderResponse).toMatchObject({ result: { basicAppId: 'B1' } })
  })
})
