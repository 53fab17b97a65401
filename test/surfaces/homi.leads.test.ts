import { describe, expect, it, vi } from 'vitest'
import { allLeads, leadBody, putLead } from '../support/leads'
import { createService, uniquePhone } from '../support/service'
import { useStandInsAndFakeTime } from './contract'
import { MISCONFIGURED, SECRETS } from './contract/settings'
import { expectCommonHeaders } from './contract/surface'

const CREATE = '/api_v1/lead_create'
const STATUS = '/api_v1/lead_status'
const service = createService()
const { standIns } = useStandInsAndFakeTime()

interface Failure {
  readonly success: boolean
  readonly message: string
  readonly data: { readonly phone_number: string | null; readonly error: string }
}

/** A failure in brief 001's body, key for key. */
async function expectFailure(response: Response, status: number, error: string, phone: unknown, message?: string) {
  expectCommonHeaders(response)
  const said = { status: response.status, type: response.headers.get('content-type'), body: await response.json<Failure>() }
  expect(said).toEqual({
    status,
    type: 'application/json',
    body: {
      success: false,
      message: message ?? expect.stringMatching(/^[A-Z].*\.$/s),
      data: { phone_number: typeof phone === 'string' && phone.length <= 64 ? phone : null, error },
    },
  })
  expect(standIns().lender.requests).toEqual([])
}

const LOAN_TYPE = 'must be home_loan, loan_against_property, personal_loan, business_loan, car_loan or education_loan'
const PAN = 'must be a PAN: 5 letters, 4 digits and a letter, such as ABCDE1234F'
const AMOUNT = 'must be 1000 to 1000000000'
const TENURE = 'must be 1 to 40 years'
const NAME = 'must be a name on one line'
const DATE = 'must be a date that there is, as 15/06/1990 or 1990-06-15'
const PIN = 'must be a PIN code of 6 digits that does not begin with 0'
const WHOLE = 'must be a whole number'
const TEXT = 'must be text'
const LONG = 'is too long'

