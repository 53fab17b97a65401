import { createExecutionContext, evictDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { newApiKey } from '../../src/access/api-key'
import { IDEMPOTENCY_LEASE_MS, IDEMPOTENCY_RETENTION_MS, REPAYMENTS_PER_LOAN } from '../../src/config/limits'
import worker from '../../src/index'
import { allRecords, fireAlarm, recordsWith, storedIn } from '../idempotency/records'
import { brokenDatabase, failing } from '../support/broken'
import { expectDocumented } from '../support/conformance'
import { PAGE, bearer, putApiKey } from '../support/keys'
import { PERSONAL, leadBody } from '../support/leads'
import { MODE, STATUS, changesOf, putLoan } from '../support/loans'
import {
  MSG91_SETTINGS,
  type StandIns,
  TWILIO_SETTINGS,
  createService,
  standInForVendors,
  uniquePhone,
  wrongCode,
} from '../support/service'

const MINUTE_MS = 60_000
const SENDS = '/v1/verifications'

let vendors: StandIns
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const service = createService(TWILIO_SETTINGS)
const under = (key: string) => ({ 'idempotency-key': key })
const newKey = () => crypto.randomUUID()
const isReplay = (response: Response) => response.headers.get('idempotent-replayed') === 'true'
const sendBody = (phone = uniquePhone()) => ({ to: phone, channel: 'sms' })
const messagesTo = (phone: string) => vendors.twilio.messages.filter(({ destination }) => destination === phone)

async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

/** What two answers have in common that are one. */
async function told(response: Response) {
  const { status, headers } = response
  return { status, body: await response.text(), location: headers.get('location'), type: headers.get('content-type') }
}

describe('the same request with the same key', () => {
  it('is done once, and answered as the first time under its own request id (R-HTTP-04)', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    const first = await service.post(SENDS, sendBody(phone), under(key))
    vi.advanceTimersByTime(2 * MINUTE_MS)
    const second = await service.post(SENDS, sendBody(phone), { 'idempotency-key': `"${key}"` })

    expect(messagesTo(phone)).toHaveLength(1)
    expect([isReplay(first), isReplay(second)]).toEqual([false, true])
    expect(new Set([first, second].map(({ headers }) => headers.get('x-request-id') ?? '').filter(Boolean)).size).toBe(2)
    await expectDocumented({ method: 'POST', path: SENDS }, first)
    for (const { headers } of [first, second]) {
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
    }
    const answer = await told(first)
    expect(answer).toMatchObject({ status: 201, location: expect.stringContaining('/v1/verifications/ver_') as unknown })
    expect(await told(second)).toEqual(answer)
  })

  it('is done again without it, and makes no object then', async () => {
    const phone = uniquePhone()
    const before = await allRecords()
    await service.post(SENDS, sendBody(phone))
    vi.advanceTimersByTime(2 * MINUTE_MS)
    const second = await service.post(SENDS, sendBody(phone))
    expect([second.status, isReplay(second)]).toEqual([201, false])
    expect(messagesTo(phone)).toHaveLength(2)
    expect(await allRecords()).toHaveLength(before.length)
  })

  it('may end with a slash or not, and say other things in headers that are not the request', async () => {
    const [key, body] = [newKey(), sendBody()]
    await service.post(SENDS, body, under(key))
    const second = await service.post(`${SENDS}/`, body, { ...under(key), 'user-agent': 'another', 'x-turnstile-token': 'a' })
    expect(isReplay(second)).toBe(true)
  })

  it('twenty times at once has one effect: the others wait, or hear of it (R-HTTP-04, R-CON-01)', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    const answers = await Promise.all(Array.from({ length: 20 }, () => service.post(SENDS, sendBody(phone), under(key))))
    expect(messagesTo(phone)).toHaveLength(1)
    expect(answers.filter((one) => one.status === 201 && !isReplay(one))).toHaveLength(1)
    const others = answers.filter((one) => one.status !== 201 || isReplay(one))
    expect(others).toHaveLength(19)
    for (const other of others.filter((one) => !isReplay(one))) {
      await expectDocumented({ method: 'POST', path: SENDS }, other)
      expect((await bodyOf(other))['code']).toBe('idempotency_key_in_use')
    }
  })

  it('waits while the first is not answered, for as long as it is told to (R-HTTP-04, R-HTTP-02)', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    const asked = Promise.withResolvers<void>()
    const vendor = Promise.withResolvers<void>()
    const handle = vendors.twilio.handle.bind(vendors.twilio)
    vi.spyOn(vendors.twilio, 'handle').mockImplementation(async (request) => {
      asked.resolve()
      await vendor.promise
      return handle(request)
    })
    const first = service.post(SENDS, sendBody(phone), under(key))
    await asked.promise
    vi.advanceTimersByTime(3_000)
    const meanwhile = await service.post(SENDS, sendBody(phone), under(key))

    expect(await bodyOf(meanwhile)).toMatchObject({ code: 'idempotency_key_in_use', status: 409, retry_after: 3 })
    expect(meanwhile.headers.get('retry-after')).toBe('3')
    vendor.resolve()
    expect((await first).status).toBe(201)
    expect(isReplay(await service.post(SENDS, sendBody(phone), under(key)))).toBe(true)
    expect(messagesTo(phone)).toHaveLength(1)
  })

  it('is answered after every object was evicted (R-CON-04)', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    await service.post(SENDS, sendBody(phone), under(key))
    for (const record of await allRecords()) await evictDurableObject(record)
    expect(isReplay(await service.post(SENDS, sendBody(phone), under(key)))).toBe(true)
  })

  it('is answered for a day, and is another one after that', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    await service.post(SENDS, sendBody(phone), under(key))
    vi.advanceTimersByTime(IDEMPOTENCY_RETENTION_MS - 1)
    expect(isReplay(await service.post(SENDS, sendBody(phone), under(key)))).toBe(true)
    vi.advanceTimersByTime(1)
    for (const record of await allRecords()) await fireAlarm(record)
    for (const record of await allRecords()) expect(await storedIn(record)).toEqual({})
    const later = await service.post(SENDS, sendBody(phone), under(key))
    expect([later.status, isReplay(later)]).toEqual([201, false])
    expect(messagesTo(phone)).toHaveLength(2)
  })

  it('needs no D1', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    const without = createService({ ...TWILIO_SETTINGS, DB: brokenDatabase })
    expect((await without.post(SENDS, sendBody(phone), under(key))).status).toBe(201)
    expect(isReplay(await without.post(SENDS, sendBody(phone), under(key)))).toBe(true)
  })
})

