import * as z from 'zod'
import { refuse } from '../core/app-error'
import { LENDER_ID } from '../payments/loan'
import { toAsciiDigits } from '../phone/ascii-digits'
import { parsePhone } from '../phone/parse-phone'
import type { PhoneNumber } from '../phone/phone-number'
import type { Deps } from './http-env'

/** A phone number as people write it; what it denotes is decided by {@link requirePhone}. */
export const phoneInputSchema = z.string('must be text').trim().min(1, 'is required').max(64, 'is too long')

/** A code as people type it: digits of any script, with spaces or hyphens between. Never a JSON number, which drops leading zeros. */
export const codeInputSchema = z
  .string('must be text')
  .max(64, 'is too long')
  .transform((text) => toAsciiDigits(text).replaceAll(/[\s-]/g, ''))
  .pipe(z.string().regex(/^\d{4,10}$/, 'must be 4 to 10 digits'))

/**
 * An amount as it was written: a JSON number (`jsonBody` hands on its digits) or a text. What it is worth depends on the
 * currency (`payments/money.ts`).
 */
export const amountInputSchema = z
  .string('must be a number such as 5000.0')
  .max(40, 'is too long')
  .regex(/^\d+(\.\d+)?$/, 'must be a decimal number without a sign or an exponent, such as 5000.0')
  .meta({ override: { type: ['number', 'string'], minimum: 0 }, example: 5000 })

/** The id of a loan or a repayment: a number, or a text. */
export const lenderIdSchema = z
  .union(
    [
      z.int('must be a whole number, or text').min(0, 'must not be negative'),
      z.string().regex(LENDER_ID, 'must be 1 to 64 letters, digits, _, . or -'),
    ],
    'must be a whole number, or text',
  )
  .transform(String)

/**
 * The number that the text denotes, under this deployment's default region and allowed countries.
 * @throws `invalid_phone`
 */
export function requirePhone(deps: Deps, input: string): PhoneNumber {
  const parsed = parsePhone(input, deps.config.phone)
  if (!parsed.ok) throw refuse('invalid_phone', { reason: parsed.reason })
  return parsed.phone
}
