import { describe, expect, it } from 'vitest'
import type { ChangeFacts } from '../../src/payments/change'
import { type WantedChange, readChange, weighChange } from '../../src/payments/decide-change'
import type { ContactRow, LoanRow, RepaymentRow, RepaymentStatusRow } from '../../src/payments/loan'
import type { RepaymentContext } from '../../src/payments/read-repayment'
import { MODE, STATUS } from '../support/loans'
import { T0 } from '../support/pure-gate'

const NAMES = { status: 'the_status', amount: 'the_amount', mode: 'the_mode' }

const STATUSES: readonly RepaymentStatusRow[] = [
  { id: 1, code: 'pending', name: 'Pending', kind: 'open' },
  { id: 2, code: 'partially_paid', name: 'Partially Paid', kind: 'partial' },
  { id: 3, code: 'paid', name: 'Paid', kind: 'paid' },
  { id: 4, code: 'overdue', name: 'Overdue', kind: 'open' },
]
const MODES = [
  { id: 1, code: 'cash', name: 'Cash' },
  { id: 2, code: 'upi', name: 'UPI' },
]

const contact = (contactType: string, version: number): ContactRow => ({
  loanId: '123',
  contactType,
  phoneHash: null,
  phoneMasked: null,
  phoneSealed: null,
  country: null,
  version,
  createdAt: T0,
})

/** A repayment of INR 5000.00 with nothing collected, or another one. */
function contextOf(
  changes: {
    readonly loan?: Partial<LoanRow>
    readonly repayment?: Partial<RepaymentRow>
    readonly statuses?: readonly RepaymentStatusRow[]
  } = {},
): RepaymentContext {
  const repayment: RepaymentRow = {
    loanId: '123',
    id: '456',
    statusId: STATUS.pending,
    amountDue: 500_000,
    amountCollected: 0,
    paymentModeId: null,
    dueOn: null,
    version: 7,
    createdAt: T0,
    updatedAt: T0,
    ...changes.repayment,
  }
  const statuses = changes.statuses ?? STATUSES
  return {
    loan: { id: '123', currency: 'INR', payee: 'Prosparity', createdAt: T0, ...changes.loan },
    contacts: [contact('applicant', 4), contact('co_applicant', 5)],
    repayment,
    status: statuses.find(({ id }) => id === repayment.statusId)!,
    statuses,
    modes: MODES,
  }
}

const wanted = (changes: Partial<WantedChange> = {}): WantedChange => ({
  contactType: 'applicant',
  status: STATUS.paid,
  amount: '5000.0',
  mode: MODE.cash,
  ...changes,
})

const read = (changes: Partial<WantedChange> = {}, context = contextOf()) => readChange(context, wanted(changes), NAMES)

describe('reading a change', () => {
  it('takes it into our terms, with what it was decided over', () => {
    const facts: ChangeFacts = {
      loan_id: '123',
      repayment_id: '456',
      contact_type: 'co_applicant',
      repayment_status: 3,
      amount: 500_000,
      currency: 'INR',
      payment_mode_id: 1,
      payee: 'Prosparity',
      basis_version: 7,
      contact_version: 5,
      requested_by: 'agent-7',
    }
    expect(read({ contactType: 'co_applicant', requestedBy: 'agent-7' })).toEqual({ ok: true, facts })
    expect(read()).toMatchObject({ ok: true, facts: { contact_type: 'applicant', contact_version: 4, requested_by: null } })
  })

  it.each([3, '3', 'paid'])('takes the status %j by its number or its code', (status) => {
    expect(read({ status })).toMatchObject({ ok: true, facts: { repayment_status: 3 } })
  })

  it.each([2, '2', 'upi'])('takes the mode %j by its number or its code', (mode) => {
    expect(read({ mode })).toMatchObject({ ok: true, facts: { payment_mode_id: 2 } })
  })

  it.each([99, '', '03', '3.0', 'Paid', 'PAID', 1, 'pending', 4, 'overdue', NaN, -3, 'constructor'])(
    'refuses the status %j: no such one, or one that no code confirms',
    (status) => {
      const message = 'must be one that a code can confirm: 2 (partially_paid), 3 (paid)'
      expect(read({ status })).toEqual({ ok: false, issues: [{ path: 'the_status', message }] })
    },
  )

  it.each([99, '', '01', 'Cash', 0, -1])('refuses the mode %j', (mode) => {
    const message = 'must be one of 1 (cash), 2 (upi)'
    expect(read({ mode })).toEqual({ ok: false, issues: [{ path: 'the_mode', message }] })
  })

  it('tells all that is wrong at once', () => {
    const result = read({ status: 9, mode: 9, amount: '1.001' })
    expect(result).toMatchObject({ issues: [{ path: 'the_status' }, { path: 'the_mode' }, { path: 'the_amount' }] })
  })

  it.each([
    ['INR', '5000.00', 500_000],
    ['JPY', '5000.0', 5000],
    ['KWD', '5000.125', 5_000_125],
  ])('reads an amount in the currency of the loan: %s %s', (currency, amount, minor) => {
    expect(read({ amount }, contextOf({ loan: { currency } }))).toMatchObject({ facts: { amount: minor, currency } })
  })

  it.each(['-1', '5e3', '5,000', 'NaN', '', ' 5000', '٥٠٠٠', '5000.005', '1'.repeat(13)])('refuses the amount %j', (amount) => {
    expect(read({ amount })).toMatchObject({ ok: false, issues: [{ path: 'the_amount' }] })
  })
})

