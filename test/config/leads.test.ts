import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config'
import { loadConfig } from '../../src/config/load-config'
import { LENDER_VARIABLES } from '../../src/config/providers/basic-application'
import { aSecret } from '../support/secrets'

const PEPPER = aSecret('p')
const KEY = aSecret('k')
const LENDER = {
  BASIC_APPLICATION_API_URL: 'https://lender.example',
  BASIC_APPLICATION_USER_ID: '11111111-1111-4111-8111-111111111111',
  BASIC_APPLICATION_API_KEY: 'key-of-the-lender',
}
const READY = { ...LENDER, PII_ENCRYPTION_KEY: KEY }
const GUPSHUP = {
  GUPSHUP_API_KEY: 'key-of-the-account',
  GUPSHUP_SOURCE: '917834811114',
  GUPSHUP_TEMPLATE_ID: 'template-id',
  GUPSHUP_SRC_NAME: 'HomiAi',
}
const CREATION = { GUPSHUP_LEAD_CREATION_TEMPLATE_ID: 'creation-id', GUPSHUP_LEAD_CREATION_SRC_NAME: 'HomiLeads' }
const STATUS = { GUPSHUP_LEAD_STATUS_TEMPLATE_ID: 'status-id', GUPSHUP_LEAD_STATUS_SRC_NAME: 'HomiStatus' }

function load(variables: Record<string, unknown>): Config {
  const result = loadConfig({ OTP_PEPPER: PEPPER, ...variables })
  if (!result.ok) throw new Error(result.problems.join('; '))
  return result.config
}

function problemsOf(variables: Record<string, unknown>): readonly string[] {
  const result = loadConfig({ OTP_PEPPER: PEPPER, ...variables })
  return result.ok ? [] : result.problems
}

