import { describe, expect, it, vi } from 'vitest'
import { TWILIO_SETTINGS, createService, uniquePhone, wrongCode } from '../support/service'
import { describeContract, useStandInsAndFakeTime } from './contract'
import { expectAnswer, serviceFor } from './contract/surface'
import { userOtp } from './contract/user-otp'

const SEND = '/api/users/send-otp/'
const VERIFY = '/api/users/verify-otp/'
const service = serviceFor(userOtp)

describe('the contract', () => describeContract(userOtp))

describe('brief 002', () => {
  const { standIns } = useStandInsAndFakeTime()
  const lastCode = (phone: string) => standIns().mshastra.lastCode(phone)!
  const say = async (path: string, body: unknown) => {
    const response = await service.post(path, body)
    return [response.status, await response.json()]
  }
  const failed = (message: string) => ({ message, status: 'error' })
  const notVerified = (message: string) => ({ message, status: 'error', verified: false })

  it('takes its own requests as printed, from its JavaScript and from its curl', async () => {
    const json = { 'Content-Type': 'application/json' }
    const curl = (path: string, body: string) => service.request(path, { method: 'POST', headers: json, body })
    const sent = await curl(SEND, '{"phone": "255694230173", "verification_type": "Login"}')
    expect([sent.status, await sent.json()]).toEqual([200, { message: 'OTP sent successfully', status: 'success' }])

    const code = lastCode('255694230173')
    const guess = `{"phone": "255694230173", "otp": "${wrongCode(code)}", "verification_type": "Login"}`
    const wrong = await curl(VERIFY, guess)
    expect([wrong.status, await wrong.json()]).toEqual([400, { ...notVerified('Invalid OTP code'), attempts_left: 2 }])
    const right = await curl(VERIFY, guess.replace(wrongCode(code), code))
    expect([right.status, await right.json()]).toEqual([
      200,
      { message: 'OTP verified successfully', status: 'success', verified: true },
    ])
  })

  it('sends a code of four digits to the number as mShastra wants it, in the words of the brief', async () => {
    const phone = uniquePhone()
    await userOtp.send(service, phone)

    const [message] = standIns().mshastra.messages
    expect(message).toMatchObject({ destination: phone.slice(1), sender: 'YourApp', code: expect.stringMatching(/^\d{4}$/) })
    expect(message!.text).toMatch(/^Welcome To Your App!\nThank you for using our service\.\nYour OTP is \d{4}\n/)
    expect(message!.text).toContain('5 minutes')
  })

  it.each([{}, { phone: '' }, { phone: '   ' }, { phone: null }, { phone: '\t\n' }])(
    'of %j: Phone number is required',
    async (body) => {
      expect(await say(SEND, body)).toEqual([400, failed('Phone number is required')])
      expect(await say(VERIFY, { ...body, otp: '1234' })).toEqual([400, notVerified('Phone number is required')])
    },
  )

  it.each(['abc', '12', '+', '0', 'null', '+1234567890', '2556942301739999', 255694230173, true, [], {}, ['+919888888888']])(
    'of the number %j: Invalid phone number format',
    async (phone) => {
      expect(await say(SEND, { phone })).toEqual([400, failed('Invalid phone number format')])
      expect(await say(VERIFY, { phone, otp: '1234' })).toEqual([400, notVerified('Invalid phone number format')])
      expect(standIns().mshastra.requests).toHaveLength(0)
    },
  )

  it.each([undefined, null, '', '  ', '\u00a0', '-'])('of the code %j: OTP code is required', async (otp) => {
    expect(await say(VERIFY, { phone: uniquePhone(), otp })).toEqual([400, notVerified('OTP code is required')])
  })

  it.each(['abcd', '12a4', '12.4', '1e3', '½', '0x12', '12+4', '<script>', '1234\u0000'])(
    'of the code %j: OTP must be numeric',
    async (otp) => {
      expect(await say(VERIFY, { phone: uniquePhone(), otp })).toEqual([400, notVerified('OTP must be numeric')])
    },
  )

  it.each(['1', '123', '12345678901', '9'.repeat(10_000)])(
    'of a code of another length: Invalid OTP code, at the cost of no guess (%#)',
    async (otp) => {
      const phone = uniquePhone()
      await userOtp.send(service, phone)

      for (let times = 0; times < 4; times++) {
        expect(await say(VERIFY, { phone, otp })).toEqual([400, notVerified('Invalid OTP code')])
      }
      await expectAnswer(await userOtp.verify(service, phone, lastCode(phone)), userOtp.verified(), phone)
    },
  )

  it('asks for the number first, then for the code', async () => {
    expect(await say(VERIFY, {})).toEqual([400, notVerified('Phone number is required')])
    expect(await say(VERIFY, { phone: 7, otp: 'x' })).toEqual([400, notVerified('Invalid phone number format')])
    expect(await say(VERIFY, { phone: 'x', otp: 'x' })).toEqual([400, notVerified('OTP must be numeric')])
  })

  it('does not tell a wrong code from no code at all, but for the guesses that are left', async () => {
    const phone = uniquePhone()
    expect(await say(VERIFY, { phone, otp: '1234' })).toEqual([400, notVerified('Invalid OTP code')])
    await userOtp.send(service, phone)
    expect(await say(VERIFY, { phone, otp: wrongCode(lastCode(phone)) })).toEqual([
      400,
      { ...notVerified('Invalid OTP code'), attempts_left: 2 },
    ])
  })

  it('says when a code has expired, after five minutes', async () => {
    const phone = uniquePhone()
    await userOtp.send(service, phone)
    vi.advanceTimersByTime(300_000)
    expect(await say(VERIFY, { phone, otp: lastCode(phone) })).toEqual([
      400,
      notVerified('OTP code has expired. Please request a new one.'),
    ])
  })

  it('limits requests to three in ten minutes, and says when the next one can be', async () => {
    const phone = uniquePhone()
    const tooMany = (retryAfter: number) => [
      429,
      { ...failed('Too many OTP requests. Please try again later.'), retry_after: retryAfter },
    ]
    for (let sends = 0; sends < 3; sends++) {
      expect(await say(SEND, { phone })).toEqual([200, { message: 'OTP sent successfully', status: 'success' }])
      expect(await say(SEND, { phone })).toEqual(tooMany(sends < 2 ? 60 : 480))
      vi.advanceTimersByTime(60_000)
    }
    expect(await say(SEND, { phone })).toEqual(tooMany(420))
  })

  it('says in its own words that there were too many guesses, to who verifies and to who sends', async () => {
    const phone = uniquePhone()
    await userOtp.send(service, phone)
    const code = lastCode(phone)
    for (const nth of [1, 2, 3]) await userOtp.verify(service, phone, wrongCode(code, nth))

    expect(await say(VERIFY, { phone, otp: code })).toEqual([
      429,
      { ...notVerified('Too many wrong codes. A new code can be requested in 60 seconds.'), retry_after: 60 },
    ])
  })

  it.each([
    ['0007', { status: 'error' }],
    ['0008', { status: 'error', retry_after: 60 }],
  ])('says that it failed when the vendor did (%s)', async (suffix, more) => {
    const quick = serviceFor(userOtp, { PROVIDER_TIMEOUT_MS: '50' })
    const response = await quick.post(SEND, { phone: uniquePhone(suffix) })
    expect([response.status, await response.json()]).toEqual([500, { message: 'Failed to send OTP. Please try again.', ...more }])
  })

  it('goes on with Twilio, and the same code, where mShastra has no credits left', async () => {
    const phone = uniquePhone('0005')
    expect((await userOtp.send(serviceFor(userOtp, TWILIO_SETTINGS), phone)).status).toBe(200)

    expect(standIns().mshastra.messages).toHaveLength(0)
    expect(standIns().twilio.messages).toMatchObject([{ destination: phone, code: lastCode(phone) }])
    await expectAnswer(await userOtp.verify(service, phone, lastCode(phone)), userOtp.verified(), phone)
  })
})

