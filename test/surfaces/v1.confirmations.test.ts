import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { fireAlarm, gateOf, storedState } from '../support/gate'
import { MODE, STATUS, type TestLoan, changesOf, putLoan, repaymentOf } from '../support/loans'
import { deliverWebhooks, reporterOf } from '../support/receipts'
import {
  MSG91_SETTINGS,
  MSHASTRA_SETTINGS,
  type StandIns,
  TWILIO_SETTINGS,
  WHATSAPP_CLOUD_SETTINGS,
  createService,
  standInForVendors,
  uniquePhone,
  wrongCode,
} from '../support/service'

const PATH = '/v1/payments/confirmations'
const MINUTE_MS = 60_000

let vendors: StandIns
beforeEach(() => {
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

interface Confirmation {
  readonly id: string
  readonly status: string
  readonly to: string
  readonly amount: string
  readonly recorded_at: string | null
  readonly outcome: string | null
  readonly communication_id: string
}
interface Checked {
  readonly valid: boolean
  readonly status: string
  readonly guesses_left: number
  readonly recorded_at: string | null
}
interface Problem {
  readonly code: string
  readonly errors?: readonly { path: string; message: string }[]
}

const service = createService(TWILIO_SETTINGS)

const bodyFor = ({ loanId, repaymentId }: TestLoan, changes: object = {}) => ({
  loan_id: loanId,
  repayment_id: repaymentId,
  amount: '5000.00',
  currency: 'INR',
  payment_mode: 'cash',
  ...changes,
})

async function sent(changes: object = {}, loan?: TestLoan, by = service) {
  const of = loan ?? (await putLoan())
  const response = await by.post(PATH, bodyFor(of, changes))
  expect(response.status, await response.clone().text()).toBe(201)
  const confirmation = await response.json<Confirmation>()
  const check = (code: string, facts: object = {}) => service.post(`${PATH}/${confirmation.id}/check`, { code, ...facts })
  return { loan: of, confirmation, check, code: vendors.twilio.lastCode(of.phone)!, response }
}

const problemOf = (response: Response) => response.json<Problem>()

describe('a confirmation', () => {
  it('fixes amount, currency and payee, and shows them in its message (R-PAY-01)', async () => {
    const { confirmation, response, loan, code } = await sent({ requested_by: 'agent-17' })

    expect(response.headers.get('location')).toBe(`${PATH}/${confirmation.id}`)
    expect(confirmation).toMatchObject({
      status: 'pending',
      to: `+91********${loan.phone.slice(-2)}`,
      channel: 'sms',
      purpose: 'payment_confirmation',
      loan_id: loan.loanId,
      repayment_id: loan.repaymentId,
      contact_type: 'applicant',
      amount: '5000.00',
      currency: 'INR',
      payee: 'Prosparity',
      repayment_status: { id: STATUS.paid, code: 'paid', name: 'Paid' },
      payment_mode: { id: MODE.cash, code: 'cash', name: 'Cash' },
      requested_by: 'agent-17',
      recorded_at: null,
    })
    const { text } = vendors.twilio.messages.at(-1)!
    expect(text).toContain('INR 5000.00')
    expect(text).toContain('Prosparity')
    expect(text).toContain(`*${loan.loanId.slice(-4)}`)
    expect(text).toContain(code)
  })

  it('changes the repayment once its code is right, with the history of it', async () => {
    const { loan, confirmation, check, code } = await sent({ requested_by: 'agent-17' })

    const response = await check(code)

    expect(response.status).toBe(200)
    const checked = await response.json<Checked>()
    expect(checked).toMatchObject({ valid: true, status: 'approved' })
    expect(checked.recorded_at).toMatch(/Z$/)
    expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.paid, amountCollected: 500_000, paymentModeId: MODE.cash })
    expect(await changesOf(loan)).toMatchObject([
      {
        amount: 500_000,
        fromStatusId: STATUS.pending,
        toStatusId: STATUS.paid,
        contactType: 'applicant',
        verificationId: confirmation.id,
        communicationId: confirmation.communication_id,
        requestedBy: 'agent-17',
        surface: 'v1',
      },
    ])
    const now = await (await service.request(`${PATH}/${confirmation.id}`)).json<Confirmation>()
    expect(now).toMatchObject({ status: 'approved', recorded_at: checked.recorded_at })
  })

  it.each([
    ['a part of what is due', '1200.5', 'partially_paid', 120_050],
    ['all of it', '5000', 'paid', 500_000],
    ['a JSON number', 4999.99, 'partially_paid', 499_999],
  ])('becomes what the amount makes it: %s', async (_, amount, code, collected) => {
    const { loan, check, confirmation, code: right } = await sent({ amount })
    expect(confirmation).toMatchObject({ repayment_status: { code } })
    await check(right)
    expect(await repaymentOf(loan)).toMatchObject({ amountCollected: collected })
  })

  it('is answered again when its answer was lost, and changes nothing again', async () => {
    const { loan, check, code } = await sent()
    const first = await (await check(code)).json<Checked>()
    const second = await check(code, { amount: '5000.0', currency: 'INR', payee: 'Prosparity' })
    expect(second.status).toBe(200)
    expect(await second.json()).toEqual(first)
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('says how many guesses are left after a wrong code, and changes nothing', async () => {
    const { loan, check, code } = await sent()
    expect(await (await check(wrongCode(code))).json<Checked>()).toEqual({
      id: expect.any(String),
      status: 'pending',
      valid: false,
      guesses_left: 4,
      recorded_at: null,
    })
    expect(await changesOf(loan)).toEqual([])
  })

  it('is locked after five wrong codes, the right one included from then on (R-PAY-05)', async () => {
    const { loan, check, code } = await sent()
    for (let nth = 1; nth <= 5; nth++) await check(wrongCode(code, nth))
    expect((await check(code)).status).toBe(429)
    expect(await changesOf(loan)).toEqual([])
  })

  it('is told by its id as long as D1 has it', async () => {
    const { loan, confirmation, check, code } = await sent()
    await check(code)
    const gate = await gateOf(loan.phone)
    await fireAlarm(gate)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 25 * 60 * MINUTE_MS })
    await fireAlarm(gate)
    expect(await storedState(gate)).toBeUndefined()
    const now = await service.request(`${PATH}/${confirmation.id}`)
    expect(await now.json()).toMatchObject({ status: 'approved', amount: '5000.00', recorded_at: expect.any(String) })
  })

  it('is not found by any other id', async () => {
    expect((await service.request(`${PATH}/ver_nothing`)).status).toBe(404)
    const login = await (await service.post('/v1/verifications', { to: uniquePhone() })).json<Confirmation>()
    expect((await service.request(`${PATH}/${login.id}`)).status).toBe(404)
    const checked = await service.post(`${PATH}/${login.id}/check`, { code: '123456', amount: '1', currency: 'INR' })
    expect(checked.status).toBe(404)
    const still = await (await service.request(`/v1/verifications/${login.id}`)).json<Confirmation>()
    expect(still.status).toBe('pending')
  })
})