describe('the lender', () => {
  it('is there when all three are, with the paths and forms that are assumed', () => {
    expect(load(READY).lender).toEqual({
      apiUrl: 'https://lender.example',
      userId: LENDER.BASIC_APPLICATION_USER_ID,
      apiKey: 'key-of-the-lender',
      createPath: '/api/v1/NewApplication/CreateFBBByBasicUser',
      statusPath: '/api/v1/Application/Activity/GetActivity/{application_id}/{mobile}',
      lookupPath: '/api/v1/Application/Activity/GetActivity/{id}/{mobile}',
      auth: 'signature',
      jsonStyle: 'compact',
      constants: {},
      timeoutMs: 10_000,
    })
  })

  it('is absent when none is, whatever else is set of it', () => {
    expect(load({}).lender).toBeUndefined()
    expect(load({ BASIC_APPLICATION_AUTH: 'headers', BASIC_APPLICATION_TIMEOUT_MS: '5000' }).lender).toBeUndefined()
    const empty = Object.fromEntries(LENDER_VARIABLES.map((name) => [name, ' ']))
    expect(load({ PII_ENCRYPTION_KEY: KEY, ...empty }).lender).toBeUndefined()
  })

  it('is what an operator is told to set', () => expect([...LENDER_VARIABLES].toSorted()).toEqual(Object.keys(LENDER).toSorted()))

  it.each(LENDER_VARIABLES)('without %s is configured in part, and says so', (name) => {
    expect(problemsOf({ ...READY, [name]: '' })).toEqual([
      `The lender (Basic Application API) is configured in part, missing: ${name}`,
    ])
    const others = LENDER_VARIABLES.filter((one) => one !== name)
    expect(problemsOf({ PII_ENCRYPTION_KEY: KEY, [name]: LENDER[name] })).toEqual([
      `The lender (Basic Application API) is configured in part, missing: ${others.join(', ')}`,
    ])
  })

  it.each([
    ['BASIC_APPLICATION_API_URL', 'https://lender.example/', { apiUrl: 'https://lender.example' }],
    ['BASIC_APPLICATION_API_URL', 'http://127.0.0.1:8795/base//', { apiUrl: 'http://127.0.0.1:8795/base' }],
    ['BASIC_APPLICATION_CREATE_PATH', '/v2/leads', { createPath: '/v2/leads' }],
    ['BASIC_APPLICATION_STATUS_PATH', '/v2/leads/{application_id}', { statusPath: '/v2/leads/{application_id}' }],
    [
      'BASIC_APPLICATION_STATUS_PATH',
      '/v2/status?id={application_id}&mobile={mobile}',
      { statusPath: '/v2/status?id={application_id}&mobile={mobile}' },
    ],
    ['BASIC_APPLICATION_LOOKUP_PATH', '/v2/by-id/{id}', { lookupPath: '/v2/by-id/{id}' }],
    ['BASIC_APPLICATION_AUTH', 'headers', { auth: 'headers' }],
    ['BASIC_APPLICATION_JSON_STYLE', 'python', { jsonStyle: 'python' }],
    ['BASIC_APPLICATION_TIMEOUT_MS', '50', { timeoutMs: 50 }],
    ['BASIC_APPLICATION_TIMEOUT_MS', 25_000, { timeoutMs: 25_000 }],
    [
      'BASIC_APPLICATION_CONSTANTS',
      '{"createdFromPemId":"7","annualIncome":12,"isLeadPrefilled":true}',
      { constants: { createdFromPemId: '7', annualIncome: 12, isLeadPrefilled: true } },
    ],
    // The dashboard and TOML have variables of the type JSON.
    ['BASIC_APPLICATION_CONSTANTS', { city: 'Mumbai' }, { constants: { city: 'Mumbai' } }],
    ['BASIC_APPLICATION_CONSTANTS', '{}', { constants: {} }],
  ])('takes %s %j', (name, value, expected) => expect(load({ ...READY, [name]: value }).lender).toMatchObject(expected))

  const PATH = 'must be a path that begins with /'
  it.each([
    ['BASIC_APPLICATION_API_URL', 'lender.example', expect.any(String)],
    ['BASIC_APPLICATION_API_URL', 'ftp://lender.example', expect.any(String)],
    ['BASIC_APPLICATION_USER_ID', 'a b', 'must have no blanks and no line breaks inside'],
    ['BASIC_APPLICATION_API_KEY', 'a\nb', 'must have no blanks and no line breaks inside'],
    ['BASIC_APPLICATION_CREATE_PATH', 'v2/leads', PATH],
    ['BASIC_APPLICATION_CREATE_PATH', 'https://lender.example/v2', PATH],
    ['BASIC_APPLICATION_CREATE_PATH', '/v2/a b', PATH],
    ['BASIC_APPLICATION_CREATE_PATH', '/v2#leads', PATH],
    ['BASIC_APPLICATION_CREATE_PATH', '/v2/{id}', 'has a place for something'],
    ['BASIC_APPLICATION_STATUS_PATH', '/v2/{mobile}', 'must have the place {application_id}'],
    ['BASIC_APPLICATION_STATUS_PATH', '/v2/status', 'must have the place {application_id}'],
    ['BASIC_APPLICATION_STATUS_PATH', '/v2/{application_id}/{id}', 'must have no other places than {application_id}, {mobile}'],
    ['BASIC_APPLICATION_LOOKUP_PATH', '/v2/{application_id}', 'must have no other places than {id}, {mobile}'],
    ['BASIC_APPLICATION_LOOKUP_PATH', '/v2/{}/{id}', 'must have no other places than {id}, {mobile}'],
    ['BASIC_APPLICATION_AUTH', 'basic', 'must be signature or headers'],
    ['BASIC_APPLICATION_JSON_STYLE', 'pretty', 'must be compact or python'],
    ['BASIC_APPLICATION_TIMEOUT_MS', '49', expect.any(String)],
    ['BASIC_APPLICATION_TIMEOUT_MS', '25001', expect.any(String)],
    ['BASIC_APPLICATION_TIMEOUT_MS', 'soon', 'must be a number'],
  ])('refuses %s %j', (name, value, message) => {
    const problems = problemsOf({ ...READY, [name]: value })
    expect(problems.every((problem) => problem.startsWith(`${name}: `))).toBe(true)
    expect(problems[0]?.slice(name.length + 2)).toEqual(message)
  })

  it.each([
    '[]',
    '7',
    'null',
    '{',
    'createdFromPemId=7',
    '{"a":null}',
    '{"a":{"b":1}}',
    '{"a":[1]}',
    '{"":"x"}',
    '{"pan":"X"}',
    '{"mobile":"1"}',
    '{"id":"1"}',
    '{"city":"Mumbai","loanType":"HL"}',
  ])('refuses %s as fields of every application, and repeats nothing of it', (value) => {
    const [problem, ...others] = problemsOf({ ...READY, BASIC_APPLICATION_CONSTANTS: value })
    expect(others).toEqual([])
    expect(problem).toMatch(
      /^BASIC_APPLICATION_CONSTANTS: must be JSON such as \{"createdFromPemId":"7"\}, without what the customer says/,
    )
    expect(problem).not.toContain('Mumbai')
  })

  it('keeps everything that the customer says from being a constant', () => {
    const own = 'id,loanType,loanAmountReq,loanTenure,firstName,lastName,gender,dateOfBirth,mobile,email,pan,pincode'
    for (const name of own.split(',')) {
      expect(problemsOf({ ...READY, BASIC_APPLICATION_CONSTANTS: JSON.stringify({ [name]: 'x' }) }), name).toHaveLength(1)
    }
  })
})

