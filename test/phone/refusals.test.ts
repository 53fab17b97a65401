import { describe, expect, it } from 'vitest'
import { parsePhone } from '../../src/phone/parse-phone'
import { PHONE_REFUSAL_TEXT, type PhoneRefusalReason } from '../../src/phone/phone-number'

const EXAMPLES = {
  empty: ['', '   ', '\u200B', '\u00A0\n', 'tel:'],
  not_a_number: [
    '+',
    '00',
    '---',
    '++917888888888',
    '7888+888888',
    '+917888888888+917888888889',
    '00+917888888888',
    '*7888888888',
    '7888888888#',
    "7888'888'888",
    '7888888888/89',
    '07888888888/788',
    '1/2/7888888',
    '7888888888, 7888888889',
    '7888\t888888',
    '7888888888\n7888888889',
    '7888\u0000888888',
    '7888\u0007888888',
    '\u202E+917888888888',
    '1\uFE0F\u20E37888888888',
  ],
  has_letters: [
    'call me',
    '98765abc43210',
    '1-800-FLOWERS',
    '+91 788888888O',
    '七八八八八八八八八八',
    'tel:7888888888;phone-context=+91',
    'javascript:7888888888',
    '{"phone":7888888888}',
  ],
  has_extension: [
    '+91 7888888888 x5',
    '+917888888888 ext. 5',
    '7888888888;ext=5',
    'tel:+91-7888-888-888;ext=5',
    '7888888888 extension 12',
    '7888888888#5',
    '7888888888,,5#',
    '7888888888~5',
    '7888888888 доб. 5',
  ],
  unsupported_digits: ['788888888²', '⑦⑧⑧⑧⑧⑧⑧⑧⑧⑧', '7888888888 Ⅷ'],
  too_short: [
    '788888888',
    '0788888888',
    '888888888',
    '88888888',
    '+91888888888',
    '91888888888',
    '+910788888888',
    '+1234567890',
    '1',
    '+9',
  ],
  too_long: [
    '78888888888',
    '+918888888888888',
    '9178888888888',
    '98765 43210 98765 43210',
    '7888888888/7888888889',
    '1'.repeat(25),
    '7'.repeat(251),
    'x'.repeat(100_000),
  ],
  not_valid: ['+911888888888', '+9101888888888', '+999123456789', '0000000000', '+5511 6123 4567', '+14441234567'],
  landline: ['+39 06 1234 5678', '+44 20 7946 0958', '+54 11 2345 6789', '+255 22 212 3456'],
  premium_rate: ['+979123456789', '+1 900 234 5678', '+44 909 879 0123', '+44 843 123 4567'],
  cannot_receive: [
    '1800 111 109',
    '+91 1860 123 4567',
    '+1 800 234 5678',
    '+80012345678',
    '+44 56 1234 5678',
    '+44 70 1234 5678',
    '+44 76 4012 3456',
    '+44 55 1234 5678',
    '+878101234567890',
    '+41 860 79 123 45 67',
  ],
  no_country: ['+870773111632', '+881612345678'],
  country_not_allowed: ['+14155552671', '+255694230173'],
} satisfies Record<PhoneRefusalReason, string[]>

describe('every reason to refuse', () => {
  const allowedCountries = new Set(['IN', 'GB', 'BR', 'IT'])
  const cases = Object.entries(EXAMPLES).flatMap(([reason, inputs]) => inputs.map((input) => [reason, input] as const))

  it.for(cases)('%s: %j', ([reason, input]) => {
    expect(parsePhone(input, { defaultRegion: 'IN', allowedCountries })).toEqual({ ok: false, reason })
  })

  it.for(Object.entries(PHONE_REFUSAL_TEXT))('%s has one plain sentence or two', ([, text]) => {
    expect(text).toMatch(/^[A-Z].{10,110}\.$/)
  })
})