describe('another request with the same key', () => {
  it.each([
    ['another body', SENDS, { channel: 'sms', purpose: 'payment' }],
    ['a query', `${SENDS}?a=1`, { channel: 'sms' }],
    ['another route', '/v1/leads', { channel: 'sms' }],
    ['another surface', '/send-otp', { channel: 'sms' }],
  ])('by %s is refused, whatever is wrong with it besides (R-HTTP-04)', async (_what, path, changes) => {
    const [key, phone] = [newKey(), uniquePhone()]
    await service.post(SENDS, sendBody(phone), under(key))
    const other = await service.post(path, { to: phone, ...changes }, under(key))
    expect(other.status).toBe(422)
    expect(JSON.stringify(await expectDocumented({ method: 'POST', path }, other))).toContain('idempotency_key_reused')
    expect(messagesTo(phone)).toHaveLength(1)
  })

  it('by another id in its path is refused', async () => {
    const [key, one, two] = [newKey(), await putLoan(), await putLoan()]
    const body = { repayments: [{ id: 'r-1', amount_due: 10 }] }
    expect((await service.post(`/v1/loans/${one.loanId}/repayments`, body, under(key))).status).toBe(201)
    const other = await service.post(`/v1/loans/${two.loanId}/repayments`, body, under(key))
    expect(await bodyOf(other)).toMatchObject({ status: 422, code: 'idempotency_key_reused' })
  })
})

