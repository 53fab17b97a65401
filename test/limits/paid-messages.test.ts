import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { NOTICE_ATTEMPTS } from '../../src/config/limits'
import { fireAlarm, gateOf } from '../support/gate'
import { allLeads, allNotices, leadBody } from '../support/leads'
import { ENFORCED, countedBy, limiterState } from '../support/limits'
import { deliverWebhooks, reporterOf } from '../support/receipts'
import {
  MSG91_SETTINGS,
  NOTICE_SETTINGS,
  type StandIns,
  TWILIO_SETTINGS,
  createService,
  standInForVendors,
  uniquePhone,
} from '../support/service'

// Messages that are no sends of their own, and are paid from the same budget.

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const PRICES = JSON.stringify({ currency: 'USD', prices: { gupshup: '0.05', twilio: '0.02', msg91: '0.03' } })

let vendors: StandIns
let day = 0
beforeEach(async () => {
  day += 1
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2027, 2, day, 12) })
  vi.spyOn(scheduler, 'wait').mockResolvedValue()
  vendors = standInForVendors()
  await env.DB.batch(['lead', 'lead_event', 'lead_notice', 'communication'].map((name) => env.DB.prepare(`DELETE FROM ${name}`)))
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const spent = async () => (await limiterState('spend:deployment'))?.spending

describe('a message to the customer of a lead', () => {
  const settings = (cap: string) => ({
    ...NOTICE_SETTINGS,
    MESSAGE_PRICES: PRICES,
    SPEND_CAP_PER_DAY: cap,
    SPEND_CAP_MODE: 'enforce',
  })
  const create = (cap: string) => createService(settings(cap)).post('/api_v1/lead_create', leadBody())
  const runSchedule = (cap: string) =>
    worker.scheduled(createScheduledController({ scheduledTime: new Date(Date.now()), cron: '* * * * *' }), {
      ...env,
      ...settings(cap),
    })

  it('is paid from the budget', async () => {
    expect((await create('1')).status).toBe(200)
    expect(vendors.gupshup.messages).toHaveLength(1)
    expect(await spent()).toMatchObject({ day: Date.UTC(2027, 2, day), micros: 50_000 })
  })

  it('that nobody took costs nothing', async () => {
    vi.spyOn(vendors.gupshup, 'handle').mockImplementation(async () => Response.json({ status: 'error' }, { status: 400 }))
    await create('1')
    expect(await spent()).toMatchObject({ day: Date.UTC(2027, 2, day), micros: 0 })
  })

  it('waits where the budget is spent, and goes out when there is one again; the lead goes on', async () => {
    expect((await create('0.04')).status).toBe(200)
    expect(await allLeads()).toMatchObject([{ submission: 'submitted' }])
    expect(vendors.gupshup.messages).toHaveLength(0)
    expect(await allNotices()).toMatchObject([{ attempts: 1, isSending: false }])

    vi.advanceTimersByTime(HOUR_MS)
    await runSchedule('1')
    expect(vendors.gupshup.messages).toHaveLength(1)
    expect(await allNotices()).toEqual([])
  })

  it('is dropped when it has waited for too long, and the list says why', async () => {
    await create('0.04')
    for (let nth = 1; nth < NOTICE_ATTEMPTS; nth++) {
      vi.advanceTimersByTime(HOUR_MS)
      await runSchedule('0.04')
    }
    expect(await allNotices()).toEqual([])
    expect(vendors.gupshup.messages).toHaveLength(0)
    const row = await env.DB.prepare('SELECT status, reason FROM communication').first()
    expect(row).toEqual({ status: 'failed', reason: 'insufficient_funds' })
  })
})

describe('a message that replaces a lost one', () => {
  const settings = {
    ...ENFORCED,
    ...TWILIO_SETTINGS,
    ...MSG91_SETTINGS,
    PUBLIC_URL: 'https://otp.example.test',
    MESSAGE_PRICES: PRICES,
    SPEND_CAP_MODE: 'enforce',
  }
  const twilio = reporterOf('twilio')

  /** A message that Twilio took and lost, and what comes of its report. */
  async function lose(cap: string) {
    const service = createService({ ...settings, SPEND_CAP_PER_DAY: cap, V1_CHANNELS: 'sms' })
    const phone = uniquePhone('0004')
    await service.post('/v1/verifications', { to: phone })
    await fireAlarm(await gateOf(phone))
    await deliverWebhooks(service, await twilio.report(vendors))
    return phone
  }

  it('is no other send, and costs what it costs', async () => {
    const phone = await lose('1')
    expect(vendors.msg91.messages).toHaveLength(1)
    expect(await countedBy(`prefix:${phone.slice(0, -4)}`)).toEqual({ sends: 1, verified: 0 })
    expect(await spent()).toMatchObject({ micros: 20_000 + 30_000 })
  })

  it('is not sent where the budget is spent', async () => {
    await lose('0.04')
    expect(vendors.twilio.messages).toHaveLength(1)
    expect(vendors.msg91.messages).toHaveLength(0)
    expect(await spent()).toMatchObject({ micros: 20_000 })
  })
})
