import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type GateStub, fireAlarm, gateOf, gatesWith } from '../support/gate'
import { REPORTERS, callWebhook } from '../support/receipts'
import {
  MSHASTRA_SETTINGS,
  createService,
  standInForGupshup,
  standInForVendors,
  uniquePhone,
  wrongCode,
} from '../support/service'

/** Every row and value that any store holds, as one text. */
async function dumpStores(gate: GateStub): Promise<{ d1: string; kv: string; object: string }> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
  ).all<{ name: string }>()
  const rows = await Promise.all(tables.results.map(({ name }) => env.DB.prepare(`SELECT * FROM "${name}"`).all()))
  const { keys } = await env.OTP_KV.list()
  const values = await Promise.all(keys.map(async (key) => [key, await env.OTP_KV.get(key.name)]))
  const object = await runInDurableObject(gate, (_gate, state) => JSON.stringify([...state.storage.kv.list()]))
  return { d1: JSON.stringify(rows.map(({ results }) => results)), kv: JSON.stringify(values), object }
}

describe('the code', () => {
  afterEach(() => {
    vi.useRealTimers()
    vi.restoreAllMocks()
  })

  it('appears in no response, log line, D1 row, KV value or row of the object', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const logs: unknown[] = []
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
      vi.spyOn(console, level).mockImplementation((...args) => void logs.push(...args))
    }
    const vendor = standInForGupshup()
    // Eight digits: too long to come about by chance among times and ids.
    const settings = { OTP_LENGTH: '8' }
    const service = createService(settings)
    const phone = uniquePhone()
    const codes = new Set<string>()
    let heard = ''
    const hear = async (answer: Promise<Response>) => {
      const response = await answer
      const code = vendor.lastCode(phone)
      if (code) codes.add(code)
      heard += `${JSON.stringify([...response.headers])}${await response.text()}\n`
      return response
    }
    const gate = await gateOf(phone)
    const otp = () => vendor.lastCode(phone)!

    await hear(service.post('/send-otp', { phone_number: phone }))
    await hear(service.post('/verify-otp', { phone_number: phone, otp: wrongCode(otp()) }))
    await fireAlarm(gate)
    vi.advanceTimersByTime(61_000)
    await hear(service.post('/api_v1/otp_resend', { phone_number: phone }))
    await hear(
      createService({ ...settings, PHONE_GATE: gatesWith({ check: () => Promise.reject(new Error(`code ${otp()}`)) }) }).post(
        '/verify-otp',
        { phone_number: phone, otp: otp() },
      ),
    )
    await hear(service.post('/verify-otp', { phone_number: phone, otp: otp() }))
    await hear(service.post('/verify-otp', { phone_number: phone, otp: otp() }))
    vi.advanceTimersByTime(61_000)
    const created = await hear(
      service.post('/v1/verifications', { to: phone, channel: 'whatsapp', purpose: 'payment', binding: { loan: '1' } }),
    )
    const path = created.headers.get('location')!
    await hear(service.request(path))
    await hear(service.post(`${path}/check`, { code: otp(), binding: { loan: '2' } }))
    await hear(service.post(`${path}/check`, { code: otp() }))
    vi.spyOn(env.OTP_KV, 'put').mockRejectedValue(new Error('injected'))
    vi.advanceTimersByTime(600_000)
    await hear(service.post('/send-otp', { phone_number: phone }))
    await fireAlarm(gate)

    const stores = await dumpStores(gate)
    expect(codes.size).toBe(4)
    for (const code of codes) {
      expect(code).toMatch(/^\d{8}$/)
      expect(heard).not.toContain(code)
      expect(logs.map(String).join('\n')).not.toContain(code)
      for (const store of Object.values(stores)) expect(store).not.toContain(code)
    }
    // The search would have found something: the stores and the log are full of this verification.
    expect(stores.d1).toContain('send.accepted')
    expect(stores.kv).toContain('otp:v1:')
    expect(stores.object).toContain('digest')
    expect(logs.length).toBeGreaterThan(10)
  })

  it('and the number appears in no log line and no D1 row', async () => {
    const logs: unknown[] = []
    for (const level of ['log', 'info', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((...args) => void logs.push(...args))
    }
    const vendor = standInForGupshup()
    const { post } = createService()
    // The last is refused by the vendor.
    for (const phone of [uniquePhone(), uniquePhone('0020')]) {
      await post('/send-otp', { phone_number: phone })
      await post('/verify-otp', { phone_number: phone, otp: vendor.lastCode(phone) })
      await post(`/nothing/here/${phone}?phone=${encodeURIComponent(phone)}`, {})
      const gate = await gateOf(phone)
      await fireAlarm(gate)

      const national = phone.slice(3)
      expect(logs.map(String).join('\n')).not.toContain(national)
      expect((await dumpStores(gate)).d1).not.toContain(national)
    }
  })

  it('cannot be found in the stores without the pepper: a plain hash of it is not there', async () => {
    const vendor = standInForGupshup()
    const phone = uniquePhone()
    await createService().post('/send-otp', { phone_number: phone })
    const stores = await dumpStores(await gateOf(phone))
    const plain = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(vendor.lastCode(phone))))

    for (const store of Object.values(stores)) {
      expect(store).not.toContain(plain.toHex())
      expect(store).not.toContain(plain.toBase64({ alphabet: 'base64url', omitPadding: true }))
    }
  })

  it.each([...REPORTERS.map(({ vendor }) => vendor), 'mshastra'] as const)(
    'by %s stays between it and the person: reports, templates and lists tell neither it nor the number nor a secret',
    async (vendor) => {
      const logs: unknown[] = []
      for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const) {
        vi.spyOn(console, level).mockImplementation((...args) => void logs.push(...args))
      }
      vi.spyOn(scheduler, 'wait').mockResolvedValue()
      const vendors = standInForVendors()
      const reporter = REPORTERS.find((one) => one.vendor === vendor)
      const settings = {
        ...(reporter?.settings ?? {
          ...MSHASTRA_SETTINGS,
          GUPSHUP_API_KEY: '',
          GUPSHUP_SOURCE: '',
          GUPSHUP_TEMPLATE_ID: '',
          GUPSHUP_SRC_NAME: '',
        }),
      }
      const service = createService({ ...settings, OTP_LENGTH: '8' })
      const phone = uniquePhone()
      const gate = await gateOf(phone)
      let heard = ''
      const hear = async (answer: Promise<Response>) => {
        const response = await answer
        heard += `${JSON.stringify([...response.headers])}${await response.text()}\n`
      }

      await hear(service.post('/v1/verifications', { to: phone, channel: reporter?.channel ?? 'sms' }))
      const code = reporter ? reporter.lastCode(vendors, phone)! : vendors.mshastra.lastCode(phone)!
      await fireAlarm(gate)
      const reports = reporter ? await reporter.report(vendors) : []
      for (const report of [...reports, ...reports.map((one) => ({ ...one, body: one.body.slice(1) }))]) {
        await hear(callWebhook(service, report))
      }
      await hear(service.post('/v1/verifications/check', { to: phone, code: wrongCode(code) }))
      await hear(service.post('/v1/verifications/check', { to: phone, code }))
      await fireAlarm(gate)
      await hear(service.request('/v1/communications'))
      await hear(service.request('/v1/stats/delivery'))

      expect(code).toMatch(/^\d{8}$/)
      const { d1, kv, object } = await dumpStores(gate)
      const outside = { heard, logs: logs.map(String).join('\n'), d1, kv, object }
      const secrets = Object.entries(settings).flatMap(([name, value]) =>
        /KEY|TOKEN|PASSWORD|SECRET/.test(name) && value ? [value] : [],
      )
      expect(secrets.length).toBeGreaterThan(0)
      for (const [where, text] of Object.entries(outside)) {
        for (const secret of [code, ...secrets]) expect(text.includes(secret), `${where} has a secret`).toBe(false)
        // The object needs the number while it is in use.
        if (where !== 'object') expect(text.includes(phone.slice(1)), `${where} has the number`).toBe(false)
      }
    },
  )
})
