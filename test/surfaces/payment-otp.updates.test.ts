import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { auditOf, fireAlarm, gateOf, storedState } from '../support/gate'
import { MODE, STATUS, type TestLoan, changesOf, putLoan, repaymentOf } from '../support/loans'
import { MSG91_SETTINGS, createService, uniquePhone, wrongCode } from '../support/service'
import { useStandInsAndFakeTime } from './contract'
import { SEND, UPDATE, VERIFY, expectRefused, updateBody, updated, verified } from './contract/payment-otp'
import { expectAnswer } from './contract/surface'

const MINUTE_MS = 60_000
const service = createService(MSG91_SETTINGS)
const { standIns } = useStandInsAndFakeTime()

const facts = ({ loanId, repaymentId }: TestLoan, more: object = {}) => ({
  loan_id: loanId,
  repayment_id: repaymentId,
  ...more,
})
const verify = (loan: TestLoan, code: string) => service.post(VERIFY, facts(loan, { otp_code: code }))
const update = (loan: TestLoan, code: string, change: object = {}, outside: object = {}) =>
  service.post(UPDATE, updateBody(loan, code, change, outside))
const part = (amount: number | string) => ({ repayment_status: STATUS.partiallyPaid, amount_collected: amount })

/** What the number has been charged for guesses: by it all, and by each code. */
async function guessesAt({ phone }: TestLoan) {
  const state = (await storedState(await gateOf(phone)))!
  return [state.wrongGuesses, state.verifications.map(({ guesses, wrong, wrongProofs }) => [guesses, wrong, wrongProofs])]
}

async function codeFor(loan: TestLoan, more: object = {}): Promise<string> {
  expect((await service.post(SEND, facts(loan, more))).status).toBe(200)
  return standIns().msg91.messages.at(-1)!.code
}

/** Sends that come after a code was right. They take nothing from it, whatever becomes of them. */
const NEWER_SENDS: readonly { readonly name: string; readonly sendAgain: (loan: TestLoan) => Promise<unknown> }[] = [
  { name: 'taken', sendAgain: (loan) => codeFor(loan) },
  {
    name: 'refused by all vendors',
    async sendAgain(loan) {
      const refused = createService({ ...MSG91_SETTINGS, MSG91_AUTH_KEY: 'another-key', GUPSHUP_API_KEY: 'another-key' })
      expect((await refused.post(SEND, facts(loan))).ok).toBe(false)
    },
  },
]

const times = <T>(count: number, work: (index: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)))

describe('a change', () => {
  it('is made with its whole history: who, when, which message and which verification', async () => {
    const loan = await putLoan()
    const sent = await service.post(SEND, facts(loan))
    const { communication_id: communicationId } = await sent.json<{ communication_id: string }>()
    vi.advanceTimersByTime(42_000)
    const headers = { 'x-request-id': 'the-update' }
    const change = { repayment_status: '3', amount_collected: '5000.00', payment_mode_id: '2' }
    await service.post(UPDATE, updateBody(loan, standIns().msg91.messages.at(-1)!.code, change), headers)

    const gate = await gateOf(loan.phone)
    const [verification] = (await storedState(gate))!.verifications
    expect(await changesOf(loan)).toEqual([
      {
        loanId: loan.loanId,
        repaymentId: loan.repaymentId,
        version: 2,
        at: Date.now(),
        fromStatusId: STATUS.pending,
        toStatusId: STATUS.paid,
        amount: 500_000,
        amountCollected: 500_000,
        paymentModeId: MODE.upi,
        contactType: 'applicant',
        verificationId: verification!.id,
        communicationId,
        surface: 'payment-otp',
        requestId: 'the-update',
        requestedBy: null,
      },
    ])
    await fireAlarm(gate)
    expect((await auditOf(gate)).map(({ kind }) => kind)).toEqual([
      'send.reserved',
      'send.accepted',
      'check.approved',
      'intent.accepted',
    ])
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('of a part leaves the rest to another code, until nothing is due', async () => {
    const loan = await putLoan()
    await expectAnswer(await update(loan, await codeFor(loan), part(2000)), updated(), loan.phone)
    expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.partiallyPaid, amountCollected: 200_000, version: 2 })

    vi.advanceTimersByTime(MINUTE_MS)
    const code = await codeFor(loan)
    const errors = [{ path: 'status_update.amount_collected', message: 'is more than what is due' }]
    await expectRefused(await update(loan, code), 422, 'update_refused', { errors })
    await expectAnswer(await update(loan, code, { amount_collected: 3000 }), updated(), loan.phone)

    expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.paid, amountCollected: 500_000, version: 3 })
    expect((await changesOf(loan)).map(({ amount, amountCollected }) => [amount, amountCollected])).toEqual([
      [200_000, 200_000],
      [300_000, 500_000],
    ])
  })

  it.each([
    // In floating point, 0.1 and 0.2 are 0.30000000000000004, 1.1 * 100 is 110.00000000000001, and the last has lost a paisa.
    [['0.1', '0.2'], 30],
    [['1.1', '2.2'], 330],
    [['90071992547.40', '9.93'], 9_007_199_255_733],
  ])('of %j collects exactly that, as numbers of JSON', async ([first, second], amountDue) => {
    const loan = await putLoan({ repayments: [{ amountDue }] })
    const asNumber = (body: object, amount: string) =>
      JSON.stringify(body).replace('"amount_collected":5000', `"amount_collected":${amount}`)

    const one = updateBody(loan, await codeFor(loan), { repayment_status: STATUS.partiallyPaid })
    expect((await service.post(UPDATE, asNumber(one, first!))).status).toBe(200)
    vi.advanceTimersByTime(MINUTE_MS)
    const other = updateBody(loan, await codeFor(loan))
    expect((await service.post(UPDATE, asNumber(other, second!))).status).toBe(200)

    expect(await repaymentOf(loan)).toMatchObject({ amountCollected: amountDue, statusId: STATUS.paid })
  })
})

