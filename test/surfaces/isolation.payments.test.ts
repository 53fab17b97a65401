import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type TestCaller, createClosedService, plainBody } from '../support/callers'
import { gateOf, storedState } from '../support/gate'
import { SERVER_SCOPES } from '../support/keys'
import { STATUS, type TestLoan, changesOf, putLoan, repaymentOf } from '../support/loans'
import { MSG91_SETTINGS, TWILIO_SETTINGS, uniquePhone } from '../support/service'
import { useStandInsAndFakeTime } from './contract'
import { SEND, UPDATE, VERIFY, updateBody } from './contract/payment-otp'
import { FOREIGN_ID } from './contract/v1'

// Codes for payments, of two callers of one deployment about one and the same repayment (R-CFG-04).

const MINUTE_MS = 60_000
const { standIns } = useStandInsAndFakeTime()

const factsOf = ({ loanId, repaymentId }: TestLoan, more: object = {}) => ({
  loan_id: loanId,
  repayment_id: repaymentId,
  ...more,
})

beforeEach(() => {
  for (const level of ['info', 'warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(() => {})
})

describe('codes of brief 000 (R-CFG-04)', () => {
  const { caller } = createClosedService(MSG91_SETTINGS)
  let a: TestCaller
  let b: TestCaller
  beforeAll(async () => {
    a = await caller()
    b = await caller()
  })

  async function codeFor(by: TestCaller, loan: TestLoan, more: object = {}): Promise<string> {
    const sent = await by.post(SEND, factsOf(loan, more))
    expect(sent.status, await sent.clone().text()).toBe(200)
    return standIns().msg91.messages.at(-1)!.code
  }

  it('are right for their own caller only, and change nothing for another', async () => {
    const loan = await putLoan()
    const code = await codeFor(a, loan)
    expect((await b.post(VERIFY, factsOf(loan, { otp_code: code }))).status).toBe(404)
    expect((await b.post(UPDATE, updateBody(loan, code))).status).toBe(404)
    expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.pending })
    const [verification] = (await storedState(await gateOf(loan.phone)))!.verifications
    expect(verification).toMatchObject({ owner: a.id, guesses: 0, status: 'pending' })
    expect((await a.post(UPDATE, updateBody(loan, code))).status).toBe(200)
    expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.paid })
  })

  it('that were right for one let nothing follow for another', async () => {
    const loan = await putLoan()
    const code = await codeFor(a, loan)
    expect((await a.post(VERIFY, factsOf(loan, { otp_code: code }))).status).toBe(200)
    expect((await b.post(UPDATE, updateBody(loan, code))).status).toBe(404)
    expect(await changesOf(loan)).toEqual([])
    expect((await a.post(UPDATE, updateBody(loan, code))).status).toBe(200)
    // Also the repetition of the very same request is its own caller's.
    expect((await b.post(UPDATE, updateBody(loan, code))).status).not.toBe(200)
    expect((await a.post(UPDATE, updateBody(loan, code))).status).toBe(200)
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('of two callers live side by side', async () => {
    const loan = await putLoan()
    const ofA = await codeFor(a, loan)
    vi.advanceTimersByTime(MINUTE_MS)
    const ofB = await codeFor(b, loan)
    expect((await a.post(VERIFY, factsOf(loan, { otp_code: ofA }))).status).toBe(200)
    expect((await b.post(VERIFY, factsOf(loan, { otp_code: ofB }))).status).toBe(200)
  })

  it('of a contact are found by the newest code of their own caller, whoever else has asked for one since', async () => {
    // Two contacts with one number: which of them is meant shows from the newest code.
    const phone = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: phone, co_applicant: phone } })
    const ofA = await codeFor(a, loan, { contact_type: 'co_applicant' })
    vi.advanceTimersByTime(MINUTE_MS)
    await codeFor(b, loan, { contact_type: 'applicant' })
    const updated = await a.post(UPDATE, updateBody(loan, ofA))
    expect(updated.status, await updated.clone().text()).toBe(200)
    expect(await changesOf(loan)).toMatchObject([{ contactType: 'co_applicant' }])
  })
})

describe('confirmations (R-CFG-04)', () => {
  const PATH = '/v1/payments/confirmations'
  const { caller } = createClosedService(TWILIO_SETTINGS)

  it('are seen and checked by their own caller, and seen by who may see all', async () => {
    const [a, b, all] = [await caller(), await caller(), await caller({ scopes: [...SERVER_SCOPES, 'callers:all'] })]
    const loan = await putLoan()
    const sent = await a.post(PATH, factsOf(loan, { amount: '5000.00', currency: 'INR', payment_mode: 'cash' }))
    expect(sent.status, await sent.clone().text()).toBe(201)
    const { id } = await sent.json<{ id: string }>()
    const code = standIns().twilio.lastCode(loan.phone)!

    for (const use of [
      (of: string) => b.get(`${PATH}/${of}`),
      (of: string) => b.post(`${PATH}/${of}/check`, { code }),
      (of: string) => b.get(`/v1/verifications/${of}`),
      (of: string) => b.post(`/v1/verifications/${of}/check`, { code }),
      (of: string) => b.post(`/v1/verifications/${of}/resend`),
      (of: string) => b.cancel(`/v1/verifications/${of}`),
    ]) {
      const theirs = await plainBody(await use(id))
      expect(theirs).toMatchObject({ status: 404 })
      expect(theirs).toEqual(await plainBody(await use(FOREIGN_ID)))
    }
    expect(await changesOf(loan)).toEqual([])
    expect((await all.get(`${PATH}/${id}`)).status).toBe(200)
    expect(await (await a.get(`${PATH}/${id}`)).json()).toMatchObject({ status: 'pending' })
    expect(await (await a.post(`${PATH}/${id}/check`, { code })).json()).toMatchObject({ valid: true })
    expect(await changesOf(loan)).toHaveLength(1)
    expect((await b.get(`${PATH}/${id}`)).status).toBe(404)
  })

  it('tell their story only to who may see all: it has what every caller did', async () => {
    const [reader, all] = [await caller({ scopes: ['loans:read'] }), await caller({ scopes: ['loans:read', 'callers:all'] })]
    const { loanId, repaymentId } = await putLoan()
    const storyFor = (by: TestCaller) => by.get(`/v1/loans/${loanId}/repayments/${repaymentId}/story`)
    expect((await storyFor(reader)).status).toBe(403)
    expect((await storyFor(all)).status).toBe(200)
  })
})
