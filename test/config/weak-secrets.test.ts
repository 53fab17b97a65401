import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config'
import { variablesSchema } from '../../src/config/variables'
import { aSecret } from '../support/secrets'

const OWN = [
  'OTP_PEPPER',
  'OTP_PEPPER_PREVIOUS',
  'PHONE_HASH_KEY',
  'PII_ENCRYPTION_KEY',
  'PII_ENCRYPTION_KEY_PREVIOUS',
  'ADMIN_API_KEY',
  'ADMIN_API_KEY_PREVIOUS',
  'GUPSHUP_WEBHOOK_SECRET',
  'MSG91_WEBHOOK_SECRET',
] as const

/** Secrets of vendors, each with the settings that it wants beside it. */
const GIVEN: Readonly<Record<string, Record<string, string>>> = {
  GUPSHUP_API_KEY: { GUPSHUP_SOURCE: '917834811114', GUPSHUP_TEMPLATE_ID: 'id', GUPSHUP_SRC_NAME: 'App' },
  MSG91_AUTH_KEY: { MSG91_TEMPLATE_ID: 'id' },
  TWILIO_AUTH_TOKEN: { TWILIO_ACCOUNT_SID: `AC${'0a'.repeat(16)}`, TWILIO_PHONE_NUMBER: '+15005550006' },
  WHATSAPP_ACCESS_TOKEN: { WHATSAPP_PHONE_NUMBER_ID: '106540352242922', WHATSAPP_OTP_TEMPLATE: 'code' },
  WHATSAPP_WEBHOOK_SECRET: {},
  BASIC_APPLICATION_API_KEY: { BASIC_APPLICATION_API_URL: 'https://lender.test', BASIC_APPLICATION_USER_ID: 'u' },
  TURNSTILE_SECRET_KEY: {},
}
const CHOSEN: Readonly<Record<string, Record<string, string>>> = {
  SMS_PASSWORD: { SMS_USERNAME: '20261121', SMS_SENDER: 'YourApp' },
  WHATSAPP_VERIFY_TOKEN: {},
}
const SETTINGS: Readonly<Record<string, Record<string, string>>> = { ...GIVEN, ...CHOSEN }

/** All of ours, each of its own, so that any one can be changed. */
const ALL_OWN = Object.fromEntries(OWN.map((name, index) => [name, aSecret(`${index}r`)]))

function problemsOf(variables: Record<string, string>, environment = 'production'): readonly string[] {
  const result = loadConfig({ ENVIRONMENT: environment, ...ALL_OWN, ...variables })
  return result.ok ? [] : result.problems
}

const problemsWith = (name: string, value: string) => problemsOf({ ...SETTINGS[name], [name]: value })

it('finds nothing wrong with secrets that were drawn', () => {
  expect(problemsOf({})).toEqual([])
})

it('looks at every secret that there is', () => {
  const names = Object.keys(variablesSchema.shape).filter((name) =>
    /(KEY|KEYS|SECRET|TOKEN|PASSWORD|PEPPER)(_PREVIOUS)?$/.test(name),
  )
  expect(names.toSorted()).toEqual([...OWN, ...Object.keys(SETTINGS), 'SIGNING_KEYS'].toSorted())
})