describe('weighing a change', () => {
  const weigh = (changes: Partial<WantedChange>, context = contextOf()) => {
    const result = readChange(context, wanted(changes), NAMES)
    if (!result.ok) throw new Error(JSON.stringify(result))
    return weighChange(context, result.facts, NAMES)
  }
  const [paid, partial] = [STATUS.paid, STATUS.partiallyPaid]

  it.each<[Partial<WantedChange>, string | undefined]>([
    [{ status: paid, amount: '5000' }, undefined],
    [{ status: paid, amount: '5000.01' }, 'is more than what is due'],
    [{ status: paid, amount: '4999.99' }, 'is less than what is due, and so not Paid'],
    [{ status: paid, amount: '0' }, 'must be more than nothing'],
    [{ status: partial, amount: '0.01' }, undefined],
    [{ status: partial, amount: '4999.99' }, undefined],
    [{ status: partial, amount: '5000.00' }, 'is all of what is due, and so not Partially Paid'],
    [{ status: partial, amount: '5000.01' }, 'is more than what is due'],
    [{ status: partial, amount: '0.00' }, 'must be more than nothing'],
  ])('%j: %s', (changes, message) => {
    expect(weigh(changes)).toEqual(message === undefined ? undefined : { path: 'the_amount', message })
  })

  it.each<[Partial<WantedChange>, string | undefined]>([
    [{ status: paid, amount: '3000' }, undefined],
    [{ status: paid, amount: '5000' }, 'is more than what is due'],
    [{ status: partial, amount: '2999.99' }, undefined],
    [{ status: partial, amount: '3000' }, 'is all of what is due, and so not Partially Paid'],
  ])('with a part collected, by what is left, %j: %s', (changes, message) => {
    const context = contextOf({ repayment: { statusId: partial, amountCollected: 200_000 } })
    expect(weigh(changes, context)).toEqual(message === undefined ? undefined : { path: 'the_amount', message })
  })

  it.each(['0', '1', '5000', '999999'])('is settled where it is paid, whatever is asked for: %s', (amount) => {
    const context = contextOf({ repayment: { statusId: paid, amountCollected: 500_000 } })
    expect(weigh({ status: partial, amount }, context)).toBe('settled')
  })

  it('goes by the kind of a status, and calls it by its own name', () => {
    const written = { id: 9, code: 'settled_in_court', name: 'Settled in Court', kind: 'paid' }
    const context = contextOf({ statuses: [...STATUSES, written] })
    expect(weigh({ status: 9 }, context)).toBeUndefined()
    expect(weigh({ status: 9, amount: '1' }, context)).toMatchObject({
      message: expect.stringContaining('so not Settled in Court'),
    })
    expect(weigh({}, contextOf({ statuses: [...STATUSES, written], repayment: { statusId: 9 } }))).toBe('settled')
  })

  it.each([
    ['JPY', '500000', '500001'],
    ['KWD', '500.000', '500.001'],
  ])('weighs amounts as %s has them', (currency, all, more) => {
    const context = contextOf({ loan: { currency } })
    expect(weigh({ amount: all }, context)).toBeUndefined()
    expect(weigh({ amount: more }, context)).toMatchObject({ message: 'is more than what is due' })
  })

  // Who asks need not be one who may read what is due.
  it.each(['0', '1', '4999.99', '5000', '5000.01', '999999'])('says no figure, whatever is asked for: %s', (amount) => {
    for (const status of [paid, partial]) {
      const problem = weigh({ status, amount }, contextOf({ repayment: { statusId: partial, amountCollected: 123_456 } }))
      expect(JSON.stringify(problem ?? {})).not.toMatch(/\d/)
    }
  })
})
