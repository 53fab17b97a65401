import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { toAsciiDigits } from '../../src/phone/ascii-digits'

const ALL_DECIMAL_DIGITS = Array.from({ length: 0x110000 }, (_, codePoint) => codePoint)
  .filter((codePoint) => codePoint < 0xd800 || codePoint > 0xdfff)
  .map((codePoint) => String.fromCodePoint(codePoint))
  .filter((character) => /\p{Nd}/u.test(character))

function withoutDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, '#')
}

describe('toAsciiDigits', () => {
  it.for([
    ['arab', '٠١٢٣٤٥٦٧٨٩'],
    ['arabext', '۰۱۲۳۴۵۶۷۸۹'],
    ['deva', '०१२३४५६७८९'],
    ['beng', '০১২৩৪৫৬৭৮৯'],
    ['thai', '๐๑๒๓๔๕๖๗๘๙'],
    ['fullwide', '０１２３４５６７８９'],
    ['mathbold', '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗'],
    ['mathsans', '𝟢𝟣𝟤𝟥𝟦𝟧𝟨𝟩𝟪𝟫'],
    ['mathmono', '𝟶𝟷𝟸𝟹𝟺𝟻𝟼𝟽𝟾𝟿'],
  ] as const)('reads %s', ([, digits]) => {
    expect(toAsciiDigits(digits)).toBe('0123456789')
  })

  it("agrees with the runtime's own number formats on every decimal script it knows", () => {
    const systems = Intl.supportedValuesOf('numberingSystem')
    const decimal = systems
      .map((numberingSystem) => new Intl.NumberFormat('en', { numberingSystem, useGrouping: false, minimumIntegerDigits: 10 }))
      .map((format) => format.format(123_456_789))
      .filter((digits) => /^\p{Nd}{10}$/u.test(digits))

    expect(decimal.length).toBeGreaterThan(50)
    for (const digits of decimal) expect(toAsciiDigits(digits)).toBe('0123456789')
  })

  it('leaves no decimal digit of Unicode, and gives each value to as many digits as every other', () => {
    const read = ALL_DECIMAL_DIGITS.map(toAsciiDigits)

    expect(read.filter((digit) => !/^[0-9]$/.test(digit))).toEqual([])
    for (const value of '0123456789') {
      expect(read.filter((digit) => digit === value)).toHaveLength(ALL_DECIMAL_DIGITS.length / 10)
    }
  })

  it('touches nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(withoutDigits(toAsciiDigits(text))).toBe(withoutDigits(text))
      }),
    )
  })

  it('does not read numerals that are no decimal digits', () => {
    expect(toAsciiDigits('² ① Ⅷ 七 ½')).toBe('² ① Ⅷ 七 ½')
  })
})
