import { DEFAULT_LIMITS } from './limits'
import type { Micros } from './prices'
import type { RuleMode } from './rule-modes'
import type { Variables } from './variables'

/** The rules against abuse, beside the limits of the number itself. */
export const ABUSE_RULES = ['key', 'address', 'prefix', 'country', 'guess', 'spend'] as const
export type AbuseRule = (typeof ABUSE_RULES)[number]

/**
 * A rule about what came to nothing: sends whose code was not typed, or guesses that were not right. People mistype and give
 * up now and then, so a rule strikes only where there are many of them, and they are most of all.
 */
export interface UnverifiedRule {
  readonly mode: RuleMode
  /** Unverified ones in the window: the next one is refused. */
  readonly limit: number
  /** Seconds. */
  readonly windowSeconds: number
  /** Their share of all in the window has to be above this, 0 to 1. */
  readonly share: number
  /** While a strike is remembered, fewer than this never strike, nor do fewer than a quarter of the limit. Left out: that alone. */
  readonly leastAfterStrike?: number
  /** Counts what is in the window for certain: where one alone can have nearly the limit in it. Left out: what may be. */
  readonly neverMore?: true
}

export interface AbuseConfig {
  readonly key: UnverifiedRule
  readonly address: UnverifiedRule
  readonly prefix: UnverifiedRule
  readonly country: UnverifiedRule
  readonly guess: UnverifiedRule
  /** Undefined: there is no cap. */
  readonly spend: { readonly mode: RuleMode; readonly capMicros: Micros } | undefined
}

/** The share of unverified sends that no honest traffic has, at any hour. */
const MOST = 0.8

/**
 * The rules in force, which a test holds equal to `docs/limits.md`. Every figure has been weighed against honest traffic
 * behind a shared address, where one send in ten comes to nothing.
 */
export function readAbuse(variables: Variables, problems: string[]): AbuseConfig {
  const usual: RuleMode = variables.ENVIRONMENT === 'production' ? 'enforce' : 'observe'
  const sendsToOne = variables.SEND_LIMIT_24_HOURS ?? DEFAULT_LIMITS.sendsPer24Hours
  return {
    // A leaked key, or a form that is being abused, through however many addresses.
    key: {
      mode: variables.LIMIT_KEY_MODE ?? usual,
      limit: variables.LIMIT_KEY_UNVERIFIED_1_HOUR ?? 500,
      windowSeconds: 3_600,
      share: 0.6,
    },
    // Carriers put thousands of people behind one address: they verify, a program does not.
    address: {
      mode: variables.LIMIT_ADDRESS_MODE ?? usual,
      limit: variables.LIMIT_ADDRESS_UNVERIFIED_1_HOUR ?? 60,
      windowSeconds: 3_600,
      share: MOST,
    },
    // Pumping walks through ranges of numbers that somebody rents: ten thousand at a time. More than one number may have in
    // a day (`sendsPer24Hours`), or who asks for codes to one would shut its neighbours out.
    prefix: {
      mode: variables.LIMIT_PREFIX_MODE ?? usual,
      limit: variables.LIMIT_PREFIX_UNVERIFIED_24_HOURS ?? Math.max(12, sendsToOne + 2),
      windowSeconds: 86_400,
      share: MOST,
      leastAfterStrike: sendsToOne + 1,
      neverMore: true,
    },
    // Not for the home country: an attack on it must not be an outage of all.
    country: {
      mode: variables.LIMIT_COUNTRY_MODE ?? usual,
      limit: variables.LIMIT_COUNTRY_UNVERIFIED_6_HOURS ?? 100,
      windowSeconds: 21_600,
      share: 0.75,
    },
    // Who tries codes of many numbers with the key of a page, which everybody can read there: right ones are rare among them.
    guess: {
      mode: variables.LIMIT_GUESS_MODE ?? usual,
      limit: variables.LIMIT_GUESS_WRONG_1_HOUR ?? 20,
      windowSeconds: 3_600,
      share: MOST,
    },
    spend: readSpend(variables, usual, problems),
  }
}

function readSpend(variables: Variables, usual: RuleMode, problems: string[]): AbuseConfig['spend'] {
  const capMicros = variables.SPEND_CAP_PER_DAY
  if (capMicros === undefined) {
    if (variables.SPEND_CAP_MODE === 'enforce' || variables.SPEND_CAP_MODE === 'observe') {
      problems.push('SPEND_CAP_PER_DAY is missing: SPEND_CAP_MODE says what happens at a cap that there is not')
    }
    return undefined
  }
  if (!variables.MESSAGE_PRICES) {
    problems.push('MESSAGE_PRICES is missing: without prices nobody knows when SPEND_CAP_PER_DAY is reached')
  }
  return { mode: variables.SPEND_CAP_MODE ?? usual, capMicros }
}