describe('the key of personal data', () => {
  it('is the current one, with the one before while that is rotated out', () => {
    expect(load({}).keys.pii).toBeUndefined()
    expect(load({ PII_ENCRYPTION_KEY: KEY }).keys.pii).toEqual({ current: KEY, previous: undefined })
    const before = aSecret('b')
    expect(load({ PII_ENCRYPTION_KEY: KEY, PII_ENCRYPTION_KEY_PREVIOUS: before }).keys.pii).toEqual({
      current: KEY,
      previous: before,
    })
  })

  it.each(['PII_ENCRYPTION_KEY', 'PII_ENCRYPTION_KEY_PREVIOUS'])('is long: %s', (name) => {
    expect(problemsOf({ PII_ENCRYPTION_KEY: KEY, [name]: aSecret('k', 31) })).toEqual([`${name}: must be at least 32 characters`])
  })

  it('of before is worth nothing alone', () => {
    expect(problemsOf({ PII_ENCRYPTION_KEY_PREVIOUS: KEY })).toEqual([
      'PII_ENCRYPTION_KEY is missing: PII_ENCRYPTION_KEY_PREVIOUS only opens what was encrypted before',
    ])
  })

  it('has to be there where there is a lender, and nowhere else', () => {
    expect(problemsOf(LENDER)).toEqual(['PII_ENCRYPTION_KEY is missing: leads have personal data, which is kept encrypted only'])
    expect(problemsOf({})).toEqual([])
    expect(problemsOf(READY)).toEqual([])
  })

  it('is never told in a problem', () => {
    const problems = problemsOf({ PII_ENCRYPTION_KEY: 'canary', ...LENDER, BASIC_APPLICATION_AUTH: 'canary' }).join()
    expect(problems).toMatch(/PII_ENCRYPTION_KEY/)
    expect(problems).not.toMatch(/canary|key-of-the-lender/)
  })
})

describe('proof of possession', () => {
  it.each([
    [{}, true],
    [{ ENVIRONMENT: 'production' }, true],
    [{ ENVIRONMENT: 'development' }, false],
    [{ ENVIRONMENT: 'production', LEADS_REQUIRE_VERIFIED_PHONE: 'false' }, false],
    [{ ENVIRONMENT: 'development', LEADS_REQUIRE_VERIFIED_PHONE: 'true' }, true],
    [{ ENVIRONMENT: 'development', LEADS_REQUIRE_VERIFIED_PHONE: true }, true],
    [{ ENVIRONMENT: 'production', LEADS_REQUIRE_VERIFIED_PHONE: '' }, true],
  ])('is, with %j, wanted: %s', (settings, wanted) => expect(load(settings).leads).toEqual({ requireVerifiedPhone: wanted }))

  it('is not switched off by a word that nobody knows', () =>
    expect(problemsOf({ LEADS_REQUIRE_VERIFIED_PHONE: 'maybe' })).toEqual([
      expect.stringMatching(/^LEADS_REQUIRE_VERIFIED_PHONE: /),
    ]))
})

