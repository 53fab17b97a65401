import * as z from 'zod'
import { codeInputSchema, phoneInputSchema } from '../../http/input'
import { CHANNELS } from '../../messaging/message'

// Our own surface: strict bodies (an unknown field is refused), snake_case, RFC 3339 times in UTC, opaque ids.

const purposeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be 1 to 32 characters: a letter, then letters, digits, _ or -, in lower case')
  .meta({
    description: 'What the code is for. A code for one purpose is wrong for another. Left out: `login`.',
    example: 'login',
  })

const bindingSchema = z
  .record(z.string().min(1).max(64), z.string().max(256))
  .refine((binding) => Object.keys(binding).length <= 10, 'has more than 10 facts')
  .meta({
    description: 'Facts that the code is tied to. The same facts have to be given at a check by number.',
    example: { order: '42' },
  })

const phoneSchema = phoneInputSchema.meta({
  description: 'The number, in any usual spelling; international with +.',
  example: '+917888888888',
})

const codeSchema = codeInputSchema.meta({ description: 'The code that the person typed, as text.', example: '123456' })

export const DEFAULT_PURPOSE = 'login'

export const createBodySchema = z
  .strictObject({
    to: phoneSchema,
    channel: z.enum(CHANNELS).optional().meta({ description: 'Left out: the first channel that a configured provider serves.' }),
    purpose: purposeSchema.optional(),
    locale: z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'must be a BCP 47 language tag')
      .optional()
      .meta({ description: 'Language of the message, BCP 47. Left out: `en`.', example: 'en-IN' }),
    binding: bindingSchema.optional(),
    template: z
      .string()
      .max(64)
      .optional()
      .meta({ description: 'The id of a template in force. Left out: the one of the purpose, else our own text.' }),
  })
  .meta({ id: 'CreateVerification', example: { to: '+917888888888', purpose: 'login' } })

export const resendBodySchema = z
  .strictObject({ channel: z.enum(CHANNELS).optional().meta({ description: 'Left out: the channel of the send before.' }) })
  .meta({ id: 'ResendVerification', example: {} })

export const checkByIdBodySchema = z
  .strictObject({ code: codeSchema, binding: bindingSchema.optional() })
  .meta({ id: 'CheckVerificationById', example: { code: '123456' } })

export const checkBodySchema = z
  .strictObject({ to: phoneSchema, purpose: purposeSchema.optional(), code: codeSchema, binding: bindingSchema.optional() })
  .meta({ id: 'CheckVerification', example: { to: '+917888888888', purpose: 'login', code: '123456' } })

export const idParameterSchema = z.object({ id: z.string().max(128).meta({ description: 'The verification id.' }) })

export const locationSchema = z.string().meta({ example: '/v1/verifications/ver_example' })

const time = z.iso.datetime()
const status = z.enum(['pending', 'approved', 'expired', 'locked', 'canceled', 'failed'])

export const verificationSchema = z
  .object({
    id: z.string(),
    status,
    to: z.string().meta({ description: 'The number, masked.' }),
    channel: z.enum(CHANNELS),
    purpose: z.string(),
    created_at: time,
    expires_at: time,
    completed_at: time.nullable(),
    resend_at: time
      .nullable()
      .meta({ description: 'When another code can be asked for; null where nobody keeps count any more.' }),
    guesses_left: z.int().min(0).max(5),
    communication_id: z.string().nullable().meta({ description: 'The newest message; null where nobody keeps count any more.' }),
  })
  .meta({
    id: 'Verification',
    example: {
      id: 'ver_example',
      status: 'pending',
      to: '+91********88',
      channel: 'whatsapp',
      purpose: 'login',
      created_at: '2026-11-21T06:30:00Z',
      expires_at: '2026-11-21T06:35:00Z',
      completed_at: null,
      resend_at: '2026-11-21T06:31:00Z',
      guesses_left: 5,
      communication_id: '0199e9a0-5a4e-7c8e-9d0c-2f6b1f0c7d11',
    },
  })

export const checkedSchema = z
  .object({
    id: z.string(),
    status,
    valid: z.boolean().meta({ description: 'Was this the right code? It is right only once.' }),
    guesses_left: z.int().min(0).max(5),
  })
  .meta({
    id: 'CheckedVerification',
    example: { id: 'ver_example', status: 'approved', valid: true, guesses_left: 4 },
  })

export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string(),
    code: z.string().meta({ description: 'Stable; for programs.', example: 'cooldown_active' }),
    request_id: z.string(),
    retry_after: z.int().min(1).max(86_400).optional().meta({ description: 'Seconds to wait, as in Retry-After.' }),
    verification_id: z
      .string()
      .optional()
      .meta({ description: 'With `delivery_unknown`: a code that arrives after all is checked under this id.' }),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457.' })
