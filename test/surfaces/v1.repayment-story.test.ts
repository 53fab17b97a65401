import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type * as z from 'zod'
import { provide } from '../../src/compose'
import type { HttpEnv } from '../../src/http/http-env'
import { buildOpenApi } from '../../src/http/openapi'
import { createV1Surface } from '../../src/surfaces/v1'
import { repaymentStoryAnswers } from '../../src/surfaces/v1/repayment-story-answers'
import { databaseThat, failing } from '../support/broken'
import { bindingsOf, gateOf, gatesWith } from '../support/gate'
import { MODE, STATUS, type TestLoan, putLoan, uniqueLenderId } from '../support/loans'
import { deliverWebhooks, reporterOf } from '../support/receipts'
import { type StandIns, TWILIO_SETTINGS, createService, standInForVendors, uniquePhone, wrongCode } from '../support/service'

const MSG91 = reporterOf('msg91')
// Six digits are in no other text by chance.
const SETTINGS = { ...MSG91.settings, MSG91_OTP_LENGTH: '6' }
const service = createService(SETTINGS)
const ADMIN_KEY = 'a-key-of-the-operator--for-tests-only'

type Story = z.infer<ReturnType<typeof repaymentStoryAnswers>['story']>

let vendors: StandIns
beforeEach(() => {
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const pathOf = ({ loanId, repaymentId }: Pick<TestLoan, 'loanId' | 'repaymentId'>) =>
  `/v1/loans/${loanId}/repayments/${repaymentId}/story`

async function storyOf(loan: Pick<TestLoan, 'loanId' | 'repaymentId'>, by = service): Promise<Story> {
  const response = await by.request(pathOf(loan))
  expect(response.status).toBe(200)
  const body = await response.json()
  // The answer is what the document says, and nothing besides.
  expect(repaymentStoryAnswers().story.parse(body)).toEqual(body)
  return body as Story
}
const typesOf = ({ entries }: Story) => entries.map(({ type }) => type)
const only = ({ entries }: Story, type: Story['entries'][number]['type']) => entries.filter((entry) => entry.type === type)

const idsOf = ({ loanId, repaymentId }: TestLoan) => ({ loan_id: loanId, repayment_id: repaymentId })
const send = (loan: TestLoan, changes: object = {}, by = service) =>
  by.post('/api/v1/otp/send-otp-payment', { ...idsOf(loan), ...changes })
const verify = (loan: TestLoan, code: string, changes: object = {}) =>
  service.post('/api/v1/otp/verify-otp-payment', { ...idsOf(loan), otp_code: code, ...changes })
const update = (loan: TestLoan, code: string, changes: object = {}, headers: Record<string, string> = {}, by = service) =>
  by.post(
    '/api/v1/otp/verify-otp-and-update-status',
    {
      ...idsOf(loan),
      mobile: loan.phone,
      otp_code: code,
      status_update: {
        ...idsOf(loan),
        repayment_status: STATUS.paid,
        amount_collected: 5000.0,
        payment_mode_id: MODE.cash,
        ...changes,
      },
    },
    headers,
  )

async function expectProblem(response: Response, status: number, code: string, rest: object = {}) {
  expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { status, code, ...rest } })
}