/** What is said of each value of each field. */
const WRONG: Readonly<Record<string, readonly (readonly [value: unknown, message: string])[]>> = {
  loan_type: [
    [undefined, 'is required'],
    [null, TEXT],
    [1, TEXT],
    [['home_loan'], TEXT],
    ['', LOAN_TYPE],
    ['gold_loan', LOAN_TYPE],
    ['home', LOAN_TYPE],
    ['__proto__', LOAN_TYPE],
    ['home_loan'.repeat(8), LONG],
  ],
  loan_amount: [
    [undefined, 'is required'],
    [null, WHOLE],
    [true, WHOLE],
    ['', WHOLE],
    ['a lot', WHOLE],
    ['5,00,000', WHOLE],
    ['5e6', WHOLE],
    ['-5000', WHOLE],
    ['5000.50', WHOLE],
    ['0x1388', WHOLE],
    ['٥٠٠٠', WHOLE],
    [[5000], WHOLE],
    [{}, WHOLE],
    [5000.5, WHOLE],
    [0, AMOUNT],
    [-5000, AMOUNT],
    [999, AMOUNT],
    ['999', AMOUNT],
    [1_000_000_001, AMOUNT],
    ['999999999999999', AMOUNT],
  ],
  loan_tenure: [
    [undefined, 'is required'],
    [null, WHOLE],
    ['20 years', WHOLE],
    [1.5, WHOLE],
    [0, TENURE],
    [41, TENURE],
    [-1, TENURE],
    [240, TENURE],
    ['0', TENURE],
  ],
  pan_number: [
    [undefined, 'is required'],
    [null, TEXT],
    [1234567890, TEXT],
    ['', PAN],
    ['ABCDE1234', PAN],
    ['ABCDE12345', PAN],
    ['ABCD1234EF', PAN],
    ['ABCDE1234FG', PAN],
    ['ABCDE 1234F', PAN],
    ['ÀBCDE1234F', PAN],
    ['ABCDE١٢٣٤F', PAN],
  ],
  first_name: [
    [undefined, 'is required'],
    [null, TEXT],
    [7, TEXT],
    ['', 'is required'],
    ['  ', 'is required'],
    ['x'.repeat(101), LONG],
    ['123', NAME],
    ['J\nD', NAME],
    ['J\u0000', NAME],
    ['<b>John</b>', NAME],
    ['{{otp_code}}', NAME],
    ['Jo\u202ehn', NAME],
  ],
  last_name: [
    [undefined, 'is required'],
    [null, TEXT],
    [{}, TEXT],
    ['', 'is required'],
    ['x'.repeat(101), LONG],
    ['--', NAME],
  ],
  gender: [
    [1, TEXT],
    [[], TEXT],
    ['unknown', 'must be Male, Female, Other or left out'],
    ['x', 'must be Male, Female, Other or left out'],
    ['__proto__', 'must be Male, Female, Other or left out'],
    ['male'.repeat(5), LONG],
  ],
  mobile_number: [
    [undefined, 'is required'],
    [null, TEXT],
    [917888888888, TEXT],
    ['', 'is required'],
    ['9'.repeat(65), LONG],
  ],
  email: [
    [undefined, 'is required'],
    [null, TEXT],
    [5, TEXT],
    ['', 'must be an email address'],
    ['john', 'must be an email address'],
    ['john@', 'must be an email address'],
    ['@example.com', 'must be an email address'],
    ['john doe@example.com', 'must be an email address'],
    ['john@example', 'must be an email address'],
    ['a@b.com, c@d.com', 'must be an email address'],
    [`${'j'.repeat(250)}@example.com`, LONG],
  ],
  dob: [
    [undefined, 'is required'],
    [null, TEXT],
    [19900615, TEXT],
    ['', DATE],
    ['15-06-1990', DATE],
    ['06/15/1990', DATE],
    ['30/02/1990', DATE],
    ['29/02/1991', DATE],
    ['15/06/90', DATE],
    ['1990-06-31', DATE],
    ['yesterday', DATE],
    ['x'.repeat(41), LONG],
    ['21/11/2008', 'must be 18 years ago or more'],
    ['2020-01-01', 'must be 18 years ago or more'],
    ['21/11/2026', 'is in the future'],
    ['01/01/1899', 'must be no more than 120 years ago'],
  ],
  pin_code: [
    [undefined, 'is required'],
    [null, TEXT],
    [true, TEXT],
    [['400001'], TEXT],
    ['', PIN],
    ['40001', PIN],
    ['4000011', PIN],
    ['012345', PIN],
    ['40000A', PIN],
    ['400 001', PIN],
    [40_001, PIN],
    [-400_001, PIN],
    ['٤٠٠٠٠١', PIN],
  ],
}

