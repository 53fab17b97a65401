import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load-config'
import { variablesSchema } from '../../src/config/variables'

const NAMES = Object.keys(variablesSchema.shape)

/** Values that no text of ours can have by chance: alone, in a list, in an address, as a number, in an object. */
const canary = fc.constantFrom<unknown>(
  'canary',
  'canary,IN',
  'canary'.repeat(8),
  'https://canary.example/canary',
  'ftp://canary.example',
  '9786453120978645',
  97_864_531,
  { canary: 'canary' },
  ['canary'],
)

// Thousands of configurations of a hundred variables take longer than a test may by default, on a busy machine.
const LONG = { timeout: 60_000 }

it('no problem text carries a value, whichever variables are wrong together', LONG, () => {
  const env = fc.record(Object.fromEntries(NAMES.map((name) => [name, canary])), { requiredKeys: [] })
  let refused = 0
  fc.assert(
    fc.property(env, (variables) => {
      const result = loadConfig(variables)
      if (result.ok) return
      refused++
      for (const problem of result.problems) {
        expect(problem).not.toMatch(/canary|978645/)
        expect(NAMES.some((name) => problem.includes(name))).toBe(true)
      }
    }),
    { numRuns: 2000 },
  )
  expect(refused).toBeGreaterThan(1000)
})

it('never throws, whatever stands in a variable', LONG, () => {
  const env = fc.record(Object.fromEntries(NAMES.map((name) => [name, fc.anything({ withBigInt: true, withDate: true })])), {
    requiredKeys: [],
  })
  fc.assert(
    fc.property(env, (variables) => {
      expect(typeof loadConfig(variables).ok).toBe('boolean')
    }),
    { numRuns: 1000 },
  )
})
