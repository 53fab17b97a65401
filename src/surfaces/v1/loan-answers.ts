import * as z from 'zod'
import { toRfc3339 } from '../../core/clock'
import { once } from '../../core/once'
import type { LoanView } from '../../payments/loans/get-loan'
import type { RepaymentView } from '../../payments/loans/get-repayment'
import type { References } from '../../payments/read-references'
import { CONTACT_TYPES, type LoanRow, type RepaymentChangeRow, type RepaymentRow } from '../../payments/loan'
import { formatAmount } from '../../payments/money'
import { referenceBody } from './references'

/** A loan as `/v1` shows it: repayments by the day when they are due, those without one last. */
export function loanBody({ loan, contacts, repayments, references }: LoanView) {
  return {
    ...loanSummaryBody(loan),
    contacts: contacts.map(({ contactType, phoneMasked, version }) => ({
      contact_type: contactType,
      phone: phoneMasked,
      version,
    })),
    repayments: inOrder(repayments).map((repayment) => repaymentBody(repayment, loan, references)),
  }
}

export function loanSummaryBody({ id, currency, payee, createdAt }: LoanRow) {
  return { id, currency, payee, created_at: toRfc3339(createdAt) }
}

export function repaymentWithHistoryBody({ loan, repayment, history, references }: RepaymentView) {
  return {
    loan_id: loan.id,
    currency: loan.currency,
    ...repaymentBody(repayment, loan, references),
    history: history.map((change) => changeBody(change, loan, references)),
  }
}

function repaymentBody(repayment: RepaymentRow, { currency }: LoanRow, { statuses, modes }: References) {
  const { amountDue, amountCollected, paymentModeId } = repayment
  return {
    id: repayment.id,
    amount_due: formatAmount(amountDue, currency),
    amount_collected: formatAmount(amountCollected, currency),
    amount_outstanding: formatAmount(amountDue - amountCollected, currency),
    status: referenceBody(statuses, repayment.statusId),
    payment_mode: paymentModeId === null ? null : referenceBody(modes, paymentModeId),
    due_on: repayment.dueOn,
    version: repayment.version,
    updated_at: toRfc3339(repayment.updatedAt),
  }
}

function changeBody(change: RepaymentChangeRow, { currency }: LoanRow, { statuses, modes }: References) {
  return {
    version: change.version,
    at: toRfc3339(change.at),
    from_status: referenceBody(statuses, change.fromStatusId),
    to_status: referenceBody(statuses, change.toStatusId),
    amount: formatAmount(change.amount, currency),
    amount_collected: formatAmount(change.amountCollected, currency),
    payment_mode: referenceBody(modes, change.paymentModeId),
    contact_type: change.contactType,
    verification_id: change.verificationId,
    communication_id: change.communicationId,
    surface: change.surface,
    request_id: change.requestId,
    requested_by: change.requestedBy,
  }
}

/** No day sorts behind this one. Ids sort as people count: 2 before 10. */
const NEVER = '9999-99-99'

function inOrder(repayments: readonly RepaymentRow[]): RepaymentRow[] {
  const byId = new Intl.Collator('en', { numeric: true })
  const day = ({ dueOn }: RepaymentRow) => dueOn ?? NEVER
  return repayments.toSorted((a, b) => (day(a) === day(b) ? byId.compare(a.id, b.id) : day(a) < day(b) ? -1 : 1))
}

const SUMMARY_EXAMPLE = { id: '123', currency: 'INR', payee: 'Prosparity', created_at: '2026-11-21T06:30:00Z' }
const PAID = { id: 3, code: 'paid', name: 'Paid' }
const CASH = { id: 1, code: 'cash', name: 'Cash' }
const REPAYMENT_EXAMPLE = {
  id: '456',
  amount_due: '5000.00',
  amount_collected: '5000.00',
  amount_outstanding: '0.00',
  status: PAID,
  payment_mode: CASH,
  due_on: '2026-12-05',
  version: 2,
  updated_at: '2026-11-21T06:31:20Z',
}
const CHANGE_EXAMPLE = {
  version: 2,
  at: '2026-11-21T06:31:20Z',
  from_status: { id: 1, code: 'pending', name: 'Pending' },
  to_status: PAID,
  amount: '5000.00',
  amount_collected: '5000.00',
  payment_mode: CASH,
  contact_type: 'applicant',
  verification_id: 'ver_example',
  communication_id: '0199e9a0-5a4e-7c8e-9d0c-2f6b1f0c7d11',
  surface: 'v1',
  request_id: '0199e9a0-5a4e-4c8e-9d0c-2f6b1f0c7d11',
  requested_by: 'agent-17',
}

