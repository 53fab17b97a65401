import * as z from 'zod'
import { CALLER_CODE_PURPOSE } from '../../config/profiles'
import { CONFIRMATION_PURPOSE } from '../../payments/create-confirmation'
import { toAsciiDigits } from '../../phone/ascii-digits'
import { TEXT } from './texts'

// The wire form of brief 002, unknown fields ignored as its original did. What is wrong with a field is told in the brief's
// own sentences, so they stand here; the one for a field that is missing is put in its place by `envelope.ts`.

/** What `http/issues.ts` says of a field that is not there; the brief takes null and blanks for the same. */
export const MISSING = 'is required'

const text = (whenWrong: string) => z.string({ error: ({ input }) => (input === null ? MISSING : whenWrong) })

const phone = text(TEXT.phoneIsWrong)
  .trim()
  .min(1, MISSING)
  .max(64, TEXT.phoneIsWrong)
  .meta({ description: 'Any usual spelling, with or without the +.', example: '+917888888888' })

/** As people type it: digits of any script, with spaces or hyphens between. Never a JSON number, which drops leading zeros. */
const code = text('OTP must be text, in quotes: a number loses its leading zeros')
  .transform((typed) => toAsciiDigits(typed).replaceAll(/[\s-]/g, ''))
  .pipe(
    z
      .string()
      .min(1, MISSING)
      .regex(/^\d+$/, TEXT.codeIsNotNumeric)
      .regex(/^\d{4,10}$/, TEXT.codeIsWrong),
  )
  .meta({ description: 'The code, as text.', example: '1234' })

const verificationType = z
  .string('verification_type must be text')
  .regex(
    /^[A-Za-z][A-Za-z0-9 _-]{0,19}$/,
    'verification_type must be 1 to 20 characters: a letter, then letters, digits, spaces, _ or -',
  )
  .refine(
    (type) => toPurpose(type) !== CALLER_CODE_PURPOSE,
    'verification_type must be another one: codes for this one can be made by whoever asks for them',
  )
  .refine(
    (type) => toPurpose(type) !== CONFIRMATION_PURPOSE,
    'verification_type must be another one: a code for this one says what is paid, and to whom',
  )
  .nullish()
  .meta({
    description: 'What the code is for, whatever its case. A code for one type is wrong for another. Left out: `Login`.',
    example: 'Login',
  })

export const DEFAULT_VERIFICATION_TYPE = 'Login'

/** The purpose that a verification type stands for: `Loan payment` is `loan_payment`. */
export function toPurpose(type: string): string {
  return type.toLowerCase().replaceAll(' ', '_')
}

export const sendBodySchema = z.object({ phone, verification_type: verificationType }).meta({
  id: 'UserOtpSendRequest',
  description: 'Who gets a code, and what for.',
  example: { phone: '+917888888888', verification_type: 'Login' },
})

export const verifyBodySchema = z.object({ phone, otp: code, verification_type: verificationType }).meta({
  id: 'UserOtpVerifyRequest',
  description: 'The code that a person typed.',
  example: { phone: '+917888888888', otp: '1234', verification_type: 'Login' },
})

export const sentSchema = z
  .object({ message: z.string(), status: z.literal('success') })
  .meta({ id: 'UserOtpSent', example: { message: TEXT.sent, status: 'success' } })

export const verifiedSchema = z
  .object({ message: z.string(), status: z.literal('success'), verified: z.literal(true) })
  .meta({ id: 'UserOtpVerified', example: { message: TEXT.verified, status: 'success', verified: true } })

const failure = z.object({
  message: z.string().meta({ description: 'What is wrong, for a person.', example: TEXT.phoneIsMissing }),
  status: z.literal('error'),
  retry_after: z.int().min(1).max(86_400).optional().meta({ description: 'Seconds to wait, as in Retry-After.' }),
  request_id: z.string().optional().meta({ description: 'With an internal error: quote it when asking about it.' }),
})

export const sendFailureSchema = failure.meta({ id: 'UserOtpSendFailure' })

export const verifyFailureSchema = failure
  .extend({
    verified: z.literal(false),
    attempts_left: z.int().min(0).max(5).optional().meta({ description: 'Guesses left, after a wrong code.' }),
  })
  .meta({ id: 'UserOtpVerifyFailure' })
