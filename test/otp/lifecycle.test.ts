import { createScheduledController, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { auditOf, bindingsOf, fireAlarm, gateOf, storedState } from '../support/gate'
import { createService, standInForGupshup, uniquePhone, wrongCode } from '../support/service'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS

let vendor: ReturnType<typeof standInForGupshup>
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendor = standInForGupshup()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

async function runScheduled() {
  await worker.scheduled(createScheduledController({ scheduledTime: new Date(Date.now()), cron: '* * * * *' }), env)
}

const recordOf = (id: string) =>
  env.DB.prepare('SELECT status, is_used, sends, guesses FROM verifications WHERE id = ?').bind(id).first()

describe('the record in D1', () => {
  it('follows the verification: pending, then approved and used, with its story', async () => {
    const { post } = createService()
    const phone = uniquePhone()
    const gate = await gateOf(phone)

    await post('/send-otp', { phone_number: phone }, { 'x-request-id': 'the-send' })
    await fireAlarm(gate)
    const { id } = (await storedState(gate))!.verifications[0]!
    expect(await recordOf(id)).toEqual({ status: 'pending', is_used: 0, sends: 1, guesses: 0 })

    await post('/verify-otp', { phone_number: phone, otp: vendor.lastCode(phone) }, { 'x-request-id': 'the-check' })
    await fireAlarm(gate)
    expect(await recordOf(id)).toEqual({ status: 'approved', is_used: 1, sends: 1, guesses: 1 })

    const story = (await auditOf(gate)).map(({ kind, request_id, detail }) => ({ kind, request_id, detail: JSON.parse(detail) }))
    const communication_id = expect.stringMatching(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(story).toEqual([
      {
        kind: 'send.reserved',
        request_id: 'the-send',
        detail: { communication_id, channel: 'whatsapp', send: 1, counted_by: 'prefix' },
      },
      {
        kind: 'send.accepted',
        request_id: 'the-send',
        detail: {
          communication_id: story[0]!.detail.communication_id,
          template_id: null,
          template_version: null,
          channel: 'whatsapp',
          provider: 'gupshup',
          provider_message_id: vendor.messages[0]!.messageId,
          delivery_status: 'queued',
          reason: null,
          provider_code: null,
          segments: null,
          cost_micros: null,
          currency: null,
          attempts: [
            {
              at: Date.now(),
              provider: 'gupshup',
              channel: 'whatsapp',
              status: 'accepted',
              reason: null,
              provider_code: null,
              http_status: null,
              duration_ms: 0,
            },
          ],
        },
      },
      {
        kind: 'check.approved',
        request_id: 'the-check',
        detail: { guess: 1, guesses_left: 4, communication_id: story[0]!.detail.communication_id },
      },
    ])
  })

  it('becomes expired and used through the scheduled job, and only then', async () => {
    const { post } = createService()
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    await post('/send-otp', { phone_number: phone })
    await fireAlarm(gate)
    const { id } = (await storedState(gate))!.verifications[0]!

    vi.advanceTimersByTime(3 * MINUTE_MS)
    await runScheduled()
    expect(await recordOf(id)).toMatchObject({ status: 'pending' })
    vi.advanceTimersByTime(MINUTE_MS + 1)
    await runScheduled()

    expect(await recordOf(id)).toMatchObject({ status: 'expired', is_used: 1 })
  })

  it('is corrected when the approval comes to D1 after the job had marked it', async () => {
    const { post } = createService()
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    await post('/send-otp', { phone_number: phone })
    await fireAlarm(gate)
    const { id } = (await storedState(gate))!.verifications[0]!
    await post('/verify-otp', { phone_number: phone, otp: vendor.lastCode(phone) })
    const { DB } = await bindingsOf(gate)
    const batch = vi.spyOn(DB, 'batch').mockRejectedValue(new Error('injected'))
    await fireAlarm(gate)
    vi.advanceTimersByTime(10 * MINUTE_MS)
    await runScheduled()
    expect(await recordOf(id)).toMatchObject({ status: 'expired' })

    batch.mockRestore()
    await fireAlarm(gate)

    expect(await recordOf(id)).toMatchObject({ status: 'approved', is_used: 1 })
  })
})

describe('the storage of a number', () => {
  it('is deleted after a quiet day, when everything is carried, and not a moment before', async () => {
    const { post } = createService()
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    await post('/send-otp', { phone_number: phone })
    await post('/verify-otp', { phone_number: phone, otp: vendor.lastCode(phone) })
    await fireAlarm(gate)
    const { alarmAt, lastActivityAt } = (await storedState(gate))!
    expect(alarmAt).toBe(lastActivityAt + DAY_MS)

    vi.setSystemTime(alarmAt - 1)
    await fireAlarm(gate)
    expect(await storedState(gate)).toBeDefined()
    vi.setSystemTime(alarmAt)
    await fireAlarm(gate)

    const left = await runInDurableObject(gate, async (_gate, state) => [
      [...state.storage.kv.list()],
      await state.storage.getAlarm(),
    ])
    expect(left).toEqual([[], null])
  })

  it('stays while D1 is down, however long that is', async () => {
    const { post } = createService()
    const phone = uniquePhone()
    const gate = await gateOf(phone)
    await post('/send-otp', { phone_number: phone })
    const { DB } = await bindingsOf(gate)
    const batch = vi.spyOn(DB, 'batch').mockRejectedValue(new Error('injected'))
    vi.advanceTimersByTime(3 * DAY_MS)
    await fireAlarm(gate)
    const { outbox } = (await storedState(gate))!
    expect(outbox.map(({ kind }) => kind)).toEqual(['send.reserved', 'send.accepted'])

    batch.mockRestore()
    await fireAlarm(gate)

    const carried = await env.DB.prepare('SELECT kind FROM audit_events WHERE verification_id = ? ORDER BY seq')
      .bind(outbox[0]!.verificationId)
      .all()
    expect(carried.results).toEqual([{ kind: 'send.reserved' }, { kind: 'send.accepted' }])
    expect((await storedState(gate))?.outbox).toEqual([])
  })

  it('never begins for a number that was only guessed at', async () => {
    const { post } = createService()
    const phone = uniquePhone()

    const checked = await post('/verify-otp', { phone_number: phone, otp: '123456' })

    expect(checked.status).toBe(404)
    expect(await storedState(await gateOf(phone))).toBeUndefined()
  })
})

describe('the limits of a number', () => {
  it('weighs 25 wrong guesses in 24 hours over all purposes and verifications, then neither checks nor sends', async () => {
    const service = createService({ SEND_LIMIT_10_MINUTES: '100', SEND_LIMIT_24_HOURS: '100' })
    const phone = uniquePhone()
    let weighed = 0
    for (let verification = 0; verification < 6; verification++) {
      const sent = await service.post('/v1/verifications', { to: phone, channel: 'whatsapp', purpose: `purpose${verification}` })
      if (sent.status === 429) break
      for (let guess = 1; guess <= 5; guess++) {
        const path = `${sent.headers.get('location')}/check`
        const answer = await service.post(path, { code: wrongCode(vendor.lastCode(phone)!, guess) })
        if (answer.status === 200) weighed += 1
      }
      vi.advanceTimersByTime(MINUTE_MS)
    }

    const refused = await service.post('/v1/verifications', { to: phone, channel: 'whatsapp', purpose: 'another' })

    expect(weighed).toBe(25)
    expect(refused.status).toBe(429)
    const { code, retry_after } = await refused.json<{ code: string; retry_after: number }>()
    expect(code).toBe('too_many_guesses')
    vi.advanceTimersByTime(retry_after * 1000)
    expect((await service.post('/v1/verifications', { to: phone, channel: 'whatsapp', purpose: 'another' })).status).toBe(201)
  })

  it('are stricter for codes shorter than six digits: 3 guesses each, 10 in 24 hours', async () => {
    const service = createService({ OTP_LENGTH: '4', SEND_LIMIT_10_MINUTES: '100', SEND_LIMIT_24_HOURS: '100' })
    const phone = uniquePhone()
    let weighed = 0
    for (let verification = 0; verification < 5; verification++) {
      const sent = await service.post('/v1/verifications', { to: phone, channel: 'whatsapp', purpose: `purpose${verification}` })
      for (let guess = 1; sent.status === 201 && guess <= 4; guess++) {
        const answer = await service.post(`${sent.headers.get('location')}/check`, {
          code: wrongCode(vendor.lastCode(phone)!, guess),
        })
        if (answer.status === 200) weighed += 1
      }
      vi.advanceTimersByTime(MINUTE_MS)
    }

    expect(vendor.messages[0]?.code).toMatch(/^\d{4}$/)
    expect(weighed).toBe(10)
  })
})