describe('dynamic linking', () => {
  it.each([
    ['another amount', { amount: '5000.01', currency: 'INR' }],
    ['a smaller one', { amount: 4999, currency: 'INR' }],
    ['another currency', { currency: 'USD' }],
    ['another payee', { payee: 'Somebody Else' }],
  ])('%s at the check is refused, and makes the code worth nothing (R-PAY-01, R-PAY-02)', async (_, facts) => {
    const { loan, check, code, confirmation } = await sent()

    const changed = await check(code, facts)

    expect(changed.status).toBe(409)
    expect((await problemOf(changed)).code).toBe('confirmation_changed')
    const then = await check(code)
    expect(then.status).toBe(404)
    expect(await changesOf(loan)).toEqual([])
    const now = await (await service.request(`${PATH}/${confirmation.id}`)).json<Confirmation>()
    expect(now.status).toBe('canceled')
  })

  it('the same facts in another spelling are the same', async () => {
    const { check, code } = await sent({ amount: 5000 })
    expect((await check(code, { amount: '5000.000', currency: 'INR', payee: 'Prosparity' })).status).toBe(200)
  })

  it.each([
    [{ amount: '5000.00' }, 'currency'],
    [{ amount: '5000.001', currency: 'INR' }, 'amount'],
    [{ amount: -1, currency: 'INR' }, 'amount'],
    [{ amount: '5e3', currency: 'INR' }, 'amount'],
    [{ amount_collected: '1.00' }, ''],
  ])('what cannot be compared is 400, and costs neither a guess nor the code: %j', async (facts, path) => {
    const { check, code, confirmation } = await sent()
    const refused = await check(code, facts)
    expect(refused.status).toBe(400)
    expect((await problemOf(refused)).errors?.[0]?.path).toBe(path)
    expect(await (await service.request(`${PATH}/${confirmation.id}`)).json()).toMatchObject({ guesses_left: 5 })
    expect((await check(code)).status).toBe(200)
  })

  it('a new amount is another confirmation; the one before is canceled, and its guesses count on', async () => {
    const unhurried = createService({ ...TWILIO_SETTINGS, SEND_COOLDOWN_SECONDS: '1' })
    const { loan, check, code, confirmation } = await sent({}, undefined, unhurried)
    await check(wrongCode(code))
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2_000 })
    const second = await sent({ amount: '100.00' }, loan, unhurried)
    expect(second.confirmation.id).not.toBe(confirmation.id)
    expect(second.confirmation).toMatchObject({ guesses_left: 4, amount: '100.00' })
    for (const typed of [code, second.code]) expect((await check(typed)).status).toBe(404)
    const first = await (await service.request(`${PATH}/${confirmation.id}`)).json<Confirmation>()
    expect(first).toMatchObject({ status: 'canceled', amount: '5000.00', outcome: null })
    expect(await (await second.check(second.code)).json()).toMatchObject({ valid: true })
    expect(await repaymentOf(loan)).toMatchObject({ amountCollected: 10_000 })
  })

  it('the same amount sent again is the same confirmation with a new code', async () => {
    const unhurried = createService({ ...TWILIO_SETTINGS, SEND_COOLDOWN_SECONDS: '1' })
    const { loan, confirmation } = await sent({}, undefined, unhurried)
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2_000 })
    const second = await sent({ amount: 5000 }, loan, unhurried)
    expect(second.confirmation.id).toBe(confirmation.id)
    expect(await (await second.check(second.code)).json()).toMatchObject({ valid: true })
  })

  it('a code is checked as a confirmation only: who asks below /v1/verifications cannot change a repayment unawares', async () => {
    const { loan, confirmation, check, code } = await sent()
    const elsewhere = await service.post(`/v1/verifications/${confirmation.id}/check`, { code })
    expect(elsewhere.status).toBe(404)
    expect((await service.post(`/v1/verifications/${confirmation.id}/resend`, {})).status).toBe(404)
    expect(await changesOf(loan)).toEqual([])
    expect((await check(code)).status).toBe(200)
  })

  it('other facts after the right code are told as such, and take nothing back', async () => {
    const { loan, check, code } = await sent()
    await check(code)
    const changed = await check(code, { amount: '4000', currency: 'INR' })
    expect(changed.status).toBe(409)
    expect((await problemOf(changed)).code).toBe('confirmation_used')
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('a code for it is wrong where brief 000 asks, and the other way round (R-PAY-04)', async () => {
    const { loan, code } = await sent()
    const elsewhere = await service.post('/v1/verifications/check', {
      to: loan.phone,
      purpose: 'payment_confirmation',
      code,
      binding: { loan_id: loan.loanId, repayment_id: loan.repaymentId, contact_type: 'applicant' },
    })
    expect(elsewhere.status).toBe(404)
    const login = await service.post('/v1/verifications/check', { to: loan.phone, code })
    expect(login.status).toBe(404)
    expect(await changesOf(loan)).toEqual([])
  })

  it('is not made over a repayment that was changed meanwhile', async () => {
    const both = await putLoan({ contacts: { applicant: uniquePhone(), co_applicant: uniquePhone() } })
    const first = await sent({ amount: '3000' }, both)
    await service.post(PATH, bodyFor(both, { amount: '5000', contact_type: 'co_applicant' }))
    const coApplicant = vendors.twilio.messages.at(-1)!
    const other = await service.post(PATH, bodyFor(both))
    expect(other.status).toBe(429)
    expect((await first.check(first.code)).status).toBe(200)
    const id = (await auditIds(both)).at(-1)!
    const late = await service.post(`${PATH}/${id}/check`, { code: coApplicant.code })
    expect(late.status).toBe(409)
    expect((await problemOf(late)).code).toBe('repayment_changed')
    expect(await repaymentOf(both)).toMatchObject({ amountCollected: 300_000, statusId: STATUS.partiallyPaid })
    const outcomes = await Promise.all(
      [first.confirmation.id, id].map(
        async (one) => (await (await service.request(`${PATH}/${one}`)).json<Confirmation>()).outcome,
      ),
    )
    expect(outcomes).toEqual(['recorded', 'overtaken'])
  })

  async function auditIds(loan: TestLoan): Promise<string[]> {
    const destination = vendors.twilio.messages.at(-1)!.destination
    expect(destination).not.toBe(loan.phone)
    return (await storedState(await gateOf(destination)))!.verifications.map(({ id }) => id)
  }
})

