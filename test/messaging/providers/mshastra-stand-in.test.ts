import { describe, expect, it, vi } from 'vitest'
import { createMshastraStandIn, MSHASTRA_PATH, MSHASTRA_SCENARIOS } from '../../support/vendors/mshastra'

const ADDRESS = `http://mshastra.test${MSHASTRA_PATH}`
const SMS = {
  user: '20012345',
  pwd: 'password',
  number: '255694230173',
  msg: '482913 is your code',
  sender: 'MYBRAND',
  language: 'English',
  showerror: 'C',
}
const HEADERS = { 'content-type': 'application/json' }

const request = (sms: Record<string, unknown> = {}, init: RequestInit = {}, address = ADDRESS) =>
  new Request(address, { method: 'POST', headers: HEADERS, body: JSON.stringify([{ ...SMS, ...sms }]), ...init })

describe('createMshastraStandIn', () => {
  it('takes a well-formed message and remembers it', async () => {
    const onMessage = vi.fn()
    const vendor = createMshastraStandIn({ user: '20012345', password: 'password', onMessage })

    const response = await vendor.handle(request({ tpid: '1107', peid: '1101' }))

    expect(response.status).toBe(200)
    const { messageId } = vendor.messages[0]!
    expect(await response.json()).toStrictEqual([{ msg_id: messageId, number: '+255694230173', str_response: '000' }])
    expect(vendor.messages).toMatchObject([{ destination: '255694230173', code: '482913', tpid: '1107', peid: '1101' }])
    expect(onMessage).toHaveBeenCalledExactlyOnceWith(vendor.messages[0])
    expect(vendor.lastCode('+255694230173')).toBe('482913')
  })

  it('answers in words where no codes were asked for', async () => {
    const vendor = createMshastraStandIn()
    const words = async (sms: object) => {
      const response = await vendor.handle(request({ showerror: undefined, ...sms }))
      return (await response.json<{ str_response: string }[]>())[0]?.str_response
    }

    expect([await words({}), await words({ number: '+255' })]).toStrictEqual(['Message Sent', 'Invalid Mobile No'])
  })

  it.each<[string, string, Request]>([
    ['another profile', '010', request({ user: '20099999' })],
    ['no profile', '010', request({ user: undefined })],
    ['a wrong password', '005', request({ pwd: 'other' })],
    ['no number', '008', request({ number: '' })],
    ['a + in the number', '001', request({ number: '+255694230173' })],
    ['a number that is no text', '008', request({ number: 255_694_230_173 })],
    ['no text', '003', request({ msg: '' })],
    ['another language', '003', request({ language: 'Swahili' })],
    ['letters that its English does not have', '003', request({ msg: '482913 è' })],
    ['a long sender', '012', request({ sender: 'FOURTEEN-CHARS' })],
  ])('refuses %s with %s', async (_title, code, bad) => {
    const vendor = createMshastraStandIn({ user: '20012345', password: 'password' })

    const response = await vendor.handle(bad)

    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject([{ msg_id: '', str_response: code }])
    expect(vendor.messages).toHaveLength(0)
    expect(vendor.requests).toHaveLength(1)
  })

  it.each<[string, Request]>([
    ['a form', request({}, { headers: { 'content-type': 'application/x-www-form-urlencoded' } })],
    ['no JSON', request({}, { body: '[' })],
    ['no array', request({}, { body: JSON.stringify(SMS) })],
    ['an empty array', request({}, { body: '[]' })],
    ['two messages', request({}, { body: JSON.stringify([SMS, SMS]) })],
  ])('asks for a number when it gets %s', async (_title, bad) => {
    const vendor = createMshastraStandIn()

    const response = await vendor.handle(bad)

    expect([response.status, await response.text()]).toStrictEqual([200, 'Enter Mobile'])
    expect(vendor.messages).toHaveLength(0)
  })

  it.each<[string, number, Request]>([
    ['another path', 404, request({}, {}, 'http://mshastra.test/sendurl.aspx')],
    ['another method', 405, request({}, { method: 'PUT' })],
  ])('refuses %s with %d', async (_title, status, bad) => {
    const vendor = createMshastraStandIn()

    expect((await vendor.handle(bad)).status).toBe(status)
    expect(vendor.messages).toHaveLength(0)
  })

  it.each(Object.entries(MSHASTRA_SCENARIOS))('…%s: %s', async (suffix, { what, taken }) => {
    const vendor = createMshastraStandIn()
    const signal = AbortSignal.timeout(20)

    const status = await vendor.handle(request({ number: `25569423${suffix}` }, { signal })).then(
      (response) => String(response.status),
      () => (signal.aborted ? 'no answer' : 'reset'),
    )

    expect(what).toContain(status)
    expect(vendor.messages).toHaveLength(taken && suffix !== '0013' ? 1 : 0)
    expect(vendor.lastCode(`25569423${suffix}`)).toBe('482913')
  })

  it('takes the second message for …0013', async () => {
    const vendor = createMshastraStandIn()
    const words = async () => {
      const response = await vendor.handle(request({ number: '255694230013' }))
      return (await response.json<{ str_response: string }[]>())[0]?.str_response
    }

    expect([await words(), await words()]).toStrictEqual(['013', '000'])
    expect(vendor.messages).toHaveLength(1)
  })

  it.each([
    ['2024: your code is 4829', '2024'],
    ['code 12 345 0042', '0042'],
    ['call 255694230173, code 1234567890', '1234567890'],
    ['no code, 123 only', undefined],
  ])('finds the code in %j', async (msg, code) => {
    const vendor = createMshastraStandIn()

    await vendor.handle(request({ msg }))

    expect(vendor.lastCode(SMS.number)).toBe(code)
  })

  it('answers after the delay, unless the caller gives up', async () => {
    const vendor = createMshastraStandIn({ delayMs: 30 })

    expect((await vendor.handle(request())).status).toBe(200)
    await expect(vendor.handle(request({}, { signal: AbortSignal.timeout(5) }))).rejects.toThrow('gave up')
    expect(vendor.messages).toHaveLength(1)
  })

  it('forgets everything at a reset', async () => {
    const vendor = createMshastraStandIn()
    await vendor.handle(request())

    vendor.reset()

    expect([vendor.messages, vendor.requests, vendor.lastCode(SMS.number)]).toStrictEqual([[], [], undefined])
  })
})
