import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { provide } from '../../src/compose'
import { sendPaymentCode } from '../../src/payments/send-payment-code'
import { type UpdateInput, updateRepayment } from '../../src/payments/update-repayment'
import { verifyPaymentCode } from '../../src/payments/verify-payment-code'
import { gateOf, storedState } from '../support/gate'
import { MODE, STATUS, type TestLoan, changesOf, putLoan, repaymentOf, uniqueLenderId } from '../support/loans'
import { uniquePhone } from '../support/service'

// In mock mode every code is 1234.
const CODE = '1234'
const deps = provide({ ...env, PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' } as Env)
const callerOf = (requestId: string = crypto.randomUUID()) => ({ surface: 'test', requestId, defer: () => {} })
const NAMES = { status: 'the_status', amount: 'the_amount', mode: 'the_mode', phone: 'the_phone' }

const inputFor = (loan: TestLoan, changes: Partial<UpdateInput> = {}): UpdateInput => ({
  loanId: loan.loanId,
  repaymentId: loan.repaymentId,
  phone: loan.phone,
  code: CODE,
  wanted: { status: STATUS.paid, amount: '5000.00', mode: MODE.cash },
  names: NAMES,
  ...changes,
})
const sendTo = ({ loanId, repaymentId }: TestLoan, contactType: 'applicant' | 'co_applicant' = 'applicant') =>
  sendPaymentCode(deps, callerOf(), { loanId, repaymentId, contactType, templateKey: 'OTP_SEND' })
const update = (input: UpdateInput) => updateRepayment(deps, callerOf(), input)
const refusal = (code: string, details: object = {}) => ({ refusal: { code, details } })

beforeEach(() => {
  vi.spyOn(console, 'info').mockImplementation(() => {})
})

afterEach(() => {
  vi.useRealTimers()
})

describe('a change', () => {
  it('is answered with its row of the history, the contact, and what the gate said', async () => {
    const loan = await putLoan()
    await sendTo(loan)
    const wanted = { status: 'paid', amount: '5000', mode: 'upi', requestedBy: 'agent-17' }
    const { checked, contact, change } = await updateRepayment(deps, callerOf('req-7'), inputFor(loan, { wanted }))

    expect(checked).toMatchObject({ valid: true, status: 'approved' })
    expect(contact).toEqual({ contactType: 'applicant', e164: loan.phone, country: 'IN', version: 1 })
    expect(await changesOf(loan)).toEqual([change])
    expect(change).toMatchObject({
      verificationId: checked.id,
      at: checked.approval!.acceptedAt,
      requestedBy: 'agent-17',
      requestId: 'req-7',
      surface: 'test',
      paymentModeId: MODE.upi,
      fromStatusId: STATUS.pending,
      toStatusId: STATUS.paid,
    })
  })

  it('is not made by a wrong code, which is an answer and no error', async () => {
    const loan = await putLoan()
    await sendTo(loan)

    const { checked, change } = await update(inputFor(loan, { code: '4321' }))
    expect([checked.valid, checked.guessesLeft, change]).toEqual([false, 2, undefined])
    expect(await changesOf(loan)).toEqual([])
  })

  it('is not made by a code that is shorter than those of the profile', async () => {
    const loan = await putLoan()
    await sendTo(loan)
    const six = provide({ ...env, PIONEER_FLAG_MOCK_OTP_ENABLED: 'true', MSG91_OTP_LENGTH: '6' } as Env)

    const { checked } = await updateRepayment(six, callerOf(), inputFor(loan))
    expect(checked.valid).toBe(false)
    expect(await changesOf(loan)).toEqual([])
  })

  it('tells all that is wrong by the names of the caller, and asks no gate', async () => {
    const loan = await putLoan()
    await sendTo(loan)
    const pathsOf = (wanted: UpdateInput['wanted'], phone = loan.phone) =>
      update(inputFor(loan, { wanted, phone })).catch((error: { refusal: { details: { issues: { path: string }[] } } }) =>
        error.refusal.details.issues.map(({ path }) => path),
      )

    expect(await pathsOf({ status: 'none', amount: '1.234', mode: 99 })).toEqual(['the_status', 'the_mode', 'the_amount'])
    expect(await pathsOf({ status: STATUS.paid, amount: '1', mode: 1 })).toEqual(['the_amount'])
    expect(await pathsOf({ status: STATUS.paid, amount: '5000', mode: 1 }, uniquePhone())).toEqual(['the_phone'])
    const state = await storedState(await gateOf(loan.phone))
    expect(state?.verifications).toMatchObject([{ status: 'pending', guesses: 0 }])
    expect(state?.outbox.map(({ kind }) => kind)).not.toContain('check.refused')
  })

  it('is asked of the contact that has the number', async () => {
    const other = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: uniquePhone(), co_applicant: other } })
    await sendTo(loan, 'co_applicant')

    const { contact, change } = await update(inputFor(loan, { phone: other }))
    expect([contact.contactType, change?.contactType]).toEqual(['co_applicant', 'co_applicant'])
  })

  it.each([
    ['applicant', ['co_applicant', 'applicant']],
    ['co_applicant', ['applicant', 'co_applicant']],
  ] as const)('of a number that both contacts have is asked of the one who has the newest code: %s', async (newest, order) => {
    const phone = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: phone, co_applicant: phone } })
    vi.useFakeTimers({ toFake: ['Date'] })
    for (const contactType of order) {
      await sendTo(loan, contactType)
      vi.advanceTimersByTime(60_000)
    }
    const { contact, change } = await update(inputFor(loan))
    expect([contact.contactType, change?.contactType]).toEqual([newest, newest])
  })

  it('of a number that both contacts have is asked of the one who is named', async () => {
    const phone = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: phone, co_applicant: phone } })
    await sendTo(loan)

    await expect(update(inputFor(loan, { contactType: 'co_applicant' }))).rejects.toMatchObject(refusal('verification_not_found'))
    expect((await update(inputFor(loan, { contactType: 'applicant' }))).change).toMatchObject({ contactType: 'applicant' })
  })

  it.each(['applicant', 'co_applicant'] as const)('is not stopped by a number that cannot be opened: %s', async (broken) => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const contacts = { applicant: uniquePhone(), co_applicant: uniquePhone() }
    const other = broken === 'applicant' ? 'co_applicant' : 'applicant'
    const loan = await putLoan({ contacts })
    await sendTo(loan, other)
    await env.DB.prepare(`UPDATE loan_contact SET phone_sealed = 'nothing' WHERE loan_id = ? AND contact_type = ?`)
      .bind(loan.loanId, broken)
      .run()

    expect((await update(inputFor(loan, { phone: contacts[other] }))).change).toMatchObject({ contactType: other })
    await expect(update(inputFor(loan, { phone: contacts[broken], contactType: broken }))).rejects.toMatchObject(
      refusal('contact_unreachable', { contactType: broken }),
    )
  })

  it.each<[string, number, number, number]>([
    ['open', 0, 500_000, 500_000],
    ['partial', 200_000, 300_000, 500_000],
  ])('of a repayment whose status was deleted goes by its amounts: %s', async (_kind, amountCollected, left, all) => {
    const loan = await putLoan({ repayments: [{ statusId: 77, amountCollected }] })
    await sendTo(loan)
    const wanted = { status: STATUS.paid, amount: `${left / 100}`, mode: MODE.cash }

    expect((await update(inputFor(loan, { wanted }))).change).toMatchObject({ fromStatusId: 77, amountCollected: all })
  })

  it('of a repayment whose status was deleted is settled where all came in', async () => {
    const loan = await putLoan({ repayments: [{ statusId: 77, amountCollected: 500_000 }] })
    await expect(sendTo(loan)).rejects.toMatchObject(refusal('repayment_settled'))
    await expect(update(inputFor(loan))).rejects.toMatchObject(refusal('repayment_settled'))
  })

  it.each([
    ['loan_not_found', {}, () => ({ loanId: uniqueLenderId() })],
    ['repayment_not_found', {}, () => ({ repaymentId: uniqueLenderId() })],
    ['contact_unreachable', { contactType: 'applicant' }, () => ({})],
    ['contact_unreachable', { contactType: 'co_applicant' }, () => ({ contactType: 'co_applicant' as const })],
  ])('is refused with %s %j', async (code, details, change) => {
    const loan = await putLoan({ contacts: { applicant: null } })
    await expect(update(inputFor({ ...loan, phone: uniquePhone() }, change()))).rejects.toMatchObject(refusal(code, details))
  })

  it('by which nothing was asked is told that there is no code, where it would fit, and else what is wrong', async () => {
    const loan = await putLoan()

    await expect(update(inputFor(loan))).rejects.toMatchObject(refusal('verification_not_found'))
    const wanted = { status: STATUS.paid, amount: '5000.01', mode: MODE.cash }
    await expect(update(inputFor(loan, { wanted }))).rejects.toMatchObject(
      refusal('update_refused', { issues: [{ path: 'the_amount', message: 'is more than what is due' }] }),
    )
  })
})

