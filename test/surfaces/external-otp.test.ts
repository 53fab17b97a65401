import { describe, expect, it, vi } from 'vitest'
import { createService, uniquePhone } from '../support/service'
import { describeContract, useStandInsAndFakeTime } from './contract'
import { SMS_PATH, WHATSAPP_PATH, externalSms, externalWhatsapp } from './contract/external-otp'
import { expectAnswer, expectRefusal, serviceFor } from './contract/surface'

const sms = serviceFor(externalSms)
const whatsapp = serviceFor(externalWhatsapp)

/** `+919876543210` of the brief is one number: the tests that need a fresh one put it in its place. */
const inQuery = (phone: string, otp?: string) => `?to_phone=${phone}${otp === undefined ? '' : `&otp=${otp}`}`

describe('the contract, by SMS', () => describeContract(externalSms))
describe('the contract, by WhatsApp', () => describeContract(externalWhatsapp))

describe('a code of the caller', () => {
  const { standIns } = useStandInsAndFakeTime()
  const check = (to: string, code: string, purpose = 'external') =>
    sms.post('/v1/verifications/check', { to, code, purpose }).then((response) => response.json())

  it.each(['0042', '00000', '123456', '8765432', '12345678'])('%s is the one that is sent, and shown to nobody', async (otp) => {
    const phone = uniquePhone()
    const response = await sms.post(SMS_PATH, { to_phone: phone, otp })
    const text = await response.clone().text()

    await expectAnswer(response, externalSms.sent, phone)
    expect(text).not.toMatch(/otp_sent|mock|Agent Mitra/)
    expect(standIns().twilio.lastCode(phone)).toBe(otp)
    expect(standIns().twilio.messages[0]!.text).toBe(`Your Agent Mitra verification code is: ${otp}. Valid for 5 minutes.`)
    expect(await check(phone, otp)).toMatchObject({ valid: true })
  })

  it('goes out by WhatsApp as well', async () => {
    const phone = uniquePhone()
    await expectAnswer(await whatsapp.post(WHATSAPP_PATH, { to_phone: phone, otp: '87654321' }), externalWhatsapp.sent, phone)
    expect(standIns().whatsappCloud.lastCode(phone)).toBe('87654321')
  })

  it('has fewer guesses where it is short', async () => {
    const phone = uniquePhone()
    await sms.post(SMS_PATH, { to_phone: phone, otp: '4321' })
    for (const left of [2, 1, 0]) expect(await check(phone, '1111')).toMatchObject({ valid: false, guesses_left: left })
    expect(await check(phone, '4321')).toMatchObject({ code: 'too_many_guesses' })
  })

  it('proves nothing anywhere else', async () => {
    const phone = uniquePhone()
    await sms.post(SMS_PATH, { to_phone: phone, otp: '654321' })
    const checks = [
      sms.post('/v1/verifications/check', { to: phone, code: '654321' }),
      sms.post('/verify-otp', { phone_number: phone, otp: '654321' }),
      sms.post('/api_v1/otp_verify', { phone_number: phone, otp: '654321' }),
      sms.post('/api/users/verify-otp', { phone, otp: '654321' }),
    ]
    for (const response of await Promise.all(checks)) expect([400, 404]).toContain(response.status)
    expect(await check(phone, '654321')).toMatchObject({ valid: true })
  })

  it('can only be for the purpose of this surface: a purpose in the request is not looked at', async () => {
    const phone = uniquePhone()
    await sms.post(`${SMS_PATH}?purpose=login`, { to_phone: phone, otp: '654321', purpose: 'login' })
    expect(await check(phone, '654321', 'login')).toMatchObject({ code: 'verification_not_found' })
  })

  it('is ours where it is null, as clients write what they leave out', async () => {
    const phone = uniquePhone()
    const response = await sms.post(SMS_PATH, { to_phone: phone, otp: null })
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ success: true })])
  })

  const notACode = ['', ' ', '123', '123456789', '12 34', '12-34', 'abcd', '12e4', '１２３４', '+1234', '1234\n', '{{otp_code}}']
  const notText = [123456, 0, true, [], ['123456'], {}]
  it.each([...notACode, ...notText].map((otp) => ({ otp })))('is refused as $otp', async ({ otp }) => {
    const phone = uniquePhone()
    const response = await sms.post(SMS_PATH, { to_phone: phone, otp })
    const text = await response.clone().text()

    await expectRefusal(externalSms, response, { code: 'invalid_request', phone })
    expect(text).toContain(typeof otp === 'string' ? '"otp: must be 4 to 8 digits"' : '"otp: must be text"')
    expect(standIns().twilio.requests).toHaveLength(0)
  })
})

