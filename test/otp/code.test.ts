import { describe, expect, it } from 'vitest'
import { generateCode } from '../../src/otp/code'

const CODES = 1_000_000
// Chi-square with 9 degrees of freedom stays under this but once in a million runs for each of the 6 places.
const CHI_SQUARE_LIMIT = 44.8

function chiSquare(counts: number[]): number {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe('codes', () => {
  it('are uniform in every digit over a million', () => {
    const counts = Array.from({ length: 6 }, () => Array.from({ length: 10 }, () => 0))
    const seen = new Uint8Array(CODES)

    for (let drawn = 0; drawn < CODES; drawn++) {
      const code = generateCode(6)
      for (let place = 0; place < 6; place++) counts[place]![code.charCodeAt(place) - 48]! += 1
      seen[Number(code)] = 1
    }

    for (const place of counts) expect(chiSquare(place)).toBeLessThan(CHI_SQUARE_LIMIT)
    // Drawing a million of a million with replacement hits 1 - 1/e of them; 482 is one standard deviation.
    const distinct = seen.reduce((sum, hit) => sum + hit, 0)
    expect(Math.abs(distinct - 632_121)).toBeLessThan(6 * 482)
  })

  it('fails that same test for the generator that everybody writes first', () => {
    const counts = Array.from({ length: 10 }, () => 0)
    for (let batch = 0; batch < CODES / 50_000; batch++) {
      for (const byte of crypto.getRandomValues(new Uint8Array(50_000))) counts[byte % 10]! += 1
    }
    // About 366 on average: 26 of 256 bytes for each of 0 to 5, 25 for each of the others.
    expect(chiSquare(counts)).toBeGreaterThan(CHI_SQUARE_LIMIT)
  })

  it.each([4, 5, 6, 8, 10])('have %i digits, leading zeros kept', (length) => {
    const codes = Array.from({ length: 500 }, () => generateCode(length))
    for (const code of codes) expect(code).toMatch(new RegExp(String.raw`^\d{${length}}$`))
    expect(codes.some((code) => code.startsWith('0'))).toBe(true)
  })
})
