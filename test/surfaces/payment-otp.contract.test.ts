import { beforeAll, describe, expect, it, vi } from 'vitest'
import { brokenDatabase, brokenKv, databaseThat, failing } from '../support/broken'
import { gatesWith } from '../support/gate'
import { uniquePhone, wrongCode } from '../support/service'
import { useStandInsAndFakeTime } from './contract'
import { describeBodies } from './contract/bodies'
import { describeChecks } from './contract/checks'
import { describeHttp } from './contract/http'
import {
  SEND,
  UPDATE,
  VERIFY,
  expectRefused,
  lendTo,
  loanOf,
  paymentOtp,
  updateBody,
  updated,
  verified,
} from './contract/payment-otp'
import { describeSends } from './contract/sends'
import { describeSettings } from './contract/settings'
import { expectAnswer, expectRefusal, serviceFor } from './contract/surface'
import { describeVendor } from './contract/vendor'

/** More numbers than the contract uses. */
const NUMBERS = 800
const service = serviceFor(paymentOtp)

// The contract makes bodies without waiting: all their loans have to be there.
beforeAll(async () => {
  const digits = Array.from({ length: NUMBERS }, (_, index) => String(index + 1).padStart(4, '0'))
  await lendTo(digits.map((middle) => `+9198${middle}5555`))
})

describe('the contract', () => {
  const { standIns } = useStandInsAndFakeTime()
  const context = { surface: paymentOtp, vendor: () => paymentOtp.vendorOf(standIns()) }
  describeBodies(context)
  describeSends(context)
  describeChecks(context)
  describeVendor(context)
  describeSettings(context)
  describeHttp(context)
})

describe('when a part fails', () => {
  const { standIns } = useStandInsAndFakeTime()
  const CANARY = 'canary-9f1c secret text'
  const throwing = () => {
    throw new Error(CANARY)
  }
  const lastCode = (phone: string) => standIns().msg91.lastCode(phone)!

  /** What the three routes answer under these bindings, for a number of their own. */
  async function askAll(bindings: Record<string, unknown>) {
    const phone = uniquePhone()
    const broken = serviceFor(paymentOtp, bindings)
    return Promise.all([
      paymentOtp.send(broken, phone),
      paymentOtp.verify(broken, phone, '1234'),
      broken.post(UPDATE, updateBody(loanOf(phone), '1234')),
    ])
  }

  it.each([
    ['without the gate', { PHONE_GATE: gatesWith({ reserve: failing, check: failing }) }],
    ['without D1, where the loans are', { DB: brokenDatabase }],
    // Not for ever, since what is deferred is waited for by the tests.
    ['with a D1 that does not answer in time', { DB: databaseThat(() => scheduler.wait(3_500).then(failing)) }],
  ])('fails closed %s: nothing is sent, nothing is accepted', async (_what, bindings) => {
    for (const response of await askAll(bindings)) await expectRefused(response, 503, 'dependency_unavailable')
    expect(standIns().msg91.requests).toHaveLength(0)
  })

  it('sends, verifies and changes without KV', async () => {
    const [one, other] = [uniquePhone(), uniquePhone()]
    const withoutKv = serviceFor(paymentOtp, { OTP_KV: brokenKv })
    for (const phone of [one, other]) await expectAnswer(await paymentOtp.send(withoutKv, phone), paymentOtp.sent, phone)

    await expectAnswer(await paymentOtp.verify(withoutKv, one, lastCode(one)), verified(), one)
    await expectAnswer(await withoutKv.post(UPDATE, updateBody(loanOf(other), lastCode(other))), updated(), other)
  })

  it('tells nothing of itself when something throws', async () => {
    const logs = (['info', 'warn', 'error'] as const).map((level) => vi.spyOn(console, level).mockImplementation(() => {}))
    const answers = await askAll({ PHONE_GATE: { idFromName: throwing, idFromString: throwing, get: throwing } })

    for (const response of answers) {
      const text = JSON.stringify([...response.headers]) + (await response.clone().text())
      await expectRefusal(paymentOtp, response, { code: 'internal' })
      expect(text).not.toContain('canary')
    }
    expect(JSON.stringify(logs.map(({ mock }) => mock.calls))).not.toContain('canary')
  })
})

