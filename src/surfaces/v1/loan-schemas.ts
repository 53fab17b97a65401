import * as z from 'zod'
import { LOANS_PER_IMPORT, REPAYMENTS_PER_IMPORT, REPAYMENTS_PER_LOAN } from '../../config/limits'
import { amountInputSchema, lenderIdSchema, phoneInputSchema } from '../../http/input'
import { hasHidden } from '../../messaging/templates/hidden-characters'
import { LENDER_ID } from '../../payments/loan'
import { currencyInput, referenceInput } from './references'

// Only types and forms are here; what fits together is decided by `payments/loans/weigh-loan.ts`.

/** The names whose numbers are read digit by digit. */
export const LOAN_DECIMALS = ['amount_due', 'amount_collected'] as const

/** As long as messages are measured with. */
const LONGEST_PAYEE = 40

const REPAYMENT_EXAMPLE = { id: '456', amount_due: '5000.00', due_on: '2026-12-05' }
const LOAN_EXAMPLE = {
  id: '123',
  currency: 'INR',
  payee: 'Prosparity',
  contacts: { applicant: { phone: '+919876543210' } },
  repayments: [REPAYMENT_EXAMPLE],
}

const repaymentSchema = z
  .strictObject({
    id: lenderIdSchema.meta({ description: 'Yours; unique within the loan.', example: '456' }),
    amount_due: amountInputSchema.meta({ description: 'In the currency of the loan, more than 0.' }),
    amount_collected: amountInputSchema
      .optional()
      .meta({ description: 'What came in of it before. Left out: nothing.', example: 0 }),
    status: referenceInput(
      'By its id or its code; it has to fit the amounts. Left out: what they make it.',
      'pending',
    ).optional(),
    payment_mode: referenceInput('By its id or its code: how something came in, where something did.', 'cash').optional(),
    due_on: z.iso
      .date('must be a date such as 2026-12-05')
      .optional()
      .meta({ description: 'The day when it is due.', example: '2026-12-05' }),
  })
  .meta({ id: 'NewRepayment', example: REPAYMENT_EXAMPLE })

const repaymentsSchema = z.array(repaymentSchema).max(REPAYMENTS_PER_LOAN, `are more than the ${REPAYMENTS_PER_LOAN} of a loan`)

const contactSchema = z
  .strictObject({
    phone: phoneInputSchema
      .nullable()
      .optional()
      .meta({ description: 'In any usual spelling. Null or left out: none is known.', example: '+919876543210' }),
  })
  .optional()

/** One loan, alone or as a row of an import. */
export const loanSchema = z
  .strictObject({
    id: lenderIdSchema.meta({ description: 'Yours.', example: '123' }),
    currency: currencyInput.default('INR'),
    payee: z
      .string()
      .trim()
      .min(1, 'is required')
      .max(LONGEST_PAYEE, 'is too long')
      .refine(
        (text) => !hasHidden(text) && !/[{}\n\u200b\u2060\ufeff]/.test(text),
        'must be one line without braces and without what cannot be seen',
      )
      .optional()
      .meta({ description: 'Who is paid, as messages say it. Left out: what they call the app.', example: 'Prosparity' }),
    contacts: z
      .strictObject({ applicant: contactSchema, co_applicant: contactSchema })
      .default({})
      .meta({ description: 'Who can confirm.' }),
    repayments: repaymentsSchema.default([]).meta({ description: 'What is due.' }),
  })
  .meta({ id: 'CreateLoan', example: LOAN_EXAMPLE })

export const importLoansBodySchema = z
  .strictObject({
    // Rows are read one by one by the schema above, so that each has its own list of mistakes.
    loans: z
      .array(z.unknown().meta({ override: { $ref: '#/components/schemas/CreateLoan' } }))
      .min(1, 'must not be empty')
      .max(LOANS_PER_IMPORT, `are more than the ${LOANS_PER_IMPORT} of an import`)
      .refine(
        (rows) => countRepayments(rows) <= REPAYMENTS_PER_IMPORT,
        `have more than the ${REPAYMENTS_PER_IMPORT} repayments of an import`,
      ),
  })
  .meta({ id: 'ImportLoans', example: { loans: [LOAN_EXAMPLE] } })

export const addRepaymentsBodySchema = z
  .strictObject({ repayments: repaymentsSchema.min(1, 'must not be empty') })
  .meta({ id: 'AddRepayments', example: { repayments: [REPAYMENT_EXAMPLE] } })

export const listLoansQuerySchema = z.strictObject({
  limit: z.coerce
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(100, 'must be 100 at most')
    .default(20)
    .meta({ description: 'Loans on a page.' }),
  cursor: z.string().regex(LENDER_ID, 'is not one of ours').optional().meta({ description: '`next_cursor` of the page before.' }),
})

const idParameter = z.string().max(64)

export const loanParameterSchema = z.object({ id: idParameter.meta({ description: 'The id of the loan.', example: '123' }) })

export const repaymentParameterSchema = loanParameterSchema.extend({
  repayment_id: idParameter.meta({ description: 'The id of the repayment.', example: '456' }),
})

export const loanLocationSchema = z.string().meta({ example: '/v1/loans/123' })

/** Over all rows, as far as they have any. */
function countRepayments(rows: readonly unknown[]): number {
  return rows.reduce<number>((sum, row) => {
    const repayments = (row as { readonly repayments?: unknown } | null)?.repayments
    return sum + (Array.isArray(repayments) ? repayments.length : 0)
  }, 0)
}
