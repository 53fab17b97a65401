import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minorDigits } from '../../src/payments/currencies'
import { formatAmount, parseAmount } from '../../src/payments/money'

// The runtime knows old ones as well, and funds, which are none of ours.
const CURRENCIES = Intl.supportedValuesOf('currency').filter((currency) => minorDigits(currency) !== undefined)
const MAX_WHOLE_DIGITS = 12

const currency = fc.oneof(fc.constantFrom('INR', 'JPY', 'KWD'), fc.constantFrom(...CURRENCIES))
const digits = (minLength: number, maxLength: number) =>
  fc.string({ unit: fc.integer({ min: 0, max: 9 }).map(String), minLength, maxLength })

/** A decimal text that its currency can have: leading and trailing zeros, and none of either. */
const amount = currency.chain((code) =>
  fc.record({
    code: fc.constant(code),
    zeros: fc.constantFrom('', '', '0', '000'),
    whole: digits(1, MAX_WHOLE_DIGITS),
    fraction: digits(0, minorDigits(code)!),
    more: fc.constantFrom('', '', '0', '0000'),
  }),
)
const textOf = ({ zeros, whole, fraction, more }: { zeros: string; whole: string; fraction: string; more: string }) =>
  `${zeros}${whole}${fraction + more === '' ? '' : `.${fraction}${more}`}`

/** What the text says, by arithmetic that never rounds. */
function exact(whole: string, fraction: string, code: string): bigint {
  const scale = 10n ** BigInt(minorDigits(code)!)
  return BigInt(whole) * scale + BigInt(fraction.padEnd(minorDigits(code)!, '0') || '0')
}

describe('an amount', () => {
  it('is exactly what its text says, whatever the currency', () => {
    fc.assert(
      fc.property(amount, (one) => {
        const read = parseAmount(textOf(one), one.code) as number
        expect(Number.isSafeInteger(read)).toBe(true)
        expect(BigInt(read)).toBe(exact(one.whole, one.fraction, one.code))
      }),
      { numRuns: 2_000 },
    )
  })

  it('comes out as it came in, with all decimals of its currency, and in again as the same', () => {
    fc.assert(
      fc.property(amount, (one) => {
        const read = parseAmount(textOf(one), one.code) as number
        const written = formatAmount(read, one.code)
        const fraction = one.fraction.padEnd(minorDigits(one.code)!, '0')
        expect(written).toBe(`${BigInt(one.whole)}${fraction === '' ? '' : `.${fraction}`}`)
        expect(parseAmount(written, one.code)).toBe(read)
      }),
      { numRuns: 2_000 },
    )
  })

  it('adds up exactly', () => {
    fc.assert(
      fc.property(currency, fc.array(digits(1, 9), { maxLength: 50 }), (code, wholes) => {
        const read = wholes.map((whole) => parseAmount(whole, code) as number)
        const sum = wholes.reduce((total, whole) => total + exact(whole, '', code), 0n)
        expect(BigInt(read.reduce((total, one) => total + one, 0))).toBe(sum)
      }),
    )
  })

  it('with a digit too many, before the point or behind it, is refused', () => {
    const tooLarge = digits(MAX_WHOLE_DIGITS, 20).map((rest) => `1${rest}`)
    const tooFine = currency.chain((code) =>
      fc.tuple(
        fc.constant(code),
        digits(minorDigits(code)!, minorDigits(code)!).map((rest) => `1.${rest}1`),
      ),
    )
    const refused = (code: string, text: string) => {
      expect(parseAmount(text, code)).toStrictEqual({ problem: expect.stringContaining('more than') })
    }
    fc.assert(fc.property(currency, tooLarge, refused))
    fc.assert(fc.property(tooFine, ([code, text]) => refused(code, text)))
  })

  it('of any text is a whole number or a reason, and never a throw', () => {
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.double().map(String), fc.bigInt().map(String))
    fc.assert(
      fc.property(text, fc.oneof(currency, fc.string()), (some, code) => {
        const read = parseAmount(some, code)
        if (typeof read === 'number') expect(Number.isSafeInteger(read) && read >= 0).toBe(true)
        else expect(read.problem.length).toBeGreaterThan(0)
      }),
      { numRuns: 500 },
    )
  })
})
