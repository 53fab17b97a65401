import { describe, expect, it } from 'vitest'
import { PHONE_REFUSAL_TEXT } from '../../../src/phone/phone-number'
import type { LoanDraft, RepaymentDraft } from '../../../src/payments/loans/draft'
import { type LoanRules, weighLoan } from '../../../src/payments/loans/weigh-loan'

const STATUSES = [
  { id: 1, code: 'pending', name: 'Pending', kind: 'open' },
  { id: 2, code: 'partially_paid', name: 'Partially Paid', kind: 'partial' },
  { id: 3, code: 'paid', name: 'Paid', kind: 'paid' },
  { id: 4, code: 'overdue', name: 'Overdue', kind: 'open' },
]
const MODES = [
  { id: 1, code: 'cash', name: 'Cash' },
  { id: 2, code: 'upi', name: 'UPI' },
]
const RULES: LoanRules = {
  phone: { defaultRegion: 'IN', allowedCountries: undefined },
  payee: 'Example',
  references: { statuses: STATUSES, modes: MODES },
}
const DRAFT: LoanDraft = { id: '123', currency: 'INR', contacts: {}, repayments: [] }

const weigh = (changes: Partial<LoanDraft>, rules = RULES) => weighLoan({ ...DRAFT, ...changes }, rules)
const weighOne = (repayment: Partial<RepaymentDraft>, rules = RULES) =>
  weigh({ repayments: [{ id: '456', amount_due: '5000.00', ...repayment }] }, rules)
const issuesOf = (weighed: ReturnType<typeof weigh>) => (weighed.ok ? [] : weighed.issues)
const pathsOf = (weighed: ReturnType<typeof weigh>) => issuesOf(weighed).map(({ path }) => path)
const factsOf = (weighed: ReturnType<typeof weigh>) => (weighed.ok ? weighed.facts : expect.unreachable(JSON.stringify(weighed)))

describe('weighLoan', () => {
  it('takes a loan with nothing but an id', () => {
    expect(factsOf(weigh({}))).toStrictEqual({ id: '123', currency: 'INR', payee: 'Example', contacts: [], repayments: [] })
  })

  it('prefers the payee of the loan', () => {
    expect(factsOf(weigh({ payee: 'Prosparity' })).payee).toBe('Prosparity')
  })

  it.each(['INR ', 'XYZ', 'AAA'])('refuses %s for a currency, and says nothing of amounts in it', (currency) => {
    const repayments = [{ id: '1', amount_due: '0.00001' }]
    expect(issuesOf(weigh({ currency, repayments }))).toStrictEqual([
      { path: 'currency', message: 'must be an ISO 4217 currency such as INR' },
    ])
  })

  it('understands numbers, in any spelling and with none', () => {
    const contacts = { applicant: { phone: '098765 43210' }, co_applicant: { phone: '+255 694 230 173' } }
    expect(factsOf(weigh({ contacts })).contacts).toStrictEqual([
      { contactType: 'applicant', phone: { e164: '+919876543210', country: 'IN', kind: 'mobile' } },
      { contactType: 'co_applicant', phone: { e164: '+255694230173', country: 'TZ', kind: 'mobile' } },
    ])
    expect(factsOf(weigh({ contacts: { applicant: { phone: null }, co_applicant: {} } })).contacts).toStrictEqual([
      { contactType: 'applicant', phone: null },
      { contactType: 'co_applicant', phone: null },
    ])
  })

  it('names each wrong number, with the reason', () => {
    const contacts = { applicant: { phone: '788888888' }, co_applicant: { phone: 'nobody' } }
    expect(issuesOf(weigh({ contacts }))).toStrictEqual([
      { path: 'contacts.applicant.phone', message: PHONE_REFUSAL_TEXT.too_short },
      { path: 'contacts.co_applicant.phone', message: PHONE_REFUSAL_TEXT.has_letters },
    ])
  })

  it('refuses countries that are not served here', () => {
    const rules = { ...RULES, phone: { defaultRegion: 'IN', allowedCountries: new Set(['IN']) } }
    const contacts = { co_applicant: { phone: '+255694230173' } }
    expect(issuesOf(weigh({ contacts }, rules))).toStrictEqual([
      { path: 'contacts.co_applicant.phone', message: PHONE_REFUSAL_TEXT.country_not_allowed },
    ])
  })

  it('tells all mistakes at once, each with its place', () => {
    const repayments = [
      { id: '1', amount_due: '5000' },
      { id: '2', amount_due: '1.001', amount_collected: '1e3' },
      { id: '1', amount_due: '0' },
      { id: '3', amount_due: '5', status: 'gone', payment_mode: 'cash' },
    ]
    expect(pathsOf(weigh({ contacts: { applicant: { phone: '1' } }, repayments }))).toStrictEqual([
      'contacts.applicant.phone',
      'repayments.1.amount_due',
      'repayments.1.amount_collected',
      'repayments.2.id',
      'repayments.2.amount_due',
      'repayments.3.status',
      'repayments.3.payment_mode',
    ])
  })
})

