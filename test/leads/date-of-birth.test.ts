import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ageProblem, readDate } from '../../src/leads/date-of-birth'

const DAY_MS = 24 * 60 * 60 * 1000
/** A day of India begins so much before that of UTC. */
const INDIA_OFFSET_MS = (5 * 60 + 30) * 60 * 1000
const isoOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
const slashed = (iso: string) => iso.split('-').toReversed().join('/')
const pad = (value: number, length = 2) => String(value).padStart(length, '0')

describe('a date of birth', () => {
  it.each([
    ['15/06/1990', '1990-06-15'],
    ['1990-06-15', '1990-06-15'],
    ['5/6/1990', '1990-06-05'],
    ['05/6/1990', '1990-06-05'],
    ['01/12/2000', '2000-12-01'],
    ['12/01/2000', '2000-01-12'],
    ['1990-06-15T00:00:00Z', '1990-06-15'],
    ['1990-06-15T23:59:59.999+05:30', '1990-06-15'],
    ['1990-06-15T18:30', '1990-06-15'],
    ['29/02/2004', '2004-02-29'],
    ['2000-02-29', '2000-02-29'],
    ['31/12/1999', '1999-12-31'],
  ])('is read from %s', (text, iso) => expect(readDate(text)).toBe(iso))

  it.each([
    '',
    '29/02/2003',
    '1900-02-29',
    '2003-02-29',
    '30/02/2004',
    '31/04/1990',
    '1990-04-31',
    '32/01/1990',
    '00/06/1990',
    '15/00/1990',
    '15/13/1990',
    '1990-13-01',
    '1990-00-10',
    '06/15/1990',
    '15-06-1990',
    '15.06.1990',
    '15/06/90',
    '1990/06/15',
    '1990-6-15',
    '19900615',
    '15061990',
    '15 June 1990',
    '15/06/1990 ',
    ' 1990-06-15',
    '15/06/19901',
    '+1990-06-15',
    '-1990-06-15',
    '1990-06-15 00:00',
    '١٥/٠٦/١٩٩٠',
    '15/06/1990\n',
    'Infinity',
  ])('is not "%s"', (text) => expect(readDate(text)).toBeUndefined())

  it('is the same day in both spellings, for every day that there is', () => {
    const days = fc.integer({ min: Date.UTC(1850, 0, 1) / DAY_MS, max: Date.UTC(2150, 0, 1) / DAY_MS })
    fc.assert(
      fc.property(days, (day) => {
        const iso = isoOf(day * DAY_MS)
        expect(readDate(iso)).toBe(iso)
        expect(readDate(slashed(iso))).toBe(iso)
      }),
    )
  })

  it('is a day that the calendar has, or none', () => {
    const parts = fc.tuple(
      fc.integer({ min: 1880, max: 2110 }),
      fc.integer({ min: 0, max: 13 }),
      fc.oneof(fc.integer({ min: 0, max: 32 }), fc.integer({ min: 27, max: 32 })),
    )
    fc.assert(
      fc.property(parts, ([year, month, day]) => {
        const lengths = [
          31,
          year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28,
          31,
          30,
          31,
          30,
          31,
          31,
          30,
          31,
          30,
          31,
        ]
        const isThere = day >= 1 && day <= (lengths[month - 1] ?? 0)
        const iso = `${year}-${pad(month)}-${pad(day)}`
        expect(readDate(iso)).toBe(isThere ? iso : undefined)
        expect(readDate(`${day}/${month}/${year}`)).toBe(isThere ? iso : undefined)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what speaks against it', () => {
  const at = (iso: string) => Date.parse(iso)
  const TOO_YOUNG = 'must be 18 years ago or more'
  const TOO_OLD = 'must be no more than 120 years ago'

  it.each([
    ['the day before the 18th birthday', '2008-11-22', '2026-11-21T18:29:59.999Z', TOO_YOUNG],
    ['the 18th birthday, from its first moment in India', '2008-11-22', '2026-11-21T18:30:00.000Z', undefined],
    ['the day after', '2008-11-22', '2026-11-23T00:00:00Z', undefined],
    ['the month before', '2008-12-01', '2026-11-30T12:00:00Z', TOO_YOUNG],
    ['the year that one turns 18 in, later in it', '2008-01-31', '2026-02-01T00:00:00Z', undefined],
    ['of a leap day, on the last of February', '2008-02-29', '2026-02-28T18:29:59.999Z', TOO_YOUNG],
    ['of a leap day, on the first of March', '2008-02-29', '2026-02-28T18:30:00Z', undefined],
    ['of a leap day, in a leap year, on the day', '2004-02-29', '2024-02-28T18:30:00Z', undefined],
    ['today', '2026-11-21', '2026-11-21T12:00:00Z', TOO_YOUNG],
    ['tomorrow', '2026-11-22', '2026-11-21T18:29:59.999Z', 'is in the future'],
    ['tomorrow in UTC, and today in India', '2026-11-22', '2026-11-21T18:30:00Z', TOO_YOUNG],
    ['far ahead', '9999-12-31', '2026-11-21T00:00:00Z', 'is in the future'],
    ['120 years', '1906-11-21', '2026-11-21T00:00:00Z', undefined],
    ['the last day of the 120th year', '1905-11-22', '2026-11-21T00:00:00Z', undefined],
    ['121 years', '1905-11-21', '2026-11-21T00:00:00Z', TOO_OLD],
    ['the year 0', '0000-01-01', '2026-11-21T00:00:00Z', TOO_OLD],
  ])('%s', (_what, dateOfBirth, now, problem) => expect(ageProblem(dateOfBirth, at(now))).toBe(problem))

  it('ends with the 18th birthday, whoever was born whenever', () => {
    const born = fc.integer({ min: Date.UTC(1940, 0, 1) / DAY_MS, max: Date.UTC(2020, 0, 1) / DAY_MS })
    fc.assert(
      fc.property(born, (day) => {
        const iso = isoOf(day * DAY_MS)
        const [year, month, date] = iso.split('-').map(Number) as [number, number, number]
        // The 29th of February becomes the 1st of March.
        const birthday = Date.UTC(year + 18, month - 1, date) - INDIA_OFFSET_MS
        expect(ageProblem(iso, birthday - 1)).toBe(TOO_YOUNG)
        expect(ageProblem(iso, birthday)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })
})