describe('what cannot be confirmed', () => {
  it.each([
    ['an unknown loan', { loan_id: 'nobody' }, 404, 'loan_not_found'],
    ['an unknown repayment', { repayment_id: 'none' }, 404, 'repayment_not_found'],
    ['no such contact', { contact_type: 'co_applicant' }, 422, 'contact_unreachable'],
    ['more than is due', { amount: '5000.01' }, 422, 'update_refused'],
    ['nothing', { amount: 0 }, 422, 'update_refused'],
    ['a part as paid', { amount: '100', repayment_status: 'paid' }, 422, 'update_refused'],
    ['all as a part', { repayment_status: STATUS.partiallyPaid }, 422, 'update_refused'],
    ['a status that is none to confirm', { repayment_status: 'overdue' }, 422, 'update_refused'],
    ['an unknown mode', { payment_mode: 'barter' }, 422, 'update_refused'],
    ['another currency', { currency: 'USD' }, 422, 'update_refused'],
    ['another payee', { payee: 'Somebody Else' }, 422, 'update_refused'],
    ['a negative amount', { amount: -5 }, 400, 'invalid_request'],
    ['an unknown field', { mobile: '+919876543210' }, 400, 'invalid_request'],
    ['a text that shows no amount', { template: 'no-such-template' }, 400, 'invalid_request'],
  ])('%s', async (_, changes, status, code) => {
    const loan = await putLoan()
    const refused = await service.post(PATH, bodyFor(loan, changes))
    expect(refused.status).toBe(status)
    expect((await problemOf(refused)).code).toBe(code)
    expect(vendors.twilio.requests).toEqual([])
  })

  it('a repayment that is paid', async () => {
    const loan = await putLoan({ repayments: [{ statusId: STATUS.paid, amountCollected: 500_000, paymentModeId: MODE.cash }] })
    const refused = await service.post(PATH, bodyFor(loan))
    expect(refused.status).toBe(409)
    expect((await problemOf(refused)).code).toBe('repayment_settled')
  })
})