describe('a code that was verified first', () => {
  it('lets one change through, and tells when that was accepted', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await expectAnswer(await verify(loan, code), verified(), loan.phone)
    expect((await repaymentOf(loan)).version).toBe(1)
    await expectRefused(await verify(loan, code), 404, 'verification_not_found')

    vi.advanceTimersByTime(10 * MINUTE_MS - 1)
    await expectAnswer(await update(loan, code, part('2000.0')), updated(), loan.phone)
    await expectRefused(await update(loan, code, part(1000)), 409, 'confirmation_used')
    await expectRefused(await update(loan, code, { amount_collected: 3000 }), 409, 'confirmation_used')
    await expectRefused(await update(loan, code, { ...part(2000), payment_mode_id: 2 }), 409, 'confirmation_used')
    expect(await changesOf(loan)).toMatchObject([{ amount: 200_000, amountCollected: 200_000 }])
  })

  it('lets nothing through after ten minutes', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await verify(loan, code)
    vi.advanceTimersByTime(10 * MINUTE_MS)

    await expectRefused(await update(loan, code), 400, 'confirmation_expired')
    expect(await changesOf(loan)).toEqual([])
  })

  it.each(NEWER_SENDS)('lets its change through after a newer send that is $name', async ({ sendAgain }) => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await verify(loan, code)
    vi.advanceTimersByTime(MINUTE_MS)
    await sendAgain(loan)

    await expectAnswer(await update(loan, code, part(2000)), updated(), loan.phone)
    expect(await changesOf(loan)).toMatchObject([{ amount: 200_000 }])
  })

  it('leaves a newer code as good as it was', async () => {
    const loan = await putLoan()
    const first = await codeFor(loan)
    await verify(loan, first)
    vi.advanceTimersByTime(MINUTE_MS)
    const second = await codeFor(loan)

    await expectAnswer(await update(loan, first, part(2000)), updated(), loan.phone)
    await expectAnswer(await update(loan, second, part(1000)), updated(), loan.phone)
    expect(await changesOf(loan)).toMatchObject([{ amount: 200_000 }, { amount: 100_000 }])
  })

  it('has to be known again: who does not is counted, and shut out', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await verify(loan, code)

    await expectRefused(await update(loan, wrongCode(code)), 400, 'code_incorrect', { attempts_left: 2 })
    await expectRefused(await update(loan, wrongCode(code, 2)), 400, 'code_incorrect', { attempts_left: 1 })
    await expectRefused(await update(loan, wrongCode(code, 3)), 400, 'code_incorrect', { attempts_left: 0 })
    const response = await update(loan, code)
    await expectRefused(response, 429, 'too_many_guesses', { retry_after: 60 })
    expect(response.headers.get('retry-after')).toBe('60')
    expect(await changesOf(loan)).toEqual([])
  })

  it('is good for one change of 20 different ones at once', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await verify(loan, code)
    const responses = await times(20, (index) => update(loan, code, part(100 + index)))

    expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, ...Array<number>(19).fill(409)])
    expect(await changesOf(loan)).toHaveLength(1)
  })
})