describe('how long things are kept', () => {
  it('is a year, and seven for payments, unless it is set', () => {
    expect(load({}).retention).toEqual({ leadsDays: 365, verificationsDays: 365, paymentsDays: 2555, communicationsDays: 365 })
    const set = {
      RETENTION_DAYS_LEADS: '1',
      RETENTION_DAYS_VERIFICATIONS: 30,
      RETENTION_DAYS_PAYMENTS: '36525',
      RETENTION_DAYS_COMMUNICATIONS: '90',
    }
    expect(load(set).retention).toEqual({ leadsDays: 1, verificationsDays: 30, paymentsDays: 36_525, communicationsDays: 90 })
  })

  it.each(['RETENTION_DAYS_LEADS', 'RETENTION_DAYS_VERIFICATIONS', 'RETENTION_DAYS_PAYMENTS', 'RETENTION_DAYS_COMMUNICATIONS'])(
    'is a number of days: %s',
    (name) => {
      for (const value of ['0', '-1', '1.5', '36526', 'for ever']) {
        expect(problemsOf({ [name]: value }), value).toEqual([expect.stringMatching(new RegExp(`^${name}: `))])
      }
    },
  )
})

describe('what customers are told', () => {
  it('has no template unless it is set', () => expect(load(GUPSHUP).gupshup!.notices).toEqual({}))

  it('has a template, an app and its values for each kind', () => {
    expect(load({ ...GUPSHUP, ...CREATION, ...STATUS }).gupshup!.notices).toEqual({
      lead_created: { templateId: 'creation-id', srcName: 'HomiLeads', values: ['first_name', 'application_id'] },
      lead_status: { templateId: 'status-id', srcName: 'HomiStatus', values: ['first_name', 'application_id', 'status'] },
    })
    expect(Object.keys(load({ ...GUPSHUP, ...STATUS }).gupshup!.notices)).toEqual(['lead_status'])
  })

  it('shows the values that are set, in their order', () => {
    const values = { GUPSHUP_LEAD_CREATION_VALUES: 'loan_type, first_name', GUPSHUP_LEAD_STATUS_VALUES: 'status' }
    expect(load({ ...GUPSHUP, ...CREATION, ...STATUS, ...values }).gupshup!.notices).toMatchObject({
      lead_created: { values: ['loan_type', 'first_name'] },
      lead_status: { values: ['status'] },
    })
  })

  it.each(['GUPSHUP_LEAD_CREATION_VALUES', 'GUPSHUP_LEAD_STATUS_VALUES'])('shows nothing that is not to be shown: %s', (name) => {
    for (const value of ['pan', 'first_name,email', 'first_name;status', ',', 'First_Name']) {
      expect(problemsOf({ ...GUPSHUP, ...CREATION, [name]: value }), value).toEqual([
        `${name}: must be names of first_name, application_id, loan_type, status, with commas between`,
      ])
    }
  })

  it.each([
    ['GUPSHUP_LEAD_CREATION_TEMPLATE_ID', CREATION, 'The Gupshup template for new leads'],
    ['GUPSHUP_LEAD_CREATION_SRC_NAME', CREATION, 'The Gupshup template for new leads'],
    ['GUPSHUP_LEAD_STATUS_TEMPLATE_ID', STATUS, 'The Gupshup template for the status of leads'],
    ['GUPSHUP_LEAD_STATUS_SRC_NAME', STATUS, 'The Gupshup template for the status of leads'],
  ])('without %s is configured in part, and says so', (name, group, title) =>
    expect(problemsOf({ ...GUPSHUP, ...group, [name]: '' })).toEqual([`${title} is configured in part, missing: ${name}`]),
  )

  it('needs Gupshup itself', () =>
    expect(problemsOf(CREATION)).toEqual(['Gupshup has templates for leads, and is not configured']))

  it('goes by a template of its own for each kind', () => {
    const same = { GUPSHUP_LEAD_STATUS_TEMPLATE_ID: 'creation-id', GUPSHUP_LEAD_STATUS_SRC_NAME: 'HomiLeads' }
    expect(load({ ...GUPSHUP, ...CREATION, ...same }).gupshup!.notices.lead_status!.templateId).toBe('creation-id')
  })
})