describe('why a repayment is paid', () => {
  it('is told where its status was deleted, by the number that it had', async () => {
    const loan = await putLoan({ repayments: [{ statusId: 77, amountCollected: 500_000 }] })
    const story = await storyOf(loan)
    expect(story).toMatchObject({ status: { id: 77, code: '77', name: '77' }, amount_collected: '5000.00' })
  })

  it('is told from the request to the change, in order, as soon as it is asked', async () => {
    const loan = await putLoan()
    expect((await send(loan)).status).toBe(200)
    const code = vendors.msg91.lastCode(loan.phone)!
    expect(typesOf(await storyOf(loan))).toEqual(['code.requested', 'attempt', 'code.sent'])
    await deliverWebhooks(service, await MSG91.report(vendors))
    expect((await update(loan, wrongCode(code))).status).toBe(400)
    expect((await update(loan, code, {}, { 'x-request-id': 'the-request-that-paid' })).status).toBe(200)

    const story = await storyOf(loan)

    expect(story).toMatchObject({
      loan_id: loan.loanId,
      repayment_id: loan.repaymentId,
      status: { id: 3, code: 'paid', name: 'Paid' },
      currency: 'INR',
      amount_due: '5000.00',
      amount_collected: '5000.00',
      complete: true,
      next_cursor: null,
    })
    expect(typesOf(story)).toEqual([
      'code.requested',
      'attempt',
      'code.sent',
      'receipt',
      'guess.wrong',
      'guess.right',
      'change.accepted',
      'status.changed',
    ])
    const [requested, attempt, sent, receipt, wrong, right, accepted, changed] = story.entries
    const id = requested!.verification_id
    const message = requested!.communication_id
    const frame = { verification_id: id, contact_type: 'applicant', to: `+91********${loan.phone.slice(-2)}` }
    expect(story.entries).toEqual(story.entries.map(() => expect.objectContaining(frame)))
    const asked = { surface: 'payment-otp', request_id: expect.stringMatching(/./) }
    expect(requested).toMatchObject({
      ...asked,
      communication_id: expect.stringMatching(/^[\da-f-]{36}$/),
      channel: 'sms',
      send: 1,
      change: null,
    })
    expect(attempt).toMatchObject({ ...asked, communication_id: message, provider: 'msg91', attempt: 1, outcome: 'accepted' })
    expect(sent).toMatchObject({ ...asked, communication_id: message, provider: 'msg91', channel: 'sms', reason: null })
    expect(receipt).toMatchObject({
      communication_id: message,
      provider: 'msg91',
      status: 'delivered',
      surface: null,
      request_id: null,
    })
    expect(wrong).toMatchObject({ ...asked, communication_id: null, guesses_left: 4, locked: false })
    expect(right).toMatchObject({
      surface: 'payment-otp',
      request_id: 'the-request-that-paid',
      communication_id: message,
      guess: 2,
    })
    expect(accepted).toMatchObject({
      request_id: 'the-request-that-paid',
      change: {
        repayment_status: { id: 3, code: 'paid', name: 'Paid' },
        amount: '5000.00',
        currency: 'INR',
        payment_mode: { id: 1, code: 'cash', name: 'Cash' },
      },
    })
    expect(changed).toMatchObject({
      request_id: 'the-request-that-paid',
      communication_id: message,
      version: 2,
      from_status: { id: 1, code: 'pending', name: 'Pending' },
      to_status: { id: 3, code: 'paid', name: 'Paid' },
      amount: '5000.00',
      amount_collected: '5000.00',
      payment_mode: { id: 1, code: 'cash', name: 'Cash' },
    })
  })

  it('names nobody: no number, no code, no hash', async () => {
    const loan = await putLoan()
    await send(loan)
    const code = vendors.msg91.lastCode(loan.phone)!
    const wrong = wrongCode(code)
    await update(loan, wrong)
    await update(loan, code)
    const body = await (await service.request(pathOf(loan))).text()
    // Ids are long and random: they may have any six digits.
    const story = JSON.stringify(JSON.parse(body), (name, value: unknown) =>
      name.endsWith('_id') && name !== 'loan_id' ? '' : value,
    )
    for (const secret of [loan.phone.slice(3), code, wrong]) expect(story).not.toContain(secret)
    expect(body).not.toContain(loan.phone.slice(3))
    expect(body).not.toContain(await provide(env).hashPhone(loan.phone))
    expect(story).toContain('status.changed')
  })

  it('in mock mode names nobody either, though the vendor id of the mock has the number', async () => {
    const mock = createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' })
    const loan = await putLoan()
    expect((await send(loan, {}, mock)).status).toBe(200)
    const story = await storyOf(loan, mock)
    expect(typesOf(story)).toEqual(['code.requested', 'attempt', 'code.sent'])
    expect(JSON.stringify(story)).not.toContain(loan.phone.slice(3))
  })

  it('has the change of a code that was verified first, after it', async () => {
    const loan = await putLoan()
    await send(loan)
    const code = vendors.msg91.lastCode(loan.phone)!
    expect((await verify(loan, code)).status).toBe(200)
    expect(typesOf(await storyOf(loan)).slice(3)).toEqual(['guess.right'])
    expect((await update(loan, wrongCode(code))).status).toBe(400)
    expect((await update(loan, code)).status).toBe(200)
    expect((await update(loan, code, { payment_mode_id: MODE.upi })).status).toBe(409)

    const story = await storyOf(loan)

    expect(typesOf(story).slice(3)).toEqual(['guess.right', 'guess.wrong', 'change.accepted', 'status.changed'])
    expect(story.status.code).toBe('paid')
  })

  it('has parts that were paid, each by its own code', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const loan = await putLoan()
    for (const [status, amount] of [
      [STATUS.partiallyPaid, '2000'],
      [STATUS.paid, '3000.00'],
    ] as const) {
      await send(loan)
      const change = { repayment_status: status, amount_collected: amount, payment_mode_id: MODE.upi }
      expect((await update(loan, vendors.msg91.lastCode(loan.phone)!, change)).status).toBe(200)
      vi.advanceTimersByTime(61_000)
    }
    const story = await storyOf(loan)
    expect(only(story, 'status.changed')).toMatchObject([
      { amount: '2000.00', amount_collected: '2000.00', to_status: { code: 'partially_paid' }, payment_mode: { code: 'upi' } },
      { amount: '3000.00', amount_collected: '5000.00', from_status: { code: 'partially_paid' }, to_status: { code: 'paid' } },
    ])
    expect(new Set(story.entries.map((entry) => entry.verification_id)).size).toBe(2)
    expect(story.entries.map(({ at }) => at)).toEqual(story.entries.map(({ at }) => at).toSorted())
  })

  it('has what was fixed with the code, and the guess that took it for something else', async () => {
    const v1 = createService(TWILIO_SETTINGS)
    const loan = await putLoan()
    const wanted = { amount: '5000.00', currency: 'INR', payment_mode: 'cash', requested_by: 'agent-17' }
    const sent = await v1.post('/v1/payments/confirmations', { ...idsOf(loan), ...wanted })
    expect(sent.status).toBe(201)
    const { id } = await sent.json<{ id: string }>()
    const code = vendors.twilio.lastCode(loan.phone)!
    await v1.post(`/v1/payments/confirmations/${id}/check`, { code, amount: '5000.01', currency: 'INR' })

    const story = await storyOf(loan, v1)

    expect(typesOf(story)).toEqual(['code.requested', 'attempt', 'code.sent', 'guess.refused'])
    expect(story.entries[0]).toMatchObject({
      verification_id: id,
      contact_type: 'applicant',
      change: { amount: '5000.00', currency: 'INR', repayment_status: { code: 'paid' }, requested_by: 'agent-17' },
    })
    expect(story.entries[3]).toMatchObject({ reason: 'changed' })
    expect(story.status.code).toBe('pending')
  })
})