describe('what a lead is created with', () => {
  const cases = Object.entries(WRONG).flatMap(([field, values]) => values.map(([value, message]) => ({ field, value, message })))

  it.each(cases)('refuses $value as $field: it $message', async ({ field, value, message }) => {
    vi.setSystemTime('2026-11-20T12:00:00Z')
    const body = leadBody({ [field]: value })

    const response = await service.post(CREATE, body)

    await expectFailure(response, 400, 'invalid_request', body.mobile_number, `${field}: ${message}`)
  })

  it('has a case for each of its fields', () => expect(Object.keys(WRONG).toSorted()).toEqual(Object.keys(leadBody()).toSorted()))

  it('is told of all that is wrong at once, each with its sentence', async () => {
    const body = { loan_type: 'x', loan_amount: 1, pan_number: 'y', email: 'z', mobile_number: '12' }
    const message = [
      `loan_type: ${LOAN_TYPE}`,
      `loan_amount: ${AMOUNT}`,
      'loan_tenure: is required',
      `pan_number: ${PAN}`,
      'first_name: is required',
      'last_name: is required',
      'email: must be an email address',
      'dob: is required',
      'pin_code: is required',
    ].join('; ')
    await expectFailure(await service.post(CREATE, body), 400, 'invalid_request', '12', message)
  })

  it('says of nothing that was sent what it was, but for the number', async () => {
    const body = leadBody({ pan_number: 'QWXYZ9876KK', email: 'zebulon.q.example.com', dob: '23/11/19877', pin_code: '5600711' })
    const text = await (await service.post(CREATE, body)).text()
    expect(text).not.toMatch(/QWXYZ|zebulon|1987|56007/)
  })

  it.each([
    ['home_loan', 'HL'],
    ['Home Loan', 'HL'],
    ['HOME LOAN', 'HL'],
    ['hl', 'HL'],
    ['loan_against_property', 'LAP'],
    ['Loan-Against-Property', 'LAP'],
    ['LAP', 'LAP'],
    ['personal_loan', 'PL'],
    ['PersonalLoan', 'PL'],
    ['PL', 'PL'],
    ['business loan', 'BL'],
    ['BL', 'BL'],
    ['car.loan', 'CL'],
    ['CL', 'CL'],
    ['EDUCATION_LOAN', 'EL'],
    [' el ', 'EL'],
  ])('takes %s for %s', async (loan_type, code) => {
    expect((await service.post(CREATE, leadBody({ loan_type }))).status).toBe(200)
    expect(standIns().lender.applications[0]!.fields['loanType']).toBe(code)
  })

  it.each([
    ['loan_amount', 1000, 'loanAmountReq', 1000],
    ['loan_amount', 1_000_000_000, 'loanAmountReq', 1_000_000_000],
    ['loan_amount', '5000000', 'loanAmountReq', 5_000_000],
    ['loan_amount', ' 5000000.00 ', 'loanAmountReq', 5_000_000],
    ['loan_amount', 5_000_000.0, 'loanAmountReq', 5_000_000],
    ['loan_tenure', 1, 'loanTenure', 1],
    ['loan_tenure', '40', 'loanTenure', 40],
    ['pin_code', 400001, 'pincode', '400001'],
    ['pin_code', ' 400001 ', 'pincode', '400001'],
    ['pan_number', 'abcde1234f', 'pan', 'ABCDE1234F'],
    ['pan_number', ' ABCDE1234F ', 'pan', 'ABCDE1234F'],
    ['email', ' John.Doe+x@example.co.in ', 'email', 'John.Doe+x@example.co.in'],
    ['first_name', '  Anna   Maria ', 'firstName', 'Anna Maria'],
    ['first_name', "D'Souza-Ørsted Jr.", 'firstName', "D'Souza-Ørsted Jr."],
    ['last_name', 'राव', 'lastName', 'राव'],
    ['last_name', 'X', 'lastName', 'X'],
    ['dob', '15/06/1990', 'dateOfBirth', '1990-06-15'],
    ['dob', '1990-06-15', 'dateOfBirth', '1990-06-15'],
    ['dob', '1990-06-15T00:00:00.000Z', 'dateOfBirth', '1990-06-15'],
    ['dob', ' 5/6/1990 ', 'dateOfBirth', '1990-06-05'],
    ['gender', 'Male', 'gender', 'Male'],
    ['gender', 'FEMALE', 'gender', 'Female'],
    ['gender', 'f', 'gender', 'Female'],
    ['gender', 'M', 'gender', 'Male'],
    ['gender', ' other ', 'gender', 'Other'],
    ['gender', null, 'gender', ''],
    ['gender', '', 'gender', ''],
    ['gender', '  ', 'gender', ''],
    ['gender', undefined, 'gender', ''],
  ])('takes %s %j to the lender as %s %j', async (field, value, asked, sent) => {
    const response = await service.post(CREATE, leadBody({ [field]: value }))
    expect(response.status, await response.clone().text()).toBe(200)
    expect(standIns().lender.applications[0]!.fields[asked]).toBe(sent)
  })

  it('takes an age of 18 to the day', async () => {
    vi.setSystemTime('2026-11-20T18:30:00Z')
    expect((await service.post(CREATE, leadBody({ dob: '21/11/2008' }))).status).toBe(200)
  })

  it('ignores fields that it does not know', async () => {
    const unknown = {
      other: 1,
      customer_id: 'x',
      basic_application_id: 'x',
      status: 'Approved',
      annualIncome: 9,
      constructor: {},
    }
    expect((await service.post(CREATE, leadBody(unknown))).status).toBe(200)
    const { fields } = standIns().lender.applications[0]!
    expect([fields['annualIncome'], fields['customerId']]).toEqual([0, ''])
  })
})

