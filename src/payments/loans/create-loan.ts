import { refuse } from '../../core/app-error'
import type { LoanDeps } from './deps'
import type { LoanDraft } from './draft'
import type { LoanView } from './get-loan'
import { insertLoans } from './insert-loans'
import { readReferences } from '../read-references'
import { toRows } from './to-rows'
import { weighLoan } from './weigh-loan'

/**
 * Creates a loan with its contacts and repayments.
 * @throws `invalid_request`, `loan_exists`, `dependency_unavailable`
 */
export async function createLoan(deps: LoanDeps, draft: LoanDraft): Promise<LoanView> {
  const { config, clock } = deps.verification
  const references = await readReferences(deps.db)
  const weighed = weighLoan(draft, { phone: config.phone, payee: deps.profiles.payment.appName, references })
  if (!weighed.ok) throw refuse('invalid_request', { issues: weighed.issues })
  const rows = await toRows(deps, weighed.facts, clock())
  const existing = await insertLoans(deps.db, [rows])
  if (existing.length > 0) throw refuse('loan_exists', { issues: [{ path: 'id', message: 'exists already' }] })
  return { ...rows, references }
}
