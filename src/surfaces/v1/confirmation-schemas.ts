import * as z from 'zod'
import { amountInputSchema, codeInputSchema, lenderIdSchema } from '../../http/input'
import { CONTACT_TYPES } from '../../payments/loan'
import { currencyInput, referenceInput, requestedByInput } from './references'

/** The names whose numbers are read digit by digit. */
export const CONFIRMATION_DECIMALS = ['amount'] as const

const payeeSchema = z.string().max(100).meta({ description: 'Who is paid, as the loan has it.', example: 'Prosparity' })

export const createConfirmationBodySchema = z
  .strictObject({
    loan_id: lenderIdSchema.meta({ example: '123' }),
    repayment_id: lenderIdSchema.meta({ example: '456' }),
    contact_type: z.enum(CONTACT_TYPES).optional().meta({ description: 'Who confirms. Left out: `applicant`.' }),
    amount: amountInputSchema,
    currency: currencyInput.meta({ description: 'That of the loan.' }),
    payee: payeeSchema.optional().meta({ description: 'Left out: the one of the loan, which is the only one that it can be.' }),
    payment_mode: referenceInput('How it is paid, by its id or its code.', 'cash'),
    repayment_status: referenceInput('What the repayment becomes. Left out: what the amount makes it.', 'paid').optional(),
    locale: z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/, 'must be a BCP 47 language tag')
      .optional()
      .meta({ description: 'Language of the message, BCP 47. Left out: `en`.', example: 'en-IN' }),
    template: z.string().max(64).optional().meta({
      description:
        'The id of a template in force that shows `{{amount}}` and `{{payee}}`. Left out: the one of the purpose `payment_confirmation`, else our own text.',
    }),
    requested_by: requestedByInput,
  })
  .meta({
    id: 'CreateConfirmation',
    example: { loan_id: '123', repayment_id: '456', amount: '5000.00', currency: 'INR', payment_mode: 'cash' },
  })

export const checkConfirmationBodySchema = z
  .strictObject({
    code: codeInputSchema.meta({ description: 'The code that the person typed, as text.', example: '123456' }),
    amount: amountInputSchema.optional().meta({ description: 'What is confirmed, as you know it. With its currency.' }),
    currency: currencyInput.optional(),
    payee: payeeSchema.optional(),
  })
  .refine(({ amount, currency }) => amount === undefined || currency !== undefined, {
    path: ['currency'],
    message: 'is required with an amount',
  })
  .meta({ id: 'CheckConfirmation', example: { code: '123456', amount: '5000.00', currency: 'INR' } })

export const confirmationIdSchema = z.object({ id: z.string().max(128).meta({ description: 'The confirmation id.' }) })

export const confirmationLocationSchema = z.string().meta({ example: '/v1/payments/confirmations/ver_example' })
