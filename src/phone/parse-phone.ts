import {
  type CountryCode,
  Metadata,
  type NumberingPlan,
  ParseError,
  parsePhoneNumberWithError,
  type PhoneNumber as LibraryNumber,
  type PhoneNumberType,
  validatePhoneNumberLength,
} from 'libphonenumber-js/max'
import { type PhoneKind, type PhoneNumber, type PhoneRefusalReason, type PhoneRefused, refused } from './phone-number'
import { readSpelling } from './read-spelling'

export interface PhoneRules {
  /** ISO 3166-1 alpha-2: whose numbers may be written without their country code. */
  readonly defaultRegion: string
  /** ISO 3166-1 alpha-2. Undefined: every country. */
  readonly allowedCountries: ReadonlySet<string> | undefined
}

export type PhoneResult = { readonly ok: true; readonly phone: PhoneNumber } | PhoneRefused

/** One way to read the digits, with the country code that was understood where there was one. */
type Reading = PhoneResult & { readonly exists: boolean; readonly callingCode?: string }

/** Bare digits shorter than this are never read as a country code and a number. */
const MIN_DIGITS_WITH_COUNTRY_CODE = 11

/**
 * Understands a phone number however it is written: every spelling of one number gives the same E.164 form, and what is
 * not surely one real number that can receive messages is refused. A leading `+` or `00` is authoritative; without one
 * the digits are read as a number of the default region, and only if there is no such number as one whose `+` is missing.
 * Never throws. Numbering plans: libphonenumber.
 */
export function parsePhone(input: string, rules: PhoneRules): PhoneResult {
  const dialled = readSpelling(input)
  if (!dialled.ok) return dialled
  const first = read(dialled.digits, rules.defaultRegion)
  const reading = dialled.mayLackPlus ? orWithPlus(first, dialled.digits) : first
  if (!reading.ok) return refused(reading.reason)
  const { phone } = reading
  if (rules.allowedCountries && !rules.allowedCountries.has(phone.country)) return refused('country_not_allowed')
  return { ok: true, phone }
}

/**
 * The default region's own country code is believed even where its digits could be a landline written without the
 * national prefix, which nobody does. Where both readings fail, it tells which of them was meant.
 */
function orWithPlus(first: Reading, digits: string): Reading {
  if (first.ok || digits.length < MIN_DIGITS_WITH_COUNTRY_CODE) return first
  const second = read(`+${digits}`)
  const isOwnCode = second.callingCode !== undefined && second.callingCode === first.callingCode
  if (second.ok) return isOwnCode || !first.exists ? second : first
  return isOwnCode && !first.exists ? second : first
}

function read(digits: string, region?: string): Reading {
  const number = parse(digits, region)
  if (typeof number === 'string') return { ...refused(number), exists: false }
  const callingCode = number.countryCallingCode
  if (!number.isValid() || isRetired(number)) return { ...refused(whyInvalid(number)), exists: false, callingCode }
  return { ...judge(number), exists: true, callingCode }
}

function parse(digits: string, region?: string): LibraryNumber | PhoneRefusalReason {
  try {
    const withCode = parsePhoneNumberWithError(digits, {
      extract: false,
      ...(region && { defaultCountry: region as CountryCode }),
    })
    // Once more from the E.164 form alone: country and kind must not depend on how the number was written.
    return parsePhoneNumberWithError(withoutRetiredPrefix(withCode.number), { extract: false })
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    if (error.message === 'TOO_SHORT') return 'too_short'
    return error.message === 'TOO_LONG' ? 'too_long' : 'not_valid'
  }
}

/** Mexico dropped the 1 between country code and number in 2019; address books and WhatsApp still have it. */
function withoutRetiredPrefix(e164: string): string {
  return e164.replace(/^\+521(?=\d{10}$)/, '+52')
}

/**
 * Gabon's numbers have had eight digits and no zero in front since 2019, and its two older forms were switched off in
 * April 2024. The metadata still takes them, with which one line would have three E.164 forms.
 */
function isRetired(number: LibraryNumber): boolean {
  return /^\+241(?:0\d{7}|\d{7})$/.test(number.number)
}

function judge(number: LibraryNumber): PhoneResult {
  const type = number.getType()
  const kind = type ? KINDS[type] : 'not_valid'
  if (kind !== 'mobile' && kind !== 'fixed_line_or_mobile') return refused(kind)
  if (number.country === undefined) return refused('no_country')
  return { ok: true, phone: { e164: number.number, country: number.country, kind } }
}

/**
 * Voice-over-IP ranges are refused with the rest: most take no SMS, and they are the cheapest to own by the thousand.
 * Personal numbers (UK 070) bill like premium ones.
 */
const KINDS = {
  MOBILE: 'mobile',
  FIXED_LINE_OR_MOBILE: 'fixed_line_or_mobile',
  FIXED_LINE: 'landline',
  PREMIUM_RATE: 'premium_rate',
  TOLL_FREE: 'cannot_receive',
  SHARED_COST: 'cannot_receive',
  PERSONAL_NUMBER: 'cannot_receive',
  PAGER: 'cannot_receive',
  UAN: 'cannot_receive',
  VOICEMAIL: 'cannot_receive',
  VOIP: 'cannot_receive',
} as const satisfies Record<PhoneNumberType, PhoneKind | PhoneRefusalReason>

/** Measured by the country's mobile numbers: a plan's other lengths (India has 8 to 13) say nothing to a person. */
function whyInvalid(number: LibraryNumber): PhoneRefusalReason {
  const length = number.nationalNumber.length
  const lengths = number.country && mobileLengths(number.country)
  if (lengths && length < Math.min(...lengths)) return 'too_short'
  if (lengths && length > Math.max(...lengths)) return 'too_long'
  const verdict = validatePhoneNumberLength(number.number)
  if (verdict === 'TOO_SHORT') return 'too_short'
  return verdict === 'TOO_LONG' ? 'too_long' : 'not_valid'
}

/** `type` is part of the library's metadata class, but missing from its type definitions. */
type TypedPlan = NumberingPlan & { type(kind: PhoneNumberType): { possibleLengths(): number[] } | undefined }

function mobileLengths(country: CountryCode): number[] | undefined {
  const metadata = new Metadata()
  metadata.selectNumberingPlan(country)
  return (metadata.numberingPlan as TypedPlan).type('MOBILE')?.possibleLengths()
}
