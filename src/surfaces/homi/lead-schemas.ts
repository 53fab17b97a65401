import * as z from 'zod'
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

// The wire form of brief 001's leads; unknown fields are ignored, as its original did.

const mobileNumber = phoneInputSchema.meta({
  description: 'Of the customer, Indian, in any usual spelling.',
  example: '+917888888888',
})

const LEAD_EXAMPLE = {
  loan_type: 'home_loan',
  loan_amount: 5_000_000,
  loan_tenure: 20,
  pan_number: 'ABCDE1234F',
  first_name: 'John',
  last_name: 'Doe',
  gender: 'Male',
  mobile_number: '+917888888888',
  email: 'john.doe@example.com',
  dob: '15/06/1990',
  pin_code: '400001',
}

export const createLeadBodySchema = z
  .object({
    loan_type: loanTypeInputSchema.meta({
      description: 'By its name or its code (HL, LAP, PL, BL, CL, EL), in any case and with any separators.',
      example: 'home_loan',
    }),
    loan_amount: loanAmountInputSchema.meta({ description: 'In whole rupees, as a number or a text.', example: 5_000_000 }),
    loan_tenure: loanTenureInputSchema.meta({ description: 'In whole years, as a number or a text.', example: 20 }),
    pan_number: panInputSchema.meta({ description: 'Kept encrypted.', example: 'ABCDE1234F' }),
    first_name: personNameInputSchema.meta({ example: 'John' }),
    last_name: personNameInputSchema.meta({ example: 'Doe' }),
    gender: genderInputSchema.meta({
      description: 'Male, Female or Other, or the first letter; left out, null or empty where it is not known.',
      example: 'Male',
    }),
    mobile_number: mobileNumber,
    email: emailInputSchema.meta({ example: 'john.doe@example.com' }),
    dob: dateOfBirthInputSchema.meta({ description: 'DD/MM/YYYY or ISO 8601; 18 years ago or more.', example: '15/06/1990' }),
    pin_code: pinCodeInputSchema.meta({ description: 'Six digits.', example: '400001' }),
  })
  .meta({ id: 'HomiLeadRequest', description: 'An application for a loan.', example: LEAD_EXAMPLE })

export const leadStatusBodySchema = z
  .object({
    // Clients with a type for the body send both names, one of them null.
    mobile_number: mobileNumber.nullish(),
    basic_application_id: z.string('must be text').trim().min(1, 'is required').max(64, 'is too long').nullish().meta({
      description: "The lender's id, or the `lead_id` of a lead that was still to be submitted.",
      example: 'APP123456789',
    }),
  })
  .refine(({ mobile_number, basic_application_id }) => mobile_number != null || basic_application_id != null, {
    message: 'is required, or basic_application_id',
    path: ['mobile_number'],
  })
  .meta({
    id: 'HomiLeadStatusRequest',
    description: 'Which lead: by one of the two, or by both where they have to belong together.',
    example: { mobile_number: '+917888888888' },
  })

export const leadCreatedSchema = z.object({ basic_application_id: z.string(), message: z.string() }).meta({
  id: 'HomiLeadCreated',
  example: { basic_application_id: 'APP123456789', message: 'Lead Created Successfully.' },
})

export const leadSavedSchema = z
  .object({
    basic_application_id: z.null(),
    lead_id: z.string().meta({ description: 'Ours: by it the status can be asked for.' }),
    message: z.string(),
  })
  .meta({
    id: 'HomiLeadSaved',
    example: {
      basic_application_id: null,
      lead_id: '019aa5f0-0000-7000-8000-000000000000',
      message: 'Lead saved. It will be submitted as soon as the lender can be reached.',
    },
  })

export const leadStatusSchema = z
  .object({
    status: z.string(),
    message: z.string(),
    last_known_at: z.iso
      .datetime()
      .optional()
      .meta({ description: 'Only where the lender could not be asked: since when this is the last that is known.' }),
  })
  .meta({
    id: 'HomiLeadStatus',
    example: { status: 'Under Review', message: 'Your lead status is: Under Review' },
  })
