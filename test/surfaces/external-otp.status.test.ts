import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { databaseThat, failing } from '../support/broken'
import { fireAlarm, gateOf, storedState } from '../support/gate'
import { createService, uniquePhone } from '../support/service'
import { useStandInsAndFakeTime } from './contract'
import { SMS_PATH, WHATSAPP_PATH, externalSms, externalWhatsapp } from './contract/external-otp'
import { type Service, expectRefusal, serviceFor } from './contract/surface'

const MOCK = { PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' }
const service = serviceFor(externalSms)
const mock = createService(MOCK)

const ask = (messageId: string, by: Service = service) => by.request(`/api/v1/external/status/${messageId}`)
const refused = (response: Response) => expectRefusal(externalSms, response, { code: 'dependency_unavailable' })
const unknown = async (response: Response) => {
  expect(response.status).toBe(404)
  expect(await response.json()).toEqual({
    success: false,
    message: 'There is no such message. One that was sent just now is listed after a few seconds.',
    data: { to_phone: null, error: 'communication_not_found' },
  })
}

async function send(phone: string, by: Service = service, path = SMS_PATH): Promise<string> {
  const response = await by.post(path, { to_phone: phone })
  const { data } = await response.json<{ data: { message_id: string } }>()
  return data.message_id
}

const told = (messageId: string, phone: string, changes: object = {}) => ({
  success: true,
  data: {
    message_id: messageId,
    provider: 'twilio',
    status: 'queued',
    to: `+91********${phone.slice(-2)}`,
    channel: 'sms',
    ...changes,
  },
  message: 'Message status retrieved successfully',
})

async function toDatabase(phone: string): Promise<void> {
  const gate = await gateOf(phone)
  while ((await storedState(gate))!.outbox.length > 0) await fireAlarm(gate)
}

describe('GET /api/v1/external/status/{message_id}', () => {
  useStandInsAndFakeTime()

  it('knows a message at once, before D1 does, and shows neither number nor code', async () => {
    const phone = uniquePhone()
    const id = await send(phone)
    const response = await ask(id)
    const text = await response.clone().text()

    expect([response.status, await response.json()]).toEqual([200, told(id, phone)])
    expect(text).not.toContain(phone.slice(1))
  })

  it('knows it the same from D1, with its time', async () => {
    vi.setSystemTime('2026-11-21T06:30:00.250Z')
    const phone = uniquePhone()
    const id = await send(phone)
    await toDatabase(phone)

    const response = await ask(`${id}/`)
    expect([response.status, await response.json()]).toEqual([200, told(id, phone, { updated_at: '2026-11-21T06:30:00Z' })])
  })

  it('follows what is reported to D1', async () => {
    const phone = uniquePhone()
    const id = await send(phone)
    await toDatabase(phone)
    await env.DB.prepare(`UPDATE communication SET status = 'delivered', status_rank = 5, status_at = ? WHERE phone_masked = ?`)
      .bind(Date.parse('2026-11-21T07:00:00Z'), `+91********${phone.slice(-2)}`)
      .run()

    expect(await (await ask(id)).json()).toEqual(told(id, phone, { status: 'delivered', updated_at: '2026-11-21T07:00:00Z' }))
  })

  it('asks the gate while D1 knows of no outcome', async () => {
    const phone = uniquePhone()
    const id = await send(phone)
    await toDatabase(phone)
    await env.DB.prepare(`UPDATE communication SET status = 'pending', status_rank = 0, provider = NULL`).run()

    expect(await (await ask(id)).json()).toEqual(told(id, phone))
  })

  it('says which channel and provider carried it', async () => {
    const phone = uniquePhone()
    const id = await send(phone, serviceFor(externalWhatsapp), WHATSAPP_PATH)
    expect(await (await ask(id)).json()).toEqual(told(id, phone, { provider: 'whatsapp_cloud', channel: 'whatsapp' }))
  })

  it('keeps the messages of one number apart, and the older one once D1 has it', async () => {
    const phone = uniquePhone()
    const first = await send(phone)
    await toDatabase(phone)
    vi.advanceTimersByTime(60_000)
    const second = await send(phone)

    expect(first).not.toBe(second)
    expect(await (await ask(first)).json()).toEqual(told(first, phone, { updated_at: expect.any(String) }))
    expect(await (await ask(second)).json()).toEqual(told(second, phone))
  })

  it('knows what became of a message whose number is quiet again', async () => {
    const phone = uniquePhone()
    const id = await send(phone)
    await toDatabase(phone)
    vi.advanceTimersByTime(2 * 86_400_000)
    await fireAlarm(await gateOf(phone))
    expect(await storedState(await gateOf(phone))).toBeUndefined()

    expect(await (await ask(id)).json()).toEqual(told(id, phone, { updated_at: expect.any(String) }))
  })

  it('answers HEAD', async () => {
    const response = await service.request(`/api/v1/external/status/${await send(uniquePhone())}`, { method: 'HEAD' })
    expect([response.status, await response.text()]).toEqual([200, ''])
  })

  it('is told nothing by D1 when D1 is down, and says so', async () => {
    const id = await send(uniquePhone())
    await refused(await ask(id, serviceFor(externalSms, { DB: databaseThat(failing) })))
  })

  it('knows no message of another deployment, none that was never sent, and nothing that is no id', async () => {
    const phone = uniquePhone()
    const id = await send(phone)
    const bytes = Uint8Array.fromBase64(id.slice(4), { alphabet: 'base64url' })
    const withByte = (index: number) => {
      const changed = bytes.slice()
      changed[index]! ^= 1
      return `msg_${changed.toBase64({ alphabet: 'base64url', omitPadding: true })}`
    }

    const others = [withByte(0), withByte(31), withByte(32), withByte(47), id.slice(0, -1), `${id}A`, `${id}=`, id.toUpperCase()]
    const oddities = ['x', 'msg_', 'msg_%00', '%E0%A4%A', `ver_${id.slice(4)}`, `mock_${phone}_1`, '__proto__', 'x'.repeat(5_000)]
    for (const text of [...others, ...oddities]) await unknown(await ask(text))
  })
})

describe('the status of a message in mock mode', () => {
  useStandInsAndFakeTime()
  const mocked = (id: string, phone: string, changes: object = {}) =>
    told(id, phone, { provider: 'mock', status: 'sent', ...changes })

  it.each(['as it came', 'with its + escaped'])('is known by its own id, %s', async (how) => {
    const phone = uniquePhone()
    const id = await send(phone, mock)
    const response = await ask(how === 'as it came' ? id : encodeURIComponent(id), mock)

    expect([response.status, await response.json()]).toEqual([200, mocked(id, phone)])
    await toDatabase(phone)
    expect(await (await ask(id, mock)).json()).toEqual(mocked(id, phone, { updated_at: expect.any(String) }))
  })

  it("is nobody's business without the second of its sending", async () => {
    const phone = uniquePhone()
    const id = await send(phone, mock)
    const later = id.replace(/\d+$/, (seconds) => String(Number(seconds) + 1))
    for (const text of [later, `mock_${phone}_`, `mock_${phone.slice(1)}_1`, 'mock_', `mock_${phone}_1e9`, `${id}x`]) {
      await unknown(await ask(text, mock))
    }
  })

  it('is gone when mock mode is', async () => unknown(await ask(await send(uniquePhone(), mock))))
})