describe('what went wrong', () => {
  it('is told of each vendor that was asked', async () => {
    const both = createService({ ...SETTINGS, ...TWILIO_SETTINGS })
    const loan = await putLoan({ contacts: { applicant: uniquePhone('0006') } })
    expect((await send(loan, {}, both)).status).toBe(502)
    const story = await storyOf(loan, both)
    expect(typesOf(story)).toEqual(['code.requested', 'attempt', 'attempt', 'code.not_sent'])
    expect(story.entries.slice(1)).toMatchObject([
      { attempt: 1, provider: 'msg91', outcome: 'rejected', reason: 'rate_limited' },
      { attempt: 2, provider: 'twilio', outcome: 'rejected', reason: 'rate_limited' },
      { provider: null, template: null },
    ])
  })

  it('is told of a code that was refused, and of one that nobody knows about', async () => {
    const loan = await putLoan({ contacts: { applicant: uniquePhone('0009') } })
    expect((await send(loan)).status).toBe(502)
    expect((await send(loan)).status).toBe(429)
    const story = await storyOf(loan)
    expect(typesOf(story)).toEqual(['code.requested', 'attempt', 'code.unconfirmed', 'code.refused'])
    expect(story.entries[3]).toMatchObject({ reason: 'cooldown', wait_seconds: 60, channel: 'sms', communication_id: null })
  })

  it('is told of the first request, too, where that was refused for what another repayment of the number asked', async () => {
    const phone = uniquePhone()
    const [one, other] = [await putLoan({ contacts: { applicant: phone } }), await putLoan({ contacts: { applicant: phone } })]
    expect((await send(one)).status).toBe(200)
    expect((await send(other)).status).toBe(429)
    const { entries, complete } = await storyOf(other)
    expect(complete).toBe(true)
    expect(entries).toMatchObject([{ type: 'code.refused', reason: 'cooldown', contact_type: 'applicant', channel: 'sms' }])
    expect(typesOf(await storyOf(one))).not.toContain('code.refused')
  })

  it('is told of guesses up to the last, and of those after it', async () => {
    const loan = await putLoan()
    await send(loan)
    const code = vendors.msg91.lastCode(loan.phone)!
    for (let nth = 1; nth <= 6; nth++) await update(loan, wrongCode(code, nth))
    const story = await storyOf(loan)
    expect(only(story, 'guess.wrong')).toMatchObject([4, 3, 2, 1, 0].map((left) => ({ guesses_left: left, locked: left === 0 })))
    expect(only(story, 'guess.refused')).toMatchObject([{ reason: 'too_many_guesses' }])
    expect(story.entries.at(-1)!.type).toBe('guess.refused')
  })

  it('is told of a code that was withdrawn', async () => {
    const loan = await putLoan()
    await send(loan)
    const [requested] = (await storyOf(loan)).entries
    await service.request(`/v1/verifications/${requested!.verification_id}`, { method: 'DELETE' })
    expect((await storyOf(loan)).entries.at(-1)).toMatchObject({ type: 'verification.canceled', surface: 'v1' })
  })
})