describe('body and query', () => {
  const { standIns } = useStandInsAndFakeTime()
  const lastCode = (phone: string) => standIns().twilio.lastCode(phone)
  const post = (query: string, body?: unknown) =>
    body === undefined ? sms.request(SMS_PATH + query, { method: 'POST' }) : sms.post(SMS_PATH + query, body)

  it.each([
    ['all in the query', (phone: string) => post(inQuery(phone, '1357'))],
    ['the + of the number escaped', (phone: string) => post(inQuery(encodeURIComponent(phone), '1357'))],
    ['the number without +', (phone: string) => post(inQuery(phone.slice(1), '1357'))],
    ['an empty form, as some clients send it', (phone: string) => form(inQuery(phone, '1357'))],
    ['an empty object beside it', (phone: string) => post(inQuery(phone, '1357'), {})],
    ['the number in the query, the code in the body', (phone: string) => post(inQuery(phone), { otp: '1357' })],
    ['the code in the query, the number in the body', (phone: string) => post('?otp=1357', { to_phone: phone })],
    ['both in both', (phone: string) => post(inQuery(phone, '1357'), { to_phone: phone, otp: '1357' })],
    ['unknown parameters', (phone: string) => post(`${inQuery(phone, '1357')}&a=1&a=2&__proto__=x&constructor=y`)],
  ])('%s', async (_what, ask) => {
    const phone = uniquePhone()
    await expectAnswer(await ask(phone), externalSms.sent, phone)
    expect(lastCode(phone)).toBe('1357')
  })

  const form = (query: string) =>
    sms.request(SMS_PATH + query, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' } })

  it.each([
    [
      'two numbers',
      (phone: string) => post(inQuery(uniquePhone()), { to_phone: phone }),
      'to_phone: is not the same in the body and in the query',
    ],
    [
      'two codes',
      (phone: string) => post(inQuery(phone, '1357'), { to_phone: phone, otp: '1358' }),
      'otp: is not the same in the body and in the query',
    ],
    ['a code alone', () => post('?otp=1357'), 'to_phone: is required'],
    ['nothing', () => post(''), 'to_phone: is required'],
    ['an empty number', () => post('?to_phone='), 'to_phone: is required'],
    ['a list', () => post('?to_phone[]=+919876543210'), 'to_phone: is required'],
    ['blanks', () => post('?to_phone=+++'), 'to_phone: is required'],
    ['an empty code', (phone: string) => post(`${inQuery(phone)}&otp=`), 'otp: must be 4 to 8 digits'],
    ['the number twice', (phone: string) => post(`${inQuery(phone)}&to_phone=${phone}`), 'to_phone: must be there once'],
    ['the code twice', (phone: string) => post(`${inQuery(phone, '1357')}&otp=1357`), 'otp: must be there once'],
    ['a number that is too long', () => post(`?to_phone=${'9'.repeat(65)}`), 'to_phone: is too long'],
  ])('refuses %s, and says so', async (_what, ask, message) => {
    const response = await ask(uniquePhone())
    const body = await response.json<{ message: string; data: object }>()

    expect([response.status, body.message]).toEqual([400, message])
    expect(body.data).toMatchObject({ error: 'invalid_request' })
    expect(standIns().twilio.requests).toHaveLength(0)
  })

  it('gives the number back as it was meant, wherever it came from', async () => {
    const numberIn = async (response: Response) => (await response.json<{ data: { to_phone: unknown } }>()).data.to_phone

    expect(await numberIn(await post('?to_phone=+912223456789'))).toBe('+912223456789')
    expect(await numberIn(await post('?to_phone=+912223456789&otp=x'))).toBe('+912223456789')
    expect(await numberIn(await post('?to_phone=+912223456789', '{'))).toBe('+912223456789')
    expect(await numberIn(await post('', { to_phone: ' 91 222 3456789' }))).toBe(' 91 222 3456789')
    expect(await numberIn(await post('?to_phone=x', { to_phone: '+912223456789' }))).toBe('+912223456789')
    expect(await numberIn(await post(`?to_phone=${'9'.repeat(65)}`))).toBeNull()
  })

  it.each([
    ['not numbers at all', '?to_phone=call%20me'],
    ['a broken escape', '?to_phone=%E0%A4%A'],
    ['NUL', '?to_phone=%00919876543210'],
    ['a landline', '?to_phone=+912223456789'],
  ])('refuses %s', async (_what, query) => {
    const response = await post(query)
    expect(response.status).toBe(422)
    expect(await response.json()).toMatchObject({ success: false, data: { error: 'invalid_phone' } })
  })
})

describe('both channels', () => {
  const { standIns } = useStandInsAndFakeTime()

  it('share the number, its cooldown and the verification', async () => {
    const phone = uniquePhone()
    const both = createService({ ...externalSms.settings, ...externalWhatsapp.settings })
    await both.post(SMS_PATH, { to_phone: phone })
    await expectRefusal(externalWhatsapp, await both.post(WHATSAPP_PATH, { to_phone: phone }), {
      code: 'cooldown_active',
      phone,
      retryAfter: 60,
    })
    vi.advanceTimersByTime(60_000)
    await expectAnswer(await both.post(WHATSAPP_PATH, { to_phone: phone }), externalWhatsapp.sent, phone)

    const code = standIns().whatsappCloud.lastCode(phone)!
    await expectAnswer(await externalSms.verify(both, phone, code), externalSms.verified(), phone)
  })

  it.each([
    [SMS_PATH, 'TWILIO_ACCOUNT_SID'],
    [WHATSAPP_PATH, 'WHATSAPP_ACCESS_TOKEN'],
  ])('%s never takes the other one where it has nobody: %s is missing', async (path, name) => {
    const other = createService({
      ...(path === SMS_PATH ? externalWhatsapp : externalSms).settings,
      EXTERNAL_OTP_WHATSAPP_PROVIDERS: 'whatsapp_cloud',
    })
    const response = await other.post(path, { to_phone: uniquePhone() })

    expect(response.status).toBe(503)
    expect(await response.text()).toContain(name)
  })
})
