import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PROVIDER_FAILURES_BEFORE_PAUSE } from '../../src/config/limits'
import { databaseThat, failing } from '../support/broken'
import { fireAlarm, gateOf } from '../support/gate'
import {
  MSG91_SETTINGS,
  createService,
  MSHASTRA_SETTINGS,
  type StandIns,
  standInForVendors,
  TWILIO_SETTINGS,
  uniquePhone,
} from '../support/service'

let vendors: StandIns
beforeEach(() => {
  vendors = standInForVendors()
})
afterEach(() => vi.restoreAllMocks())

const SMS = { ...TWILIO_SETTINGS, ...MSG91_SETTINGS, ...MSHASTRA_SETTINGS, PROVIDER_TIMEOUT_MS: '100' }

async function send(settings: Record<string, string>, lastDigits: string, body: object = {}) {
  const service = createService(settings)
  const phone = uniquePhone(lastDigits)
  const response = await service.post('/v1/verifications', { to: phone, ...body })
  const answer = await response.json<{ communication_id?: string; code?: string; channel?: string; id?: string }>()
  await fireAlarm(await gateOf(phone))
  const list = await service.request(`/v1/communications?to=${encodeURIComponent(phone)}`)
  const [newest] = (await list.json<{ communications: { id: string }[] }>()).communications
  const communication = newest && (await (await service.request(`/v1/communications/${newest.id}`)).json<{ log: object[] }>())
  return { service, phone, status: response.status, answer, communication }
}

describe('failover', () => {
  it('moves on after a transient refusal, with the same code, and the log has both attempts', async () => {
    const { status, phone, communication } = await send(SMS, '0006', { channel: 'sms' })

    // Both vendors answer 429 for this number: the second is the last.
    expect(status).toBe(502)
    expect(vendors.twilio.lastCode(phone)).toBe(vendors.msg91.lastCode(phone))
    expect(vendors.mshastra.requests).toHaveLength(0)
    expect(communication).toMatchObject({
      status: 'failed',
      provider: null,
      log: [
        { type: 'attempt', attempt: 1, provider: 'twilio', outcome: 'rejected', reason: 'rate_limited', http_status: 429 },
        { type: 'attempt', attempt: 2, provider: 'msg91', outcome: 'rejected', reason: 'rate_limited', http_status: 429 },
      ],
    })
  })

  it('moves on after a timeout, and the one that took it carries the message', async () => {
    const { status, communication, phone, service, answer } = await send(
      { ...SMS, V1_SMS_PROVIDERS: 'mshastra,msg91', MSG91_API_URL: 'http://twilio.test' },
      '0008',
      { channel: 'sms' },
    )

    expect([status, answer.code]).toEqual([502, 'delivery_unknown'])
    expect(communication).toMatchObject({ status: 'unknown', provider: 'mshastra', reason: 'timeout' })
    const code = vendors.mshastra.lastCode(phone)!
    const checked = await service.post('/v1/verifications/check', { to: phone, code })
    expect(await checked.json()).toMatchObject({ valid: true })
  })

  it('does not move on after a permanent fault of the number', async () => {
    const { status, answer, communication } = await send(SMS, '0001')

    expect([status, answer.code]).toEqual([502, 'delivery_failed'])
    expect(vendors.msg91.requests).toHaveLength(0)
    expect(vendors.gupshup.requests).toHaveLength(0)
    expect(communication).toMatchObject({ status: 'failed', reason: 'invalid_recipient', log: [{ provider_code: '21211' }] })
  })

  it('goes from SMS to WhatsApp where the caller named no channel, and says by which it went', async () => {
    const { status, answer, communication } = await send(TWILIO_SETTINGS, '0007')

    // Gupshup answers 503 for this number as well; the one of /v1 that is asked second is the profile's WhatsApp vendor.
    expect(status).toBe(502)
    expect(vendors.gupshup.requests).toHaveLength(1)
    expect(answer.code).toBe('delivery_failed')
    expect(communication?.log).toMatchObject([{ channel: 'sms' }, { channel: 'whatsapp' }])
  })

  it('stays on the channel that the caller named', async () => {
    await send(TWILIO_SETTINGS, '0007', { channel: 'sms' })

    expect(vendors.gupshup.requests).toHaveLength(0)
  })

  it('is not delayed by a provider that keeps failing: it is left out for a while', async () => {
    const service = createService(SMS)
    const sendTo = (digits: string) => service.post('/v1/verifications', { to: uniquePhone(digits), channel: 'sms' })
    for (let n = 0; n < PROVIDER_FAILURES_BEFORE_PAUSE; n++) await sendTo('0007')
    const before = vendors.twilio.requests.length

    const response = await sendTo('5555')

    expect(response.status).toBe(201)
    expect(vendors.twilio.requests).toHaveLength(before)
  })

  it('asks nobody in another order than the settings say', async () => {
    await send({ ...SMS, V1_SMS_PROVIDERS: 'mshastra' }, '5555', { channel: 'sms' })

    expect([vendors.mshastra, vendors.twilio, vendors.msg91].map(({ requests }) => requests.length)).toEqual([1, 0, 0])
  })
})