describe('two callers with one key', () => {
  it('never meet: each is answered with its own (R-HTTP-04, R-CFG-04)', async () => {
    const [a, b] = [await putApiKey(), await putApiKey()]
    const [key, body] = [newKey(), sendBody()]
    const send = (credential: string) => service.post(SENDS, body, { ...under(key), ...bearer(credential) })
    const ofA = await bodyOf(await send(a.key))
    vi.advanceTimersByTime(2 * MINUTE_MS)
    const ofB = await send(b.key)
    expect([ofB.status, isReplay(ofB)]).toEqual([201, false])
    const idOfB = (await bodyOf(ofB))['id']
    expect(idOfB).not.toBe(ofA['id'])
    for (const [credential, id] of [
      [a.key, ofA['id']],
      [b.key, idOfB],
    ] as const) {
      const again = await send(credential)
      expect([isReplay(again), (await bodyOf(again))['id']]).toEqual([true, id])
    }
    // Nor does one learn that the other has used it for something else.
    const other = await service.post(SENDS, sendBody(), { ...under(key), ...bearer((await putApiKey()).key) })
    expect(other.status).toBe(201)
  })

  it('do not meet where one of them is nobody, or the operator', async () => {
    const ADMIN_API_KEY = 'kT7v2RzQ9bXn4LwEc8Hy1MfJ6sPa3DgU'
    const guarded = createService({ ...TWILIO_SETTINGS, ADMIN_API_KEY })
    const [key, body] = [newKey(), sendBody()]
    const ids = []
    for (const headers of [{}, bearer(ADMIN_API_KEY), bearer((await putApiKey()).key)]) {
      const sent = await guarded.post(SENDS, body, { ...under(key), ...headers })
      expect([sent.status, isReplay(sent)]).toEqual([201, false])
      ids.push((await bodyOf(sent))['id'])
      vi.advanceTimersByTime(2 * MINUTE_MS)
    }
    expect(new Set(ids).size).toBe(3)
  })

  it('are one where a key was rotated', async () => {
    const previousKey = await newApiKey('secret')
    const caller = await putApiKey({ previousKey, previousUntil: Date.now() + MINUTE_MS })
    const [key, body] = [newKey(), sendBody()]
    const sent = await service.post(SENDS, body, { ...under(key), ...bearer(previousKey) })
    const again = await service.post(SENDS, body, { ...under(key), ...bearer(caller.key) })
    expect([sent.status, isReplay(again)]).toEqual([201, true])
  })

  it('hear nothing without a credential that is good: access is first', async () => {
    const caller = await putApiKey()
    const guarded = createService({ ...TWILIO_SETTINGS, AUTH_REQUIRED: 'true' })
    const [key, body] = [newKey(), sendBody()]
    expect((await guarded.post(SENDS, body, { ...under(key), ...bearer(caller.key) })).status).toBe(201)
    for (const header of [key, '', 'a, b']) {
      expect((await guarded.post(SENDS, body, under(header))).status).toBe(401)
    }
    const weak = await putApiKey({ scopes: ['verifications:read'] })
    expect((await guarded.post(SENDS, body, { ...under(key), ...bearer(weak.key) })).status).toBe(403)
  })

  it('of which one is a page: a publishable key is answered as all others', async () => {
    const page = await putApiKey({ kind: 'publishable' })
    const [key, phone] = [newKey(), uniquePhone()]
    const headers = { ...under(key), ...bearer(page.key, PAGE) }
    expect((await service.post(SENDS, sendBody(phone), headers)).status).toBe(201)
    expect(isReplay(await service.post(SENDS, sendBody(phone), headers))).toBe(true)
    expect((await service.post(SENDS, sendBody(), headers)).status).toBe(422)
    expect(messagesTo(phone)).toHaveLength(1)
  })
})

