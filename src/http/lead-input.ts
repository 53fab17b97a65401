import * as z from 'zod'
import { refuse } from '../core/app-error'
import { ageProblem, readDate } from '../leads/date-of-birth'
import { toLoanType } from '../leads/loan-type'
import { GENDERS, type Gender } from '../leads/personal'
import { hasHidden } from '../messaging/templates/hidden-characters'
import type { Deps } from './http-env'

// What a lead is made of, for the surfaces that take one. What is wrong with a field is told by its own sentence.

/** Whole units of the currency. */
const SMALLEST_LOAN = 1_000
const LARGEST_LOAN = 1_000_000_000
const LONGEST_TENURE_YEARS = 40
const LONGEST_NAME = 100
const LONGEST_GENDER = 16

const WHOLE_TEXT = /^\d{1,15}(\.0+)?$/
const PIN_CODE = /^[1-9]\d{5}$/

/** For the document: what may be sent, in place of the ways in which it is read. */
const shownAs = (shown: object): z.GlobalMeta => ({
  override: ({ jsonSchema }) => {
    delete jsonSchema.anyOf
    Object.assign(jsonSchema, shown)
  },
})

/** A number, or the digits of one: forms send both. */
const wholeInput = (min: number, max: number, range: string) =>
  z
    .union([z.number(), z.string().trim().regex(WHOLE_TEXT, 'must be a whole number')], 'must be a whole number')
    .transform(Number)
    .pipe(z.number().int('must be a whole number').min(min, range).max(max, range))
    .meta(shownAs({ type: ['integer', 'string'], minimum: min, maximum: max, pattern: WHOLE_TEXT.source }))

export const loanTypeInputSchema = z
  .string('must be text')
  .max(64, 'is too long')
  .transform((text, context) => {
    const loanType = toLoanType(text)
    if (loanType) return loanType
    context.addIssue('must be home_loan, loan_against_property, personal_loan, business_loan, car_loan or education_loan')
    return z.NEVER
  })

export const loanAmountInputSchema = wholeInput(SMALLEST_LOAN, LARGEST_LOAN, `must be ${SMALLEST_LOAN} to ${LARGEST_LOAN}`)

export const loanTenureInputSchema = wholeInput(1, LONGEST_TENURE_YEARS, `must be 1 to ${LONGEST_TENURE_YEARS} years`)

export const panInputSchema = z
  .string('must be text')
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{5}\d{4}[A-Z]$/, 'must be a PAN: 5 letters, 4 digits and a letter, such as ABCDE1234F')

export const personNameInputSchema = z
  .string('must be text')
  .trim()
  .min(1, 'is required')
  .max(LONGEST_NAME, 'is too long')
  .refine(
    (text) => /\p{L}/u.test(text) && !/[\p{Cc}\p{Zl}\p{Zp}<>{}]/u.test(text) && !hasHidden(text),
    'must be a name on one line',
  )
  .transform((text) => text.replaceAll(/\s+/g, ' '))

export const emailInputSchema = z
  .string('must be text')
  .trim()
  .max(254, 'is too long')
  .pipe(z.email('must be an email address'))
  .meta(shownAs({ format: 'email' }))

/** A day, as `1990-06-15`. */
export const dateOfBirthInputSchema = z
  .string('must be text')
  .trim()
  .max(40, 'is too long')
  .transform((text, context) => {
    const date = readDate(text)
    if (date !== undefined) return date
    context.addIssue('must be a date that there is, as 15/06/1990 or 1990-06-15')
    return z.NEVER
  })

export const pinCodeInputSchema = z
  .union([z.int(), z.string().trim()], 'must be text')
  .transform(String)
  .pipe(z.string().regex(PIN_CODE, 'must be a PIN code of 6 digits that does not begin with 0'))
  .meta(shownAs({ type: ['string', 'integer'], pattern: PIN_CODE.source, minimum: 100_000, maximum: 999_999 }))

const GENDER_NAMES = new Map<string, Gender>(
  GENDERS.flatMap((one) => [
    [one.toLowerCase(), one],
    [one[0]!.toLowerCase(), one],
  ]),
)

/** May be left out, null or empty. */
export const genderInputSchema = z
  .string('must be text')
  .trim()
  .max(LONGEST_GENDER, 'is too long')
  .nullish()
  .transform((text, context) => {
    if (!text) return null
    const gender = GENDER_NAMES.get(text.toLowerCase())
    if (gender) return gender
    context.addIssue(`must be ${GENDERS.join(', ')} or left out`)
    return z.NEVER
  })
  .meta(shownAs({ type: ['string', 'null'], maxLength: LONGEST_GENDER }))

/**
 * That a date of birth is of somebody who may ask for a loan.
 * @param path the field, as the surface calls it
 * @throws `invalid_request`
 */
export function requireAdult({ verification }: Pick<Deps, 'verification'>, path: string, dateOfBirth: string): void {
  const message = ageProblem(dateOfBirth, verification.clock())
  if (message !== undefined) throw refuse('invalid_request', { issues: [{ path, message }] })
}
