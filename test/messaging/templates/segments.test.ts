import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { segmentsOf } from '../../../src/messaging/templates/segments'

// The tables once more, written another way: by code point, from 3GPP TS 23.038 sections 6.2.1 and 6.2.1.1.
const BASIC_CODE_POINTS = [
  [0x40, 0xa3, 0x24, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0x0a, 0xd8, 0xf8, 0x0d, 0xc5, 0xe5],
  [0x394, 0x5f, 0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xc6, 0xe6, 0xdf, 0xc9],
  [0x20, 0x21, 0x22, 0x23, 0xa4, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f],
  [0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f],
  [0xa1, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f],
  [0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5a, 0xc4, 0xd6, 0xd1, 0xdc, 0xa7],
  [0xbf, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
  [0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0xe4, 0xf6, 0xf1, 0xfc, 0xe0],
].flat()
const EXTENSION_CODE_POINTS = [0x0c, 0x5e, 0x7b, 0x7d, 0x5c, 0x5b, 0x7e, 0x5d, 0x7c, 0x20ac]

const basic = BASIC_CODE_POINTS.map((point) => String.fromCodePoint(point))
const extension = EXTENSION_CODE_POINTS.map((point) => String.fromCodePoint(point))

/** Cuts the text itself, character by character, into pieces that fit. */
function countSlowly(text: string): { encoding: string; units: number; segments: number } {
  const isGsm = Array.from(text).every((one) => basic.includes(one) || extension.includes(one))
  const size = (part: string) =>
    isGsm ? Array.from(part).reduce((sum, one) => sum + (extension.includes(one) ? 2 : 1), 0) : part.length
  const encoding = isGsm ? 'GSM-7' : 'UCS-2'
  if (size(text) <= (isGsm ? 160 : 70)) return { encoding, units: size(text), segments: 1 }
  const pieces = ['']
  for (const one of text) {
    if (size(pieces.at(-1)! + one) > (isGsm ? 153 : 67)) pieces.push('')
    pieces.push(pieces.pop()! + one)
  }
  expect(pieces.join('')).toBe(text)
  return { encoding, units: size(text), segments: pieces.length }
}

describe('segmentsOf', () => {
  it.each([
    ['nothing', '', 'GSM-7', 0, 1],
    ['a full message', 'a'.repeat(160), 'GSM-7', 160, 1],
    ['one more', 'a'.repeat(161), 'GSM-7', 161, 2],
    ['two full segments', 'a'.repeat(306), 'GSM-7', 306, 2],
    ['one more again', 'a'.repeat(307), 'GSM-7', 307, 3],
    ['a euro, which is two', '€', 'GSM-7', 2, 1],
    ['a euro that just fits', `${'a'.repeat(158)}€`, 'GSM-7', 160, 1],
    ['a euro too much', `${'a'.repeat(159)}€`, 'GSM-7', 161, 2],
    // 152 + (€ does not fit into the one septet left) + 153: a count of units alone would say two.
    ['a euro at the edge of a segment', `${'a'.repeat(152)}€${'a'.repeat(152)}`, 'GSM-7', 306, 3],
    ['a small ç, which GSM does not have', 'ç', 'UCS-2', 1, 1],
    ['a capital Ç, which it has', 'Ç', 'GSM-7', 1, 1],
    ['a typographic apostrophe', '’', 'UCS-2', 1, 1],
    ['a grave accent', '`', 'UCS-2', 1, 1],
    ['a tab', '\t', 'UCS-2', 1, 1],
    ['the escape itself', '\u001B', 'UCS-2', 1, 1],
    ['a full Unicode message', 'ह'.repeat(70), 'UCS-2', 70, 1],
    ['one more of Unicode', 'ह'.repeat(71), 'UCS-2', 71, 2],
    ['two full Unicode segments', 'ह'.repeat(134), 'UCS-2', 134, 2],
    ['a pair at the edge of a segment', `${'ह'.repeat(66)}😀${'ह'.repeat(66)}`, 'UCS-2', 134, 3],
    ['pairs only', '😀'.repeat(35), 'UCS-2', 70, 1],
    ['pairs only, of which 33 fit', '😀'.repeat(67), 'UCS-2', 134, 3],
    ['half a pair', '\uD83D', 'UCS-2', 1, 1],
  ])('counts %s', (_title, text, encoding, units, segments) => {
    expect(segmentsOf(text)).toStrictEqual({ encoding, units, segments })
  })

  it('knows each character of GSM 03.38, and no other of the first 65,536', () => {
    const known: number[] = []
    for (let point = 0; point < 0x10000; point += 1) {
      if (segmentsOf(String.fromCharCode(point)).encoding === 'GSM-7') known.push(point)
    }
    expect(known).toStrictEqual([...BASIC_CODE_POINTS, ...EXTENSION_CODE_POINTS].toSorted((one, other) => one - other))
  })

  it('agrees with a slow count', () => {
    const gsm = fc.string({ unit: fc.constantFrom(...basic, ...extension, '€', '€', 'a', 'a'), maxLength: 700 })
    const unicode = fc.string({ unit: fc.constantFrom('ह', '😀', 'a', '€', '\uDE00', '👨‍👩‍👧'), maxLength: 300 })
    const long = fc.tuple(fc.integer({ min: 140, max: 160 }), gsm).map(([count, rest]) => 'a'.repeat(count) + rest)
    fc.assert(
      fc.property(fc.oneof(gsm, unicode, long, fc.string({ unit: 'binary', maxLength: 300 })), (text) => {
        expect(segmentsOf(text)).toStrictEqual(countSlowly(text))
      }),
      { numRuns: 500 },
    )
  })
})
