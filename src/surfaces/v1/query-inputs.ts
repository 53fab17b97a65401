import * as z from 'zod'

// What the queries of several lists of `/v1` have in common.

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

/** The last moment of RFC 3339, whose years have four digits. */
const LAST_MOMENT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** RFC 3339, as milliseconds since the epoch. Moments that could not be written back in it, offset and all, are refused. */
export const momentSchema = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-11-21T06:30:00Z' })
  .transform((text) => Date.parse(text))
  .refine((ms) => ms >= 0 && ms <= LAST_MOMENT_MS, 'must be a time from 1970 to 9999')

/** How many are on a page. */
export const limitSchema = z.coerce
  .number('must be a number')
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(MAX_LIMIT, `must be ${MAX_LIMIT} at most`)
  .default(DEFAULT_LIMIT)

export const cursorSchema = z
  .string()
  .max(64, 'is too long')
  .optional()
  .meta({ description: '`next_cursor` of the page before.' })
