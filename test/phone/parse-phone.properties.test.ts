import * as fc from 'fast-check'
import {
  type CountryCode,
  getCountries,
  getExampleNumber,
  parsePhoneNumberWithError,
  type PhoneNumber,
} from 'libphonenumber-js/max'
import examples from 'libphonenumber-js/mobile/examples'
import { describe, expect, it } from 'vitest'
import { parsePhone } from '../../src/phone/parse-phone'

const REGIONS = getCountries()
/** The library's example of Gabon is one of those that were switched off in 2024. */
const GABONESE = '+24166123456'

function exampleOf(region: CountryCode): PhoneNumber {
  return region === 'GA' ? parsePhoneNumberWithError(GABONESE) : getExampleNumber(region, examples)!
}

function read(input: string, defaultRegion: string): string | undefined {
  const result = parsePhone(input, { defaultRegion, allowedCountries: undefined })
  return result.ok ? result.phone.e164 : undefined
}

/** A number that we accept, near the example of its region. */
const accepted = fc
  .record({ region: fc.constantFrom(...REGIONS), tail: fc.stringMatching(/^\d{1,4}$/) })
  .map(({ region, tail }) => ({ region, e164: exampleOf(region).number.slice(0, -tail.length) + tail }))
  .filter(({ region, e164 }) => read(e164, region) === e164)

const ZEROS = ['0', '０', '٠', '۰', '०', '๐', '𝟎', '𝟶']
const separator = fc.constantFrom(
  '',
  '',
  ' ',
  '-',
  '.',
  '(',
  ')',
  '\u00A0',
  '\u2011',
  '\u2013',
  '\u3000',
  '\u200B',
  '\u202A',
  '\u202C',
)

/** Writes each digit in a script, with a separator before it. */
function spelled(text: string): fc.Arbitrary<string> {
  const perCharacter = fc.tuple(separator, fc.constantFrom(...ZEROS))
  return fc.array(perCharacter, { minLength: text.length, maxLength: text.length }).map((choices) =>
    Array.from(text)
      .map((character, index) => {
        const [between, zero] = choices[index]!
        const isDigit = /\d/.test(character)
        return between + (isDigit ? String.fromCodePoint(zero.codePointAt(0)! + Number(character)) : character)
      })
      .join(''),
  )
}

describe('every region', () => {
  it.for(REGIONS)('%s: its example keeps its E.164 form in every usual spelling', (region) => {
    const example = exampleOf(region)
    const expected = read(example.number, region)

    expect(expected).toBe(example.number)
    for (const spelling of [
      example.format('INTERNATIONAL'),
      example.format('NATIONAL'),
      `00${example.number.slice(1)}`,
      example.format('RFC3966'),
    ]) {
      expect(read(spelling, region), spelling).toBe(expected)
    }
  })
})

describe('spellings', () => {
  it('in any scripts, with any separators, and with + or 00, reach one E.164 form from everywhere', () => {
    const spelling = accepted.chain(({ e164 }) =>
      fc.record({
        e164: fc.constant(e164),
        text: fc.constantFrom(e164, `00${e164.slice(1)}`, e164.replace('+', '＋')).chain(spelled),
        defaultRegion: fc.constantFrom(...REGIONS),
      }),
    )
    fc.assert(
      fc.property(spelling, ({ e164, text, defaultRegion }) => {
        expect(read(text, defaultRegion)).toBe(e164)
      }),
      { numRuns: 1000 },
    )
  })

  it('in the national form reach the same number in their region', () => {
    const spelling = accepted.chain(({ region, e164 }) =>
      fc.record({
        region: fc.constant(region),
        e164: fc.constant(e164),
        text: spelled(parsePhoneNumberWithError(e164).formatNational()),
      }),
    )
    fc.assert(
      fc.property(spelling, ({ region, e164, text }) => {
        expect(read(text, region)).toBe(e164)
      }),
      { numRuns: 1000 },
    )
  })

  it('with a trunk 0 after the country code never reach a second E.164 form', () => {
    fc.assert(
      fc.property(accepted, ({ region, e164 }) => {
        const { countryCallingCode, nationalNumber } = parsePhoneNumberWithError(e164)
        const withTrunk = read(`+${countryCallingCode} (0) ${nationalNumber}`, region)

        expect([e164, undefined]).toContain(withTrunk)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('any text', () => {
  const junk = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.string({ unit: fc.constantFrom(...Array.from('+0123456789 -()/.x;ext=#,*٣９\u202E\u0000')), maxLength: 40 }),
    fc.stringMatching(/^\+?\d{0,30}$/),
  )

  it('is refused, or is a number that is its own only spelling', () => {
    fc.assert(
      fc.property(junk, fc.constantFrom<CountryCode>('IN', 'US', 'AR', 'MX', 'DE', 'IT', 'RU'), (text, region) => {
        const e164 = read(text, region)
        if (e164 === undefined) return
        expect(e164).toMatch(/^\+[1-9]\d{6,14}$/)
        expect(read(e164, 'IN')).toBe(e164)
      }),
      { numRuns: 5000 },
    )
  })

  it('of 100 KB is refused', () => {
    for (const unit of ['9', '+', ' ', '(', 'x', '٣', '/', ';ext=', '\u200B', '00']) {
      expect(read(unit.repeat(100_000), 'IN')).toBeUndefined()
    }
  })
})
