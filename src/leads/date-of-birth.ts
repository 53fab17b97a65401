const ADULT_YEARS = 18
/** Nobody who is older asks for a loan: it is a slip of the pen. */
const OLDEST_YEARS = 120
/** Indian time is ahead of UTC by as much, all year round. */
const INDIA_OFFSET_MS = 5.5 * 60 * 60 * 1000

const SPELLINGS = [
  /^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/,
  /^(?<day>\d{1,2})\/(?<month>\d{1,2})\/(?<year>\d{4})$/,
]

/**
 * A day as people write it, `15/06/1990` or ISO 8601 with or without a time, as `1990-06-15`. Undefined where there is no
 * such day.
 */
export function readDate(text: string): string | undefined {
  for (const spelling of SPELLINGS) {
    const parts = spelling.exec(text)?.groups
    if (!parts) continue
    const iso = `${parts['year']}-${parts['month']!.padStart(2, '0')}-${parts['day']!.padStart(2, '0')}`
    // The 30th of February becomes a day of March.
    const date = new Date(`${iso}T00:00:00Z`)
    return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso) ? iso : undefined
  }
  return undefined
}

/**
 * What speaks against a date of birth; undefined where nothing does.
 * @param dateOfBirth `1990-06-15`
 * @param now milliseconds since the epoch; the day is that of India, where the lender is
 */
export function ageProblem(dateOfBirth: string, now: number): string | undefined {
  const today = new Date(now + INDIA_OFFSET_MS).toISOString().slice(0, 10)
  if (dateOfBirth > today) return 'is in the future'
  const years = ageOn(dateOfBirth, today)
  if (years < ADULT_YEARS) return `must be ${ADULT_YEARS} years ago or more`
  return years > OLDEST_YEARS ? `must be no more than ${OLDEST_YEARS} years ago` : undefined
}

/** Whole years. Who was born on the 29th of February has the birthday on the 1st of March in other years. */
function ageOn(dateOfBirth: string, today: string): number {
  const years = Number(today.slice(0, 4)) - Number(dateOfBirth.slice(0, 4))
  return today.slice(5) < dateOfBirth.slice(5) ? years - 1 : years
}