describe('the same request again', () => {
  it('has the same answer until ten minutes after the code, and changes nothing more', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    vi.advanceTimersByTime(2 * MINUTE_MS)
    const acceptedAt = Date.now()
    const first = await update(loan, code)
    await expectAnswer(first, updated(acceptedAt), loan.phone)

    for (const ms of [0, 1000, 2 * MINUTE_MS, 11 * MINUTE_MS - 1000 - 1]) {
      vi.advanceTimersByTime(ms)
      await fireAlarm(await gateOf(loan.phone))
      await expectAnswer(await update(loan, code), updated(acceptedAt), loan.phone)
    }
    vi.advanceTimersByTime(1)
    await expectRefused(await update(loan, code), 400, 'confirmation_expired')
    expect(await changesOf(loan)).toHaveLength(1)
    expect(await repaymentOf(loan)).toMatchObject({ amountCollected: 500_000, version: 2 })
  })

  it('has the same answer where as much is not due any more', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await expectAnswer(await update(loan, code, part(4000)), updated(), loan.phone)

    await expectAnswer(await update(loan, code, part(4000)), updated(), loan.phone)
    const errors = [{ path: 'status_update.amount_collected', message: 'is more than what is due' }]
    await expectRefused(await update(loan, code, part(4000.01)), 422, 'update_refused', { errors })
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('has the same answer where a newer code has settled the rest', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    const acceptedAt = Date.now()
    await update(loan, code, part(4000))
    vi.advanceTimersByTime(MINUTE_MS)
    await update(loan, await codeFor(loan), { amount_collected: 1000 })

    await expectAnswer(await update(loan, code, part(4000)), updated(acceptedAt), loan.phone)
    await expectRefused(await update(loan, code, part(3000)), 409, 'repayment_settled')
    expect(await changesOf(loan)).toHaveLength(2)
  })

  it.each(NEWER_SENDS)('has the same answer after a newer send that is $name, and costs no guess', async ({ sendAgain }) => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    const acceptedAt = Date.now()
    await update(loan, code, part(1000))
    vi.advanceTimersByTime(MINUTE_MS)
    await sendAgain(loan)
    const before = await guessesAt(loan)

    for (let time = 0; time < 5; time++) await expectAnswer(await update(loan, code, part(1000)), updated(acceptedAt), loan.phone)
    expect(await guessesAt(loan)).toEqual(before)
    expect(await changesOf(loan)).toMatchObject([{ amount: 100_000 }])
  })

  it('is another one with the newer code, which is then for that', async () => {
    const loan = await putLoan()
    await update(loan, await codeFor(loan), part(1000))
    vi.advanceTimersByTime(MINUTE_MS)

    await expectAnswer(await update(loan, await codeFor(loan), part(1000)), updated(), loan.phone)
    expect((await changesOf(loan)).map(({ amountCollected }) => amountCollected)).toEqual([100_000, 200_000])
  })

  it.each(['the right code', 'a wrong one'])('is not told by verify, to which a code is used up: %s', async (which) => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await update(loan, code)

    const typed = which === 'the right code' ? code : wrongCode(code)
    await expectRefused(await verify(loan, typed), 404, 'verification_not_found')
    await expectAnswer(await update(loan, code), updated(), loan.phone)
  })

  it('by somebody who does not know the code is a wrong guess', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await update(loan, code)

    await expectRefused(await update(loan, wrongCode(code)), 400, 'code_incorrect', { attempts_left: 2 })
    await expectAnswer(await update(loan, code), updated(), loan.phone)
  })
})

describe('many at once', () => {
  it('50 combined calls with the right code change the status once', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    const responses = await times(50, () => update(loan, code))

    const statuses = responses.map(({ status }) => status)
    expect(statuses).toContain(200)
    for (const status of statuses) expect([200, 404, 429]).toContain(status)
    await fireAlarm(await gateOf(loan.phone))
    expect(await changesOf(loan)).toHaveLength(1)
    expect(await repaymentOf(loan)).toMatchObject({ amountCollected: 500_000, version: 2, statusId: STATUS.paid })
  })

  it('of two contacts with a code each one confirms, the other is told that it is done', async () => {
    const other = uniquePhone()
    const loan = await putLoan({ contacts: { applicant: uniquePhone(), co_applicant: other } })
    const first = await codeFor(loan)
    const second = await codeFor(loan, { contact_type: 'co_applicant' })

    const responses = await Promise.all([update(loan, first), update(loan, second, {}, { mobile: other })])

    expect(responses.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409])
    for (const phone of [loan.phone, other]) await fireAlarm(await gateOf(phone))
    expect(await changesOf(loan)).toHaveLength(1)
    expect((await repaymentOf(loan)).amountCollected).toBe(500_000)
  })
})

describe('when D1 fails after the code was found right', () => {
  /** D1 that answers the first so many batches, and no other. */
  function failingAfter(batches: number): D1Database {
    let asked = 0
    return new Proxy(env.DB, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'batch') return typeof value === 'function' ? (value.bind(target) as unknown) : value
        return (statements: D1PreparedStatement[]) =>
          asked++ < batches ? target.batch(statements) : Promise.reject(new Error('injected'))
      },
    })
  }

  it('says that the change follows, and the same request again tells it done', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    const body = updateBody(loan, code)
    const response = await createService({ ...MSG91_SETTINGS, DB: failingAfter(1) }).post(UPDATE, body)
    await expectRefused(response, 503, 'update_pending', { retry_after: 5 })
    expect(response.headers.get('retry-after')).toBe('5')
    const acceptedAt = Date.now()

    vi.advanceTimersByTime(5000)
    await expectAnswer(await service.post(UPDATE, body), updated(acceptedAt), loan.phone)
    expect(await changesOf(loan)).toMatchObject([{ at: acceptedAt, amount: 500_000 }])
  })

  it('is made by the gate where nobody asks again', async () => {
    const loan = await putLoan()
    const code = await codeFor(loan)
    await createService({ ...MSG91_SETTINGS, DB: failingAfter(1) }).post(UPDATE, updateBody(loan, code))
    expect(await changesOf(loan)).toEqual([])

    await fireAlarm(await gateOf(loan.phone))
    expect(await changesOf(loan)).toHaveLength(1)
    expect((await repaymentOf(loan)).statusId).toBe(STATUS.paid)
  })
})
