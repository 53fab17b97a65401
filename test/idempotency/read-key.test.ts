import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { readKey } from '../../src/idempotency/read-key'

const UUID = '2f1c9c7e-6d0a-4a43-9c5e-0f8f1a7b3d52'

it.each([
  [UUID, UUID],
  [`"${UUID}"`, UUID],
  ['a', 'a'],
  ['"a"', 'a'],
  ['order:17/retry=1;x+y~z', 'order:17/retry=1;x+y~z'],
  ['"a, b"'.replace(' ', ''), 'a,b'],
  [String.raw`"a\"b\\c"`, String.raw`a"b\c`],
  ['k'.repeat(255), 'k'.repeat(255)],
  [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  [`"${'\\"'.repeat(255)}"`, '"'.repeat(255)],
])('reads %s (R-HTTP-04)', (header, key) => {
  expect(readKey(header)).toBe(key)
})

it.each([
  ['nothing', ''],
  ['an empty string', '""'],
  ['what is too long', 'k'.repeat(256)],
  ['a string that is too long', `"${'k'.repeat(256)}"`],
  ['two headers', 'a, b'],
  ['two headers of one key', `${UUID}, ${UUID}`],
  ['two strings', '"a", "b"'],
  ['two headers without a blank', 'a,b'],
  ['a string that does not end', '"a'],
  ['a string that does not begin', 'a"'],
  ['what comes after a string', '"a"b'],
  ['a parameter', '"a";b=1'],
  ['a blank', 'a b'],
  ['a blank in a string', '"a b"'],
  ['a bad escape', String.raw`"a\b"`],
  ['an escape without a string', String.raw`a\"`],
  ['a tab', 'a\tb'],
  ['a control character', 'a\u0007'],
  ['what is not ASCII', 'schlüssel'],
  ['what is not ASCII, in a string', '"schlüssel"'],
])('refuses %s, and says what is wrong with which header (R-HTTP-04)', (_what, header) => {
  const issues = [{ path: 'Idempotency-Key', message: expect.stringContaining('1 to 255') as unknown }]
  expect(() => readKey(header)).toThrow(expect.objectContaining({ refusal: { code: 'invalid_request', details: { issues } } }))
})

it('reads back every key that is written as a string, and never two keys as one', () => {
  const visible = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((point) => String.fromCodePoint(point)),
    minLength: 1,
    maxLength: 255,
  })
  const written = (key: string) => `"${key.replaceAll(/["\\]/g, String.raw`\$&`)}"`
  fc.assert(
    fc.property(visible, visible, (one, two) => {
      expect(readKey(written(one))).toBe(one)
      expect(() => readKey(`${written(one)}, ${written(two)}`)).toThrow()
    }),
  )
})
