import type { VariableName, Variables } from './variables'

/** Secrets that we make ourselves: random, so that nobody finds them by trying. */
const OWN_SECRETS = [
  'OTP_PEPPER',
  'OTP_PEPPER_PREVIOUS',
  'PHONE_HASH_KEY',
  'PII_ENCRYPTION_KEY',
  'PII_ENCRYPTION_KEY_PREVIOUS',
  'ADMIN_API_KEY',
  'ADMIN_API_KEY_PREVIOUS',
  'GUPSHUP_WEBHOOK_SECRET',
  'MSG91_WEBHOOK_SECRET',
] as const satisfies readonly VariableName[]

/** Secrets that vendors gave out, which a sample must not stand in for. */
const VENDOR_SECRETS = [
  'GUPSHUP_API_KEY',
  'MSG91_AUTH_KEY',
  'TWILIO_AUTH_TOKEN',
  'WHATSAPP_ACCESS_TOKEN',
  'WHATSAPP_WEBHOOK_SECRET',
  'BASIC_APPLICATION_API_KEY',
  'TURNSTILE_SECRET_KEY',
] as const satisfies readonly VariableName[]

/** Secrets that people choose, and may choose badly: what is a word like any other may be the real one. */
const CHOSEN_SECRETS = ['SMS_PASSWORD', 'WHATSAPP_VERIFY_TOKEN'] as const satisfies readonly VariableName[]

const SECRETS = [...OWN_SECRETS, ...VENDOR_SECRETS, ...CHOSEN_SECRETS] as const
type SecretName = (typeof SECRETS)[number]

/**
 * Of the secrets that we make, those that may be one value. A rotation begins with the key of now as the one before, and a
 * key that was shared is split by giving it the pepper's value.
 */
const MAY_BE_ONE: readonly (readonly SecretName[])[] = [
  ['OTP_PEPPER', 'OTP_PEPPER_PREVIOUS', 'PHONE_HASH_KEY'],
  ['PII_ENCRYPTION_KEY', 'PII_ENCRYPTION_KEY_PREVIOUS'],
  ['ADMIN_API_KEY', 'ADMIN_API_KEY_PREVIOUS'],
]

/** What documents put where a secret goes: `your_api_key`, `<secret>`, `${SECRET}`, `xxxx`, `changeme`. No secret is like that. */
const PLACEHOLDER =
  /^your[ _.-]|^<.+>$|^\$?\{.+\}$|^[x*._ -]{4,}$|(^|[^a-z])(change[ _-]?me|replace[ _-]?(me|this|with)|placeholder)([^a-z]|$)|^(example|sample|dummy|secret|todo)$/i

/** The same, in words that a password may have in it, too. Words alone: in 43 random characters a `my-` comes by chance. */
const SAMPLE =
  /^([Mm]y|MY|[Tt]he|THE|[Aa]n?|AN)([ ,_.-]+([A-Z]?[a-z]+|[A-Z]+|\d+))+$|(^|[^a-z])(example|sample|dummy)([^a-z]|$)|EXAMPLE/

/** Private keys that the standards print, by the part that is private: RFC 7515 (A.3), 7517 (A.2) and 8037 (A.1). */
const PRINTED_KEYS = new Set([
  'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
  '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
  'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
])

/**
 * In production: secrets that are samples, that somebody typed instead of drawing them, or that are one where they should
 * be several. Names are told, never values.
 */
export function addWeakSecretProblems(variables: Variables, problems: string[]): void {
  if (variables.ENVIRONMENT !== 'production') return
  for (const name of SECRETS) {
    if (isSample(name, variables[name] ?? '')) problems.push(`${name} is a sample, which anybody knows`)
  }
  for (const name of OWN_SECRETS) {
    const value = variables[name]
    if (value !== undefined && !looksRandom(value)) problems.push(`${name} is not random: make one with openssl rand -hex 32`)
  }
  for (const [one, other] of sharedSecrets(variables)) {
    problems.push(`${one} and ${other} are the same: who is given the one has the other, so make each of them anew`)
  }
  if (variables.SIGNING_KEYS?.some(({ d }) => PRINTED_KEYS.has(d))) {
    problems.push('SIGNING_KEYS has a key that a standard prints, with which anybody can sign')
  }
}

function isSample(name: SecretName, value: string): boolean {
  const isItsName = value.toUpperCase().replaceAll(/[ -]/g, '_') === name
  const isChosen = CHOSEN_SECRETS.some((chosen) => chosen === name)
  return isItsName || PLACEHOLDER.test(value) || (!isChosen && SAMPLE.test(value))
}

/** Fewer different ones has no random text of 32 characters, be they hexadecimal or decimal: one of ten million. */
const FEWEST_CHARACTERS = 6
const RUN = 4
/** Random texts repeat next to none of their runs, a text that is there twice repeats half of them. */
const LARGEST_SHARE_REPEATED = 0.25
/** A sixth of the neighbours in a random hexadecimal text are next to each other in the alphabet, too. */
const LARGEST_SHARE_IN_ORDER = 0.75

/** Was it drawn, as far as can be seen? In doubt it was: a good secret that is refused is an outage. */
function looksRandom(text: string): boolean {
  const runs = Array.from({ length: text.length - RUN + 1 }, (_, start) => text.slice(start, start + RUN))
  const repeated = runs.length - new Set(runs).size
  const inOrder = Array.from(text.slice(1)).filter((_, index) => isNextTo(text.charCodeAt(index), text.charCodeAt(index + 1)))
  return (
    new Set(text).size >= FEWEST_CHARACTERS &&
    repeated <= runs.length * LARGEST_SHARE_REPEATED &&
    inOrder.length <= (text.length - 1) * LARGEST_SHARE_IN_ORDER
  )
}

function isNextTo(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1
}

/** Pairs of secrets with one value. Who runs a vendor must not be the operator here, either. */
function sharedSecrets(variables: Variables): (readonly [SecretName, SecretName])[] {
  const isSame = (one: SecretName, other: SecretName) => variables[one] !== undefined && variables[one] === variables[other]
  const mayBeOne = (one: SecretName, other: SecretName) =>
    MAY_BE_ONE.some((names) => names.includes(one) && names.includes(other))
  const own = OWN_SECRETS.flatMap((one, index) => OWN_SECRETS.slice(index + 1).map((other) => [one, other] as const))
  const given = [...VENDOR_SECRETS, ...CHOSEN_SECRETS].flatMap((other) =>
    (['ADMIN_API_KEY', 'ADMIN_API_KEY_PREVIOUS'] as const).map((one) => [one, other] as const),
  )
  return [...own, ...given].filter(([one, other]) => isSame(one, other) && !mayBeOne(one, other))
}