describe('a repayment', () => {
  const CASH = { payment_mode: 'cash' }

  it.each([
    ['nothing came in', {}, { amountCollected: 0, statusId: 1, paymentModeId: null }],
    ['that is said', { amount_collected: '0.00' }, { amountCollected: 0, statusId: 1, paymentModeId: null }],
    ['some came in', { amount_collected: '0.01', ...CASH }, { amountCollected: 1, statusId: 2, paymentModeId: 1 }],
    ['all came in', { amount_collected: '5000', payment_mode: 2 }, { amountCollected: 500_000, statusId: 3, paymentModeId: 2 }],
    ['another open status', { status: 'overdue' }, { amountCollected: 0, statusId: 4, paymentModeId: null }],
    ['a status by its number', { status: 4 }, { amountCollected: 0, statusId: 4, paymentModeId: null }],
    ['a status by digits', { status: '4' }, { amountCollected: 0, statusId: 4, paymentModeId: null }],
    ['a day', { due_on: '2026-12-05' }, { amountCollected: 0, statusId: 1, paymentModeId: null, dueOn: '2026-12-05' }],
  ])('is read where %s', (_title, repayment, facts) => {
    expect(factsOf(weighOne(repayment)).repayments).toStrictEqual([{ id: '456', amountDue: 500_000, dueOn: null, ...facts }])
  })

  it.each([
    ['an amount of nothing', { amount_due: '0.00' }, 'amount_due', 'more than nothing'],
    ['more collected than due', { amount_collected: '5000.01', ...CASH }, 'amount_collected', 'INR 5000.00 that is due'],
    ['an unknown status', { status: 'gone' }, 'status', '1 (pending), 4 (overdue)'],
    ['paid, where nothing came in', { status: 'paid' }, 'status', '1 (pending), 4 (overdue)'],
    ['pending, where some came in', { status: 1, amount_collected: '1', ...CASH }, 'status', '2 (partially_paid)'],
    ['paid, where some came in', { status: 3, amount_collected: '1', ...CASH }, 'status', '2 (partially_paid)'],
    ['partial, where all came in', { status: 2, amount_collected: '5000', ...CASH }, 'status', '3 (paid)'],
    ['money without a mode', { amount_collected: '1' }, 'payment_mode', 'is required'],
    ['a mode without money', CASH, 'payment_mode', 'must be left out'],
    ['an unknown mode', { amount_collected: '1', payment_mode: 'gold' }, 'payment_mode', '1 (cash), 2 (upi)'],
    ['an unknown mode without money', { payment_mode: 'gold' }, 'payment_mode', 'must be left out'],
  ])('is refused with %s', (_title, repayment, path, said) => {
    expect(issuesOf(weighOne(repayment))).toStrictEqual([
      { path: `repayments.0.${path}`, message: expect.stringContaining(said) },
    ])
  })

  it('has the status of the lowest number that fits, as the operator numbers them', () => {
    const statuses = [
      { id: 7, code: 'open', name: 'Open', kind: 'open' },
      { id: 9, code: 'late', name: 'Late', kind: 'open' },
    ]
    const rules = { ...RULES, references: { statuses, modes: MODES } }
    expect(factsOf(weighOne({}, rules)).repayments[0]?.statusId).toBe(7)
    expect(issuesOf(weighOne({ amount_collected: '1', payment_mode: 1 }, rules))).toStrictEqual([
      { path: 'repayments.0.status', message: 'must be one that fits the amounts: there is none' },
    ])
  })

  it('is in the minor units of its own currency', () => {
    const yen = { currency: 'JPY', repayments: [{ id: '1', amount_due: '5000' }] }
    expect(factsOf(weigh(yen)).repayments[0]?.amountDue).toBe(5_000)
    expect(pathsOf(weigh({ ...yen, repayments: [{ id: '1', amount_due: '5000.5' }] }))).toStrictEqual(['repayments.0.amount_due'])
    const dinar = { currency: 'KWD', repayments: [{ id: '1', amount_due: '5000.125' }] }
    expect(factsOf(weigh(dinar)).repayments[0]?.amountDue).toBe(5_000_125)
  })

  it('that has the id of another is told by the first', () => {
    const repayments = ['1', '2', '1', '1'].map((id) => ({ id, amount_due: '1' }))
    expect(issuesOf(weigh({ repayments }))).toStrictEqual([
      { path: 'repayments.2.id', message: 'is that of repayments.0, too' },
      { path: 'repayments.3.id', message: 'is that of repayments.0, too' },
    ])
  })
})
