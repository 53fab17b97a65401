import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { auditOf, fireAlarm, gateOf } from '../support/gate'
import { deliverWebhooks, reporterOf } from '../support/receipts'
import {
  GUPSHUP_WEBHOOK,
  MSG91_SETTINGS,
  createService,
  type StandIns,
  standInForVendors,
  TWILIO_SETTINGS,
  uniquePhone,
} from '../support/service'

let vendors: StandIns
const wait = vi.fn<() => Promise<void>>()
beforeEach(() => {
  vendors = standInForVendors()
  wait.mockReset().mockResolvedValue()
  vi.spyOn(scheduler, 'wait').mockImplementation(wait)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Twilio loses what goes to numbers that end so, after it took it: filtered as spam, 30007. */
const LOST = '0004'
const BOTH = { ...TWILIO_SETTINGS, ...MSG91_SETTINGS, PUBLIC_URL: 'https://otp.example.test' }
const TWILIO = reporterOf('twilio')

interface Sent {
  readonly id: string
  readonly communication_id: string
}

async function lostMessage(settings: Record<string, string> = BOTH, body: object = {}, lastDigits = LOST) {
  const service = createService(settings)
  const phone = uniquePhone(lastDigits)
  const sent = await (await service.post('/v1/verifications', { to: phone, ...body })).json<Sent>()
  const gate = await gateOf(phone)
  await fireAlarm(gate)
  const reports = await TWILIO.report(vendors)
  const check = async (code: string) => {
    const response = await service.post(`/v1/verifications/${sent.id}/check`, { code })
    return (await response.json<{ valid: boolean }>()).valid
  }
  return { service, phone, sent, gate, reports, check, oldCode: vendors.twilio.lastCode(phone)! }
}

describe('a message that is lost while somebody waits for its code', () => {
  it('is replaced at once by the next provider, with a new code; the old one is worth nothing', async () => {
    const { service, phone, reports, check, oldCode, gate, sent } = await lostMessage()

    await deliverWebhooks(service, reports)

    expect(vendors.msg91.messages).toHaveLength(1)
    const newCode = vendors.msg91.lastCode(phone)!
    expect(newCode).not.toBe(oldCode)
    expect(await check(oldCode)).toBe(false)
    expect(await check(newCode)).toBe(true)
    const story = await auditOf(gate).then(async () => {
      await fireAlarm(gate)
      return auditOf(gate)
    })
    expect(story.map(({ kind }) => kind)).toEqual([
      'send.reserved',
      'send.accepted',
      'send.reserved',
      'send.accepted',
      'check.incorrect',
      'check.approved',
    ])
    expect(JSON.parse(story[2]!.detail)).toMatchObject({ replaces: sent.communication_id })
  })

  it('leaves two messages in the list: the lost one and the one that arrived', async () => {
    const { service, phone, reports, check, gate } = await lostMessage()
    await deliverWebhooks(service, reports)
    await check(vendors.msg91.lastCode(phone)!)
    await fireAlarm(gate)

    const response = await service.request(`/v1/communications?to=${encodeURIComponent(phone)}`)

    expect((await response.json<{ communications: object[] }>()).communications).toMatchObject([
      { provider: 'msg91', status: 'delivered', verified: true, surface: 'v1', purpose: 'login' },
      { provider: 'twilio', status: 'undelivered', verified: false, reason: 'content_blocked', provider_code: '30007' },
    ])
  })

  it('is replaced once, however often and by however many at once it is reported', async () => {
    const { service, reports } = await lostMessage()

    await Promise.all(Array.from({ length: 30 }, () => deliverWebhooks(service, reports)))

    expect(vendors.msg91.messages).toHaveLength(1)
    expect(vendors.twilio.messages).toHaveLength(1)
  })

  it('is replaced although the report is here before the message is in D1', async () => {
    const service = createService(BOTH)
    const phone = uniquePhone(LOST)
    await service.post('/v1/verifications', { to: phone })
    const gate = await gateOf(phone)
    // What happens while the report waits to be looked at again.
    wait.mockImplementationOnce(async () => void (await fireAlarm(gate)))

    await deliverWebhooks(service, await TWILIO.report(vendors))

    expect(vendors.msg91.messages).toHaveLength(1)
  })

  it('goes by another channel where the profile has one and the caller asked for none', async () => {
    const settings = { ...TWILIO_SETTINGS, PUBLIC_URL: 'https://otp.example.test' }
    const { service, reports, sent, phone } = await lostMessage(settings)

    await deliverWebhooks(service, reports)

    expect(vendors.gupshup.messages).toHaveLength(1)
    const verification = await (await service.request(`/v1/verifications/${sent.id}`)).json()
    expect(verification).toMatchObject({ channel: 'whatsapp', status: 'pending' })
    expect(vendors.gupshup.lastCode(phone)).toMatch(/^\d{6}$/)
  })

  it('goes from WhatsApp to SMS where the number is not on WhatsApp', async () => {
    const settings = { ...MSG91_SETTINGS, V1_CHANNELS: 'whatsapp,sms', GUPSHUP_WEBHOOK_SECRET: GUPSHUP_WEBHOOK }
    const service = createService(settings)
    const phone = uniquePhone('0002')
    await service.post('/v1/verifications', { to: phone })
    await fireAlarm(await gateOf(phone))

    await deliverWebhooks(service, await reporterOf('gupshup').report(vendors))

    expect(vendors.msg91.lastCode(phone)).toMatch(/^\d{6}$/)
  })

  it('keeps the template that was asked for', async () => {
    const template = {
      template_id: 'LOGIN_SHORT',
      template_name: 'x',
      channel: 'sms',
      content: 'Code {{otp_code}}, only for you',
    }
    const vendorTemplates = { msg91: 'msg91-short' }
    const service = createService(BOTH)
    await service.post('/v1/templates', { ...template, vendor_templates: vendorTemplates })
    const { reports } = await lostMessage(BOTH, { template: 'LOGIN_SHORT' })

    await deliverWebhooks(service, reports)

    expect(vendors.twilio.messages.at(-1)?.text).toMatch(/^Code \d{6}, only for you$/)
    expect(vendors.msg91.messages.at(-1)?.templateId).toBe('msg91-short')
  })
})

describe('a message that is lost is not replaced', () => {
  it('when it is the number that cannot take it: another provider would meet the same', async () => {
    const { service, reports } = await lostMessage(BOTH, {}, '0002')

    await deliverWebhooks(service, reports)

    expect(vendors.msg91.messages).toHaveLength(0)
    expect(vendors.gupshup.messages).toHaveLength(0)
  })

  it('when the caller named a channel that nobody else serves', async () => {
    const settings = { ...TWILIO_SETTINGS, PUBLIC_URL: 'https://otp.example.test' }
    const { service, reports } = await lostMessage(settings, { channel: 'sms' })

    await deliverWebhooks(service, reports)

    expect(vendors.gupshup.messages).toHaveLength(0)
    expect(vendors.twilio.messages).toHaveLength(1)
  })

  it('when its code was typed already', async () => {
    const { service, reports, check, oldCode } = await lostMessage()
    expect(await check(oldCode)).toBe(true)

    await deliverWebhooks(service, reports)

    expect(vendors.msg91.messages).toHaveLength(0)
  })

  it('when the verification was canceled, or its time is up', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const canceled = await lostMessage()
    await canceled.service.request(`/v1/verifications/${canceled.sent.id}`, { method: 'DELETE' })
    const expired = await lostMessage()
    vi.advanceTimersByTime(5 * 60_000)

    await deliverWebhooks(canceled.service, canceled.reports)
    await deliverWebhooks(expired.service, expired.reports)

    expect(vendors.msg91.messages).toHaveLength(0)
  })

  it('when a newer message has taken its place', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const { service, reports, sent } = await lostMessage()
    vi.advanceTimersByTime(60_000)
    await service.post(`/v1/verifications/${sent.id}/resend`, {})

    await deliverWebhooks(service, reports)

    expect(vendors.msg91.messages).toHaveLength(0)
    expect(vendors.twilio.messages).toHaveLength(2)
  })

  it('when the number has had its sends', async () => {
    const { service, reports } = await lostMessage({ ...BOTH, SEND_LIMIT_10_MINUTES: '1' })

    await deliverWebhooks(service, reports)

    expect(vendors.msg91.messages).toHaveLength(0)
  })

  it('when a later report says that it arrived after all, in the same breath', async () => {
    const { service, reports, phone } = await lostMessage()
    const id = vendors.twilio.messages.at(-1)!.messageId
    await env.DB.prepare("UPDATE communication SET status = 'delivered', status_rank = 5 WHERE provider_message_id = ?")
      .bind(id)
      .run()

    await deliverWebhooks(service, reports)

    expect(vendors.msg91.lastCode(phone)).toBeUndefined()
  })

  it('when the caller made the code: one of ours would be of no use to them', async () => {
    const service = createService(BOTH)
    const phone = uniquePhone(LOST)
    await service.post('/api/v1/external/sms/otp', { to_phone: phone, otp: '483920' })
    await fireAlarm(await gateOf(phone))

    await deliverWebhooks(service, await TWILIO.report(vendors))

    expect(vendors.twilio.lastCode(phone)).toBe('483920')
    expect(vendors.msg91.messages).toHaveLength(0)
  })
})

