import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { hiddenWaitSeconds } from '../../src/limits/hidden-wait'

it.each([
  [1, 0, 900],
  [900_000, 0, 900],
  [900_001, 0, 1_800],
  [3_600_000, 0, 3_600],
  [1, 1, 1_200],
  [1, 0.5, 1_050],
])('%d ms are told as %d of the extra: %d s (R-AUT-15)', (waitMs, fraction, seconds) => {
  expect(hiddenWaitSeconds(waitMs, fraction)).toBe(seconds)
})

it('is whole, long enough, and never more than 20 minutes too long', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 43_200_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (waitMs, fraction) => {
      const seconds = hiddenWaitSeconds(waitMs, fraction)
      expect(Number.isInteger(seconds)).toBe(true)
      expect(seconds * 1000).toBeGreaterThanOrEqual(waitMs)
      expect(seconds * 1000).toBeLessThan(waitMs + 20 * 60_000 + 1)
      expect(seconds).toBeLessThanOrEqual(86_400)
    }),
  )
})
