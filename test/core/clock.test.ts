import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { systemClock, toRfc3339, wholeSeconds } from '../../src/core/clock'

describe('toRfc3339', () => {
  it.for([
    [0, '1970-01-01T00:00:00Z'],
    [Date.UTC(2026, 10, 21, 6, 30), '2026-11-21T06:30:00Z'],
    [Date.UTC(2024, 1, 29, 23, 59, 59, 999), '2024-02-29T23:59:59Z'],
  ] as const)('shows %i as %s', ([ms, text]) => {
    expect(toRfc3339(ms)).toBe(text)
  })

  it('is off by less than a second, and never late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }), (ms) => {
        const shown = Date.parse(toRfc3339(ms))
        expect(shown).toBeLessThanOrEqual(ms)
        expect(shown).toBeGreaterThan(ms - 1000)
      }),
    )
  })
})

describe('wholeSeconds', () => {
  it.for([
    [60_000, 60],
    [59_999, 60],
    [1001, 2],
    [1000, 1],
    [999, 1],
    [1, 1],
    [0, 0],
    [-1, 0],
    [-39_000, 0],
  ] as const)('%i milliseconds are %i seconds', ([ms, seconds]) => {
    expect(wholeSeconds(ms)).toBe(seconds)
  })

  it('is long enough to wait, and by less than a second too long', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 42 }), (ms) => {
        expect(wholeSeconds(ms) * 1000).toBeGreaterThanOrEqual(ms)
        expect(wholeSeconds(ms) * 1000).toBeLessThan(ms + 1000)
      }),
    )
  })
})

it('the system clock counts milliseconds of the Unix epoch', () => {
  expect(Number.isSafeInteger(systemClock())).toBe(true)
  expect(new Date(systemClock()).getUTCFullYear()).toBeGreaterThan(2025)
})
