import * as z from 'zod'
import { toRfc3339 } from '../../core/clock'
import { once } from '../../core/once'
import { csvLine } from '../../leads/reading/csv'
import type { LeadView } from '../../leads/reading/get-lead'
import { LOAN_TYPES, type LeadEventRow, type LeadRow, type LoanType, SUBMISSIONS } from '../../leads/lead'
import { GENDERS, maskPan } from '../../leads/personal'
import type { OpenLead } from '../../leads/reading/open-leads'
import { LEAD_COLUMNS } from './lead-columns'

/** A lead without who it is of, for whoever asked for it. */
export function leadBody(lead: LeadRow) {
  return {
    id: lead.id,
    status: lead.status,
    submission: lead.submission,
    application_id: lead.applicationId,
    phone: lead.phoneMasked,
    loan_type: lead.loanType,
    loan_amount: lead.loanAmount,
    loan_tenure_years: lead.loanTenureYears,
    created_at: toRfc3339(lead.createdAt),
    updated_at: toRfc3339(lead.updatedAt),
  }
}

export function leadSummaryBody({ lead, personal }: OpenLead) {
  return { ...leadBody(lead), first_name: personal?.firstName ?? null, last_name: personal?.lastName ?? null }
}

export function leadViewBody({ lead, personal, history }: LeadView) {
  return {
    ...leadSummaryBody({ lead, personal }),
    personal_data: personal ? 'readable' : 'unreadable',
    // In full: whoever reads this has to reach the customer.
    phone: personal?.phone ?? null,
    gender: personal?.gender ?? null,
    email: personal?.email ?? null,
    pan: personal ? maskPan(personal.pan) : null,
    date_of_birth: personal?.dateOfBirth ?? null,
    pin_code: personal?.pinCode ?? null,
    customer_id: lead.customerId,
    relation_id: lead.relationId,
    status_at: timeBody(lead.statusAt),
    attempts: lead.attempts,
    next_attempt_at: timeBody(lead.nextAttemptAt),
    failure: lead.failure,
    surface: lead.surface,
    history: history.map(eventBody),
    lender_response: lead.lenderResponse,
  }
}

function eventBody({ version, at, kind, surface, requestId, detail }: LeadEventRow) {
  return { version, at: toRfc3339(at), kind, surface, request_id: requestId, detail }
}

function timeBody(at: number | null): string | null {
  return at === null ? null : toRfc3339(at)
}

const EXAMPLE = {
  id: '019aa5f0-0000-7000-8000-000000000000',
  status: 'Under Review',
  submission: 'submitted',
  application_id: 'APP123456789',
  phone: '+91********88',
  loan_type: 'HL',
  loan_amount: 5_000_000,
  loan_tenure_years: 20,
  created_at: '2026-11-21T06:30:00Z',
  updated_at: '2026-11-21T06:30:01Z',
}
const SUMMARY_EXAMPLE = { ...EXAMPLE, first_name: 'John', last_name: 'Doe' }
const VIEW_EXAMPLE = {
  ...SUMMARY_EXAMPLE,
  personal_data: 'readable',
  phone: '+917888888888',
  gender: 'Male',
  email: 'john.doe@example.com',
  pan: '******234F',
  date_of_birth: '1990-06-15',
  pin_code: '400001',
  customer_id: '7d0f8a52-3c1e-4a57-9a0e-6f1f0f3f6b10',
  relation_id: null,
  status_at: '2026-11-21T06:30:01Z',
  attempts: 1,
  next_attempt_at: null,
  failure: null,
  surface: 'v1',
  history: [
    {
      version: 2,
      at: '2026-11-21T06:30:01Z',
      kind: 'submission.accepted',
      surface: 'v1',
      request_id: '0199e9a0-5a4e-4c8e-9d0c-2f6b1f0c7d11',
      detail: { attempt: 1, application_id: 'APP123456789', status: 'Under Review' },
    },
  ],
  lender_response: { isError: false, result: { basicAppId: 'APP123456789', latestStatus: 'Under Review' } },
}
const CSV_EXAMPLE = [
  '019aa5f0-0000-7000-8000-000000000000,2026-11-21T06:30:00Z,v1,submitted,APP123456789,Under Review,2026-11-21T06:30:01Z',
  'HL,5000000,20,John,Doe,Male,917888888888,john.doe@example.com,******234F,1990-06-15,400001,\r\n',
].join(',')

/** `/v1/leads`. For the document only: made when it is. */
export const leadAnswers = once(() => {
  const time = z.iso.datetime()
  const text = z.string().nullable()

  const fields = {
    id: z.string(),
    status: text.meta({ description: "In the lender's words; null before it has one." }),
    submission: z.enum(SUBMISSIONS).meta({
      description:
        '`submitted`: the lender has it. `waiting`: it is submitted as soon as the lender can be reached. `refused`: the lender did not want it as it is. `given_up`: the lender could not be reached for two days, and nobody tries any more.',
    }),
    application_id: text.meta({ description: "The lender's id of it." }),
    phone: z.string().meta({ description: 'The number, masked.' }),
    loan_type: z.enum(Object.keys(LOAN_TYPES) as [LoanType, ...LoanType[]]),
    loan_amount: z.int().meta({ description: 'In whole rupees.' }),
    loan_tenure_years: z.int(),
    created_at: time,
    updated_at: time,
  }
  const lead = z.object(fields).meta({ id: 'Lead', example: EXAMPLE })

  const summary = z.object({ ...fields, first_name: text, last_name: text })
  const page = z
    .object({
      leads: z.array(summary).meta({ description: 'Newest first.' }),
      next_cursor: text.meta({
        description:
          'For the next page; null on the last one. A page can be short, or empty, and have a next: at most 2,000 leads are looked at for one.',
      }),
    })
    .meta({ id: 'LeadPage', example: { leads: [SUMMARY_EXAMPLE], next_cursor: null } })

  const event = z.object({
    version: z.int().meta({ description: 'The one of the lead that it made.' }),
    at: time,
    kind: z.string().meta({ example: 'status.changed' }),
    surface: z.string(),
    request_id: z.string(),
    detail: z.record(z.string(), z.unknown()),
  })
  const view = z
    .object({
      ...summary.shape,
      personal_data: z.enum(['readable', 'unreadable']).meta({
        description: '`unreadable`: the key that it is encrypted with is gone, so all that tells who the customer is, is null.',
      }),
      phone: text.meta({ description: 'The number in full, E.164.' }),
      gender: z.enum(GENDERS).nullable(),
      email: text,
      pan: text.meta({ description: 'Masked.' }),
      date_of_birth: z.iso.date().nullable(),
      pin_code: text,
      customer_id: text.meta({ description: "The lender's, as the next one." }),
      relation_id: text,
      status_at: time.nullable().meta({ description: 'When we learned of the status.' }),
      attempts: z.int().min(0).meta({ description: 'To submit it, since it was last asked for.' }),
      next_attempt_at: time.nullable().meta({ description: 'Null: there is none.' }),
      failure: text.meta({ description: 'Why the last attempt came to nothing.' }),
      surface: z.string().meta({ description: 'The API that it was asked for on.' }),
      history: z.array(event).meta({ description: 'What happened to it after it was asked for, in order.' }),
      lender_response: z.unknown().meta({ description: "The lender's answer, without personal data." }),
    })
    .meta({ id: 'LeadWithHistory', example: VIEW_EXAMPLE })

  const titles = csvLine(LEAD_COLUMNS.map(([title]) => title))
  const csv = z.string().meta({ description: 'RFC 4180, with a line of titles.', example: titles + CSV_EXAMPLE })
  return { lead, page, view, csv }
})
