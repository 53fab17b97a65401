import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { provide } from '../../src/compose'
import { UPDATE_WINDOW_MS } from '../../src/config/limits'
import { bindRepayment } from '../../src/payments/change'
import { sendPaymentCode } from '../../src/payments/send-payment-code'
import { gateOf, storedState } from '../support/gate'
import { STATUS, putLoan, uniqueLenderId } from '../support/loans'
import { uniquePhone } from '../support/service'

const caller = { surface: 'test', requestId: 'req-1', defer: () => {} }
const depsWith = (changes: Record<string, string> = {}) =>
  provide({ ...env, PIONEER_FLAG_MOCK_OTP_ENABLED: 'true', ...changes } as Env)
const deps = depsWith()

type Input = Partial<Parameters<typeof sendPaymentCode>[2]>
const inputFor = (loan: { loanId: string; repaymentId: string }, changes: Input = {}) => ({
  loanId: loan.loanId,
  repaymentId: loan.repaymentId,
  contactType: 'applicant' as const,
  templateKey: 'OTP_SEND',
  ...changes,
})
const refusalOf = (code: string) => ({ refusal: { code } })

describe('a code for a repayment', () => {
  it('is kept by the gate with all that a change and the audit need', async () => {
    const loan = await putLoan({ payee: 'Sheba Finance' })
    const { sent, contact } = await sendPaymentCode(deps, caller, inputFor(loan))

    expect(contact).toEqual({ contactType: 'applicant', e164: loan.phone, country: 'IN', version: 1 })
    const state = (await storedState(await gateOf(loan.phone)))!
    expect(state.verifications).toHaveLength(1)
    expect(state.verifications[0]).toMatchObject({
      id: sent.id,
      purpose: 'payment',
      profile: 'payment',
      channel: 'sms',
      bindingHash: await bindRepayment(loan.loanId, loan.repaymentId, { contactType: 'applicant', version: 1 }),
      values: { payee: 'Sheba Finance', loan: `*${loan.loanId.slice(-4)}` },
      subject: `repayment:${loan.loanId}/${loan.repaymentId}`,
      updateWindowMs: UPDATE_WINDOW_MS,
      templateId: null,
    })
    // What it is for is not known yet: the change comes with the code.
    expect(state.verifications[0]).not.toHaveProperty('intent')
  })

  it('goes on with the verification of the same contact and repayment, and begins another one for any other', async () => {
    const phone = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: phone, co_applicant: phone }, repayments: [{}, {}] })
    const other = { ...loan, repaymentId: String(Number(loan.repaymentId) + 1) }
    const patient = depsWith({ SEND_COOLDOWN_SECONDS: '1', SEND_LIMIT_10_MINUTES: '100' })
    vi.useFakeTimers({ toFake: ['Date'] })
    const ids: string[] = []
    for (const input of [inputFor(loan), inputFor(loan), inputFor(loan, { contactType: 'co_applicant' }), inputFor(other)]) {
      ids.push((await sendPaymentCode(patient, caller, input)).sent.id)
      vi.advanceTimersByTime(1000)
    }
    vi.useRealTimers()

    expect(ids[1]).toBe(ids[0])
    expect(new Set(ids).size).toBe(3)
  })

  it.each([
    ['loan_not_found', () => ({ loanId: uniqueLenderId() })],
    ['repayment_not_found', () => ({ repaymentId: uniqueLenderId() })],
    ['contact_unreachable', () => ({ contactType: 'co_applicant' as const })],
    ['template_not_found', () => ({ templateKey: 'nothing' })],
  ])('is refused with %s before the gate hears of it', async (code, change) => {
    const loan = await putLoan()

    await expect(sendPaymentCode(deps, caller, inputFor(loan, change()))).rejects.toMatchObject(refusalOf(code))
    expect(await storedState(await gateOf(loan.phone))).toBeUndefined()
  })

  it.each([
    [STATUS.paid, 500_000, false],
    [STATUS.partiallyPaid, 200_000, true],
    [STATUS.overdue, 0, true],
  ])('in the status %i: is it sent? (%i, %s)', async (statusId, amountCollected, isSent) => {
    const loan = await putLoan({ repayments: [{ statusId, amountCollected }] })
    const sending = sendPaymentCode(deps, caller, inputFor(loan))

    if (isSent) await expect(sending).resolves.toHaveProperty('sent')
    else await expect(sending).rejects.toMatchObject(refusalOf('repayment_settled'))
  })

  it('of a paid repayment is refused, whoever is asked', async () => {
    const loan = await putLoan({
      contacts: { applicant: null },
      repayments: [{ statusId: STATUS.paid, amountCollected: 500_000 }],
    })

    await expect(sendPaymentCode(deps, caller, inputFor(loan))).rejects.toMatchObject(refusalOf('repayment_settled'))
  })
})

describe('a number that cannot be opened', () => {
  const changed = 'UPDATE loan_contact SET phone_sealed = ? WHERE loan_id = ?'
  const sealedOf = async (loanId: string) =>
    env.DB.prepare('SELECT phone_sealed FROM loan_contact WHERE loan_id = ?').bind(loanId).first<string>('phone_sealed')

  it('is nobody to send to: by another key, of another loan, or altered', async () => {
    const [loan, other] = [await putLoan(), await putLoan()]
    const errors = vi.spyOn(console, 'error').mockImplementation(() => {})
    const otherKey = depsWith({ PHONE_HASH_KEY: 'another phone hash key for tests, 32 characters' })
    await expect(sendPaymentCode(otherKey, caller, inputFor(loan))).rejects.toMatchObject(refusalOf('contact_unreachable'))

    const sealed = (await sealedOf(loan.loanId))!
    for (const odd of [(await sealedOf(other.loanId))!, sealed.slice(0, -2), 'v1.', 'v2.x', loan.phone]) {
      await env.DB.prepare(changed).bind(odd, loan.loanId).run()
      await expect(sendPaymentCode(deps, caller, inputFor(loan))).rejects.toMatchObject(refusalOf('contact_unreachable'))
    }
    expect(errors.mock.calls.filter((call) => JSON.stringify(call).includes('loan_contact.unreadable'))).toHaveLength(6)
    vi.restoreAllMocks()

    await env.DB.prepare(changed).bind(sealed, loan.loanId).run()
    await expect(sendPaymentCode(deps, caller, inputFor(loan))).resolves.toHaveProperty('sent')
  })
})
