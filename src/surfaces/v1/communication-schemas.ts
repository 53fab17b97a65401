import * as z from 'zod'
import { DELIVERY_RANK, type DeliveryStatus } from '../../audit/delivery-status'
import { VENDOR_CHANNELS } from '../../config/vendors'
import { phoneInputSchema } from '../../http/input'
import { cursorSchema, limitSchema, momentSchema } from './query-inputs'

const DELIVERY_STATUSES = Object.keys(DELIVERY_RANK) as [DeliveryStatus, ...DeliveryStatus[]]
const PROVIDERS = [...Object.keys(VENDOR_CHANNELS), 'mock'] as const

export const listQuerySchema = z.strictObject({
  to: phoneInputSchema
    .optional()
    .meta({ description: 'The number, in any usual spelling; a + is written %2B in an address.', example: '+917888888888' }),
  purpose: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ description: 'What the code was for, or what is told of a lead: `lead_created` or `lead_status`.' }),
  provider: z.enum(PROVIDERS).optional().meta({ description: 'Who carries the message, or may.' }),
  status: z.enum(DELIVERY_STATUSES).optional().meta({ description: 'How far the message has come.' }),
  created_after: momentSchema.optional().meta({ description: 'From this time on.' }),
  created_before: momentSchema.optional().meta({ description: 'Before this time.' }),
  limit: limitSchema.meta({ description: 'Messages on a page.' }),
  include: z
    .literal('log', 'must be log, or left out')
    .optional()
    .meta({ description: '`log`: with all that happened to each message.' }),
  cursor: cursorSchema,
})

export const statsQuerySchema = z.strictObject({
  from: momentSchema.optional().meta({ description: 'From this time on. Left out: 24 hours before `until`.' }),
  until: momentSchema.optional().meta({ description: 'Before this time, at most 31 days after `from`. Left out: now.' }),
})

export const communicationIdSchema = z.object({ id: z.string().max(128).meta({ description: 'The id of the message.' }) })
