import type { ChangeFacts } from './change'
import type { ContactType, RepaymentStatusRow } from './loan'
import { type MinorUnits, parseAmount } from './money'
import { findReference, namesOf } from './read-references'
import type { RepaymentContext } from './read-repayment'

/** What a repayment is asked to change to. The fields are named by the caller, for what is said of them. */
export interface WantedChange {
  readonly contactType: ContactType
  /** By id or by code. */
  readonly status: number | string
  /** Decimal text, in the loan's currency. */
  readonly amount: string
  /** By id or by code. */
  readonly mode: number | string
  readonly requestedBy?: string | undefined
}

/** How a surface calls the fields of a {@link WantedChange}. */
export interface ChangeFieldNames {
  readonly status: string
  readonly amount: string
  readonly mode: string
}

export interface Issue {
  readonly path: string
  readonly message: string
}

/** What was asked for, in our terms: whether it fits what is due is for {@link weighChange} to say. */
export type ReadChange =
  | { readonly ok: true; readonly facts: ChangeFacts }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Reads a change against the tables of statuses and modes and the currency of the loan. */
export function readChange(context: RepaymentContext, wanted: WantedChange, names: ChangeFieldNames): ReadChange {
  const { loan, repayment } = context
  const confirmable = context.statuses.filter(({ kind }) => kind !== 'open')
  const status = findReference(confirmable, wanted.status)
  const mode = findReference(context.modes, wanted.mode)
  const amount = parseAmount(wanted.amount, loan.currency)
  if (status && mode && typeof amount === 'number') {
    const facts: ChangeFacts = {
      loan_id: loan.id,
      repayment_id: repayment.id,
      contact_type: wanted.contactType,
      repayment_status: status.id,
      amount,
      currency: loan.currency,
      payment_mode_id: mode.id,
      payee: loan.payee,
      basis_version: repayment.version,
      contact_version: context.contacts.find(({ contactType }) => contactType === wanted.contactType)?.version ?? 0,
      requested_by: wanted.requestedBy ?? null,
    }
    return { ok: true, facts }
  }
  const issues = [
    ...(status ? [] : [{ path: names.status, message: `must be one that a code can confirm: ${namesOf(confirmable)}` }]),
    ...(mode ? [] : [{ path: names.mode, message: `must be one of ${namesOf(context.modes)}` }]),
    ...(typeof amount === 'number' ? [] : [{ path: names.amount, message: amount.problem }]),
  ]
  return { ok: false, issues }
}

/**
 * Weighs a change against what is due: a status of the kind `paid` takes all of it, one of the kind `partial` a part.
 * @returns `settled` where it is paid already, what is wrong with the amount, or undefined where it fits
 */
export function weighChange(
  context: RepaymentContext,
  facts: ChangeFacts,
  names: ChangeFieldNames,
): 'settled' | Issue | undefined {
  if (context.status.kind === 'paid') return 'settled'
  const status = context.statuses.find(({ id }) => id === facts.repayment_status)!
  const message = amountProblem(status, facts.amount, context)
  return message === undefined ? undefined : { path: names.amount, message }
}

/** Without the figures: who asks need not be one who may read them. */
function amountProblem(
  { kind, name }: RepaymentStatusRow,
  amount: MinorUnits,
  { repayment }: RepaymentContext,
): string | undefined {
  const due = repayment.amountDue - repayment.amountCollected
  if (amount === 0) return 'must be more than nothing'
  if (amount > due) return 'is more than what is due'
  if (kind === 'paid' && amount < due) return `is less than what is due, and so not ${name}`
  if (kind === 'partial' && amount === due) return `is all of what is due, and so not ${name}`
  return undefined
}
