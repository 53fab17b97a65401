import { describe, expect, it } from 'vitest'
import { ABUSE_RULES, type AbuseConfig } from '../../src/config/abuse'
import { RULE_MODES } from '../../src/config/rule-modes'
import { loadConfig } from '../../src/config/load-config'
import { aSecret } from '../support/secrets'

const CAP = {
  SPEND_CAP_PER_DAY: '99.50',
  MESSAGE_PRICES: '{"currency":"USD","prices":{"twilio":"0.05"}}',
}

function load(variables: Record<string, unknown>): AbuseConfig {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  if (!result.ok) throw new Error(result.problems.join('; '))
  return result.config.abuse
}

function problemsOf(variables: Record<string, unknown>): readonly string[] {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  return result.ok ? [] : result.problems
}

const modesOf = (abuse: AbuseConfig) => ABUSE_RULES.map((rule) => abuse[rule]?.mode)

const LIMITS = [
  ['LIMIT_KEY_UNVERIFIED_1_HOUR', 'key', 3_600],
  ['LIMIT_ADDRESS_UNVERIFIED_1_HOUR', 'address', 3_600],
  ['LIMIT_PREFIX_UNVERIFIED_24_HOURS', 'prefix', 86_400],
  ['LIMIT_COUNTRY_UNVERIFIED_6_HOURS', 'country', 21_600],
  ['LIMIT_GUESS_WRONG_1_HOUR', 'guess', 3_600],
] as const

describe('the rules against abuse', () => {
  it('are enforced in production, and only watched in development', () => {
    for (const environment of [{}, { ENVIRONMENT: 'production' }]) {
      expect(modesOf(load({ ...environment, ...CAP }))).toEqual(ABUSE_RULES.map(() => 'enforce'))
    }
    expect(modesOf(load({ ENVIRONMENT: 'development', ...CAP }))).toEqual(ABUSE_RULES.map(() => 'observe'))
  })

  it.each([
    ...LIMITS.map(([, rule]) => [`LIMIT_${rule.toUpperCase()}_MODE`, rule] as const),
    ['SPEND_CAP_MODE', 'spend'] as const,
  ])('%s is that of its own rule', (name, rule) => {
    for (const mode of RULE_MODES) {
      const abuse = load({ ...CAP, [name]: mode })
      expect(abuse[rule]?.mode).toBe(mode)
      for (const other of ABUSE_RULES) if (other !== rule) expect(abuse[other]?.mode, other).toBe('enforce')
    }
    expect(problemsOf({ ...CAP, [name]: 'on' })).toEqual([`${name}: must be enforce, observe, off`])
  })

  it.each(LIMITS)('%s is the figure of %s, in a window of %i seconds', (name, rule, windowSeconds) => {
    expect(load({ [name]: '7' })[rule]).toMatchObject({ limit: 7, windowSeconds })
    for (const value of ['0', '-1', '1.5', 'many', '1000001']) {
      expect(problemsOf({ [name]: value }), value).toEqual([expect.stringMatching(new RegExp(`^${name}: `))])
    }
  })

  it.each([
    ['', 12, 11],
    ['1', 12, 2],
    ['11', 13, 12],
    ['40', 42, 41],
    ['1000', 1_002, 1_001],
  ])('let one number have all of its SEND_LIMIT_24_HOURS=%s, which is less than its range', (value, limit, leastAfterStrike) => {
    expect(load({ SEND_LIMIT_24_HOURS: value }).prefix).toMatchObject({ limit, leastAfterStrike })
    const chosen = load({ SEND_LIMIT_24_HOURS: value, LIMIT_PREFIX_UNVERIFIED_24_HOURS: '30' }).prefix
    expect(chosen).toMatchObject({ limit: 30, leastAfterStrike })
    for (const rule of ['key', 'address', 'country', 'guess'] as const) {
      expect(load({ SEND_LIMIT_24_HOURS: value })[rule].leastAfterStrike).toBeUndefined()
    }
  })

  it('have shares that honest traffic does not come near, as one send in ten comes to nothing', () => {
    const abuse = load({})
    for (const [, rule] of LIMITS) {
      expect(abuse[rule].share).toBeGreaterThan(0.5)
      expect(abuse[rule].share).toBeLessThan(1)
    }
  })
})

describe('the cap on what is spent', () => {
  it('is none by default, and an amount in millionths where there is one', () => {
    expect(load({}).spend).toBeUndefined()
    expect(load(CAP).spend).toMatchObject({ capMicros: 99_500_000 })
  })

  it.each(['-1', '1e3', '1,000', '1.1234567', '$5', 'none'])('is no %j', (value) => {
    expect(problemsOf({ ...CAP, SPEND_CAP_PER_DAY: value })).toEqual([
      'SPEND_CAP_PER_DAY: must be an amount such as 250 or 99.50',
    ])
  })

  it('is nothing without prices', () => {
    expect(problemsOf({ ...CAP, MESSAGE_PRICES: '' })).toContain(
      'MESSAGE_PRICES is missing: without prices nobody knows when SPEND_CAP_PER_DAY is reached',
    )
  })

  it.each(['enforce', 'observe'])('is not there because somebody wrote that it is in the mode %s', (mode) => {
    expect(problemsOf({ SPEND_CAP_MODE: mode })).toEqual([
      'SPEND_CAP_PER_DAY is missing: SPEND_CAP_MODE says what happens at a cap that there is not',
    ])
    expect(problemsOf({ SPEND_CAP_MODE: 'off' })).toEqual([])
  })
})