describe('a number', () => {
  // The one that brief 001 prints is no number: eight and nine digits are too few for India.
  it.each([
    '788888888',
    '888888888',
    '88888888',
    '0788888888',
    '+910888888888',
    '+918888888888888',
    '+255694230173',
    '+12025550123',
    '02223456789',
    '+912223456789',
    '+911800123456',
    'not a number',
    '+91',
  ])('%s is refused for a new lead', async (mobile_number) => {
    const leads = await allLeads()
    await expectFailure(await service.post(CREATE, leadBody({ mobile_number })), 422, 'invalid_phone', mobile_number)
    expect(await allLeads()).toEqual(leads)
  })

  it.each(['788888888', '02223456789', 'not a number'])('%s is refused for a status', async (mobile_number) =>
    expectFailure(await service.post(STATUS, { mobile_number }), 422, 'invalid_phone', mobile_number),
  )

  it.each([
    (national: string) => `91${national}`,
    (national: string) => national,
    (national: string) => `+91${national}`,
    (national: string) => `0${national}`,
    (national: string) => `91 ${national.slice(0, 3)} ${national.slice(3, 6)} ${national.slice(6)}`,
    (national: string) => `91-${national.slice(0, 3)}-${national.slice(3, 6)}-${national.slice(6)}`,
  ])('is understood in the spellings of brief 001 (%#)', async (spell) => {
    const national = uniquePhone().slice(3)
    expect((await service.post(CREATE, leadBody({ mobile_number: spell(national) }))).status).toBe(200)
    expect(standIns().lender.applications[0]!.mobile).toBe(national)
  })
})

describe('what a status is asked for with', () => {
  it.each([
    [{}, 'mobile_number: is required, or basic_application_id'],
    [{ mobile_number: null }, 'mobile_number: is required, or basic_application_id'],
    [{ mobile_number: 917888888888 }, 'mobile_number: must be text'],
    [{ mobile_number: '' }, 'mobile_number: is required'],
    [{ basic_application_id: null }, 'mobile_number: is required, or basic_application_id'],
    [{ mobile_number: null, basic_application_id: null }, 'mobile_number: is required, or basic_application_id'],
    [{ mobile_number: null, basic_application_id: '' }, 'basic_application_id: is required'],
    [{ basic_application_id: 123 }, 'basic_application_id: must be text'],
    [{ basic_application_id: '' }, 'basic_application_id: is required'],
    [{ basic_application_id: '  ' }, 'basic_application_id: is required'],
    [{ basic_application_id: 'x'.repeat(65) }, 'basic_application_id: is too long'],
    [{ application_id: 'APP123456789' }, 'mobile_number: is required, or basic_application_id'],
  ])('refuses %j', async (body, message) =>
    expectFailure(
      await service.post(STATUS, body),
      400,
      'invalid_request',
      (body as { mobile_number?: unknown }).mobile_number,
      message,
    ),
  )

  it.each<[string, (lead: { readonly phone: string; readonly id: string }) => object]>([
    ['an id', ({ id }) => ({ mobile_number: null, basic_application_id: id })],
    ['a number', ({ phone }) => ({ mobile_number: phone, basic_application_id: null })],
  ])('may be null beside %s, as clients with a type for the body send it', async (_what, bodyOf) => {
    const phone = uniquePhone()
    const { id } = await putLead({ personal: { phone } })
    const response = await service.post(STATUS, bodyOf({ phone, id }))
    expect([response.status, await response.json()]).toMatchObject([200, { status: 'Under Review' }])
  })

  it('is not found where there is none', async () => {
    const phone = uniquePhone()
    await expectFailure(
      await service.post(STATUS, { mobile_number: phone }),
      404,
      'lead_not_found',
      phone,
      'There is no such lead.',
    )
    await expectFailure(await service.post(STATUS, { basic_application_id: 'APP123456789' }), 404, 'lead_not_found', null)
  })
})