describe('a story', () => {
  it('of which nothing happened is empty', async () => {
    const loan = await putLoan({ currency: 'KWD', repayments: [{ amountDue: 1, statusId: STATUS.overdue }] })
    expect(await storyOf(loan)).toEqual({
      loan_id: loan.loanId,
      repayment_id: loan.repaymentId,
      status: { id: 4, code: 'overdue', name: 'Overdue' },
      currency: 'KWD',
      amount_due: '0.001',
      amount_collected: '0.000',
      complete: true,
      entries: [],
      next_cursor: null,
    })
  })

  it('has nothing of another repayment of the same number', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const [one, other] = [uniqueLenderId(), uniqueLenderId()]
    const loan = await putLoan({ repayments: [{ id: one }, { id: other }] })
    const second = { ...loan, repaymentId: other }
    await send(loan)
    const code = vendors.msg91.lastCode(loan.phone)!
    vi.advanceTimersByTime(61_000)
    await send(second)
    expect((await update(second, code)).status).toBe(400)
    expect((await update(loan, code)).status).toBe(200)

    expect(typesOf(await storyOf(loan)).slice(3)).toEqual(['guess.right', 'change.accepted', 'status.changed'])
    const story = await storyOf(second)
    expect(typesOf(story).slice(3)).toEqual(['guess.wrong'])
    expect(story).toMatchObject({ status: { code: 'pending' }, amount_collected: '0.00' })
  })

  it('says whose code it was', async () => {
    const [applicant, coApplicant] = [uniquePhone('5551'), uniquePhone('5552')]
    const loan = await putLoan({ contacts: { applicant, co_applicant: coApplicant } })
    await send(loan)
    await send(loan, { contact_type: 'co_applicant' })
    const { entries } = await storyOf(loan)
    const requested = entries.filter(({ type }) => type === 'code.requested')
    expect(requested.map(({ contact_type, to }) => [contact_type, to])).toEqual([
      ['applicant', '+91********51'],
      ['co_applicant', '+91********52'],
    ])
  })

  it('has the change of a number, and what was asked for at the number before', async () => {
    const loan = await putLoan({ contacts: { applicant: uniquePhone('5551') } })
    await send(loan)
    const phone = uniquePhone('5552')
    const changed = await service.request(`/v1/loans/${loan.loanId}/contacts/applicant`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ phone, requested_by: 'agent-17' }),
    })
    expect(changed.status).toBe(200)
    await send(loan)

    const story = await storyOf(loan)

    expect(typesOf(story)).toEqual([
      'code.requested',
      'attempt',
      'code.sent',
      'contact.changed',
      'code.requested',
      'attempt',
      'code.sent',
    ])
    expect(story.entries[3]).toMatchObject({
      verification_id: null,
      contact_type: 'applicant',
      from: '+91********51',
      to: '+91********52',
      requested_by: 'agent-17',
      surface: 'v1',
    })
    expect(story.entries.map(({ to }) => to?.slice(-2))).toEqual(['51', '51', '51', '52', '52', '52', '52'])
  })

  it('is told as far as D1 has it while the gate cannot be reached', async () => {
    const loan = await putLoan()
    await send(loan)
    const deaf = createService({ ...SETTINGS, PHONE_GATE: gatesWith({ flush: failing } as object) })
    expect(await storyOf(loan, deaf)).toMatchObject({ complete: false, entries: [] })
    expect(await storyOf(loan)).toMatchObject({ complete: true })
    expect((await storyOf(loan, deaf)).entries).toHaveLength(3)
  })

  it('has a change whose events cannot be carried yet', async () => {
    const loan = await putLoan()
    await send(loan)
    await storyOf(loan)
    const { DB } = await bindingsOf(await gateOf(loan.phone))
    const batch = DB.batch.bind(DB)
    const worker = createService({ ...SETTINGS, DB: { prepare: (sql: string) => DB.prepare(sql), batch } })
    const broken = vi.spyOn(DB, 'batch').mockImplementation(failing)
    expect((await update(loan, vendors.msg91.lastCode(loan.phone)!, {}, {}, worker)).status).toBe(200)

    const story = await storyOf(loan, worker)

    expect(story).toMatchObject({ complete: false, status: { code: 'paid' } })
    expect(typesOf(story)).toEqual(['code.requested', 'attempt', 'code.sent', 'status.changed'])
    expect(story.entries[3]).toMatchObject({ contact_type: 'applicant', to: story.entries[0]!.to, amount: '5000.00' })
    broken.mockRestore()
    expect(typesOf(await storyOf(loan)).slice(3)).toEqual(['guess.right', 'change.accepted', 'status.changed'])
  })
})