describe('the body of a combined call', () => {
  useStandInsAndFakeTime()
  const right = () => updateBody(loanOf(uniquePhone()), '1234')

  it.each([
    ['mobile', { mobile: undefined }, 'is required'],
    ['mobile', { mobile: null }, 'must be text'],
    ['mobile', { mobile: 9876543210 }, 'must be text'],
    ['mobile', { mobile: '  ' }, 'is required'],
    ['mobile', { mobile: '9'.repeat(65) }, 'is too long'],
    ['otp_code', { otp_code: undefined }, 'is required'],
    ['otp_code', { otp_code: 123456 }, 'must be text'],
    ['otp_code', { otp_code: '12' }, 'must be 4 to 10 digits'],
    ['loan_id', { loan_id: 1.5 }, expect.any(String)],
    ['repayment_id', { repayment_id: [] }, 'must be a whole number, or text'],
    ['contact_type', { contact_type: 'guarantor' }, 'must be applicant or co_applicant'],
    ['status_update', { status_update: undefined }, 'is required'],
    ['status_update', { status_update: [] }, expect.any(String)],
  ])('is refused for its %s: %j', async (path, outside, message) => {
    const response = await service.post(UPDATE, { ...right(), ...outside })
    await expectRefused(response, 400, 'invalid_request', { errors: [{ path, message }] })
  })

  it.each([
    ['repayment_status', undefined],
    ['repayment_status', 3.5],
    ['repayment_status', 'paid'],
    ['repayment_status', -1],
    ['payment_mode_id', null],
    ['payment_mode_id', ''],
    ['payment_mode_id', '1e1'],
    ['amount_collected', undefined],
    ['amount_collected', null],
    ['amount_collected', ''],
    ['amount_collected', 'NaN'],
    ['amount_collected', '5,000.00'],
    ['amount_collected', true],
    ['amount_collected', '1'.repeat(41)],
    ['loan_id', undefined],
  ])('is refused for its status_update.%s: %j', async (name, value) => {
    const body = right()
    const response = await service.post(UPDATE, { ...body, status_update: { ...body.status_update, [name]: value } })
    const errors = [{ path: `status_update.${name}`, message: expect.any(String) }]
    await expectRefused(response, 400, 'invalid_request', { errors })
  })

  it.each(['-5000', '5e3', '5000e0', '0.5e4'])('has no amount such as %s, as a number', async (number) => {
    const text = JSON.stringify(right()).replace('"amount_collected":5000', `"amount_collected":${number}`)
    const errors = [{ path: 'status_update.amount_collected', message: expect.stringContaining('decimal number') }]
    await expectRefused(await service.post(UPDATE, text), 400, 'invalid_request', { errors })
  })

  it('has unknown fields, which are ignored', async () => {
    const body = { ...right(), other: 1, agent: { id: 7 } }
    await expectRefused(await service.post(UPDATE, body), 404, 'verification_not_found')
  })

  it('is no JSON, no object, too large, or of another type', async () => {
    await expectRefused(await service.post(UPDATE, '{'), 400, 'malformed_json')
    await expectRefused(await service.post(UPDATE, '[]'), 400, 'invalid_request', { errors: expect.any(Array) })
    await expectRefused(await service.post(UPDATE, JSON.stringify(right()).padEnd(20_000)), 413, 'payload_too_large')
    await expectRefused(await service.post(UPDATE, right(), { 'content-type': 'text/plain' }), 415, 'unsupported_media_type')
    await expectRefused(
      await service.post(UPDATE, `{"__proto__":{},${JSON.stringify(right()).slice(1)}`),
      400,
      'invalid_request',
      { errors: [{ path: '__proto__', message: 'is not allowed' }] },
    )
  })

  it.each([SEND, VERIFY, UPDATE])('is answered by %s with a slash as without one', async (path) => {
    const [without, withOne] = [await service.post(path, {}), await service.post(`${path}/`, {})]
    expect([withOne.status, await withOne.json()]).toEqual([400, await without.json()])
  })

  it('counts the guesses of a combined call as those of any other', async () => {
    const phone = uniquePhone()
    await paymentOtp.send(service, phone)
    const code = '0000'
    for (const [nth, left] of [2, 1, 0].entries()) {
      const response = await service.post(UPDATE, updateBody(loanOf(phone), wrongCode(code, nth + 1)))
      expect(await response.json()).toMatchObject({ error: 'code_incorrect', attempts_left: left })
    }
    const response = await service.post(UPDATE, updateBody(loanOf(phone), code))
    await expectRefused(response, 429, 'too_many_guesses', { retry_after: 60 })
    expect(response.headers.get('retry-after')).toBe('60')
  })
})
