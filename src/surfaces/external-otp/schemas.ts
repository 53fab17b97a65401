import * as z from 'zod'
import { phoneInputSchema } from '../../http/input'
import { CHANNELS } from '../../messaging/message'

// The wire form of brief 003, unknown fields ignored: the same two fields in the body, in the query, or in both.

const phoneMeta = { description: 'Any usual spelling; international with +.', example: '+917888888888' }

const codeMeta = { description: 'The code to send, as text. Left out: we make one, which is the safer way.', example: '123456' }

const codeSchema = (whenNotText: string) => z.string(whenNotText).regex(/^\d{4,8}$/, 'must be 4 to 8 digits')

export const sendBodySchema = z
  .object({
    to_phone: phoneInputSchema.optional().meta(phoneMeta),
    otp: codeSchema('must be text')
      .nullish()
      .transform((code) => code ?? undefined)
      .meta(codeMeta),
  })
  .meta({
    id: 'ExternalOtpRequest',
    description: 'Who gets a code, and perhaps which.',
    example: { to_phone: '+917888888888', otp: '123456' },
  })

/** A query has texts only, and a list of them where a name is there twice. */
const GIVEN_TWICE = 'must be there once'

export const sendQuerySchema = z.object({
  to_phone: z
    .string(GIVEN_TWICE)
    .transform(withPlus)
    .pipe(phoneInputSchema)
    .optional()
    .meta({ ...phoneMeta, description: `${phoneMeta.description} Better in the body: addresses end up in logs.` }),
  otp: codeSchema(GIVEN_TWICE).optional().meta(codeMeta),
})

/** In a query a `+` means a blank. No number begins with a blank, so the `+` was meant, as in brief 003's own example. */
export function withPlus(text: string): string {
  return text.replace(/^ (?=\S)/, '+')
}

export const sentSchema = z
  .object({
    success: z.literal(true),
    data: z.object({
      provider: z.string(),
      message_id: z.string().meta({ description: 'For asking what became of the message.' }),
      status: z.enum(['queued', 'sent']),
      to: z.string().meta({ description: 'E.164.' }),
      otp_sent: z.string().optional().meta({ description: 'In mock mode only: the code that was not sent.' }),
      message: z.string().optional().meta({ description: 'In mock mode only: the text that was not sent.' }),
      mock: z.literal(true).optional(),
    }),
    message: z.string(),
  })
  .meta({
    id: 'ExternalOtpSent',
    example: {
      success: true,
      data: { provider: 'twilio', message_id: 'msg_example', status: 'queued', to: '+917888888888' },
      message: 'OTP sent successfully',
    },
  })

export const messageIdParameterSchema = z.object({
  message_id: z.string().max(128).meta({ description: 'As it came with the answer to the send.', example: 'msg_example' }),
})

export const statusSchema = z
  .object({
    success: z.literal(true),
    data: z.object({
      message_id: z.string(),
      provider: z.string().nullable().meta({ description: 'Who carries it; null until a provider was tried.' }),
      status: z.enum(['pending', 'unknown', 'queued', 'sent', 'failed', 'undelivered', 'delivered', 'read']),
      to: z.string().meta({ description: 'The number, masked.' }),
      channel: z.enum(CHANNELS),
      updated_at: z.iso.datetime().optional().meta({ description: 'Absent for the first seconds of a message.' }),
    }),
    message: z.string(),
  })
  .meta({
    id: 'ExternalMessageStatus',
    example: {
      success: true,
      data: {
        message_id: 'msg_example',
        provider: 'twilio',
        status: 'delivered',
        to: '+91********88',
        channel: 'sms',
        updated_at: '2026-11-21T06:30:04Z',
      },
      message: 'Message status retrieved successfully',
    },
  })

export const failureSchema = z
  .object({
    success: z.literal(false),
    message: z.string().meta({ description: 'What is wrong and what to do, for a person.' }),
    data: z.object({
      to_phone: z.string().nullable().meta({ description: 'As it was sent to us, null where there was none.' }),
      error: z.string().meta({ description: 'Stable code of the refusal.', example: 'cooldown_active' }),
      retry_after: z.int().min(1).max(86_400).optional().meta({ description: 'Seconds to wait, as in Retry-After.' }),
      request_id: z.string().optional().meta({ description: 'With an internal error: quote it when asking about it.' }),
    }),
  })
  .meta({ id: 'ExternalFailure' })
