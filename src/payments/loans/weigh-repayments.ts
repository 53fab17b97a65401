import type { Issue } from '../decide-change'
import type { RepaymentRow } from '../loan'
import { type MinorUnits, formatAmount, parseAmount } from '../money'
import type { RepaymentDraft } from './draft'
import { type References, findReference, namesOf } from '../read-references'

/** A repayment in our terms, before it is in D1. */
export type RepaymentFacts = Pick<RepaymentRow, 'id' | 'statusId' | 'amountDue' | 'amountCollected' | 'paymentModeId' | 'dueOn'>

export interface WeighedRepayments {
  /** Without those that have issues. */
  readonly facts: readonly RepaymentFacts[]
  /** With paths from the loan: `repayments.0.amount_due`. */
  readonly issues: readonly Issue[]
}

/** Reads the repayments of one loan against its currency and the tables of statuses and modes. */
export function weighRepayments(drafts: readonly RepaymentDraft[], currency: string, references: References): WeighedRepayments {
  const firstOf = new Map(drafts.map(({ id }, index) => [id, index] as const).toReversed())
  const weighed = drafts.map((draft, index) => {
    const { facts, issues } = weigh(draft, currency, references)
    const first = firstOf.get(draft.id)!
    const repeated = first === index ? [] : [{ path: 'id', message: `is that of repayments.${first}, too` }]
    const all = [...repeated, ...issues].map(({ path, message }) => ({ path: `repayments.${index}.${path}`, message }))
    return { facts, issues: all }
  })
  return { facts: weighed.flatMap(({ facts }) => facts ?? []), issues: weighed.flatMap(({ issues }) => issues) }
}

interface Weighed {
  readonly facts?: RepaymentFacts
  readonly issues: readonly Issue[]
}

function weigh(draft: RepaymentDraft, currency: string, { statuses, modes }: References): Weighed {
  const amountDue = parseAmount(draft.amount_due, currency)
  const amountCollected = parseAmount(draft.amount_collected ?? '0', currency)
  if (typeof amountDue !== 'number' || typeof amountCollected !== 'number') {
    return { issues: [...problemOf('amount_due', amountDue), ...problemOf('amount_collected', amountCollected)] }
  }
  if (amountDue === 0) return { issues: [{ path: 'amount_due', message: 'must be more than nothing' }] }
  if (amountCollected > amountDue) {
    const due = `${currency} ${formatAmount(amountDue, currency)}`
    return { issues: [{ path: 'amount_collected', message: `is more than the ${due} that is due` }] }
  }
  const fitting = statuses.filter(({ kind }) => kind === kindOf(amountDue, amountCollected))
  const status = draft.status === undefined ? fitting[0] : findReference(fitting, draft.status)
  const mode = draft.payment_mode === undefined ? undefined : findReference(modes, draft.payment_mode)
  const modeProblem = problemOfMode(draft, amountCollected, mode === undefined && `must be one of ${namesOf(modes)}`)
  if (status && modeProblem === undefined) {
    const dueOn = draft.due_on ?? null
    const paymentModeId = mode?.id ?? null
    return { facts: { id: draft.id, statusId: status.id, amountDue, amountCollected, paymentModeId, dueOn }, issues: [] }
  }
  const fits = namesOf(fitting) || 'there is none'
  return {
    issues: [
      ...(status ? [] : [{ path: 'status', message: `must be one that fits the amounts: ${fits}` }]),
      ...(modeProblem === undefined ? [] : [{ path: 'payment_mode', message: modeProblem }]),
    ],
  }
}

function kindOf(due: MinorUnits, collected: MinorUnits): string {
  if (collected === 0) return 'open'
  return collected < due ? 'partial' : 'paid'
}

/** @param unknown what to say of a mode that is given and unknown; false where it is known */
function problemOfMode({ payment_mode }: RepaymentDraft, collected: MinorUnits, unknown: string | false): string | undefined {
  if (payment_mode === undefined) return collected === 0 ? undefined : 'is required where something was collected'
  if (collected === 0) return 'must be left out where nothing was collected'
  return unknown || undefined
}

function problemOf(path: string, amount: ReturnType<typeof parseAmount>): Issue[] {
  return typeof amount === 'number' ? [] : [{ path, message: amount.problem }]
}
