import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config'
import { DEFAULT_LIMITS } from '../../src/config/limits'
import { loadConfig } from '../../src/config/load-config'
import { aSecret } from '../support/secrets'

const PEPPER = aSecret('p')
const HASH_KEY = aSecret('h')

function load(variables: Record<string, unknown>): Config {
  const result = loadConfig({ OTP_PEPPER: PEPPER, ...variables })
  if (!result.ok) throw new Error(result.problems.join('; '))
  return result.config
}

function problemsOf(variables: Record<string, unknown>): readonly string[] {
  const result = loadConfig({ OTP_PEPPER: PEPPER, ...variables })
  return result.ok ? [] : result.problems
}

describe('without any setting but the pepper', () => {
  it('is a production service for every country, with the default limits and no provider', () => {
    expect(load({})).toEqual({
      environment: 'production',
      mockEnabled: false,
      keys: { pepper: PEPPER, previousPepper: undefined, phoneHashKey: PEPPER, pii: undefined },
      leads: { requireVerifiedPhone: true },
      retention: { leadsDays: 365, verificationsDays: 365, paymentsDays: 2555, communicationsDays: 365 },
      phone: { defaultRegion: 'IN', allowedCountries: undefined },
      code: { length: undefined, lifetimeSeconds: undefined },
      paymentCode: { length: undefined, lifetimeSeconds: undefined },
      limits: DEFAULT_LIMITS,
      appName: undefined,
      orders: {
        v1Channels: ['sms', 'whatsapp'],
        v1Sms: ['twilio', 'msg91', 'mshastra'],
        v1Whatsapp: ['whatsapp_cloud', 'gupshup'],
        whatsapp: ['gupshup', 'whatsapp_cloud'],
        userSms: ['mshastra', 'twilio', 'msg91'],
        paymentSms: ['msg91', 'twilio', 'mshastra'],
        externalSms: ['twilio', 'msg91', 'mshastra'],
        externalWhatsapp: ['whatsapp_cloud', 'gupshup'],
      },
      prices: undefined,
      access: { required: true, adminApiKey: undefined, previousAdminApiKey: undefined, tokens: undefined },
      turnstile: undefined,
      tokens: undefined,
      abuse: {
        key: { mode: 'enforce', limit: 500, windowSeconds: 3_600, share: 0.6 },
        address: { mode: 'enforce', limit: 60, windowSeconds: 3_600, share: 0.8 },
        prefix: { mode: 'enforce', limit: 12, windowSeconds: 86_400, share: 0.8, leastAfterStrike: 11, neverMore: true },
        country: { mode: 'enforce', limit: 100, windowSeconds: 21_600, share: 0.75 },
        guess: { mode: 'enforce', limit: 20, windowSeconds: 3_600, share: 0.8 },
        spend: undefined,
      },
      webhooks: {
        publicUrl: undefined,
        gupshupSecret: undefined,
        msg91Secret: undefined,
        whatsappSecret: undefined,
        whatsappVerifyToken: undefined,
      },
      gupshup: undefined,
      msg91: undefined,
      mshastra: undefined,
      twilio: undefined,
      whatsappCloud: undefined,
      lender: undefined,
    })
  })

  it.for([undefined, null, '', '   ', '\n'])('takes %j for absent', (value) => {
    const absent = { OTP_LENGTH: value, ALLOWED_COUNTRIES: value, GUPSHUP_API_KEY: value, ENVIRONMENT: value, GUESS_LIMIT: value }

    expect(load(absent)).toEqual(load({}))
  })

  it('takes no notice of bindings and of variables that are not its own', () => {
    expect(load({ DB: { prepare: () => {} }, OTP_KV: {}, PATH: '/bin', toString: 'x' })).toEqual(load({}))
  })
})