describe('what is kept of an answer', () => {
  it('has no code, no number, no name and no key in it (R-HTTP-04)', async () => {
    const key = `a-key-that-nobody-else-has-${newKey()}`
    const phone = uniquePhone()
    // Eight digits: too long to come about by chance among times.
    const settings = { ...TWILIO_SETTINGS, OTP_LENGTH: '8' }
    const mocked = createService({ ...settings, PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' })
    const codes: string[] = []
    const answers = [
      await createService(settings).post(SENDS, sendBody(phone), under(`${key}-1`)),
      await mocked.post('/send-otp', { phone_number: uniquePhone() }, under(`${key}-2`)),
      await service.post('/api_v1/lead_create', leadBody(), under(`${key}-3`)),
      await mocked.post('/api/v1/external/sms/otp?to_phone=%2B919812345678', '', under(`${key}-4`)),
    ]
    for (const [index, answer] of answers.entries()) {
      expect(answer.ok, `${index}`).toBe(true)
      codes.push(...((await answer.text()).match(/\b\d{8}\b/g) ?? []))
    }
    codes.push(messagesTo(phone)[0]!.code)
    expect(codes.length).toBeGreaterThan(2)

    const records = await allRecords()
    const dump = JSON.stringify(await Promise.all(records.map((record) => storedIn(record))))
    expect(dump.match(/v1\./g)?.length).toBeGreaterThan(3)
    const people = Object.values(PERSONAL).filter((text) => text.length > 5)
    for (const secret of [
      ...codes,
      ...people,
      key,
      phone.slice(3),
      '9812345678',
      'OTP sent',
      'phone_number',
      'application/json',
    ]) {
      expect(dump, secret).not.toContain(secret)
    }
    // The name of an object shows in the dashboard.
    for (const { id } of records) expect(id.toString()).toMatch(/^[0-9a-f]{64}$/)
  })

  it('may be as large as a loan with all its repayments', async () => {
    const key = newKey()
    const id = `loan-${'x'.repeat(40)}`
    const repayments = Array.from({ length: REPAYMENTS_PER_LOAN }, (_, index) => ({
      id: `${id}-${index}`,
      amount_due: '123456789.00',
      due_on: '2027-01-31',
    }))
    const loan = { id, currency: 'INR', payee: 'Prosparity', contacts: { applicant: { phone: uniquePhone() } }, repayments }
    const first = await service.post('/v1/loans', loan, under(key))
    const body = await first.text()
    expect([first.status, body.length > 100_000]).toEqual([201, true])
    const second = await service.post('/v1/loans', loan, under(key))
    expect([second.status, isReplay(second), (await second.text()) === body]).toEqual([201, true, true])
  })
})

describe('a refusal', () => {
  it.each([
    ['a number that is none', { to: '12', channel: 'sms' }, 422],
    ['a field that is missing', { channel: 'sms' }, 400],
    ['a vendor that refuses', { to: uniquePhone('0003'), channel: 'sms' }, 502],
    ['a number that is waiting', undefined, 429],
  ])('for %s changed nothing: the key is given back', async (_why, refused, status) => {
    const [key, phone] = [newKey(), uniquePhone()]
    if (!refused) await service.post(SENDS, sendBody(phone))
    const first = await service.post(SENDS, refused ?? sendBody(phone), under(key))
    expect(first.status).toBe(status)
    vi.advanceTimersByTime(2 * MINUTE_MS)
    const mended = await service.post(SENDS, sendBody(phone), under(key))
    expect([mended.status, isReplay(mended)]).toEqual([201, false])
  })

  it.each([
    ['no body at all', '', 400],
    ['what is no JSON', '{', 400],
    ['too much', JSON.stringify({ to: 'x'.repeat(20_000) }), 413],
  ])('for %s leaves nothing in storage', async (_why, body, status) => {
    const stored = async () =>
      (await Promise.all((await allRecords()).map((record) => storedIn(record)))).filter((one) => 'state' in one).length
    const before = await stored()
    expect((await service.post(SENDS, body, under(newKey()))).status).toBe(status)
    expect(await stored()).toBe(before)
  })

  it('of which nobody knows whether a message went out is kept: none goes out again', async () => {
    const [key, phone] = [newKey(), uniquePhone('0023')]
    const first = await service.post(SENDS, sendBody(phone), under(key))
    vi.advanceTimersByTime(2 * MINUTE_MS)
    const second = await service.post(SENDS, sendBody(phone), under(key))
    for (const response of [first, second]) await expectDocumented({ method: 'POST', path: SENDS }, response)
    expect(second.headers.get('retry-after')).toBe(first.headers.get('retry-after'))
    expect([first.status, isReplay(first), isReplay(second)]).toEqual([502, false, true])
    expect(await told(second)).toEqual(await told(first))
    expect(messagesTo(phone)).toHaveLength(1)
  })

  it('by the lender is kept: the lead is not handed in again', async () => {
    const [key, body] = [newKey(), leadBody({ mobile_number: uniquePhone('0001') })]
    const handle = vi.spyOn(vendors.lender, 'handle')
    const first = await service.post('/api_v1/lead_create', body, under(key))
    const calls = handle.mock.calls.length
    const second = await service.post('/api_v1/lead_create', body, under(key))
    expect([first.status, second.status, isReplay(second)]).toEqual([422, 422, true])
    expect(handle).toHaveBeenCalledTimes(calls)
    expect(await told(second)).toEqual(await told(first))
  })
})

describe('a payment', () => {
  const paying = createService(MSG91_SETTINGS)

  async function coded() {
    const loan = await putLoan()
    const ids = { loan_id: loan.loanId, repayment_id: loan.repaymentId }
    const sent = await paying.post('/api/v1/otp/send-otp-payment', ids, under(newKey()))
    expect(sent.status).toBe(200)
    const change = { ...ids, repayment_status: STATUS.paid, amount_collected: 5000.0, payment_mode_id: MODE.cash }
    const code = vendors.msg91.lastCode(loan.phone)!
    const update = (otp_code: string, key: string, through = paying) =>
      through.post(
        '/api/v1/otp/verify-otp-and-update-status',
        { ...ids, mobile: loan.phone, otp_code, status_update: change },
        under(key),
      )
    return { loan, code, update }
  }

  it('is made once, and told for a day, long after its code is forgotten', async () => {
    const { loan, code, update } = await coded()
    const key = newKey()
    const first = await update(code, key)
    expect(first.status).toBe(200)
    vi.advanceTimersByTime(20 * 60 * MINUTE_MS)
    const second = await update(code, key)
    expect(isReplay(second)).toBe(true)
    expect(await told(second)).toEqual(await told(first))
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('whose code is wrong is not: the key is good for the right one', async () => {
    const { loan, code, update } = await coded()
    const key = newKey()
    expect((await update(wrongCode(code), key)).status).toBe(400)
    const right = await update(code, key)
    expect([right.status, isReplay(right)]).toEqual([200, false])
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('that is going to be made says so, and then that it is: nothing stale is kept', async () => {
    const { loan, code, update } = await coded()
    const key = newKey()
    const pending = await update(code, key, createService({ ...MSG91_SETTINGS, DB: writesNothing() }))
    expect([pending.status, JSON.stringify(await bodyOf(pending))]).toEqual([503, expect.stringContaining('update_pending')])
    const done = await update(code, key)
    expect([done.status, isReplay(done)]).toEqual([200, false])
    expect(await changesOf(loan)).toHaveLength(1)
  })

  it('that a confirmation is for: the right code is told again, a wrong guess is none for a day', async () => {
    const loan = await putLoan()
    const body = {
      loan_id: loan.loanId,
      repayment_id: loan.repaymentId,
      amount: '5000.00',
      currency: 'INR',
      payment_mode: 'cash',
    }
    const [toSend, toCheck] = [newKey(), newKey()]
    const sent = await service.post('/v1/payments/confirmations', body, under(toSend))
    const again = await service.post('/v1/payments/confirmations', body, under(toSend))
    expect([sent.status, isReplay(again)]).toEqual([201, true])
    const path = `/v1/payments/confirmations/${String((await bodyOf(sent))['id'])}/check`
    const code = messagesTo(loan.phone).at(-1)!.code

    const wrong = await service.post(path, { code: wrongCode(code) }, under(toCheck))
    expect(await bodyOf(wrong)).toMatchObject({ valid: false })
    const right = await service.post(path, { code }, under(toCheck))
    expect(isReplay(right)).toBe(false)
    vi.advanceTimersByTime(20 * 60 * MINUTE_MS)
    const later = await service.post(path, { code }, under(toCheck))
    expect(isReplay(later)).toBe(true)
    expect(await bodyOf(later)).toEqual(await bodyOf(right))
    expect(await changesOf(loan)).toHaveLength(1)
  })
})

/** D1 that reads, and of which no batch but the first comes through: that of the repayment. */
function writesNothing(): D1Database {
  let batches = 0
  return new Proxy(env.DB, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (name === 'batch')
        return (statements: D1PreparedStatement[]) => ((batches += 1) === 1 ? target.batch(statements) : failing())
      return typeof value === 'function' ? (value.bind(target) as unknown) : value
    },
  })
}

describe('a Worker that dies', () => {
  const died = () => Promise.reject(new Error('the Worker is gone'))

  it('between the send and the end: the key is free after its lease, and the number is guarded by its own limits', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    const dying = createService({ ...TWILIO_SETTINGS, IDEMPOTENCY: recordsWith({ keep: died, giveBack: died }) })
    // Whoever still listens hears the truth.
    expect((await dying.post(SENDS, sendBody(phone), under(key))).status).toBe(201)

    vi.advanceTimersByTime(MINUTE_MS)
    const meanwhile = await service.post(SENDS, sendBody(phone), under(key))
    expect(await bodyOf(meanwhile)).toMatchObject({ code: 'idempotency_key_in_use', retry_after: 30 })
    vi.advanceTimersByTime(IDEMPOTENCY_LEASE_MS - MINUTE_MS)
    const later = await service.post(SENDS, sendBody(phone), under(key))
    expect([later.status, isReplay(later)]).toEqual([201, false])
    expect(messagesTo(phone)).toHaveLength(2)
  })

  it('before it has done anything: the same', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    const handle = vendors.twilio.handle.bind(vendors.twilio)
    vi.spyOn(vendors.twilio, 'handle')
      .mockImplementationOnce(() => Promise.reject(new Error('cut off')))
      .mockImplementation(handle)
    const dying = createService({ ...TWILIO_SETTINGS, IDEMPOTENCY: recordsWith({ keep: died, giveBack: died }) })
    await dying.post(SENDS, sendBody(phone), under(key))
    expect((await service.post(SENDS, sendBody(phone), under(key))).status).toBe(409)
  })

  it('late, and is not dead: what it says last is told to who asked it, and kept for nobody', async () => {
    const [key, phone] = [newKey(), uniquePhone()]
    const slow = createService({
      ...TWILIO_SETTINGS,
      IDEMPOTENCY: recordsWith({
        keep: async (stub, answer) => {
          vi.advanceTimersByTime(IDEMPOTENCY_LEASE_MS)
          await service.post(SENDS, sendBody(phone), under(key))
          return stub.keep(answer)
        },
      }),
    })
    const first = await bodyOf(await slow.post(SENDS, sendBody(phone), under(key)))
    const third = await service.post(SENDS, sendBody(phone), under(key))
    expect(isReplay(third)).toBe(true)
    expect(first['id']).toBe((await bodyOf(third))['id'])
    expect(messagesTo(phone)).toHaveLength(2)
  })
})

it('goes on for a client that is gone, who comes back for the answer', async () => {
  const [key, phone] = [newKey(), uniquePhone()]
  const ctx = createExecutionContext()
  const waitUntil = vi.spyOn(ctx, 'waitUntil')
  const asked = Promise.withResolvers<number>()
  const handle = vendors.twilio.handle.bind(vendors.twilio)
  vi.spyOn(vendors.twilio, 'handle').mockImplementation((request) => {
    asked.resolve(waitUntil.mock.calls.length)
    return handle(request)
  })
  const request = new Request(`http://service.test${SENDS}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...under(key) },
    body: JSON.stringify(sendBody(phone)),
  })
  const answer = worker.fetch(request, { ...env, ...TWILIO_SETTINGS }, ctx)
  // Before the vendor is asked the platform knows that there is something to wait for.
  expect(await asked.promise).toBeGreaterThan(0)
  await waitUntil.mock.calls[0]![0]
  expect(isReplay(await service.post(SENDS, sendBody(phone), under(key)))).toBe(true)
  await answer
  await waitOnExecutionContext(ctx)
})