/** `/v1/loans` and the tables that it refers to. For the document only: made when it is. */
export const loanAnswers = once(() => {
  const reference = z.object({ id: z.int(), code: z.string(), name: z.string() })
  const amount = z.string().meta({ description: 'Decimal text with all decimals of the currency.', example: '5000.00' })

  const summaryFields = { id: z.string(), currency: z.string(), payee: z.string(), created_at: z.iso.datetime() }
  const summary = z.object(summaryFields).meta({ id: 'LoanSummary', example: SUMMARY_EXAMPLE })

  const repaymentFields = {
    id: z.string(),
    amount_due: amount,
    amount_collected: amount,
    amount_outstanding: amount,
    status: reference,
    payment_mode: reference.nullable().meta({ description: 'Of what came in last; null where nothing did.' }),
    due_on: z.string().nullable(),
    version: z.int().meta({ description: 'Counts up with each change.' }),
    updated_at: z.iso.datetime(),
  }
  const repayment = z.object(repaymentFields).meta({ id: 'Repayment', example: REPAYMENT_EXAMPLE })

  const contact = z.object({
    contact_type: z.enum(CONTACT_TYPES),
    phone: z.string().nullable().meta({ description: 'Masked; null where none is known.', example: '+91********10' }),
    version: z.int().meta({ description: 'Counts up with each change.' }),
  })
  const loan = z.object({ ...summaryFields, contacts: z.array(contact), repayments: z.array(repayment) }).meta({
    id: 'Loan',
    example: {
      ...SUMMARY_EXAMPLE,
      contacts: [{ contact_type: 'applicant', phone: '+91********10', version: 1 }],
      repayments: [REPAYMENT_EXAMPLE],
    },
  })
  const list = z
    .object({
      loans: z.array(summary),
      next_cursor: z.string().nullable().meta({ description: 'For `cursor`; null on the last page.' }),
    })
    .meta({ id: 'LoanList', example: { loans: [SUMMARY_EXAMPLE], next_cursor: null } })
  const imported = z
    .object({ imported: z.int().meta({ description: 'Loans.' }), repayments: z.int() })
    .meta({ id: 'ImportedLoans', example: { imported: 1000, repayments: 12_000 } })

  const change = z.object({
    version: z.int().meta({ description: 'The one of the repayment that it made.' }),
    at: z.iso.datetime(),
    from_status: reference,
    to_status: reference,
    amount: z.string().meta({ description: 'Collected by it.' }),
    amount_collected: z.string().meta({ description: 'Collected in all, after it.' }),
    payment_mode: reference,
    contact_type: z.enum(CONTACT_TYPES).meta({ description: 'Whose code confirmed it.' }),
    verification_id: z.string(),
    communication_id: z.string().nullable().meta({ description: 'The message that had the code, where that is known.' }),
    surface: z.string(),
    request_id: z.string(),
    requested_by: z.string().nullable(),
  })
  const history = z.array(change).meta({ description: 'All changes, the oldest first.' })
  const repaymentWithHistory = z.object({ loan_id: z.string(), currency: z.string(), ...repaymentFields, history }).meta({
    id: 'RepaymentWithHistory',
    example: { loan_id: '123', currency: 'INR', ...REPAYMENT_EXAMPLE, history: [CHANGE_EXAMPLE] },
  })

  const kind = z
    .enum(['open', 'partial', 'paid'])
    .meta({ description: 'Nothing of what is due has come in, a part of it, or all.' })
  const statuses = z
    .object({ repayment_statuses: z.array(reference.extend({ kind })) })
    .meta({ id: 'RepaymentStatuses', example: { repayment_statuses: [{ ...PAID, kind: 'paid' }] } })
  const modes = z.object({ payment_modes: z.array(reference) }).meta({ id: 'PaymentModes', example: { payment_modes: [CASH] } })
  return { loan, list, imported, repaymentWithHistory, statuses, modes }
})
