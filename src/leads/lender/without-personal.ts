import * as z from 'zod'
import { toAsciiDigits } from '../../phone/ascii-digits'
import { phoneDigits } from '../../phone/phone-digits'
import type { Personal } from '../personal'

const REMOVED = '[removed]'
const LIMIT_BYTES = 8 * 1024
/** No reply of a lender is that deep; what is deeper is not looked at, and not kept. */
const DEEPEST = 16
/** Of a text in a reply that is too long to be kept. */
const SHORT_CHARACTERS = 100
const NATIONAL_DIGITS = 10
/** A shorter name is removed where it is the whole text; inside others it is an initial, or an article. */
const NAME_IN_TEXT_CHARACTERS = 3

/** Names of fields that hold personal data, in lower case and without separators. */
const PERSONAL_KEY = new RegExp(
  [
    '^pan|pan$|pan(?:no|num|card)|^pin|pin$|pincode|^zip|zip$|zipcode|postal|postcode',
    'birth|dob|mail|mobile|phone|msisdn|whatsapp|contact|name|gender|^sex$',
    'address|street|locality|landmark|district|city$|aadhaar|aadhar|adhaar|adhar',
  ].join('|'),
)

/** What may stand between the parts of a number or a date. Not counted: a pattern with counts takes milliseconds to make. */
const GAP = String.raw`[^a-z\d]*`
const AT = '(?:@|%40)'
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const ENDS_IN_WORD = /[\p{L}\p{M}\p{N}]$/u
const BEGINS_WITH_WORD = /^[\p{L}\p{M}\p{N}]/u

/** Anybody's email and PAN, not this person's only: bounded, so that a long text is read through once. */
const SHAPES = [String.raw`(?<![\w.%+-])[\w.%+-]{1,64}${AT}[\w.-]{1,253}`, String.raw`(?<![a-z\d])[a-z]{5}\d{4}[a-z](?![a-z\d])`]

/** Takes personal data out of what the lender says. */
export interface Cleaner {
  /**
   * A reply as it may be kept: at most 8 KiB of JSON, and of a longer one the few fields that we know. Null where the
   * reply was no JSON (undefined): then nothing of it is kept.
   */
  readonly json: (json: unknown) => unknown
  /** One text of a reply. */
  readonly text: (text: string) => string
  /** Is the person's number, PAN or email in it? */
  readonly identifies: (text: string) => boolean
}

/** @param secrets further texts that must not be kept */
export function createCleaner(personal: Partial<Personal>, secrets: readonly string[] = []): Cleaner {
  const cleanText = textCleaner(personal, secrets)
  const identity = identityPatterns(personal)
  const pattern = new RegExp(identity.length === 0 ? '(?!)' : identity.join('|'), 'i')
  return { json: (json) => cleanReply(json, cleanText), text: cleanText, identifies: (text) => pattern.test(toPlain(text)) }
}

type CleanText = Cleaner['text']

function cleanReply(json: unknown, cleanText: CleanText): unknown {
  if (json === undefined) return null
  const cleaned = cleanValue(json, cleanText, 0)
  const bytes = new TextEncoder().encode(JSON.stringify(cleaned)).byteLength
  return bytes <= LIMIT_BYTES ? cleaned : { truncated: true, ...summarySchema.safeParse(cleaned).data }
}

function cleanValue(value: unknown, cleanText: CleanText, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value)
  if (typeof value === 'number') return cleanText(String(value)) === String(value) ? value : REMOVED
  if (typeof value !== 'object' || value === null) return value
  if (depth === DEEPEST) return REMOVED
  if (Array.isArray(value)) return value.map((one) => cleanValue(one, cleanText, depth + 1))
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      cleanText(key),
      isPersonalKey(key) ? REMOVED : cleanValue(one, cleanText, depth + 1),
    ]),
  )
}

function isPersonalKey(key: string): boolean {
  return PERSONAL_KEY.test(key.toLowerCase().replaceAll(/[^a-z\d]/g, ''))
}

function textCleaner(personal: Partial<Personal>, secrets: readonly string[]): CleanText {
  const names = namesOf(personal)
  const data = dataPattern(personal, secrets)
  const inText = names.filter((name) => name.length >= NAME_IN_TEXT_CHARACTERS).map(namePattern)
  const wholes = new Set([...names, ...(personal.pinCode ? [personal.pinCode] : [])].map(fold))
  const remove = (text: string) => inText.reduce(removeWords, text.replaceAll(data, REMOVED))
  return (text) => {
    if (wholes.has(fold(text))) return REMOVED
    // As it was written first: what is brought into one form can have grown together with its neighbours.
    const written = remove(text)
    const plain = toPlain(written)
    const cleaned = plain === written ? written : remove(plain)
    return cleaned === plain ? written : cleaned
  }
}

