import { describe, expect, it } from 'vitest'
import { LOAN_TYPES, type LoanType } from '../../src/leads/lead'
import { toLoanType } from '../../src/leads/loan-type'

const CODES = Object.keys(LOAN_TYPES) as LoanType[]

describe('the loan that is meant', () => {
  it('is one of the six of brief 001', () => expect(CODES.toSorted()).toEqual(['BL', 'CL', 'EL', 'HL', 'LAP', 'PL']))

  // The table of brief 001, to the letter.
  it.each([
    ['home_loan', 'HL'],
    ['Home Loan', 'HL'],
    ['HOME LOAN', 'HL'],
    ['loan_against_property', 'LAP'],
    ['Loan Against Property', 'LAP'],
    ['LAP', 'LAP'],
    ['personal_loan', 'PL'],
    ['business_loan', 'BL'],
    ['car_loan', 'CL'],
    ['education_loan', 'EL'],
  ])('is, for %s, %s', (text, code) => expect(toLoanType(text)).toBe(code))

  const spellings = (name: string) => [
    name,
    name.toLowerCase(),
    name.toUpperCase(),
    ...['_', '-', '.', '', '  ', ' - ', '\t', '\u00a0'].map((separator) => name.replaceAll(' ', separator)),
    ` ${name} `,
    `_${name}_`,
    Array.from(name, (letter, nth) => (nth % 2 ? letter.toUpperCase() : letter.toLowerCase())).join(''),
  ]

  it.each(CODES)('is %s in any case and with any separators, by its code and by its name', (code) => {
    for (const text of [...spellings(code), ...spellings(LOAN_TYPES[code])]) expect(toLoanType(text), text).toBe(code)
  })

  it.each([
    '',
    ' ',
    '_',
    'loan',
    'home',
    'home loans',
    'homeloan2',
    'gold_loan',
    'HLL',
    'H',
    'home+loan',
    'home/loan',
    'home_loan,car_loan',
    '__proto__',
    'constructor',
    'undefined',
    'ＨＬ',
    'НL',
  ])('is none for "%s": nothing is taken for a home loan that is not one', (text) => expect(toLoanType(text)).toBeUndefined())
})
