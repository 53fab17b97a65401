import { createHash } from 'node:crypto'
import { nthApplicant } from './applicants.ts'
import { createDice, pick, type Shares, throwTime } from './dice.ts'
import { applicationIdOf, type LeadRow, sealApplicant } from './lead-rows.ts'
import { messageId, phoneHash, phoneMasked } from './message-rows.ts'

export const LOAN_TYPES: Shares<string> = [
  ['HL', 46],
  ['PL', 24],
  ['LAP', 14],
  ['BL', 9],
  ['CL', 5],
  ['EL', 2],
]
export const STATUSES: Shares<string> = [
  ['Under Review', 40],
  ['Documents Pending', 25],
  ['Approved', 15],
  ['Disbursed', 14],
  ['Rejected', 5.5],
  ['On Hold', 0.5],
]
/** Of leads that nobody waits for. */
const ENDS: Shares<string> = [
  ['submitted', 97.5],
  ['refused', 2.2],
  ['given_up', 0.3],
]

const HOUR_MS = 60 * 60 * 1000

export interface LeadSampleOptions {
  readonly count: number
  /** They are spread over these days, which end at `now`. */
  readonly days: number
  readonly now: number
  /** Of so many people; some of them ask more than once. */
  readonly people: number
  /** How many wait for the lender. None of them is due. */
  readonly waiting: number
}

/** A lead in D1, and whose it is. */
export interface SampleLead {
  readonly row: LeadRow
  /** For `nthApplicant`. */
  readonly person: number
}

/** Leads as a service has them after some weeks, oldest first. The same options give the same leads, but for their ids at the lender. */
export function sampleLeads({ count, days, now, people, waiting }: LeadSampleOptions): SampleLead[] {
  const dice = createDice()
  const times = Array.from({ length: count }, () => throwTime(dice, now, days)).toSorted((a, b) => a - b)
  return times.map((createdAt, nth) => {
    const id = messageId(createdAt, nth)
    const person = Math.floor(dice() * people)
    const applicant = nthApplicant(person)
    const { mobile_number: phone } = applicant
    const loanType = pick(dice, LOAN_TYPES)
    const submission = nth % Math.floor(count / waiting) === 0 ? 'waiting' : pick(dice, ENDS)
    const row: LeadRow = {
      id,
      version: submission === 'waiting' ? 3 : 2,
      surface: 'homi',
      request_id: `bench-${nth}`,
      phone_hash: phoneHash(phone),
      phone_masked: phoneMasked(phone),
      country: 'IN',
      ...sealApplicant(id, applicant),
      loan_type: loanType,
      loan_amount: 100_000 * (1 + Math.floor(dice() * 90)),
      loan_tenure_years: 1 + Math.floor(dice() * 30),
      request_hash: createHash('sha256').update(id).digest('base64url'),
      lender_request_id: crypto.randomUUID(),
      attempts: submission === 'submitted' ? 1 : 2,
      waiting_since: createdAt,
      ...endOf(submission, { nth, now, createdAt, status: pick(dice, STATUSES) }),
      created_at: createdAt,
      updated_at: createdAt + 1_000,
    }
    return { row, person }
  })
}

function endOf(
  submission: string,
  {
    nth,
    now,
    createdAt,
    status,
  }: { readonly nth: number; readonly now: number; readonly createdAt: number; readonly status: string },
) {
  const isWaiting = submission === 'waiting'
  const open = {
    submission,
    in_doubt: 0,
    next_attempt_at: isWaiting ? now + HOUR_MS + nth : null,
    failure: submission === 'refused' ? 'validation_failed' : 'provider_unavailable',
    application_id: null,
    customer_id: null,
    relation_id: null,
    status: null,
    status_at: null,
    lender_response: null,
  } as const
  if (submission !== 'submitted') return open
  const applicationId = applicationIdOf(nth)
  const customerId = crypto.randomUUID()
  return {
    ...open,
    failure: null,
    application_id: applicationId,
    customer_id: customerId,
    relation_id: crypto.randomUUID(),
    status,
    status_at: createdAt + 1_000,
    lender_response: JSON.stringify(responseOf(applicationId, customerId)),
  }
}

/** What is kept of the lender's answer. */
function responseOf(basicAppId: string, customerId: string) {
  const removed = '[removed]'
  const primaryBorrower = { customerId, firstName: removed, lastName: removed, mobile: removed, email: removed, pan: removed }
  const result = {
    basicAppId,
    applicationStatus: 'Lead',
    applicationStage: 'Fulfilment',
    latestStatus: 'Under Review',
    primaryBorrower,
  }
  return { message: 'Application created', isError: false, result, responseException: null }
}