describe('a sample (R-TOK-07)', () => {
  const PLACEHOLDERS = [
    'your_api_key',
    'your-twilio-auth-token',
    'Your API key',
    'YOUR_AUTH_KEY',
    '<secret>',
    '<your-key>',
    '${TOKEN}',
    '{{api_key}}',
    'xxxx',
    'XXXXXXXXXXXXXXXX',
    'xxxx-xxxx-xxxx',
    '********',
    'changeme',
    'change-me',
    'ChangeMe!',
    'replace_this',
    'replace-with-your-key',
    'placeholder',
    'example',
    'dummy',
    'todo',
  ].map((text) => text.replaceAll(' ', '_'))
  const WORDS = [
    'my-secret-key',
    'the_api_key',
    'an-api-key-of-32-characters',
    'MY_KEY',
    'My-Key',
    'example-key',
    'key.sample',
    'EXAMPLEKEY',
  ]

  it.each(Object.keys(GIVEN))('is no %s', (name) => {
    for (const value of [...PLACEHOLDERS, ...WORDS, name, name.toLowerCase(), name.toLowerCase().replaceAll('_', '-')]) {
      expect(problemsWith(name, value), value).toEqual([`${name} is a sample, which anybody knows`])
    }
  })

  it.each(Object.keys(CHOSEN))('is no %s, which may have words in it, though', (name) => {
    for (const value of [...PLACEHOLDERS, name]) {
      expect(problemsWith(name, value), value).toEqual([`${name} is a sample, which anybody knows`])
    }
    for (const value of ['my-shop-2026', 'Sample@2026', 'exchangemedia1', 'the.best.loans']) {
      expect(problemsWith(name, value), value).toEqual([])
    }
  })

  it.each(OWN)('is no %s', (name) => {
    for (const value of ['your-own-random-secret-of-32-characters', 'my-secret-key-that-is-really-very-long', 'x'.repeat(40)]) {
      expect(problemsWith(name, value), value).toContain(`${name} is a sample, which anybody knows`)
    }
  })

  it('is no matter in development', () => {
    for (const name of OWN) expect(problemsOf({ [name]: 'x'.repeat(40) }, 'development')).toEqual([])
  })
})

describe('a secret of ours that was not drawn', () => {
  it.each([
    ['one character', 'a'.repeat(64)],
    ['few characters', '01'.repeat(10) + '10'.repeat(6)],
    ['a short text again and again', 'correct-horse-battery-correct-horse-battery'],
    ['hexadecimal digits twice', '0123456789abcdef'.repeat(2)],
    ['the alphabet', 'abcdefghijklmnopqrstuvwxyz123456'],
    ['doubled digits in order', '00112233445566778899aabbccddeeff'],
    ['backwards', 'zyxwvutsrqponmlkjihgfedcba987654'],
    ['a password with numbers', 'password1password2password3password4'],
  ])('is refused in production: %s', (_, value) => {
    for (const name of OWN) {
      expect(problemsWith(name, value)).toEqual([`${name} is not random: make one with openssl rand -hex 32`])
    }
    expect(problemsOf({ OTP_PEPPER: value }, 'development')).toEqual([])
  })
})

