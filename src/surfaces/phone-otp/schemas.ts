import * as z from 'zod'
import { codeInputSchema, phoneInputSchema } from '../../http/input'

// The wire form that briefs 001 and 004 share: `phone_number` and `otp`, unknown fields ignored as their originals did.

const phoneNumber = phoneInputSchema.meta({ description: 'Any usual spelling; international with +.', example: '+917888888888' })

export const sendBodySchema = z
  .object({ phone_number: phoneNumber })
  .meta({ id: 'OtpSendRequest', description: 'Who gets a code.', example: { phone_number: '+917888888888' } })

export const verifyBodySchema = z
  .object({ phone_number: phoneNumber, otp: codeInputSchema.meta({ description: 'The code, as text.', example: '123456' }) })
  .meta({
    id: 'OtpVerifyRequest',
    description: 'The code that a person typed.',
    example: { phone_number: '+917888888888', otp: '123456' },
  })

export const sentSchema = z
  .object({
    success: z.literal(true),
    message: z.string(),
    data: z.object({
      phone_number: z.string().meta({ description: 'As it was sent to us.' }),
      otp: z.string().optional().meta({ description: 'In mock mode only: the code that was not sent.' }),
    }),
  })
  .meta({
    id: 'OtpSent',
    example: { success: true, message: 'OTP sent successfully', data: { phone_number: '+917888888888' } },
  })

export const verifiedSchema = z
  .object({ success: z.literal(true), message: z.string(), data: z.object({ phone_number: z.string() }) })
  .meta({
    id: 'OtpVerified',
    example: { success: true, message: 'OTP verified successfully', data: { phone_number: '+917888888888' } },
  })

export const failureSchema = z
  .object({
    success: z.literal(false),
    message: z.string().meta({ description: 'What is wrong and what to do, for a person.' }),
    data: z.object({
      phone_number: z.string().nullable().meta({ description: 'As it was sent to us, null where there was none.' }),
      error: z.string().meta({ description: 'Stable code of the refusal.', example: 'cooldown_active' }),
      retry_after: z.int().min(1).max(86_400).optional().meta({ description: 'Seconds to wait, as in Retry-After.' }),
      attempts_left: z.int().min(0).max(5).optional().meta({ description: 'Guesses left, after a wrong code.' }),
      request_id: z.string().optional().meta({ description: 'With an internal error: quote it when asking about it.' }),
    }),
  })
  .meta({ id: 'OtpFailure' })
