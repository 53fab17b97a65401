import * as z from 'zod'
import { codeInputSchema, phoneInputSchema } from '../../http/input'
import { CHANNELS } from '../../messaging/message'
import { CONFIRMATION_PURPOSE } from '../../payments/create-confirmation'

// Our own surface: strict bodies (an unknown field is refused), snake_case, RFC 3339 times in UTC, opaque ids.

const purposeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'must be 1 to 32 characters: a letter, then letters, digits, _ or -, in lower case')
  .meta({
    description: 'What the code is for. A code for one purpose is wrong for another. Left out: `login`.',
    example: 'login',
  })

/** What a code of this purpose confirms is shown in its message, which is not done here. */
const newPurposeSchema = purposeSchema.refine(
  (purpose) => purpose !== CONFIRMATION_PURPOSE,
  'is what POST /v1/payments/confirmations is for',
)

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
    purpose: newPurposeSchema.optional(),
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

export const audienceSchema = z.string().min(1, 'is required').max(512).meta({
  description: 'Who the token is for, as its `aud` names them. Left out: `TOKEN_AUDIENCE` of the deployment.',
  example: 'https://shop.example.com',
})

export const checkByIdBodySchema = z
  .strictObject({ code: codeSchema, binding: bindingSchema.optional(), audience: audienceSchema.optional() })
  .meta({ id: 'CheckVerificationById', example: { code: '123456' } })

export const checkBodySchema = z
  .strictObject({
    to: phoneSchema,
    purpose: purposeSchema.optional(),
    code: codeSchema,
    binding: bindingSchema.optional(),
    audience: audienceSchema.optional(),
  })
  .meta({ id: 'CheckVerification', example: { to: '+917888888888', purpose: 'login', code: '123456' } })

export const idParameterSchema = z.object({ id: z.string().max(128).meta({ description: 'The verification id.' }) })

export const locationSchema = z.string().meta({ example: '/v1/verifications/ver_example' })