describe('the message', () => {
  const content = '{{otp_code}}: pay {{amount}} to {{payee}}, loan {{loan}}, {{expires_in_minutes}} min'

  it('goes only by who shows the amount: neither WhatsApp nor a text of MSG91 that may not', async () => {
    const others = createService({ ...MSG91_SETTINGS, ...WHATSAPP_CLOUD_SETTINGS })
    const refused = await others.post(PATH, bodyFor(await putLoan()))
    expect(refused.status).toBe(503)
    expect((await refused.json<{ detail: string }>()).detail).toContain('vendor_templates.msg91')
    expect([...vendors.msg91.messages, ...vendors.whatsappCloud.messages, ...vendors.gupshup.messages]).toEqual([])
  })

  it('goes by MSG91 in a template that was registered there for it', async () => {
    const msg91 = createService(MSG91_SETTINGS)
    const template = {
      template_id: 'PAY_MSG91',
      template_name: 'pay',
      channel: 'sms',
      content,
      vendor_templates: { msg91: 'flow-17' },
    }
    expect((await msg91.post('/v1/templates', template)).status).toBe(201)
    const loan = await putLoan()
    const response = await msg91.post(PATH, bodyFor(loan, { template: 'PAY_MSG91' }))
    expect(response.status).toBe(201)
    expect(vendors.msg91.messages.at(-1)).toMatchObject({
      templateId: 'flow-17',
      variables: expect.objectContaining({ amount: 'INR 5000.00', payee: 'Prosparity' }) as unknown,
    })
  })

  it('is never one that hides amount or payee, by purpose or by id', async () => {
    const silent = { template_id: 'SILENT', template_name: 'silent', channel: 'sms', content: 'Code {{otp_code}}' }
    expect((await service.post('/v1/templates', { ...silent, purpose: 'payment_confirmation' })).status).toBe(201)
    await sent()
    expect(vendors.twilio.messages.at(-1)!.text).toContain('INR 5000.00')
    const byId = await service.post(PATH, bodyFor(await putLoan(), { template: 'SILENT' }))
    expect(byId.status).toBe(400)
    expect((await service.request('/v1/templates/SILENT', { method: 'DELETE' })).status).toBe(204)
  })

  it('shows it again when it is replaced after it was lost', async () => {
    vi.spyOn(scheduler, 'wait').mockResolvedValue()
    const three = createService({
      ...TWILIO_SETTINGS,
      ...MSG91_SETTINGS,
      ...MSHASTRA_SETTINGS,
      PUBLIC_URL: 'https://otp.example.test',
    })
    const loan = await putLoan({ contacts: { applicant: uniquePhone('0004') } })
    const { check } = await sent({}, loan, three)
    await fireAlarm(await gateOf(loan.phone))
    await deliverWebhooks(three, await reporterOf('twilio').report(vendors))
    expect(vendors.msg91.messages).toEqual([])
    expect(vendors.mshastra.messages.at(-1)!.text).toContain('INR 5000.00 to Prosparity')
    expect((await check(vendors.mshastra.lastCode(loan.phone)!)).status).toBe(200)
    expect(await changesOf(loan)).toHaveLength(1)
  })
})

describe('time', () => {
  it('lets a lost answer be asked for until ten minutes after the code would have expired', async () => {
    const { check, code } = await sent()
    const start = Date.now()
    expect((await check(code)).status).toBe(200)
    vi.useFakeTimers({ toFake: ['Date'], now: start + 14 * MINUTE_MS })
    expect((await check(code)).status).toBe(200)
    vi.setSystemTime(start + 15 * MINUTE_MS + 1_000)
    const late = await check(code)
    expect(late.status).toBe(410)
    expect((await problemOf(late)).code).toBe('confirmation_expired')
  })
})
