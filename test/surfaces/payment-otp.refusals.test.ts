import { describe, expect, it, vi } from 'vitest'
import { fireAlarm, gateOf } from '../support/gate'
import { MODE, STATUS, type TestLoan, changesOf, putLoan, repaymentOf, uniqueLenderId } from '../support/loans'
import { MSG91_SETTINGS, createService, uniquePhone, wrongCode } from '../support/service'
import { useStandInsAndFakeTime } from './contract'
import { SEND, UPDATE, VERIFY, expectRefused, sent, updateBody, updated, verified } from './contract/payment-otp'
import { expectAnswer } from './contract/surface'

const service = createService(MSG91_SETTINGS)
const { standIns } = useStandInsAndFakeTime()

const facts = ({ loanId, repaymentId }: Pick<TestLoan, 'loanId' | 'repaymentId'>, more: object = {}) => ({
  loan_id: loanId,
  repayment_id: repaymentId,
  ...more,
})
const verify = (loan: TestLoan, code: string, more: object = {}) => service.post(VERIFY, facts(loan, { otp_code: code, ...more }))
const update = (loan: TestLoan, code: string, change: object = {}, outside: object = {}) =>
  service.post(UPDATE, updateBody(loan, code, change, outside))

/** The code that a contact has got for a repayment. */
async function codeFor(loan: TestLoan, more: object = {}): Promise<string> {
  expect((await service.post(SEND, facts(loan, more))).status).toBe(200)
  return standIns().msg91.messages.at(-1)!.code
}

/** Asserts that the repayment is as it was, also after the gate had its turn. */
async function expectUntouched(loan: TestLoan): Promise<void> {
  await fireAlarm(await gateOf(loan.phone))
  expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.pending, amountCollected: 0, paymentModeId: null, version: 1 })
  expect(await changesOf(loan)).toEqual([])
}

describe('a loan, a repayment or a contact that is not there', () => {
  const nobody = async () => {
    const loan = await putLoan({ contacts: { applicant: uniquePhone(), co_applicant: null } })
    const other = await putLoan()
    return { loan, other }
  }

  it.each([
    ['an unknown loan', 404, 'loan_not_found', () => ({ loan_id: uniqueLenderId() })],
    ['an unknown repayment', 404, 'repayment_not_found', () => ({ repayment_id: uniqueLenderId() })],
    [
      'a repayment of another loan',
      404,
      'repayment_not_found',
      ({ other }: { other: TestLoan }) => ({ repayment_id: other.repaymentId }),
    ],
    ['a contact without a number', 422, 'contact_unreachable', () => ({ contact_type: 'co_applicant' })],
    [
      'a contact that the loan does not have',
      422,
      'contact_unreachable',
      ({ other }: { other: TestLoan }) => ({ ...facts(other), contact_type: 'co_applicant' }),
    ],
  ])('%s: %i %s, from all three', async (_what, status, error, changesOfBody) => {
    const { loan, other } = await nobody()
    const named = { ...facts(loan), ...changesOfBody({ other }) }
    const inside = { loan_id: named.loan_id, repayment_id: named.repayment_id }

    await expectRefused(await service.post(SEND, named), status, error)
    await expectRefused(await service.post(VERIFY, { ...named, otp_code: '1234' }), status, error)
    await expectRefused(await update(loan, '1234', inside, named), status, error)
    expect(standIns().msg91.requests).toHaveLength(0)
    await expectUntouched(loan)
    await expectUntouched(other)
    // Nobody has to wait for it.
    await expectAnswer(await service.post(SEND, facts(loan)), sent, loan.phone)
  })

  it.each([{ loan_id: 'a b' }, { loan_id: '' }, { loan_id: -1 }, { loan_id: 1.5 }, { repayment_id: null }, { repayment_id: {} }])(
    'is refused as no id: %j',
    async (wrong) => {
      const named = { ...facts(await putLoan()), ...wrong }
      const errors = [{ path: Object.keys(wrong)[0], message: expect.any(String) }]
      await expectRefused(await service.post(SEND, named), 400, 'invalid_request', { errors })
      await expectRefused(await service.post(VERIFY, { ...named, otp_code: '1234' }), 400, 'invalid_request', { errors })
    },
  )

  it('is not the guarantor', async () => {
    const named = facts(await putLoan(), { contact_type: 'guarantor' })
    const errors = [{ path: 'contact_type', message: 'must be applicant or co_applicant' }]
    await expectRefused(await service.post(SEND, named), 400, 'invalid_request', { errors })
    await expectRefused(await service.post(VERIFY, { ...named, otp_code: '1234' }), 400, 'invalid_request', { errors })
  })
})

