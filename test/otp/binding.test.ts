import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashBinding } from '../../src/otp/binding'

const binding = fc.dictionary(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  {
    minKeys: 1,
    maxKeys: 6,
    noNullPrototype: true,
  },
)
// Few letters, many marks: these collide under every careless way of joining.
const tricky = fc.dictionary(
  fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', ':', '[', ']', '\\', '=', '&', '\0', '1'), minLength: 1, maxLength: 4 }),
  fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', ':', '[', ']', '\\', '=', '&', '\0', '1'), maxLength: 4 }),
  { minKeys: 1, maxKeys: 3, noNullPrototype: true },
)

const canonical = (facts: Record<string, string>) =>
  JSON.stringify(Object.entries(facts).toSorted(([one], [other]) => (one < other ? -1 : 1)))

describe('the hash of a binding', () => {
  it('is empty for no facts', async () => {
    expect(await hashBinding(undefined)).toBe('')
    expect(await hashBinding({})).toBe('')
  })

  it('is 43 characters of base64url for any', async () => {
    expect(await hashBinding({ loan: '1' })).toMatch(/^[\w-]{43}$/)
    expect(await hashBinding({ loan: '' })).toMatch(/^[\w-]{43}$/)
  })

  it('stays what it was: codes that are on their way depend on it', async () => {
    expect(await hashBinding({ repayment: '7', loan: '42' })).toBe('ElYM9Zur0SqZtS5Pk_V9XGNijh2a2X7F93tid-2CvqI')
  })

  it('does not depend on the order of the facts', async () => {
    await fc.assert(
      fc.asyncProperty(binding, async (facts) => {
        const reversed = Object.fromEntries(Object.entries(facts).toReversed())
        expect(await hashBinding(reversed)).toBe(await hashBinding(facts))
      }),
      { numRuns: 300 },
    )
  })

  it('is one for one set of facts only', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(binding, tricky), fc.oneof(binding, tricky), async (one, other) => {
        const isSame = canonical(one) === canonical(other)
        expect((await hashBinding(one)) === (await hashBinding(other))).toBe(isSame)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each([
    [{ a: 'b' }, { b: 'a' }],
    [
      { a: '1', b: '2' },
      { a: '2', b: '1' },
    ],
    [{ ab: 'c' }, { a: 'bc' }],
    [{ a: 'b,c' }, { 'a,b': 'c' }],
    [{ 'a":"b': 'c' }, { a: 'b":"c' }],
    [{ a: 'b', c: 'd' }, { a: 'b","c":"d' }],
    [{ a: 'b', c: 'd' }, { 'a=b&c': 'd' }],
    [{ a: '1' }, { a: '1 ' }],
    [{ a: 'x' }, { A: 'x' }],
    [{ a: '' }, { a: 'undefined' }],
    [{ a: 'é' }, { a: 'e\u0301' }],
    [{ a: '\uD800' }, { a: '\uD801' }],
    [{ a: '\uD800' }, { a: '\uFFFD' }],
    [JSON.parse('{"__proto__":"x"}') as Record<string, string>, { constructor: 'x' }],
  ] as [Record<string, string>, Record<string, string>][])('tells %j from %j', async (one, other) => {
    expect(await hashBinding(one)).not.toBe(await hashBinding(other))
  })

  it('takes in a fact that is called __proto__', async () => {
    const facts = (value: string) => JSON.parse(`{"__proto__":"${value}"}`) as Record<string, string>
    expect(await hashBinding(facts('1'))).not.toBe('')
    expect(await hashBinding(facts('1'))).not.toBe(await hashBinding(facts('2')))
  })
})
