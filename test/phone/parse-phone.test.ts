import { describe, expect, it } from 'vitest'
import { parsePhone } from '../../src/phone/parse-phone'

/** The E.164 form, or the reason in brackets. */
function read(input: string, defaultRegion = 'IN', allowedCountries?: ReadonlySet<string>): string {
  const result = parsePhone(input, { defaultRegion, allowedCountries })
  return result.ok ? result.phone.e164 : `(${result.reason})`
}

describe('one number, however it is written', () => {
  it.for([
    '917888888888',
    '+917888888888',
    '91 788 888 8888',
    '91-788-888-8888',
    '7888888888',
    '07888888888',
    '0 78888 88888',
    '00917888888888',
    '00 91 7888 888 888',
    '+91 07888888888',
    '0091 07888888888',
    '+91 (0) 7888888888',
    '(+91) 78888-88888',
    '+ 91 78888 88888',
    '＋９１７８８８８８８８８８',
    '+91.7888.888.888',
    '0788/8888888',
    '[91] 7888888888',
    '+91\u00A07888\u2009888\u3000888',
    '+91\u2011788\u2013888\u2212888\u30FC8',
    '\u202D+91 78888 88888\u202C',
    '\u2068+91\u200B7888888888\u2069\uFEFF',
    '\u200F+917888888888',
    '\t+917888888888\r\n',
    'tel:+91-7888-888-888',
    '+९१७८८८८८८८८८',
    '٠٧٨٨٨٨٨٨٨٨٨',
    '𝟿𝟷𝟽𝟾𝟾𝟾𝟾𝟾𝟾𝟾𝟾𝟾',
    '+91 7८৮௮๘８۸٨88',
  ])('%j is +917888888888', (spelling) => {
    expect(read(spelling)).toBe('+917888888888')
  })

  it.for([
    ['+919876543210', '+919876543210'],
    ['9876543210', '+919876543210'],
    ['255694230173', '+255694230173'],
    ['+255694230173', '+255694230173'],
    ['00255694230173', '+255694230173'],
    ['255 694 230 173', '+255694230173'],
  ] as const)('%s is %s in the default region IN', ([spelling, e164]) => {
    expect(read(spelling)).toBe(e164)
  })

  it('reads a national number with the default region', () => {
    expect(read('0694 230 173', 'TZ')).toBe('+255694230173')
    expect(read('0694 230 173', 'IN')).toBe('(too_short)')
  })

  it('understands the international prefix of the default region', () => {
    expect(read('011 91 7888888888', 'US')).toBe('+917888888888')
  })

  it('tells country and kind from the number alone', () => {
    const rules = { defaultRegion: 'US', allowedCountries: undefined }
    const canadian = { ok: true, phone: { e164: '+14165550123', country: 'CA', kind: 'fixed_line_or_mobile' } }

    expect(parsePhone('(416) 555-0123', rules)).toEqual(canadian)
    expect(parsePhone('+1 416 555 0123', rules)).toEqual(canadian)
    expect(parsePhone('+917888888888', rules)).toEqual({
      ok: true,
      phone: { e164: '+917888888888', country: 'IN', kind: 'mobile' },
    })
  })
})

describe('what is authoritative', () => {
  it('never reads a number with + or 00 as one of the default region', () => {
    expect(read('+7888888888')).toBe('(too_short)')
    expect(read('007888888888')).toBe('(too_short)')
    expect(read('+00917888888888')).toBe('(not_valid)')
    expect(read('000917888888888')).toBe('(not_valid)')
  })

  it('prefers the default region to a country code that may be meant', () => {
    expect(read('6590000123', 'IN')).toBe('+916590000123')
    expect(read('6590000123', 'SG')).toBe('+6590000123')
  })

  it('tries a missing + only where the default region has no such number', () => {
    expect(read('18602345678', 'IN')).toBe('(cannot_receive)')
    expect(read('18602345678', 'GB')).toBe('+18602345678')
  })

  it('does not try a missing + on fewer than 11 digits, after a 0, or across a slash', () => {
    expect(read('6590000123', 'GB')).toBe('(not_valid)')
    expect(read('0255694230173')).toBe('(too_long)')
    expect(read('255/694230173')).toBe('(too_long)')
  })

  it("believes the default region's own country code where the digits could be a landline too", () => {
    expect(read('4915740056687', 'DE')).toBe('+4915740056687')
    expect(read('04915740056687', 'DE')).toBe('(landline)')
    expect(read('4912345678901', 'DE')).toBe('(landline)')
  })
})

describe('numbers that once had another form', () => {
  it('drops the 1 that Mexican mobile numbers had until 2019', () => {
    for (const spelling of ['+52 1 55 1234 5678', '+52 55 1234 5678', '5215512345678', '525512345678', '0052 1 55 1234 5678']) {
      expect(read(spelling)).toBe('+525512345678')
    }
    expect(read('55 1234 5678', 'MX')).toBe('+525512345678')
  })

  it('gives Argentine mobiles their 9, and takes the form without it for the landline that it is', () => {
    for (const spelling of [
      '+54 9 11 2345 6789',
      '+54 11 15 2345 6789',
      '011 15 2345-6789',
      '11 15 2345 6789',
      '9 11 2345 6789',
    ]) {
      expect(read(spelling, 'AR')).toBe('+5491123456789')
    }
    expect(read('+54 11 2345 6789', 'AR')).toBe('(landline)')
    expect(read('+54 9 11 15 2345 6789', 'AR')).toBe('(too_long)')
  })

  it('refuses the two older forms of Gabonese mobiles', () => {
    expect(read('+241 66 12 34 56')).toBe('+24166123456')
    expect(read('066 12 34 56', 'GA')).toBe('+24166123456')
    expect(read('+241 0340 0056')).toBe('(not_valid)')
    expect(read('+241 340 0056')).toBe('(not_valid)')
  })

  it('drops the carrier that Brazilians select, and refuses their mobiles without the ninth digit', () => {
    for (const spelling of ['+55 11 96123-4567', '011 96123 4567', '0 15 11 96123 4567']) {
      expect(read(spelling, 'BR')).toBe('+5511961234567')
    }
    expect(read('+55 11 6123-4567')).toBe('(not_valid)')
  })

  it('keeps the zero that begins Italian landlines, so that it never makes a mobile', () => {
    expect(read('+39 312 345 6789')).toBe('+393123456789')
    expect(read('+39 0312 345 6789')).toBe('(landline)')
    expect(read('+39 06 1234 5678')).toBe('(landline)')
  })
})

describe('allowed countries', () => {
  it('refuses what is outside them, whatever the spelling', () => {
    const allowed = new Set(['IN', 'TZ'])

    expect(read('255694230173', 'IN', allowed)).toBe('+255694230173')
    expect(read('+14155552671', 'IN', allowed)).toBe('(country_not_allowed)')
    expect(read('4165550123', 'US', new Set(['US']))).toBe('(country_not_allowed)')
  })

  it('names what is wrong with the number first', () => {
    expect(read('+1234567890', 'IN', new Set(['IN']))).toBe('(too_short)')
  })
})