describe('a repayment that is paid already', () => {
  const paid = { statusId: STATUS.paid, amountCollected: 500_000, paymentModeId: MODE.upi }

  it('gets no code, and no change', async () => {
    const loan = await putLoan({ repayments: [paid] })

    await expectRefused(await service.post(SEND, facts(loan)), 409, 'repayment_settled')
    await expectRefused(await update(loan, '1234'), 409, 'repayment_settled')
    await expectRefused(await verify(loan, '1234'), 404, 'verification_not_found')
    expect(standIns().msg91.requests).toHaveLength(0)
    expect(await repaymentOf(loan)).toMatchObject({ ...paid, version: 1 })
    expect(await changesOf(loan)).toEqual([])
  })

  it('is refused to the code of the second contact, once that of the first has confirmed it', async () => {
    const phone = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: uniquePhone(), co_applicant: phone } })
    const first = await codeFor(loan)
    const second = await codeFor(loan, { contact_type: 'co_applicant' })
    await expectAnswer(await update(loan, first), updated(), loan.phone)

    await expectRefused(await update(loan, second, {}, { mobile: phone }), 409, 'repayment_settled')
    await expectRefused(
      await update(loan, second, { repayment_status: STATUS.partiallyPaid, amount_collected: 100 }, { mobile: phone }),
      409,
      'repayment_settled',
    )
    expect(await changesOf(loan)).toMatchObject([{ contactType: 'applicant', amountCollected: 500_000 }])
  })
})

describe('a code for something else', () => {
  it('is a wrong guess where another repayment of the loan has one: its own stays right, the other is one guess poorer', async () => {
    const loan = await putLoan({ repayments: [{}, {}] })
    const other = { ...loan, repaymentId: String(Number(loan.repaymentId) + 1) }
    const code = await codeFor(loan)
    vi.advanceTimersByTime(60_000)
    const otherCode = await codeFor(other)
    const guess = code === otherCode ? wrongCode(code) : code

    await expectRefused(await verify(other, guess), 400, 'code_incorrect', { attempts_left: 2 })
    await expectRefused(await update(other, guess), 400, 'code_incorrect', { attempts_left: 1 })
    await expectUntouched(other)
    await expectAnswer(await update(loan, code), updated(), loan.phone)
    await expectAnswer(await update(other, otherCode), updated(), loan.phone)
  })

  it('is for nothing where the other repayment has none', async () => {
    const loan = await putLoan({ repayments: [{}, {}] })
    const other = { ...loan, repaymentId: String(Number(loan.repaymentId) + 1) }
    const code = await codeFor(loan)

    await expectRefused(await verify(other, code), 404, 'verification_not_found')
    await expectRefused(await update(other, code), 404, 'verification_not_found')
    await expectUntouched(other)
    await expectAnswer(await verify(loan, code), verified(), loan.phone)
  })

  it('is a wrong guess for the other contact, also where both have one number', async () => {
    const phone = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: phone, co_applicant: phone } })
    const ofCoApplicant = await codeFor(loan, { contact_type: 'co_applicant' })
    await expectRefused(await verify(loan, ofCoApplicant), 404, 'verification_not_found')
    vi.advanceTimersByTime(60_000)
    const ofApplicant = await codeFor(loan)
    const guess = ofCoApplicant === ofApplicant ? wrongCode(ofApplicant) : ofCoApplicant

    await expectRefused(await verify(loan, guess), 400, 'code_incorrect', { attempts_left: 2 })
    const named = { contact_type: 'co_applicant' }
    await expectAnswer(await update(loan, ofCoApplicant, {}, named), updated(), phone)
    expect(await changesOf(loan)).toMatchObject([{ contactType: 'co_applicant' }])
  })

  it('does not become one for a payment by being for a login', async () => {
    const loan = await putLoan()
    const logins = createService({ ...MSG91_SETTINGS, USER_OTP_SMS_PROVIDERS: 'msg91' })
    await logins.post('/api/users/send-otp/', { phone: loan.phone })
    const login = standIns().msg91.lastCode(loan.phone)!
    await expectRefused(await verify(loan, login), 404, 'verification_not_found')
    await expectRefused(await update(loan, login), 404, 'verification_not_found')

    vi.advanceTimersByTime(60_000)
    const code = await codeFor(loan)
    const guess = code === login ? wrongCode(code) : login
    await expectRefused(await update(loan, guess), 400, 'code_incorrect', { attempts_left: 2 })
    await expectUntouched(loan)

    const wrong = await logins.post('/api/users/verify-otp/', { phone: loan.phone, otp: code === login ? guess : code })
    expect(await wrong.json()).toMatchObject({ verified: false, attempts_left: 2 })
    await expectAnswer(await update(loan, code), updated(), loan.phone)
  })

  it('is nothing where its time is up', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    vi.advanceTimersByTime(300_000)

    await expectRefused(await update(loan, code), 400, 'code_expired')
    await expectRefused(await verify(loan, code), 400, 'code_expired')
    await expectUntouched(loan)
  })
})

