import { describe, expect, it } from 'vitest'
import { gateOf, storedState } from '../support/gate'
import { MSHASTRA_SETTINGS, TWILIO_SETTINGS, createService, uniquePhone } from '../support/service'
import { useStandInsAndFakeTime } from './contract'
import { expectAnswer, expectRefusal, serviceFor } from './contract/surface'
import { userOtp } from './contract/user-otp'

const SEND = '/api/users/send-otp/'
const VERIFY = '/api/users/verify-otp/'
const service = serviceFor(userOtp)

describe('verification types', () => {
  const { standIns } = useStandInsAndFakeTime()
  const lastCode = (phone: string) => standIns().mshastra.lastCode(phone)!
  const send = (phone: string, type?: unknown) => service.post(SEND, { phone, verification_type: type })
  const verify = (phone: string, otp: string, type?: unknown) => service.post(VERIFY, { phone, otp, verification_type: type })

  it.each([
    ['Login', 'Registration'],
    ['Registration', undefined],
    [undefined, 'Registration'],
    ['Log in', 'Login'],
  ])('a code for %s is wrong for %s, and still right for its own', async (type, other) => {
    const phone = uniquePhone()
    await send(phone, type)
    const code = lastCode(phone)

    await expectRefusal(userOtp, await verify(phone, code, other), { code: 'verification_not_found' })
    await expectAnswer(await verify(phone, code, type), userOtp.verified(), phone)
  })

  it.each([
    [undefined, 'Login', 'login'],
    ['LOGIN', 'login', 'login'],
    ['Loan payment', 'loan_payment', 'loan_payment'],
    ['a', 'A', 'a'],
    ['Reset-Password 2', 'reset-password_2', 'reset-password_2'],
    ['x'.repeat(20), 'X'.repeat(20), 'x'.repeat(20)],
  ])('%s and %s are one purpose, %s', async (type, same, purpose) => {
    const phone = uniquePhone()
    expect((await send(phone, type)).status).toBe(200)

    expect((await storedState(await gateOf(phone)))!.verifications.map((one) => one.purpose)).toEqual([purpose])
    await expectAnswer(await verify(phone, lastCode(phone), same), userOtp.verified(), phone)
  })

  it('shares number, code and purpose with the other surfaces, as far as they trust codes of its length', async () => {
    const four = createService({ ...MSHASTRA_SETTINGS, OTP_LENGTH: '4' })
    const phone = uniquePhone()
    await send(phone, 'Loan payment')
    const facts = { to: phone, purpose: 'loan_payment', code: lastCode(phone) }

    expect(await (await service.post('/v1/verifications/check', facts)).json()).toMatchObject({ valid: false })
    expect(await (await four.post('/v1/verifications/check', facts)).json()).toMatchObject({ valid: true })
  })

  it('is Login where it is null, as clients write what they leave out', async () => {
    const phone = uniquePhone()
    await service.post('/api/users/send-otp/', { phone, verification_type: null })

    const facts = { phone, otp: lastCode(phone), verification_type: 'Login' }
    expect(await (await service.post('/api/users/verify-otp/', facts)).json()).toMatchObject({ verified: true })
  })

  it.each(
    [
      '',
      ' ',
      ' Login',
      '1st',
      '_x',
      'x'.repeat(21),
      'Lo\u0000gin',
      'Login\n',
      'Log\tin',
      'Login\u202e',
      'Ｌｏｇｉｎ',
      'Connexión',
      'a.b',
      'a/b',
      "' OR 1=1",
      '{{otp_code}}',
      '<b>',
      '__proto__',
      'x'.repeat(10_000),
      1,
      true,
      [],
      ['Login'],
      {},
      { toString: 'Login' },
    ].map((type) => ({ type })),
  )('refuses the type $type, and sends nothing', async ({ type }) => {
    const refused = { status: 'error', message: expect.stringMatching(/^verification_type must be /) }
    const [sent, verified] = [await send(uniquePhone(), type), await verify(uniquePhone(), '1234', type)]

    expect([sent.status, await sent.json()]).toEqual([400, refused])
    expect([verified.status, await verified.json()]).toEqual([400, { ...refused, verified: false }])
    expect(standIns().mshastra.requests).toHaveLength(0)
  })

  it.each(['payment_confirmation', 'Payment Confirmation'])('is not what confirms a payment: %s', async (type) => {
    const response = await send(uniquePhone(), type)

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ message: expect.stringContaining('verification_type') })
    expect(standIns().mshastra.requests).toHaveLength(0)
  })

  it('is a purpose like any other where its name is one of JavaScript', async () => {
    const phone = uniquePhone()
    await send(phone, 'constructor')
    await expectRefusal(userOtp, await verify(phone, lastCode(phone), 'toString'), { code: 'verification_not_found' })
    await expectAnswer(await verify(phone, lastCode(phone), 'constructor'), userOtp.verified(), phone)
  })

  it.each(['external', 'External', 'EXTERNAL'])(
    'does not take a code that its caller made for the external surface: %s',
    async (type) => {
      const phone = uniquePhone()
      await createService(TWILIO_SETTINGS).post('/api/v1/external/sms/otp', { to_phone: phone, otp: '4321' })
      expect(standIns().twilio.lastCode(phone)).toBe('4321')

      const response = await verify(phone, '4321', type)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ message: expect.stringContaining('verification_type'), verified: false })
      expect((await send(phone, type)).status).toBe(400)
      await expectRefusal(userOtp, await verify(phone, '4321'), { code: 'verification_not_found' })
    },
  )
})