/** The longest first. */
function namesOf({ firstName = '', lastName = '' }: Partial<Personal>): string[] {
  const names = [firstName, lastName].map((name) => toPlain(name).trim())
  return [names.join(' '), names.toReversed().join(' '), ...names].map((name) => name.trim()).filter((name) => name !== '')
}

function identityPatterns({ email, pan, phone }: Partial<Personal>): string[] {
  return [
    ...(email ? [emailPattern(email)] : []),
    ...(pan ? [panPattern(pan)] : []),
    ...(phone ? [phonePattern(phoneDigits(phone))] : []),
  ]
}

function emailPattern(email: string): string {
  return toPlain(email).split('@').map(escape).join(AT)
}

function panPattern(pan: string): string {
  return spaced(Array.from(pan))
}

/** What must not stand in a text, inside a word either. The longest come first: at one place the first that fits is taken. */
function dataPattern(personal: Partial<Personal>, secrets: readonly string[]): RegExp {
  const { email, pan, phone, dateOfBirth, pinCode } = personal
  const patterns = [
    ...secrets.filter((secret) => secret !== '').map(escape),
    ...(email ? [emailPattern(email)] : []),
    ...SHAPES,
    ...(pan ? [panPattern(pan)] : []),
    ...(phone ? [phonePattern(phoneDigits(phone))] : []),
    ...(dateOfBirth ? datePatterns(dateOfBirth) : []),
    ...(pinCode ? [String.raw`(?<!\d)${escape(pinCode)}(?!\d)`] : []),
  ]
  return new RegExp(patterns.join('|'), 'gi')
}

function namePattern(name: string): RegExp {
  const parts = name.split(/\s+/).map(escape)
  return new RegExp(parts.join(String.raw`\s+`), 'giu')
}

/** A name that is a part of another word is none. */
function removeWords(text: string, pattern: RegExp): string {
  return text.replaceAll(pattern, (found, at: number) => {
    const end = at + found.length
    const isPart = ENDS_IN_WORD.test(text.slice(Math.max(0, at - 2), at)) || BEGINS_WITH_WORD.test(text.slice(end, end + 2))
    return isPart ? found : REMOVED
  })
}

function phonePattern(digits: string): string {
  const countryCode = digits.slice(0, -NATIONAL_DIGITS)
  return String.raw`(?:\+?${spaced(Array.from(countryCode))}${GAP})?${spaced(Array.from(digits.slice(-NATIONAL_DIGITS)))}`
}

/**
 * `1990-06-15` in every order, with any separator or none, with or without leading zeros, by the name of the month, and with
 * the last two digits of the year alone: then with separators, since other digits would be taken for it.
 */
function datePatterns(date: string): string[] {
  const [year = '', month = '', day = ''] = date.split('-')
  const y = escape(year)
  const m = `(?:0?${Number(month)}|${MONTHS[Number(month) - 1]}[a-z]{0,6})`
  const d = `0?${Number(day)}(?:st|nd|rd|th)?`
  const short = (first: string, second: string) =>
    String.raw`(?<!\d)${[first, second, year.slice(2)].join(String.raw`[^a-z\d]+`)}(?!\d)`
  const long = [y, m, d].join(GAP)
  return [long, [d, m, y].join(GAP), String.raw`${d}\s+of\s+${m}${GAP}${y}`, [m, d, y].join(GAP), short(d, m), short(m, d)]
}

function spaced(parts: readonly string[]): string {
  return parts.map(escape).join(GAP)
}

function escape(text: string): string {
  return RegExp.escape(text)
}

/** One form for the forms that people and programs write the same characters in. */
function toPlain(text: string): string {
  return toAsciiDigits(text.normalize('NFKC'))
}

function fold(text: string): string {
  return toPlain(text).trim().replaceAll(/\s+/g, ' ').toLowerCase()
}

const known = z
  .union([z.string().transform((text) => text.slice(0, SHORT_CHARACTERS)), z.number(), z.boolean()])
  .optional()
  .catch(undefined)

const summarySchema = z.object({
  message: known,
  isError: known,
  result: z
    .object({
      id: known,
      basicAppId: known,
      applicationStatus: known,
      applicationStage: known,
      latestStatus: known,
      primaryBorrower: z.object({ customerId: known }).optional().catch(undefined),
      applicationComments: z
        .array(z.object({ refId: known }).catch({ refId: undefined }))
        .transform((comments) => comments.slice(0, 1))
        .optional()
        .catch(undefined),
    })
    .optional()
    .catch(undefined),
})
