import { type CountryCode, getCountryCallingCode } from 'libphonenumber-js/max'

// Numbers as brief 000 shows them: `9876543210`, and masked `987****10`. It knows one country; ours is the default region.

/** A contact's number: E.164 and its country (ISO 3166). */
interface ContactNumber {
  readonly e164: string
  readonly country: string
}

const FIRST_SHOWN = 3
const LAST_SHOWN = 2
/** However many digits they stand for: a client may have built its page around them. */
const STARS = '****'

/** The number in full: of the default region without the country code, of any other in E.164. */
export function plainNumber({ e164, country }: ContactNumber, defaultRegion: string): string {
  return country === defaultRegion ? e164.slice(1 + getCountryCallingCode(country as CountryCode).length) : e164
}

/** The {@link plainNumber} with its first three and last two characters; of a short one never more than half. */
export function maskedNumber(number: ContactNumber, defaultRegion: string): string {
  const plain = plainNumber(number, defaultRegion)
  const half = Math.floor(plain.length / 2)
  const last = Math.min(LAST_SHOWN, half)
  const first = Math.min(FIRST_SHOWN, half - last)
  return plain.slice(0, first) + STARS + plain.slice(plain.length - last)
}
