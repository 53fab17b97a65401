import { minorDigits } from './currencies'

/**
 * An amount in the minor unit of its currency (paise, cents): a whole number, far below 2^53, so that no sum of it is ever
 * rounded. Amounts come in and go out as decimal text, and are never a fraction in between.
 */
export type MinorUnits = number

/** Digits before the point: with three after it, all amounts stay exact. */
const MAX_WHOLE_DIGITS = 12

const DECIMAL = /^(\d+)(?:\.(\d+))?$/

/**
 * The amount that a decimal text says, such as `5000`, `5000.0` or `5000.00`.
 * @returns why it is none, as a sentence that follows the name of a field, where it is not one
 */
export function parseAmount(text: string, currency: string): MinorUnits | { readonly problem: string } {
  const digits = minorDigits(currency)
  if (digits === undefined) return { problem: `has no known currency: ${currency}` }
  const match = DECIMAL.exec(text)
  if (!match) return { problem: 'must be a decimal number without a sign or an exponent, such as 5000.00' }
  const whole = match[1]!.replace(/^0+(?=\d)/, '')
  const fraction = (match[2] ?? '').replace(/0+$/, '')
  if (fraction.length > digits) return { problem: `has more than the ${digits} decimals that ${currency} has` }
  if (whole.length > MAX_WHOLE_DIGITS) return { problem: `has more than ${MAX_WHOLE_DIGITS} digits before the point` }
  return Number(whole + fraction.padEnd(digits, '0'))
}

/** The amount as decimal text with all decimals of its currency: `5000.00`. */
export function formatAmount(amount: MinorUnits, currency: string): string {
  const digits = minorDigits(currency) ?? 0
  const text = String(amount).padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}