describe('GET /v1/loans/{id}/repayments/{repayment_id}/story', () => {
  it.each([
    ['another loan', { loanId: 'none' }, 'loan_not_found'],
    ['another repayment', { repaymentId: 'none' }, 'repayment_not_found'],
    ['a NUL', { repaymentId: '%00' }, 'repayment_not_found'],
    ['SQL', { repaymentId: `'%20OR%201=1` }, 'repayment_not_found'],
    ['a long text', { loanId: 'x'.repeat(2_000) }, 'loan_not_found'],
  ])('does not know %s', async (_what, changes, code) => {
    const loan = await putLoan()
    await expectProblem(await service.request(pathOf({ ...loan, ...changes })), 404, code)
  })

  it('does not know the repayment of another loan', async () => {
    const [one, other] = [await putLoan(), await putLoan()]
    await expectProblem(await service.request(pathOf({ ...one, repaymentId: other.repaymentId })), 404, 'repayment_not_found')
  })

  it.each(['cursor=', 'cursor=x', 'cursor=MTIz', `cursor=${'A'.repeat(300)}`, 'cursor=a&cursor=b', 'page=2'])(
    'refuses ?%s',
    async (query) => {
      await expectProblem(await service.request(`${pathOf(await putLoan())}?${query}`), 400, 'invalid_request', {
        errors: [{ path: query === 'page=2' ? '' : 'cursor' }],
      })
    },
  )

  it('is for the operator', async () => {
    const closed = createService({ ...SETTINGS, ADMIN_API_KEY: ADMIN_KEY })
    const path = pathOf(await putLoan())
    await expectProblem(await closed.request(path), 401, 'unauthorized')
    await expectProblem(await closed.request(`${path}?cursor=x`), 401, 'unauthorized')
    expect((await closed.request(`${path}/`, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).status).toBe(200)
  })

  it('says that D1 fails', async () => {
    const path = pathOf(await putLoan())
    const broken = createService({ ...SETTINGS, DB: databaseThat(failing) })
    await expectProblem(await broken.request(path), 503, 'dependency_unavailable')
  })

  it('is documented', () => {
    const documented = new Hono<HttpEnv>().route('/v1', createV1Surface(provide))
    const info = { title: 'test', version: '0', description: '', tags: [{ name: 'v1', description: '' }] }
    const { paths, components } = buildOpenApi(documented, info)
    const route = paths?.['/v1/loans/{id}/repayments/{repayment_id}/story']?.get
    expect(route?.parameters).toMatchObject([{ name: 'id' }, { name: 'repayment_id' }, { name: 'cursor', in: 'query' }])
    expect(Object.keys(route?.responses ?? {})).toEqual(['200', '400', '401', '403', '404', '500', '503'])
    const scopes = ['loans:read', 'callers:all']
    expect(route?.security).toEqual([{ bearer: scopes }, { apiKey: scopes }])
    expect(components?.schemas?.['RepaymentStory']).toBeDefined()
  })
})
