import * as z from 'zod'
import { refuse } from '../../core/app-error'
import type { Deps } from '../../http/http-env'
import { phoneInputSchema } from '../../http/input'
import {
  dateOfBirthInputSchema,
  emailInputSchema,
  genderInputSchema,
  loanAmountInputSchema,
  loanTenureInputSchema,
  loanTypeInputSchema,
  panInputSchema,
  personNameInputSchema,
  pinCodeInputSchema,
} from '../../http/lead-input'
import { SUBMISSIONS } from '../../leads/lead'
import { hasHidden } from '../../messaging/templates/hidden-characters'
import { cursorSchema, limitSchema, momentSchema } from './query-inputs'

const LONGEST_STATUS = 100

/** Clocks go wrong by less than this; what is said to happen later has a slip of the pen in it. */
const CLOCK_SKEW_MS = 5 * 60 * 1000

const loanType = loanTypeInputSchema.meta({
  description: 'By its code (HL, LAP, PL, BL, CL, EL) or its name, in any case and with any separators.',
  example: 'HL',
})

export const createLeadBodySchema = z
  .strictObject({
    phone: phoneInputSchema.meta({ description: 'Of the customer, Indian, in any usual spelling.', example: '+917888888888' }),
    loan_type: loanType,
    loan_amount: loanAmountInputSchema.meta({ description: 'In whole rupees, as a number or a text.', example: 5_000_000 }),
    loan_tenure_years: loanTenureInputSchema.meta({ description: 'As a number or a text.', example: 20 }),
    first_name: personNameInputSchema.meta({ example: 'John' }),
    last_name: personNameInputSchema.meta({ example: 'Doe' }),
    gender: genderInputSchema.meta({
      description: 'Male, Female or Other, or the first letter; left out, null or empty where it is not known.',
      example: 'Male',
    }),
    email: emailInputSchema.meta({ example: 'john.doe@example.com' }),
    pan: panInputSchema.meta({ description: 'Kept encrypted, as all that tells who the customer is.', example: 'ABCDE1234F' }),
    date_of_birth: dateOfBirthInputSchema.meta({
      description: 'ISO 8601, or DD/MM/YYYY; 18 years ago or more.',
      example: '1990-06-15',
    }),
    pin_code: pinCodeInputSchema.meta({ description: 'Six digits.', example: '400001' }),
  })
  .meta({
    id: 'CreateLead',
    description: 'An application for a loan.',
    example: {
      phone: '+917888888888',
      loan_type: 'HL',
      loan_amount: 5_000_000,
      loan_tenure_years: 20,
      first_name: 'John',
      last_name: 'Doe',
      gender: 'Male',
      email: 'john.doe@example.com',
      pan: 'ABCDE1234F',
      date_of_birth: '1990-06-15',
      pin_code: '400001',
    },
  })

export const pushStatusBodySchema = z
  .strictObject({
    status: z
      .string('must be text')
      .trim()
      .min(1, 'is required')
      .max(LONGEST_STATUS, 'is too long')
      .refine((text) => !text.includes('\n') && !hasHidden(text), 'must be one line, without what cannot be seen')
      .meta({ description: "In the lender's words, as the customer is told.", example: 'Under Review' }),
    changed_at: momentSchema.optional().meta({
      description: 'Since when it is so: news that is older than what is known changes nothing. Left out: now.',
      example: '2026-11-21T06:30:00Z',
    }),
  })
  .meta({ id: 'PushLeadStatus', example: { status: 'Under Review', changed_at: '2026-11-21T06:30:00Z' } })

const filterFields = {
  submission: z.enum(SUBMISSIONS).optional().meta({ description: 'How far it has come on its way to the lender.' }),
  loan_type: loanType.optional().meta({ description: 'By its code or its name.', example: 'HL' }),
}

export const listLeadsQuerySchema = z.strictObject({
  phone: phoneInputSchema
    .optional()
    .meta({ description: 'The number, in any usual spelling; a + is written %2B in an address.', example: '+917888888888' }),
  ...filterFields,
  status: z.string().min(1).max(LONGEST_STATUS).optional().meta({ description: "The lender's words, all of them." }),
  created_after: momentSchema.optional().meta({ description: 'From this time on.' }),
  created_before: momentSchema.optional().meta({ description: 'Before this time.' }),
  limit: limitSchema.meta({ description: 'Leads on a page.' }),
  cursor: cursorSchema,
})

export const exportLeadsQuerySchema = z
  .strictObject({
    created_after: momentSchema.meta({ description: 'From this time on.', example: '2026-11-01T00:00:00Z' }),
    created_before: momentSchema.meta({ description: 'Before this time.', example: '2026-12-01T00:00:00Z' }),
    ...filterFields,
  })
  .refine((period) => period.created_after < period.created_before, {
    message: 'must be after created_after',
    path: ['created_before'],
  })

export const leadIdSchema = z.object({
  id: z.string().max(128).meta({ description: "Our id of the lead, or the lender's of the application." }),
})

export const leadLocationSchema = z.string().meta({ example: '/v1/leads/019aa5f0-0000-7000-8000-000000000000' })

export const leadsFileSchema = z.string().meta({ example: 'attachment; filename="leads-2026-11-01-2026-12-01.csv"' })

/**
 * That a time is not ahead of ours by more than clocks go wrong.
 * @throws `invalid_request`
 */
export function requireNotAhead({ verification }: Pick<Deps, 'verification'>, path: string, moment: number | undefined): void {
  if (moment === undefined || moment <= verification.clock() + CLOCK_SKEW_MS) return
  throw refuse('invalid_request', { issues: [{ path, message: 'is more than 5 minutes in the future' }] })
}
