import parseE164 from 'libphonenumber-js/max'

const SHOWN_DIGITS = 2

/**
 * A number that its owner recognises and nobody else can use, for answers and records: the country code and the last two
 * digits, a star for each of the others (`+917888888888` gives `+91********88`). Never shows more than half of a short
 * national number; of a text that is no E.164 number it shows nothing.
 */
export function maskPhone(e164: string): string {
  const number = /^\+\d+$/.test(e164) ? parseE164(e164) : undefined
  if (!number) return '*'.repeat(e164.length)
  const national = e164.slice(1 + number.countryCallingCode.length)
  const shown = Math.min(SHOWN_DIGITS, Math.floor(national.length / 2))
  return `+${number.countryCallingCode}${'*'.repeat(national.length - shown)}${national.slice(national.length - shown)}`
}
