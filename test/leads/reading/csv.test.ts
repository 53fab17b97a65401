import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine } from '../../../src/leads/reading/csv'

/** A reader that knows RFC 4180 only. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    rows.at(-1)!.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  expect(rows.pop()).toEqual([])
  return rows
}

describe('a line', () => {
  it.each([
    ['texts', ['John', 'Doe'], 'John,Doe\r\n'],
    ['numbers', [5_000_000, 0], '5000000,0\r\n'],
    ['nothing', [null, '', null], ',,\r\n'],
    ['a comma', ['Doe, John'], '"Doe, John"\r\n'],
    ['quotes', ['John "Jo" Doe'], '"John ""Jo"" Doe"\r\n'],
    ['a line feed', ['a\nb'], '"a\nb"\r\n'],
    ['a carriage return', ['a\rb'], '"a\rb"\r\n'],
    ['other scripts', ['ज़ैबुलन', '张'], 'ज़ैबुलन,张\r\n'],
    ['signs inside', ['a-b@c.example', '1+1=2'], 'a-b@c.example,1+1=2\r\n'],
    ['stars', ['******234F'], '******234F\r\n'],
    ['a number below 0, which is no text', [-1], '-1\r\n'],
  ])('has %s', (_what, cells, line) => {
    expect(csvLine(cells)).toBe(line)
  })

  it.each([
    ['=1+1', `'=1+1`],
    ['+919876543210', `'+919876543210`],
    ['-2', `'-2`],
    ['@SUM(A1)', `'@SUM(A1)`],
    ['\tx', `'\tx`],
    ['\rx', `"'\rx"`],
    ['\nx', `"'\nx"`],
    ['＝1', `'＝1`],
    ['＋1', `'＋1`],
    ['－1', `'－1`],
    ['＠a', `'＠a`],
    ['  =1', `'  =1`],
    ['=HYPERLINK("http://x";"y")', `"'=HYPERLINK(""http://x"";""y"")"`],
  ])('has an apostrophe in front of %j', (cell, text) => {
    expect(csvLine([cell])).toBe(`${text}\r\n`)
    expect(csvLine(['a', cell, 'b'])).toBe(`a,${text},b\r\n`)
  })

  it.each([
    ['a;=1', `a;'=1`],
    ['a; +1', `a;' +1`],
    ['a\t@b', `a\t'@b`],
    ['a\n-1', `"a\n'-1"`],
  ])('has one where some spreadsheets would begin a cell in %j', (cell, text) => {
    expect(csvLine([cell])).toBe(`${text}\r\n`)
  })

  it('is read back as what it was, whatever stands in it', () => {
    const cell = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', ',', '\r', '\n', ';', '=', 'a', ' ') }))
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 4 }), (rows) => {
        const read = readCsv(rows.map(csvLine).join(''))
        expect(read.map((row) => row.map((text) => text.replaceAll(/(^|[;\t\r\n])'/g, '$1')))).toEqual(
          rows.map((row) => row.map((text) => text.replaceAll(/(^|[;\t\r\n])'/g, '$1'))),
        )
        for (const text of read.flat()) expect(text).not.toMatch(/(?:^|[;\t\r\n])\s*[=+\-@＝＋－＠]|^[\t\r\n]/)
      }),
    )
  })
})
