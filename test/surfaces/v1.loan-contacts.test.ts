import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { changesOf, putLoan } from '../support/loans'
import { MSG91_SETTINGS, type StandIns, TWILIO_SETTINGS, createService, standInForVendors, uniquePhone } from '../support/service'

let vendors: StandIns
beforeEach(() => {
  vendors = standInForVendors()
})
afterEach(() => vi.restoreAllMocks())

interface Contacts {
  readonly contacts: readonly {
    contact_type: string
    phone: string | null
    version: number
    history: readonly { from: string | null; to: string | null; requested_by: string | null }[]
  }[]
}

const service = createService(MSG91_SETTINGS)
const masked = (phone: string) => `+91********${phone.slice(-2)}`
const change = (loanId: string, phone: unknown, contact = 'applicant', more: object = {}) =>
  service.request(`/v1/loans/${loanId}/contacts/${contact}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ phone, ...more }),
  })
const contactsOf = async (loanId: string) =>
  (await (await service.request(`/v1/loans/${loanId}/contacts`)).json<Contacts>()).contacts
const send = (loan: { loanId: string; repaymentId: string }) =>
  service.post('/api/v1/otp/send-otp-payment', { loan_id: loan.loanId, repayment_id: loan.repaymentId })

describe('the contacts of a loan', () => {
  it('get another number, and the history keeps the one before', async () => {
    const loan = await putLoan()
    const next = uniquePhone('7711')
    const changed = await change(loan.loanId, next, 'applicant', { requested_by: 'agent-17' })

    expect(changed.status).toBe(200)
    const body = await changed.json<Contacts>()
    expect(body.contacts).toEqual([
      {
        contact_type: 'applicant',
        phone: masked(next),
        version: 2,
        history: [
          expect.objectContaining({
            version: 2,
            from: masked(loan.phone),
            to: masked(next),
            requested_by: 'agent-17',
            surface: 'v1',
          }),
        ],
      },
    ])
    expect(await contactsOf(loan.loanId)).toEqual(body.contacts)
    expect(JSON.stringify(body)).not.toContain(next.slice(3))
  })

  it('are sent their codes there, and the code before is not good any more', async () => {
    const loan = await putLoan()
    await send(loan)
    const code = vendors.msg91.lastCode(loan.phone)!
    const next = uniquePhone()
    await change(loan.loanId, next)

    const verify = await service.post('/api/v1/otp/verify-otp-payment', {
      loan_id: loan.loanId,
      repayment_id: loan.repaymentId,
      otp_code: code,
    })

    expect(verify.status).toBe(404)
    expect((await send(loan)).status).toBe(200)
    expect(vendors.msg91.lastCode(next)).toMatch(/^\d{4}$/)
  })

  it('that are changed away and back are sent a new code: the one before is nothing', async () => {
    const loan = await putLoan()
    await send(loan)
    const code = vendors.msg91.lastCode(loan.phone)!
    await change(loan.loanId, uniquePhone())
    await change(loan.loanId, loan.phone)

    const ids = { loan_id: loan.loanId, repayment_id: loan.repaymentId }
    expect((await service.post('/api/v1/otp/verify-otp-payment', { ...ids, otp_code: code })).status).toBe(404)
    const update = { ...ids, repayment_status: 3, amount_collected: 5000, payment_mode_id: 1 }
    const body = { ...ids, mobile: loan.phone, otp_code: code, status_update: update }
    expect((await service.post('/api/v1/otp/verify-otp-and-update-status', body)).status).toBe(404)
    expect(await changesOf(loan)).toEqual([])
  })

  it('whose number was changed after a code was sent to it confirm nothing with that', async () => {
    const twilio = createService(TWILIO_SETTINGS)
    const loan = await putLoan()
    const body = { loan_id: loan.loanId, repayment_id: loan.repaymentId, amount: '5000', currency: 'INR', payment_mode: 'cash' }
    const { id } = await (await twilio.post('/v1/payments/confirmations', body)).json<{ id: string }>()
    await change(loan.loanId, uniquePhone())

    const checked = await twilio.post(`/v1/payments/confirmations/${id}/check`, { code: vendors.twilio.lastCode(loan.phone) })

    expect(checked.status).toBe(409)
    expect(await checked.json()).toMatchObject({ code: 'repayment_changed' })
    expect(await changesOf(loan)).toEqual([])
  })

  it('can be given a first number, and lose it', async () => {
    const loan = await putLoan()
    const first = uniquePhone()
    expect((await change(loan.loanId, first, 'co_applicant')).status).toBe(200)
    expect((await change(loan.loanId, null, 'co_applicant')).status).toBe(200)
    const coApplicant = (await contactsOf(loan.loanId)).find((one) => one.contact_type === 'co_applicant')!
    expect(coApplicant).toMatchObject({
      phone: null,
      version: 2,
      history: [
        { from: null, to: masked(first) },
        { from: masked(first), to: null },
      ],
    })
    const refused = await service.post('/api/v1/otp/send-otp-payment', {
      loan_id: loan.loanId,
      repayment_id: loan.repaymentId,
      contact_type: 'co_applicant',
    })
    expect(refused.status).toBe(422)
  })

  it('stay as they are for the same number, in any spelling', async () => {
    const loan = await putLoan()
    expect((await change(loan.loanId, loan.phone.slice(3))).status).toBe(200)
    expect(await contactsOf(loan.loanId)).toMatchObject([{ version: 1, history: [] }])
  })

  it('keep every one of several changes at once', async () => {
    const loan = await putLoan()
    const phones = Array.from({ length: 3 }, () => uniquePhone())
    const answers = await Promise.all(phones.map((phone) => change(loan.loanId, phone)))
    const made = answers.filter(({ status }) => status === 200).length
    expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true)
    const [contact] = await contactsOf(loan.loanId)
    expect(contact!.history).toHaveLength(made)
    expect(contact!.version).toBe(made + 1)
    // Each is made over the one before.
    for (const [index, one] of contact!.history.entries()) {
      expect(one.from).toBe(index === 0 ? masked(loan.phone) : contact!.history[index - 1]!.to)
    }
    expect(contact!.phone).toBe(contact!.history.at(-1)!.to)
  })

  it.each([
    ['nobody', '+919876543210', 'applicant', 404],
    ['known', '12', 'applicant', 422],
    ['known', 12, 'applicant', 400],
    ['known', undefined, 'applicant', 400],
    ['known', '+919876543210', 'guarantor', 404],
  ])('refuse a change of %s to %s as %s', async (which, phone, contact, status) => {
    const { loanId } = which === 'known' ? await putLoan() : { loanId: 'nobody' }
    expect((await change(loanId, phone, contact)).status).toBe(status)
  })

  it("are the operator's", async () => {
    const locked = createService({ ENVIRONMENT: 'production' })
    const { loanId } = await putLoan()
    expect((await locked.request(`/v1/loans/${loanId}/contacts`)).status).toBe(401)
  })

  it('are in D1 without a number in clear', async () => {
    const loan = await putLoan()
    const next = uniquePhone('7712')
    await change(loan.loanId, next)
    for (const table of ['loan_contact', 'loan_contact_change']) {
      const { results } = await env.DB.prepare(`SELECT * FROM ${table} WHERE loan_id = ?`).bind(loan.loanId).all()
      expect(JSON.stringify(results)).not.toContain(next.slice(3))
      expect(JSON.stringify(results)).not.toContain(loan.phone.slice(3))
    }
  })
})
