import { describe, expect, it } from 'vitest'
import { minorDigits } from '../../src/payments/currencies'
import { formatAmount, parseAmount } from '../../src/payments/money'
import { codeOnly } from '../support/source-text'

const sources = import.meta.glob<string>('../../src/payments/**/*.ts', { query: '?raw', import: 'default', eager: true })

// The runtime knows old ones as well, and funds, which are none of ours.
const CURRENCIES = Intl.supportedValuesOf('currency').filter((currency) => minorDigits(currency) !== undefined)

const problem = (text: string) => ({ problem: expect.stringContaining(text) })

describe('minorDigits', () => {
  it.each([
    ['INR', 2],
    ['USD', 2],
    ['JPY', 0],
    ['KWD', 3],
    // By ISO 4217, where custom leaves the decimals away.
    ['HUF', 2],
    ['IDR', 2],
    ['RSD', 2],
    ['IQD', 3],
    // Funds, metals and what is for tests.
    ['CLF', undefined],
    ['UYW', undefined],
    ['XAU', undefined],
    ['XTS', undefined],
    ['XXX', undefined],
    ['inr', undefined],
    ['XYZ', undefined],
    ['', undefined],
  ])('of %s are %s', (currency, digits) => {
    expect(minorDigits(currency)).toBe(digits)
  })

  it('are three at most, with which twelve before the point stay exact', () => {
    const all = CURRENCIES.map((currency) => minorDigits(currency)!)
    expect(all.length).toBeGreaterThan(150)
    expect(Math.max(...all)).toBeLessThanOrEqual(3)
    expect(Number.isSafeInteger(10 ** (12 + Math.max(...all)))).toBe(true)
  })
})

describe('parseAmount', () => {
  it.each([
    ['5000', 'INR', 500_000],
    ['5000.0', 'INR', 500_000],
    ['5000.00', 'INR', 500_000],
    ['5000.000', 'INR', 500_000],
    ['005000.00', 'INR', 500_000],
    ['0', 'INR', 0],
    ['0.01', 'INR', 1],
    ['0.10', 'INR', 10],
    // As products of floating point these are 28.999…, 1113.99… and 7036874417764.999….
    ['0.29', 'INR', 29],
    ['11.14', 'INR', 1_114],
    ['70368744177.65', 'INR', 7_036_874_417_765],
    ['99999999999.99', 'INR', 9_999_999_999_999],
    ['999999999999.99', 'INR', 99_999_999_999_999],
    ['5000', 'JPY', 5_000],
    ['5000.0', 'JPY', 5_000],
    ['5000.125', 'KWD', 5_000_125],
    ['999999999999.999', 'KWD', 999_999_999_999_999],
  ])('reads %s %s as %i', (text, currency, amount) => {
    expect(parseAmount(text, currency)).toBe(amount)
  })

  it.each([
    ['5000.001', 'INR', 'more than the 2 decimals'],
    // What 0.1 + 0.2 is in floating point.
    ['0.30000000000000004', 'INR', 'more than the 2 decimals'],
    ['5000.5', 'JPY', 'more than the 0 decimals'],
    ['0.0001', 'KWD', 'more than the 3 decimals'],
    ['1000000000000', 'INR', 'more than 12 digits'],
    ['1000000000000000', 'INR', 'more than 12 digits'],
    ['4503599627370497.5', 'INR', 'more than 12 digits'],
    ['1e15', 'INR', 'must be a decimal number'],
    ['5e3', 'INR', 'must be a decimal number'],
    ['-1', 'INR', 'must be a decimal number'],
    ['-0', 'INR', 'must be a decimal number'],
    ['+1', 'INR', 'must be a decimal number'],
    ['NaN', 'INR', 'must be a decimal number'],
    ['Infinity', 'INR', 'must be a decimal number'],
    ['0x10', 'INR', 'must be a decimal number'],
    ['', 'INR', 'must be a decimal number'],
    [' 1', 'INR', 'must be a decimal number'],
    ['1\n', 'INR', 'must be a decimal number'],
    ['1.', 'INR', 'must be a decimal number'],
    ['.5', 'INR', 'must be a decimal number'],
    ['1,000', 'INR', 'must be a decimal number'],
    ['1_000', 'INR', 'must be a decimal number'],
    ['१', 'INR', 'must be a decimal number'],
    ['1.2.3', 'INR', 'must be a decimal number'],
    ['5000', 'XYZ', 'no known currency'],
  ])('refuses %s %s: %s', (text, currency, said) => {
    expect(parseAmount(text, currency)).toStrictEqual(problem(said))
  })
})

describe('formatAmount', () => {
  it.each([
    [500_000, 'INR', '5000.00'],
    [1, 'INR', '0.01'],
    [10, 'INR', '0.10'],
    [0, 'INR', '0.00'],
    [0, 'JPY', '0'],
    [5_000, 'JPY', '5000'],
    [5, 'KWD', '0.005'],
    [999_999_999_999_999, 'KWD', '999999999999.999'],
  ])('writes %i %s as %s', (amount, currency, text) => {
    expect(formatAmount(amount, currency)).toBe(text)
  })
})

// A hundred times 1.15 is not 115 in floating point: whoever scales an amount has left the whole numbers.
describe('the sources of payments', () => {
  const FORBIDDEN =
    /\bparseFloat\b|\btoFixed\b|\btoPrecision\b|\bMath\s*\.\s*(?:round|fround|floor|trunc)\b|[*/]=?\s*1(?:0|_000)+(?:\.0*)?\b|\b\d+\.\d+\b/

  it('are there', () => {
    expect(Object.keys(sources).length).toBeGreaterThan(10)
  })

  it.each(Object.entries(sources))('have no floating point: %s', (_path, source) => {
    expect(FORBIDDEN.exec(codeOnly(source))?.[0]).toBeUndefined()
  })

  it.each(['parseFloat(x)', 'x.toFixed(2)', 'Math.round(x)', 'x / 100', 'x*100', 'x *= 100', 'x * 1_000', 'x * 0.5'])(
    'would be seen to have it: %s',
    (code) => {
      expect(FORBIDDEN.test(code)).toBe(true)
    },
  )
})