describe('what the record of a message says', () => {
  it('is the code of the provider whose reason it tells', async () => {
    // Twilio breaks the connection, MSG91 refuses with a code of its own.
    const { communication } = await send({ ...SMS, V1_SMS_PROVIDERS: 'twilio,msg91', MSG91_AUTH_KEY: 'another' }, '0023', {
      channel: 'sms',
    })

    expect(communication).toMatchObject({ status: 'unknown', provider: 'twilio', reason: 'connection_lost', provider_code: null })
  })

  it('is nothing of our text where the vendor has its own', async () => {
    const service = createService()
    const template = { template_id: 'OURS', template_name: 'x', channel: 'sms', content: 'Code {{otp_code}}.' }
    await service.post('/v1/templates', template)
    const settings = { ...SMS, V1_SMS_PROVIDERS: 'msg91' }

    const byMsg91 = await send(settings, '5555', { channel: 'sms', template: 'OURS' })
    const byTwilio = await send({ ...SMS, V1_SMS_PROVIDERS: 'twilio' }, '5555', { channel: 'sms', template: 'OURS' })

    expect(byMsg91.communication).toMatchObject({ template: null, segments: null })
    expect(byTwilio.communication).toMatchObject({ template: { id: 'OURS', version: 1 }, segments: 1 })
  })
})

it('a template that nobody can look up is an outage, not a mistake of the caller', async () => {
  const service = createService({ ...SMS, DB: databaseThat(failing) })

  const response = await service.post('/v1/verifications', { to: uniquePhone(), channel: 'sms', template: 'LOGIN' })

  expect([response.status, await response.json()]).toEqual([503, expect.objectContaining({ code: 'dependency_unavailable' })])
  expect(vendors.twilio.requests).toHaveLength(0)
})

describe('what a message costs', () => {
  const prices = JSON.stringify({ currency: 'USD', prices: { 'twilio/sms/IN': '0.0832', twilio: '1', msg91: '0.0025' } })

  it('is the price of its segments, by the provider that took it', async () => {
    const { communication } = await send({ ...SMS, MESSAGE_PRICES: prices }, '5555', { channel: 'sms' })

    expect(communication).toMatchObject({ provider: 'twilio', segments: 1, cost: { amount: '0.0832', currency: 'USD' } })
  })

  it('is not known without a price, and nothing where nobody took it', async () => {
    const unpriced = await send({ ...SMS, MESSAGE_PRICES: prices, V1_SMS_PROVIDERS: 'mshastra' }, '5555', { channel: 'sms' })
    const refused = await send({ ...SMS, MESSAGE_PRICES: prices }, '0001', { channel: 'sms' })

    expect([unpriced.communication, refused.communication]).toMatchObject([{ cost: null }, { cost: null }])
  })
})

describe('MSG91_VERIFY_MODE=provider', () => {
  const settings = { ...MSG91_SETTINGS, MSG91_VERIFY_MODE: 'provider', PROVIDER_TIMEOUT_MS: '100' }

  async function sent(changes: Record<string, string> = {}) {
    const service = createService({ ...settings, ...changes })
    const phone = uniquePhone()
    await service.post('/v1/verifications', { to: phone, channel: 'sms' })
    const check = async (code: string, requestId?: string) => {
      const headers = requestId ? { 'x-request-id': requestId } : {}
      return (await service.post('/v1/verifications/check', { to: phone, code }, headers)).json<{
        valid?: boolean
        code?: string
      }>()
    }
    return { service, phone, check, code: vendors.msg91.lastCode(phone)! }
  }

  const asked = () => vendors.msg91.requests.filter(({ url }) => url.includes('verify')).length

  it('asks MSG91 as well, and both say yes', async () => {
    const { check, code } = await sent()

    expect(await check(code)).toMatchObject({ valid: true })
    expect(asked()).toBe(1)
  })

  it('decides alone when MSG91 has had the code already: the answer may have got lost', async () => {
    const { check, code, phone } = await sent()
    const url = `http://msg91.test/api/v5/otp/verify?otp=${code}&mobile=${phone.slice(1)}`
    await vendors.msg91.handle(new Request(url, { headers: { authkey: MSG91_SETTINGS.MSG91_AUTH_KEY } }))

    expect(await check(code)).toMatchObject({ valid: true })
  })

  it('never takes a wrong code for right, whatever MSG91 says', async () => {
    const { check, code } = await sent()
    const wrong = code === '111111' ? '222222' : '111111'

    expect(await check(wrong)).toMatchObject({ valid: false })
  })

  it('decides alone when MSG91 says nothing', async () => {
    const { check, code } = await sent()
    vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('down'))

    expect(await check(code)).toMatchObject({ valid: true })
  })

  it('answers a repeated request as before, and asks nobody again', async () => {
    const { check, code } = await sent()
    const first = await check(code, 'the-same')

    expect(await check(code, 'the-same')).toEqual(first)
    expect(asked()).toBe(1)
  })

  it('asks nobody about a code that another provider carried, and by default never', async () => {
    const own = await sent({ MSG91_VERIFY_MODE: 'own' })
    expect(await own.check(own.code)).toMatchObject({ valid: true })
    expect(asked()).toBe(0)
  })
})