describe('a change that does not fit, with the right code', () => {
  const amount = (message: string) => [{ path: 'status_update.amount_collected', message }]
  const STATUSES = 'must be one that a code can confirm: 2 (partially_paid), 3 (paid)'
  const MODES = 'must be one of 1 (cash), 2 (upi), 3 (bank_transfer), 4 (cheque), 5 (card)'
  const partially = { repayment_status: STATUS.partiallyPaid }

  it.each([
    ['too much', { amount_collected: 5000.01 }, amount('is more than what is due')],
    ['far too much', { amount_collected: 999_999_999_999 }, amount('is more than what is due')],
    ['too little for Paid', { amount_collected: 4999.99 }, amount('is less than what is due, and so not Paid')],
    ['all for Partially Paid', partially, amount('is all of what is due, and so not Partially Paid')],
    ['nothing', { amount_collected: 0 }, amount('must be more than nothing')],
    ['nothing, partially', { ...partially, amount_collected: '0.00' }, amount('must be more than nothing')],
    ['a fraction of a paisa', { amount_collected: '4999.999' }, amount('has more than the 2 decimals that INR has')],
    [
      'a status that nobody can confirm',
      { repayment_status: STATUS.overdue },
      [{ path: 'status_update.repayment_status', message: STATUSES }],
    ],
    ['the status that it has', { repayment_status: 1 }, [{ path: 'status_update.repayment_status', message: STATUSES }]],
    ['an unknown status', { repayment_status: 99 }, [{ path: 'status_update.repayment_status', message: STATUSES }]],
    ['an unknown mode', { payment_mode_id: 0 }, [{ path: 'status_update.payment_mode_id', message: MODES }]],
    [
      'all of it wrong',
      { repayment_status: '9', payment_mode_id: '9', amount_collected: '1.234' },
      [
        { path: 'status_update.repayment_status', message: STATUSES },
        { path: 'status_update.payment_mode_id', message: MODES },
        ...amount('has more than the 2 decimals that INR has'),
      ],
    ],
  ])('%s is refused, and the code is as good as before', async (_what, change, errors) => {
    const loan = await putLoan()
    const code = await codeFor(loan)

    // More often than a code may be guessed at.
    for (let times = 0; times < 4; times++) {
      await expectRefused(await update(loan, code, change), 422, 'update_refused', { errors })
    }
    await expectUntouched(loan)
    await expectAnswer(await update(loan, code), updated(), loan.phone)
  })

  it.each(['loan_id', 'repayment_id'])('another %s inside than outside', async (name) => {
    const loan = await putLoan()
    const other = await putLoan()
    const code = await codeFor(loan)
    const refusal = { errors: [{ path: `status_update.${name}`, message: `is not the ${name} outside status_update` }] }

    const ids = { loan_id: other.loanId, repayment_id: other.repaymentId }
    for (const value of [ids[name as keyof typeof ids], `0${ids[name as keyof typeof ids]}`]) {
      await expectRefused(await update(loan, code, { [name]: value }), 400, 'invalid_request', refusal)
    }
    await expectUntouched(loan)
    await expectAnswer(await update(loan, code), updated(), loan.phone)
  })

  it('both ids of another loan inside', async () => {
    const [loan, other] = [await putLoan(), await putLoan()]
    const code = await codeFor(loan)
    const response = await update(loan, code, facts(other))

    expect(await response.json()).toMatchObject({
      errors: [{ path: 'status_update.loan_id' }, { path: 'status_update.repayment_id' }],
    })
    await expectUntouched(loan)
    await expectUntouched(other)
  })
})

describe('the mobile of a combined call', () => {
  const FOREIGN = { errors: [{ path: 'mobile', message: "is not the number of the loan's contact" }] }

  it.each([
    ['of somebody else', () => uniquePhone(), {}],
    ['of the other contact than the one that is named', (loan: TestLoan) => loan.phone, { contact_type: 'co_applicant' }],
  ])('%s is refused, and gets nothing', async (_what, mobileOf, outside) => {
    const loan = await putLoan({ contacts: { applicant: uniquePhone(), co_applicant: uniquePhone() } })
    const code = await codeFor(loan)
    const mobile = mobileOf(loan)

    await expectRefused(await update(loan, code, {}, { mobile, ...outside }), 422, 'update_refused', FOREIGN)
    expect(standIns().msg91.messages).toHaveLength(1)
    await expectUntouched(loan)
    await expectAnswer(await update(loan, code), updated(), loan.phone)
  })

  it.each(['12345', 'call me', '+1234567890', '+912223456789'])('%s is no number', async (mobile) => {
    const loan = await putLoan()
    const code = await codeFor(loan)

    await expectRefused(await update(loan, code, {}, { mobile }), 422, 'invalid_phone')
    await expectUntouched(loan)
  })

  it.each([
    (national: string) => national,
    (national: string) => `91${national}`,
    (national: string) => `+91 ${national.slice(0, 5)}-${national.slice(5)}`,
    (national: string) => `0${national}`,
  ])('may be written as people write it (%#)', async (write) => {
    const loan = await putLoan()
    const code = await codeFor(loan)

    await expectAnswer(await update(loan, code, {}, { mobile: write(loan.phone.slice(3)) }), updated(), loan.phone)
  })

  it('says which contact it is, where none is named', async () => {
    const phone = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: uniquePhone(), co_applicant: phone } })
    const code = await codeFor(loan, { contact_type: 'co_applicant' })

    await expectAnswer(await update(loan, code, {}, { mobile: phone }), updated(), phone)
    expect(await changesOf(loan)).toMatchObject([{ contactType: 'co_applicant' }])
  })
})