describe('an answer', () => {
  const answerOf = async (response: Response) => {
    expectCommonHeaders(response)
    expect(response.headers.get('content-type')).toBe('application/json')
    return { status: response.status, body: await response.json() }
  }

  it('to a lead that the lender has is what brief 001 prints', async () => {
    const answer = await answerOf(await service.post(CREATE, leadBody()))
    const { basicAppId } = standIns().lender.applications[0]!
    expect(answer).toEqual({ status: 200, body: { basic_application_id: basicAppId, message: 'Lead Created Successfully.' } })
  })

  it('to a lead that waits says so, and by what it is asked for', async () => {
    standIns().lender.down(true)
    const answer = await answerOf(await service.post(CREATE, leadBody()))
    const lead = (await allLeads()).find(({ submission }) => submission === 'waiting')!
    expect(answer).toEqual({
      status: 202,
      body: {
        basic_application_id: null,
        lead_id: lead.id,
        message: 'Lead saved. It will be submitted as soon as the lender can be reached.',
      },
    })
    expect(await answerOf(await service.post(STATUS, { basic_application_id: lead.id }))).toEqual({
      status: 200,
      body: { status: 'Submission Pending', message: 'Your lead status is: Submission Pending' },
    })
  })

  it('to a question is what brief 001 prints', async () => {
    const phone = uniquePhone()
    await service.post(CREATE, leadBody({ mobile_number: phone }))
    expect(await answerOf(await service.post(STATUS, { mobile_number: phone }))).toEqual({
      status: 200,
      body: { status: 'Under Review', message: 'Your lead status is: Under Review' },
    })
  })

  it('to a question that the lender does not answer has the time of what is known', async () => {
    const phone = uniquePhone()
    await putLead({ status: 'Approved', statusAt: Date.UTC(2026, 9, 31, 23, 59, 59), personal: { phone } })
    standIns().lender.down(true)
    expect(await answerOf(await service.post(STATUS, { mobile_number: phone }))).toEqual({
      status: 200,
      body: {
        status: 'Approved',
        message: 'Your lead status is: Approved (the last that is known, of 2026-10-31T23:59:59Z)',
        last_known_at: '2026-10-31T23:59:59Z',
      },
    })
  })
})

describe('over HTTP', () => {
  it.each([CREATE, STATUS])('%s works with a slash behind it', async (path) => {
    const phone = uniquePhone()
    await service.post(CREATE, leadBody({ mobile_number: phone }))
    const response = await service.post(`${path}/`, leadBody({ mobile_number: phone }))
    expect(response.status).toBe(200)
  })

  it.each([CREATE, STATUS, `${CREATE}/`])('%s takes only POST', async (path) => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const response = await service.request(path, { method })
      expect(response.headers.get('allow')).toBe('POST')
      await expectFailure(response, 405, 'method_not_allowed', null, 'This address takes only POST.')
    }
  })

  it.each([`${CREATE}/x`, '/api_v1/lead', '/api_v1/leads', '/lead_create'])('there is nothing at %s', async (path) =>
    expectFailure(await service.post(path, leadBody({ mobile_number: undefined })), 404, 'route_not_found', null),
  )

  it.each([CREATE, STATUS])('%s refuses what is no JSON', async (path) => {
    for (const text of ['{', '', '{"mobile_number":}', "{'a':1}", 'mobile_number=1', 'undefined']) {
      const message = 'The request body is not valid JSON.'
      await expectFailure(await service.post(path, text), 400, 'malformed_json', null, message)
    }
  })

  it.each([CREATE, STATUS])('%s refuses what is no object', async (path) => {
    for (const text of ['null', '[]', '"text"', '42']) {
      const message = 'The request body must be a JSON object.'
      await expectFailure(await service.post(path, text), 400, 'invalid_request', null, message)
    }
  })

  it.each([CREATE, STATUS])('%s refuses other content types, and bodies that are too large', async (path) => {
    const body = JSON.stringify(leadBody())
    const asForm = await service.post(path, body, { 'content-type': 'text/plain' })
    await expectFailure(asForm, 415, 'unsupported_media_type', null)
    const huge = JSON.stringify({ ...leadBody(), padding: 'x'.repeat(20_000) })
    await expectFailure(await service.post(path, huge), 413, 'payload_too_large', null)
  })

  it.each([CREATE, STATUS])('%s refuses __proto__', async (path) => {
    const body = `{"__proto__":{"admin":true},${JSON.stringify(leadBody({ mobile_number: '+91' })).slice(1)}`
    await expectFailure(await service.post(path, body), 400, 'invalid_request', null, '__proto__: is not allowed')
  })
})

describe('a service that is not set up', () => {
  it.each(MISCONFIGURED)('%s refuses to work and names the variables, never their values', async (_what, settings, names) => {
    for (const path of [CREATE, STATUS]) {
      const response = await createService(settings).post(path, leadBody())
      const text = await response.clone().text()
      await expectFailure(response, 503, 'misconfigured', null)
      for (const name of names) expect(text).toContain(name)
      for (const secret of SECRETS) expect(text).not.toContain(secret)
    }
  })
})