describe('a change that somebody else comes before', () => {
  it('is not made, also where its code is right', async () => {
    const other = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: uniquePhone(), co_applicant: other } })
    await sendTo(loan)
    await sendTo(loan, 'co_applicant')
    const half = { status: STATUS.partiallyPaid, amount: '2500', mode: MODE.cash }

    const outcomes = await Promise.allSettled([
      update(inputFor(loan, { wanted: half })),
      update(inputFor(loan, { wanted: half, phone: other })),
    ])
    const made = outcomes.filter(({ status }) => status === 'fulfilled')
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ refusal: { code: 'repayment_changed' } })
    }
    // Side by side, one overtakes the other; one after the other, both fit.
    expect((await changesOf(loan)).length).toBe(made.length)
    expect((await repaymentOf(loan)).amountCollected).toBe(250_000 * made.length)
  })

  it('uses the code up, and the same again is told the same', async () => {
    const loan = await putLoan()
    await sendTo(loan)
    const { gates } = deps.verification
    // The repayment moves on between the reading and the answer of the gate.
    const forPhone: typeof gates.forPhone = async (phone) => {
      await env.DB.prepare('UPDATE repayment SET version = version + 1, amount_collected = 1 WHERE loan_id = ?')
        .bind(loan.loanId)
        .run()
      return gates.forPhone(phone)
    }
    const moved = { ...deps, verification: { ...deps.verification, gates: { ...gates, forPhone } } }

    await expect(updateRepayment(moved, callerOf(), inputFor(loan))).rejects.toMatchObject(refusal('repayment_changed'))
    await expect(update(inputFor(loan))).rejects.toMatchObject(refusal('repayment_changed'))
    expect(await changesOf(loan)).toEqual([])
    expect(await repaymentOf(loan)).toMatchObject({ version: 2, amountCollected: 1 })
  })
})

describe('a code that was verified first', () => {
  it('approves nothing by itself, and makes one change when it comes again', async () => {
    const loan = await putLoan()
    await sendTo(loan)
    const input = { loanId: loan.loanId, repaymentId: loan.repaymentId, contactType: 'applicant', code: CODE } as const
    const { checked } = await verifyPaymentCode(deps, callerOf(), input)

    expect(checked).toMatchObject({ valid: true })
    expect(checked).not.toHaveProperty('approval')
    expect(await changesOf(loan)).toEqual([])
    expect((await update(inputFor(loan))).change).toMatchObject({ verificationId: checked.id, amount: 500_000 })
  })
})