describe('in mock mode', () => {
  const { standIns } = useStandInsAndFakeTime()

  it('the code is 1234, which no body shows, and nothing leaves', async () => {
    const phone = uniquePhone()
    const mock = createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' })

    await expectAnswer(await userOtp.send(mock, phone), userOtp.sent, phone)
    await userOtp.expectWrongCode(await userOtp.verify(mock, phone, '1235'), phone, 2)
    await expectAnswer(await userOtp.verify(mock, phone, '1234'), userOtp.verified(), phone)
    expect(standIns().mshastra.requests).toHaveLength(0)
  })
})

describe('bodies that nobody means well with', () => {
  const { standIns } = useStandInsAndFakeTime()
  const nested = (depth: number) => `${'{"phone":'.repeat(depth)}1${'}'.repeat(depth)}`

  it.each([SEND, VERIFY])('%s is not impressed', async (path) => {
    const texts = [
      nested(50),
      nested(1500),
      '[['.repeat(500),
      '{"phone":{"$ne":null},"otp":{"$gt":""}}',
      '{"phone":"+919888888888","__proto__":{"verified":true}}',
      '{"phone":"+919888888888\\u0000","otp":"1234"}',
      '{"phone":"\\ud800","otp":"1234"}',
    ]
    for (const text of texts) {
      const response = await service.post(path, text)
      const body = await response.json<Record<string, unknown>>()
      expect([response.status, body['status'], body['verified']]).toEqual([400, 'error', path === VERIFY ? false : undefined])
    }
    expect(standIns().mshastra.requests).toHaveLength(0)
  })
})
