import { maskPhone } from '../../phone/mask-phone'
import { type ContactRow, type LoanRow, type RepaymentRow, contactPlace } from '../loan'
import type { LoanDeps } from './deps'
import type { LoanFacts } from './weigh-loan'
import type { RepaymentFacts } from './weigh-repayments'

/** A loan as D1 keeps it. */
export interface LoanRows {
  readonly loan: LoanRow
  readonly contacts: readonly ContactRow[]
  readonly repayments: readonly RepaymentRow[]
}

/**
 * The rows of a new loan. Its numbers are in them sealed, hashed and masked, and never in clear.
 * @param createdAt milliseconds since the epoch
 */
export async function toRows(deps: LoanDeps, facts: LoanFacts, createdAt: number): Promise<LoanRows> {
  const { id, currency, payee } = facts
  return {
    loan: { id, currency, payee, createdAt },
    contacts: await Promise.all(facts.contacts.map((contact) => toContactRow(deps, contact, id, createdAt))),
    repayments: facts.repayments.map((repayment) => toRepaymentRow(repayment, id, createdAt)),
  }
}

/** @param createdAt milliseconds since the epoch */
export function toRepaymentRow(facts: RepaymentFacts, loanId: string, createdAt: number): RepaymentRow {
  return { ...facts, loanId, version: 1, createdAt, updatedAt: createdAt }
}

async function toContactRow(
  { contactSealer, hashPhone }: LoanDeps,
  { contactType, phone }: LoanFacts['contacts'][number],
  loanId: string,
  createdAt: number,
): Promise<ContactRow> {
  const row = { loanId, contactType, version: 1, createdAt }
  if (!phone) return { ...row, phoneHash: null, phoneMasked: null, phoneSealed: null, country: null }
  const { e164, country } = phone
  return {
    ...row,
    phoneHash: await hashPhone(e164),
    phoneMasked: maskPhone(e164),
    phoneSealed: await contactSealer.seal(e164, contactPlace(loanId, contactType)),
    country,
  }
}