describe('false alarms', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  const text = (length: number, characters: string) =>
    fc.array(fc.constantFrom(...Array.from(characters)), { minLength: length, maxLength: length }).map((parts) => parts.join(''))
  const LOWER = 'abcdefghijklmnopqrstuvwxyz'
  const DIGITS = '0123456789'
  const WORD = LOWER + LOWER.toUpperCase() + DIGITS

  it('has none for what random generators make', () => {
    const random = fc.oneof(
      bytes(16).map((raw) => raw.toHex()),
      bytes(32).map((raw) => raw.toHex()),
      bytes(32).map((raw) => raw.toHex().toUpperCase()),
      bytes(24).map((raw) => raw.toBase64()),
      bytes(32).map((raw) => raw.toBase64()),
      bytes(48).map((raw) => raw.toBase64({ alphabet: 'base64url', omitPadding: true })),
      text(32, DIGITS),
      text(40, WORD),
      fc.uuid({ version: 4 }),
    )
    fc.assert(
      fc.property(random, fc.constantFrom('OTP_PEPPER', 'ADMIN_API_KEY', 'PII_ENCRYPTION_KEY'), (value, name) => {
        expect(problemsOf({ [name]: value })).toEqual([])
      }),
      // Shorter and simpler ones are tried where one fails; before that each is as random as the generator is.
      { numRuns: 3_000, endOnFailure: true, unbiased: true },
    )
  })

  it('has none for keys in the forms that vendors give out', () => {
    const given = fc.oneof(
      fc.record({ name: fc.constant('TWILIO_AUTH_TOKEN'), value: bytes(16).map((raw) => raw.toHex()) }),
      fc.record({
        name: fc.constant('MSG91_AUTH_KEY'),
        value: fc
          .tuple(text(6, DIGITS), text(14, WORD), text(10, 'abcdef' + DIGITS), text(2, 'P1'))
          .map((parts) => parts.join('')),
      }),
      fc.record({ name: fc.constant('GUPSHUP_API_KEY'), value: text(32, LOWER + DIGITS) }),
      fc.record({ name: fc.constant('GUPSHUP_API_KEY'), value: bytes(16).map((raw) => `sk_${raw.toHex()}`) }),
      fc.record({ name: fc.constant('WHATSAPP_ACCESS_TOKEN'), value: text(196, WORD).map((rest) => `EAAG${rest}`) }),
      fc.record({ name: fc.constant('WHATSAPP_WEBHOOK_SECRET'), value: bytes(16).map((raw) => raw.toHex()) }),
      fc.record({ name: fc.constant('TURNSTILE_SECRET_KEY'), value: text(33, `${WORD}-_`).map((rest) => `0x4AAAAAAA${rest}`) }),
      fc.record({ name: fc.constant('BASIC_APPLICATION_API_KEY'), value: bytes(32).map((raw) => raw.toBase64()) }),
      fc.record({ name: fc.constant('SMS_PASSWORD'), value: text(8, `${WORD}@#!`) }),
    )
    fc.assert(
      fc.property(given, ({ name, value }) => {
        expect(problemsWith(name, value)).toEqual([])
      }),
      { numRuns: 3_000, endOnFailure: true, unbiased: true },
    )
  })
})

describe('two secrets with one value', () => {
  const shared = (one: string, other: string) =>
    `${one} and ${other} are the same: who is given the one has the other, so make each of them anew`
  const pairs = OWN.flatMap((one, index) => OWN.slice(index + 1).map((other) => [one, other] as const))
  /** The first step of a rotation, and a shared key that is split. */
  const ALLOWED = [
    ['OTP_PEPPER', 'OTP_PEPPER_PREVIOUS'],
    ['OTP_PEPPER', 'PHONE_HASH_KEY'],
    ['OTP_PEPPER_PREVIOUS', 'PHONE_HASH_KEY'],
    ['PII_ENCRYPTION_KEY', 'PII_ENCRYPTION_KEY_PREVIOUS'],
    ['ADMIN_API_KEY', 'ADMIN_API_KEY_PREVIOUS'],
  ].map(String)

  it.each(pairs)('%s and %s', (one, other) => {
    const problems = problemsOf({ [one]: aSecret('same'), [other]: aSecret('same') })
    expect(problems).toEqual(ALLOWED.includes(String([one, other])) ? [] : [shared(one, other)])
  })

  it('is one problem too many for all three of the pepper only where a fourth has it', () => {
    const three = { OTP_PEPPER: aSecret('t'), OTP_PEPPER_PREVIOUS: aSecret('t'), PHONE_HASH_KEY: aSecret('t') }
    expect(problemsOf(three)).toEqual([])
    expect(problemsOf({ ...three, ADMIN_API_KEY: aSecret('t') })).toHaveLength(3)
  })

  it.each(Object.keys(SETTINGS))("the operator's and %s", (name) => {
    for (const key of ['ADMIN_API_KEY', 'ADMIN_API_KEY_PREVIOUS']) {
      expect(problemsOf({ ...SETTINGS[name], [name]: ALL_OWN[key]! })).toEqual([shared(key, name)])
    }
  })

  it('are no matter in development', () => {
    expect(problemsOf({ ADMIN_API_KEY: ALL_OWN['OTP_PEPPER']! }, 'development')).toEqual([])
  })
})