describe('secrets', () => {
  it.for([{}, { OTP_PEPPER: '' }, { OTP_PEPPER: '  ' }, { OTP_PEPPER: undefined }])('names a missing pepper: %j', (env) => {
    expect(loadConfig(env)).toEqual({ ok: false, problems: ['OTP_PEPPER is missing'] })
  })

  it.for(['OTP_PEPPER', 'OTP_PEPPER_PREVIOUS', 'PHONE_HASH_KEY', 'PII_ENCRYPTION_KEY'])('refuses a short %s', (name) => {
    expect(problemsOf({ PHONE_HASH_KEY: HASH_KEY, [name]: aSecret('s', 31) })).toEqual([
      `${name}: must be at least 32 characters`,
    ])
    expect(problemsOf({ PHONE_HASH_KEY: HASH_KEY, [name]: aSecret('s') })).toEqual([])
  })

  it('counts the characters without the blanks around them, and drops those', () => {
    expect(problemsOf({ OTP_PEPPER: ` ${aSecret('s', 30)} ` })).toEqual(['OTP_PEPPER: must be at least 32 characters'])
    expect(load({ OTP_PEPPER: `${PEPPER}\n` }).keys.pepper).toBe(PEPPER)
  })

  it('does not let the pepper rotate while it also keys the hash of phone numbers', () => {
    const rotating = { OTP_PEPPER: aSecret('n'), OTP_PEPPER_PREVIOUS: PEPPER }

    expect(problemsOf(rotating)).toEqual([expect.stringMatching(/^PHONE_HASH_KEY is missing: /)])
    expect(load({ ...rotating, PHONE_HASH_KEY: PEPPER }).keys).toEqual({
      pepper: aSecret('n'),
      previousPepper: PEPPER,
      phoneHashKey: PEPPER,
      pii: undefined,
    })
  })
})

