import * as z from 'zod'
import { amountInputSchema, codeInputSchema, lenderIdSchema, phoneInputSchema } from '../../http/input'
import { CONTACT_TYPES } from '../../payments/loan'

// The wire form of brief 000, unknown fields ignored as its original did.

/** The names whose numbers are read digit by digit. */
export const PAYMENT_DECIMALS = ['amount_collected'] as const

const loanId = lenderIdSchema.meta({ description: 'A number, or text.', example: 123 })
const repaymentId = lenderIdSchema.meta({ description: 'Of this loan: a number, or text.', example: 456 })
const contactType = z
  .enum(CONTACT_TYPES, `must be ${CONTACT_TYPES.join(' or ')}`)
  .nullish()
  .meta({ description: 'Whose number it is. Left out: `applicant`.', example: 'applicant' })
const code = codeInputSchema.meta({ description: 'The code that the person typed, as text.', example: '123456' })

const KEY_IS_WRONG = 'must be 1 to 64 characters, or a whole number'

const templateKey = z
  .union([z.int(KEY_IS_WRONG).min(0, KEY_IS_WRONG), z.string().min(1, KEY_IS_WRONG).max(64, KEY_IS_WRONG)], KEY_IS_WRONG)
  .transform(String)
  .nullish()
  .meta({ description: 'The id of a template, or the number of its row. Left out: `OTP_SEND`.', example: '1' })

const REFERENCE_IS_WRONG = 'must be a whole number'

/** The number of a row in a reference table. */
const reference = z
  .union(
    [z.int(REFERENCE_IS_WRONG).min(0, REFERENCE_IS_WRONG), z.string().regex(/^\d{1,9}$/, REFERENCE_IS_WRONG)],
    REFERENCE_IS_WRONG,
  )
  .transform(Number)

export const sendBodySchema = z
  .object({ loan_id: loanId, repayment_id: repaymentId, template_key: templateKey, contact_type: contactType })
  .meta({
    id: 'PaymentOtpSendRequest',
    description: 'For which repayment who gets a code.',
    example: { loan_id: 123, repayment_id: 456, template_key: '1', contact_type: 'applicant' },
  })

export const verifyBodySchema = z
  .object({ loan_id: loanId, repayment_id: repaymentId, otp_code: code, contact_type: contactType })
  .meta({
    id: 'PaymentOtpVerifyRequest',
    description: 'The code that a person typed. The number is that of the contact.',
    example: { loan_id: 123, repayment_id: 456, otp_code: '123456', contact_type: 'applicant' },
  })

const statusUpdate = z
  .object({
    loan_id: loanId,
    repayment_id: repaymentId,
    repayment_status: reference.meta({
      description: 'What the repayment becomes, by `repayment_status`: 3 is Paid.',
      example: 3,
    }),
    amount_collected: amountInputSchema.meta({ description: 'In the currency of the loan, with its decimals or fewer.' }),
    payment_mode_id: reference.meta({ description: 'How it was paid, by `payment_mode`: 1 is Cash.', example: 1 }),
  })
  .meta({ description: 'What changes, for the same loan and repayment.' })

export const updateBodySchema = z
  .object({
    loan_id: loanId,
    repayment_id: repaymentId,
    mobile: phoneInputSchema.meta({ description: 'Has to be the number of the contact.', example: '9876543210' }),
    otp_code: code,
    status_update: statusUpdate,
    contact_type: contactType.meta({ description: 'Left out: the contact whose number `mobile` is.' }),
  })
  .refine((body) => body.loan_id === body.status_update.loan_id, disagreement('loan_id'))
  .refine((body) => body.repayment_id === body.status_update.repayment_id, disagreement('repayment_id'))
  .meta({
    id: 'PaymentOtpUpdateRequest',
    description: 'The code that a person typed, and the change that it confirms.',
    example: {
      loan_id: 123,
      repayment_id: 456,
      mobile: '9876543210',
      otp_code: '123456',
      status_update: {
        loan_id: '123',
        repayment_id: '456',
        repayment_status: 3,
        amount_collected: 5000,
        payment_mode_id: 1,
      },
    },
  })

function disagreement(name: string) {
  return { path: ['status_update', name], message: `is not the ${name} outside status_update` }
}

export const sentSchema = z
  .object({
    success: z.literal(true),
    message: z.string(),
    mobile_number: z.string().meta({ description: 'Where the code went, masked.' }),
    communication_id: z.string().meta({ description: 'By which the message is found below `/v1/communications`.' }),
    expires_in_minutes: z.int().min(1).max(10),
  })
  .meta({
    id: 'PaymentOtpSent',
    example: {
      success: true,
      message: 'OTP sent successfully',
      mobile_number: '987****10',
      communication_id: '019aa4f2-9c40-7c1e-8f5a-3b6d2e1f0a97',
      expires_in_minutes: 5,
    },
  })

const verified = z.object({
  success: z.literal(true),
  message: z.string(),
  mobile_number: z.string().meta({ description: 'The number in full: a national one, or E.164 where it is of another country.' }),
  verified_at: z
    .string()
    .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/)
    .meta({ description: 'UTC.' }),
})

const verifiedExample = {
  success: true,
  message: 'OTP verified successfully',
  mobile_number: '9876543210',
  verified_at: '2024-01-01T12:00:00',
  payment_status_updated: false,
}

export const verifiedSchema = verified
  .extend({ payment_status_updated: z.literal(false) })
  .meta({ id: 'PaymentOtpVerified', example: verifiedExample })

export const updatedSchema = verified.extend({ payment_status_updated: z.literal(true) }).meta({
  id: 'PaymentOtpUpdated',
  example: {
    ...verifiedExample,
    message: 'OTP verified and payment status updated successfully',
    payment_status_updated: true,
  },
})

const failure = z.object({
  success: z.literal(false),
  message: z.string().meta({ description: 'What is wrong and what to do, for a person.' }),
  error: z.string().meta({ description: 'Stable code of the refusal.', example: 'cooldown_active' }),
  retry_after: z.int().min(1).max(86_400).optional().meta({ description: 'Seconds to wait, as in Retry-After.' }),
  errors: z
    .array(z.object({ path: z.string(), message: z.string() }))
    .optional()
    .meta({ description: 'Field by field, where fields are what is wrong.' }),
  request_id: z.string().optional().meta({ description: 'With an internal error: quote it when asking about it.' }),
})

export const sendFailureSchema = failure.meta({ id: 'PaymentOtpSendFailure' })

export const verifyFailureSchema = failure
  .extend({
    attempts_left: z.int().min(0).max(5).optional().meta({ description: 'Guesses left, after a wrong code.' }),
    payment_status_updated: z.literal(false),
  })
  .meta({ id: 'PaymentOtpVerifyFailure' })
