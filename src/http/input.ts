import * as z from 'zod'
import { refuse } from '../core/app-error'
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
 * The number that the text denotes, under this deployment's default region and allowed countries.
 * @throws `invalid_phone`
 */
export function requirePhone(deps: Deps, input: string): PhoneNumber {
  const parsed = parsePhone(input, deps.config.phone)
  if (!parsed.ok) throw refuse('invalid_phone', { reason: parsed.reason })
  return parsed.phone
}