describe('mock mode', () => {
  const mock = { PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' }

  it('works in development', () => {
    expect(load({ ...mock, ENVIRONMENT: 'development' }).mockEnabled).toBe(true)
  })

  it.for([{ ENVIRONMENT: 'production' }, {}, { ENVIRONMENT: '' }])('is refused in production: %j', (environment) => {
    const problem = expect.stringMatching(/^PIONEER_FLAG_MOCK_OTP_ENABLED is true while ENVIRONMENT is production/)

    expect(problemsOf({ ...mock, ...environment })).toEqual([problem])
  })

  it.for(['false', '0', 'no', 'off', ''])('is off for %j, also in production', (value) => {
    expect(load({ PIONEER_FLAG_MOCK_OTP_ENABLED: value }).mockEnabled).toBe(false)
  })

  it('is neither on nor off for a word that is neither', () => {
    expect(problemsOf({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'maybe', ENVIRONMENT: 'development' })).toEqual([
      expect.stringMatching(/^PIONEER_FLAG_MOCK_OTP_ENABLED: /),
    ])
  })

  it('refuses an environment that it does not know', () => {
    expect(problemsOf({ ENVIRONMENT: 'Production' })).toEqual([expect.stringMatching(/^ENVIRONMENT: /)])
  })
})

describe('numbers', () => {
  it.for([
    ['OTP_LENGTH', 4, 10],
    ['OTP_EXPIRY_MINUTES', 1, 10],
    ['MSG91_OTP_LENGTH', 4, 9],
    ['MSG91_OTP_EXPIRE_MINUTES', 1, 10],
    ['SEND_COOLDOWN_SECONDS', 1, 3600],
    ['SEND_LIMIT_10_MINUTES', 1, 100],
    ['SEND_LIMIT_24_HOURS', 1, 1000],
    ['GUESS_LIMIT', 1, 5],
    ['WRONG_GUESS_LIMIT_24_HOURS', 1, 100],
    ['PROVIDER_TIMEOUT_MS', 50, 20_000],
    ['BODY_LIMIT_BYTES', 1024, 1_048_576],
    ['RETENTION_DAYS_LEADS', 1, 36_525],
    ['RETENTION_DAYS_VERIFICATIONS', 1, 36_525],
    ['RETENTION_DAYS_PAYMENTS', 1, 36_525],
    ['RETENTION_DAYS_COMMUNICATIONS', 1, 36_525],
    ['BASIC_APPLICATION_TIMEOUT_MS', 50, 25_000],
    ['TOKEN_LIFETIME_SECONDS', 30, 900],
    ['LIMIT_KEY_UNVERIFIED_1_HOUR', 1, 1_000_000],
    ['LIMIT_ADDRESS_UNVERIFIED_1_HOUR', 1, 1_000_000],
    ['LIMIT_PREFIX_UNVERIFIED_24_HOURS', 1, 1_000_000],
    ['LIMIT_COUNTRY_UNVERIFIED_6_HOURS', 1, 1_000_000],
    ['LIMIT_GUESS_WRONG_1_HOUR', 1, 1_000_000],
  ] as const)('%s goes from %i to %i', ([name, min, max]) => {
    expect(problemsOf({ [name]: String(min) })).toEqual([])
    expect(problemsOf({ [name]: String(max) })).toEqual([])
    for (const value of [min - 1, max + 1, min + 0.5, 'NaN', 'Infinity', 'six', '6 digits', '-6']) {
      expect(problemsOf({ [name]: String(value) }), String(value)).toEqual([expect.stringMatching(new RegExp(`^${name}: `))])
    }
  })

  it('reach the configuration in its own units', () => {
    const config = load({
      OTP_LENGTH: '8',
      OTP_EXPIRY_MINUTES: '10',
      MSG91_OTP_LENGTH: '5',
      MSG91_OTP_EXPIRE_MINUTES: '4',
      SEND_COOLDOWN_SECONDS: '90',
      SEND_LIMIT_10_MINUTES: '1',
      SEND_LIMIT_24_HOURS: '2',
      GUESS_LIMIT: '3',
      WRONG_GUESS_LIMIT_24_HOURS: '4',
      PROVIDER_TIMEOUT_MS: '5000',
      BODY_LIMIT_BYTES: '2048',
      RETENTION_DAYS_LEADS: '30',
      RETENTION_DAYS_VERIFICATIONS: '31',
      RETENTION_DAYS_PAYMENTS: '32',
      RETENTION_DAYS_COMMUNICATIONS: '33',
    })

    expect(config.code).toEqual({ length: 8, lifetimeSeconds: 600 })
    expect(config.paymentCode).toEqual({ length: 5, lifetimeSeconds: 240 })
    expect(config.retention).toEqual({ leadsDays: 30, verificationsDays: 31, paymentsDays: 32, communicationsDays: 33 })
    expect(config.limits).toEqual({
      cooldownSeconds: 90,
      sendsPer10Minutes: 1,
      sendsPer24Hours: 2,
      guessesPerVerification: 3,
      wrongGuessesPer24Hours: 4,
      providerTimeoutMs: 5000,
      bodyLimitBytes: 2048,
    })
  })

  it('may be numbers and booleans, as TOML writes them', () => {
    const config = load({ OTP_LENGTH: 8, PIONEER_FLAG_MOCK_OTP_ENABLED: true, ENVIRONMENT: 'development' })

    expect(config.code.length).toBe(8)
    expect(config.mockEnabled).toBe(true)
    expect(problemsOf({ OTP_LENGTH: 3 })).toHaveLength(1)
  })

  it('may not be objects', () => {
    expect(problemsOf({ OTP_LENGTH: { value: 6 }, ALLOWED_COUNTRIES: ['IN'] })).toEqual([
      expect.stringMatching(/^ALLOWED_COUNTRIES: /),
      expect.stringMatching(/^OTP_LENGTH: /),
    ])
  })
})

describe('countries', () => {
  it('are a list in any case, with blanks', () => {
    const { phone } = load({ ALLOWED_COUNTRIES: 'in, TZ ,ae', DEFAULT_REGION: 'tz' })

    expect(phone).toEqual({ defaultRegion: 'TZ', allowedCountries: new Set(['IN', 'TZ', 'AE']) })
  })

  it.for(['UK', 'IN,UK', 'India', '91', 'IN;TZ', 'IN,', ',', '*', 'all', '001'])('refuses the list %j', (list) => {
    expect(problemsOf({ ALLOWED_COUNTRIES: list })).toEqual(['ALLOWED_COUNTRIES: must be an ISO 3166 country such as IN'])
  })

  it('says once what is wrong with a list of many mistakes', () => {
    expect(problemsOf({ ALLOWED_COUNTRIES: 'UK,XX,YY' })).toHaveLength(1)
  })

  it.for(['UK', '91', 'IN,TZ', '001'])('refuses the default region %j', (region) => {
    expect(problemsOf({ DEFAULT_REGION: region })).toEqual(['DEFAULT_REGION: must be an ISO 3166 country such as IN'])
  })
})

it('lists every problem at once', () => {
  const result = loadConfig({ OTP_LENGTH: '3', DEFAULT_REGION: 'UK' })

  expect(result.ok ? [] : result.problems.map((problem) => problem.split(/[ :]/)[0])).toEqual([
    'OTP_PEPPER',
    'DEFAULT_REGION',
    'OTP_LENGTH',
  ])
})
