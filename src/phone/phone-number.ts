/** What a number can receive messages as. In some countries landlines and mobiles share their ranges. */
export type PhoneKind = 'mobile' | 'fixed_line_or_mobile'

/** A real number that can receive messages. */
export interface PhoneNumber {
  /** With the `+`. The one form that is hashed, stored and sent to. */
  readonly e164: string
  /** ISO 3166-1 alpha-2, from the number itself and never from the caller. */
  readonly country: string
  readonly kind: PhoneKind
}

/** Why an input is not a number that we send to, each with a sentence for the person who typed it. */
export const PHONE_REFUSAL_TEXT = {
  empty: 'Enter a phone number.',
  not_a_number: 'Enter one phone number: digits, with spaces or hyphens between them and at most a + in front.',
  has_letters: 'A phone number has no letters.',
  has_extension: 'Leave out the extension: a code cannot be sent to one.',
  unsupported_digits: 'Write the number with the digits 0 to 9.',
  too_short: 'The number has too few digits.',
  too_long: 'The number has too many digits.',
  not_valid: 'There is no such number. Check its digits and its country code.',
  landline: 'This is a landline, which cannot receive messages. Use a mobile number.',
  premium_rate: 'Premium-rate numbers are not accepted.',
  cannot_receive: 'Numbers of this kind (toll-free, shared-cost, internet, pager, …) are not accepted. Use a mobile number.',
  no_country: 'Satellite and other numbers that belong to no country are not accepted.',
  country_not_allowed: 'Numbers of this country are not accepted.',
} as const

export type PhoneRefusalReason = keyof typeof PHONE_REFUSAL_TEXT

export interface PhoneRefused {
  readonly ok: false
  readonly reason: PhoneRefusalReason
}

/** Builds a {@link PhoneRefused}. */
export function refused(reason: PhoneRefusalReason): PhoneRefused {
  return { ok: false, reason }
}
