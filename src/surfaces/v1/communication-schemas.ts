import * as z from 'zod'
import { DELIVERY_RANK, type DeliveryStatus } from '../../audit/delivery-status'
import { VENDOR_CHANNELS } from '../../config/vendors'
import { phoneInputSchema } from '../../http/input'

const DEFAULT_LIMIT = 20
const MAX_LIMIT = 100

const DELIVERY_STATUSES = Object.keys(DELIVERY_RANK) as [DeliveryStatus, ...DeliveryStatus[]]
const PROVIDERS = [...Object.keys(VENDOR_CHANNELS), 'mock'] as const

/** The last moment of RFC 3339, whose years have four digits. */
const LAST_MOMENT_MS = Date.UTC(9999, 11, 31, 23, 59, 59, 999)

/** RFC 3339, as milliseconds since the epoch. Moments that could not be written back in it, offset and all, are refused. */
const momentSchema = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-11-21T06:30:00Z' })
  .transform((text) => Date.parse(text))
  .refine((ms) => ms >= 0 && ms <= LAST_MOMENT_MS, 'must be a time from 1970 to 9999')

export const listQuerySchema = z.strictObject({
  to: phoneInputSchema
    .optional()
    .meta({ description: 'The number, in any usual spelling; a + is written %2B in an address.', example: '+917888888888' }),
  purpose: z.string().min(1).max(64).optional().meta({ description: 'What the code was for.' }),
  provider: z.enum(PROVIDERS).optional().meta({ description: 'Who carries the message, or may.' }),
  status: z.enum(DELIVERY_STATUSES).optional().meta({ description: 'How far the message has come.' }),
  created_after: momentSchema.optional().meta({ description: 'From this time on.' }),
  created_before: momentSchema.optional().meta({ description: 'Before this time.' }),
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(MAX_LIMIT, `must be ${MAX_LIMIT} at most`)
    .default(DEFAULT_LIMIT)
    .meta({ description: 'Messages on a page.' }),
  include: z
    .literal('log', 'must be log, or left out')
    .optional()
    .meta({ description: '`log`: with all that happened to each message.' }),
  cursor: z.string().max(64, 'is too long').optional().meta({ description: '`next_cursor` of the page before.' }),
})

export const statsQuerySchema = z.strictObject({
  from: momentSchema.optional().meta({ description: 'From this time on. Left out: 24 hours before `until`.' }),
  until: momentSchema.optional().meta({ description: 'Before this time, at most 31 days after `from`. Left out: now.' }),
})

export const communicationIdSchema = z.object({ id: z.string().max(128).meta({ description: 'The id of the message.' }) })