it('a replacement that every provider refuses leaves the first code good', async () => {
  const { service, reports, check, oldCode, sent } = await lostMessage(
    { ...BOTH, MSG91_AUTH_KEY: 'another-key' },
    { channel: 'sms' },
  )

  await deliverWebhooks(service, reports)

  expect(vendors.msg91.requests).not.toHaveLength(0)
  expect(await (await service.request(`/v1/verifications/${sent.id}`)).json()).toMatchObject({ status: 'pending' })
  expect(await check(oldCode)).toBe(true)
})

describe('after a replacement', () => {
  it('the cooldown begins anew, and the sends are counted', async () => {
    const { service, phone, reports } = await lostMessage()
    await deliverWebhooks(service, reports)

    const response = await service.post('/v1/verifications', { to: phone })

    expect(response.status).toBe(429)
    expect(await response.json()).toMatchObject({ code: 'cooldown_active' })
  })

  it('guesses at the lost code still count', async () => {
    const service = createService(BOTH)
    const phone = uniquePhone(LOST)
    const sent = await (await service.post('/v1/verifications', { to: phone })).json<Sent>()
    await fireAlarm(await gateOf(phone))
    const code = vendors.twilio.lastCode(phone)!
    const wrong = code === '000000' ? '000001' : '000000'
    await service.post(`/v1/verifications/${sent.id}/check`, { code: wrong })

    await deliverWebhooks(service, await TWILIO.report(vendors))

    const verification = await (await service.request(`/v1/verifications/${sent.id}`)).json()
    expect(verification).toMatchObject({ guesses_left: 4, status: 'pending' })
  })
})
