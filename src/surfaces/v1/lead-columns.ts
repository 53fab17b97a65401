import { toRfc3339 } from '../../core/clock'
import type { LeadColumn } from '../../leads/reading/export-leads'
import { maskPan } from '../../leads/personal'
import { phoneDigits } from '../../phone/phone-digits'

/** What an export has of a lead. Who it is of is left empty where it cannot be read any more. */
export const LEAD_COLUMNS: readonly LeadColumn[] = [
  ['id', ({ lead }) => lead.id],
  ['created_at', ({ lead }) => toRfc3339(lead.createdAt)],
  ['surface', ({ lead }) => lead.surface],
  ['submission', ({ lead }) => lead.submission],
  ['application_id', ({ lead }) => lead.applicationId],
  ['status', ({ lead }) => lead.status],
  ['status_at', ({ lead }) => (lead.statusAt === null ? null : toRfc3339(lead.statusAt))],
  ['loan_type', ({ lead }) => lead.loanType],
  ['loan_amount', ({ lead }) => lead.loanAmount],
  ['loan_tenure_years', ({ lead }) => lead.loanTenureYears],
  ['first_name', ({ personal }) => personal?.firstName ?? null],
  ['last_name', ({ personal }) => personal?.lastName ?? null],
  ['gender', ({ personal }) => personal?.gender ?? null],
  // Without the +, which is the beginning of a formula.
  ['phone', ({ personal }) => (personal ? phoneDigits(personal.phone) : null)],
  ['email', ({ personal }) => personal?.email ?? null],
  ['pan', ({ personal }) => (personal ? maskPan(personal.pan) : null)],
  ['date_of_birth', ({ personal }) => personal?.dateOfBirth ?? null],
  ['pin_code', ({ personal }) => personal?.pinCode ?? null],
  ['failure', ({ lead }) => lead.failure],
]
