import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ERASURE_TIMEOUT_MS } from '../../src/config/limits'
import { createKeyRing } from '../../src/core/key-ring'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { leadEvents, leadNotices, leads } from '../../src/db/schema'
import { sealPersonal } from '../../src/leads/personal'
import { recordReceipts } from '../../src/messaging/receipts/record-receipts'
import { createGates } from '../../src/otp/gate-client'
import { verificationIdsOf } from '../../src/otp/verification-id'
import { createPhoneHasher } from '../../src/phone/phone-hash'
import { maskPhone } from '../../src/phone/mask-phone'
import { erasePerson } from '../../src/privacy/erase-person'
import { planOf, watchedDatabase } from '../support/audit'
import { brokenDatabase, failing, hanging } from '../support/broken'
import { type GateStub, bindingsOf, gateOf, gatesWith, storedState } from '../support/gate'
import { MODE, STATUS, changesOf, putLoan, repaymentOf } from '../support/loans'
import { MSG91_SETTINGS, type StandIns, TWILIO_SETTINGS, createService, standInForVendors, uniquePhone } from '../support/service'

const MINUTE_MS = 60_000
const PATH = '/v1/people/erase'
const KEY = 'the-key-of-the-operator-for-tests-only'
const SETTINGS = { ...MSG91_SETTINGS, ...TWILIO_SETTINGS }
const service = createService(SETTINGS)
const db = createDatabase(env.DB)
const hashPhone = createPhoneHasher(env.PHONE_HASH_KEY)
const keys = createKeyRing({ current: 'a key for personal data, for tests only, 32', previous: undefined }, 'lead')
let vendors: StandIns

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

interface Answer {
  readonly id: string
  readonly erased_at: string
  readonly erased: Readonly<Record<string, number>>
}

const erase = (phone: string, through = service) => through.post(PATH, { phone, requested_by: 'agent-17' })

async function expectErased(response: Response, erased: Readonly<Record<string, number>>): Promise<Answer> {
  expect(response.status).toBe(200)
  const answer = await response.json<Answer>()
  expect(answer.erased).toEqual(erased)
  return answer
}

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { code } })
}

const NOTHING = { leads: 0, verifications: 0, events: 0, communications: 0, loan_contacts: 0 }

/** All that D1 has, a text a row. */
async function dump(): Promise<Readonly<Record<string, readonly string[]>>> {
  const { results } = await env.DB.prepare(
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'`,
  ).all<{ name: string }>()
  const rows = async ({ name }: { name: string }) => {
    const all = await env.DB.prepare(`SELECT * FROM "${name}"`).all()
    return [name, all.results.map((row) => JSON.stringify(row)).toSorted()] as const
  }
  return Object.fromEntries(await Promise.all(results.map(rows)))
}

/** The tables that have one of these texts in them. */
const tablesWith = (tables: Awaited<ReturnType<typeof dump>>, texts: readonly string[]) =>
  Object.keys(tables).filter((name) => tables[name]!.some((row) => texts.some((text) => row.includes(text))))

interface Person {
  readonly phone: string
  readonly hash: string
  readonly gate: GateStub
  /** What no row may have once they are erased: the number, its hash, its mask, the beginning of their verification ids. */
  readonly traces: readonly string[]
  readonly keyInKv: string
}

/** Whose number is known, before anything happened. The last two digits are theirs alone, and so is the mask. */
async function person(lastDigits: string): Promise<Omit<Person, 'keyInKv'>> {
  const phone = uniquePhone(lastDigits)
  const hash = await hashPhone(phone)
  const ids = verificationIdsOf(env.PHONE_GATE.idFromName(hash).toString())
  return { phone, hash, gate: await gateOf(phone), traces: [phone.slice(3), hash, maskPhone(phone), ids.from] }
}

async function putLead(phone: string): Promise<string> {
  const at = Date.now()
  const id = uuidv7(at)
  const personal = { phone, firstName: 'Zebulon', lastName: 'Quackenbush', gender: null, email: 'z@example.com' } as const
  await db.insert(leads).values({
    id,
    version: 2,
    surface: 'homi',
    requestId: 'req-lead',
    phoneHash: await hashPhone(phone),
    phoneMasked: maskPhone(phone),
    country: 'IN',
    ...(await sealPersonal(keys, id, { ...personal, pan: 'QWXYZ9876K', dateOfBirth: '1987-11-23', pinCode: '560071' })),
    loanType: 'HL',
    loanAmount: 5_000_000,
    loanTenureYears: 20,
    requestHash: `request-of-${id}`,
    submission: 'waiting',
    lenderRequestId: crypto.randomUUID(),
    attempts: 1,
    inDoubt: false,
    waitingSince: at,
    createdAt: at,
    updatedAt: at,
  })
  const ofIt = { leadId: id, version: 2, surface: 'homi' }
  await db.insert(leadEvents).values({ ...ofIt, at, kind: 'submission.failed', requestId: 'req-lead', detail: {} })
  const rest = { isSending: false, dueAt: at, attempts: 0, createdAt: at }
  await db.insert(leadNotices).values({ ...ofIt, kind: 'lead_created', communicationId: uuidv7(at), ...rest })
  return id
}

/**
 * Somebody with verifications on three surfaces (one approved, one refused by the cooldown, one live), messages with reports
 * of vendors, a lead, and the number in contacts of loans and in their history; all of it in D1, but for the live one.
 */
async function live(lastDigits: string, other: string): Promise<Person> {
  const one = await person(lastDigits)
  const { phone, gate } = one
  expect((await service.post('/send-otp', { phone_number: phone })).status).toBe(200)
  expect((await service.post('/send-otp', { phone_number: phone })).status).toBe(429)
  await service.post('/verify-otp', { phone_number: phone, otp: vendors.gupshup.lastCode(phone) })
  vi.advanceTimersByTime(MINUTE_MS)
  const loan = await putLoan({ contacts: { applicant: phone, co_applicant: other } })
  const ids = { loan_id: loan.loanId, repayment_id: loan.repaymentId }
  expect((await service.post('/api/v1/otp/send-otp-payment', ids)).status).toBe(200)
  vi.advanceTimersByTime(MINUTE_MS)
  await gate.flush()
  await putLead(phone)
  const before = await putLoan({ contacts: { applicant: other } })
  for (const next of [phone, other]) await changeContact(before.loanId, next)
  await reportAll(one.hash)

  expect((await service.post('/v1/verifications', { to: phone, channel: 'sms' })).status).toBe(201)
  const { lastCodeId } = (await storedState(gate))!.verifications.at(-1)!
  return { ...one, keyInKv: `otp:v1:${lastCodeId}` }
}

const changeContact = async (loanId: string, phone: string) => {
  const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ phone }) }
  expect((await service.request(`/v1/loans/${loanId}/contacts/applicant`, init)).status).toBe(200)
}

/** The vendors say of every message that it is there. */
async function reportAll(hash: string): Promise<void> {
  const { results } = await env.DB.prepare('SELECT provider, provider_message_id FROM communication WHERE phone_hash = ?')
    .bind(hash)
    .all<{ provider: 'gupshup'; provider_message_id: string }>()
  expect(results.length).toBeGreaterThan(0)
  for (const { provider, provider_message_id: providerMessageId } of results) {
    const receipt = { providerMessageId, communicationId: null, status: 'delivered', at: null, reason: null, providerCode: null }
    await recordReceipts(db, provider, [receipt as never], Date.now())
  }
}

/** What the person above has, with the live verification carried at the last moment. */
const ALL = { leads: 1, verifications: 3, events: 8, communications: 3, loan_contacts: 1 }

async function expectForgotten({ gate, keyInKv, traces }: Person): Promise<void> {
  expect(tablesWith(await dump(), traces)).toEqual([])
  expect(await env.OTP_KV.get(keyInKv)).toBeNull()
  expect(await storedState(gate)).toBeUndefined()
  expect(await runInDurableObject(gate, (_gate, { storage }) => storage.getAlarm())).toBeNull()
}

describe('a person who is erased', () => {
  it('is nowhere any more, and nobody else is touched', async () => {
    const friend = await live('7742', uniquePhone('7700'))
    await friend.gate.flush()
    const before = await dump()
    const one = await live('7731', friend.phone)
    const full = await dump()
    expect(tablesWith(full, one.traces).toSorted()).toEqual(
      ['audit_events', 'communication', 'lead', 'loan_contact', 'loan_contact_change', 'verifications'].toSorted(),
    )
    expect(await env.OTP_KV.get(one.keyInKv)).not.toBeNull()

    const answer = await expectErased(await erase(one.phone), ALL)

    await expectForgotten(one)
    const after = await dump()
    const kept = ['erasure', 'loan', 'loan_contact', 'loan_contact_change', 'repayment']
    const others = Object.keys(before).filter((name) => !kept.includes(name))
    expect(others).toEqual(expect.arrayContaining(['lead_event', 'lead_notice', 'communication_log', 'communication_receipt']))
    for (const name of others) expect([name, after[name]]).toEqual([name, before[name]])
    // Their loans stay, and in them all that is of others.
    for (const name of kept.slice(1)) expect(after[name]).toEqual(expect.arrayContaining([...before[name]!]))
    expect(after['loan_contact']).toHaveLength(full['loan_contact']!.length)
    expect(after['loan_contact']!.filter((row) => row.includes(friend.hash))).toEqual(
      full['loan_contact']!.filter((row) => row.includes(friend.hash)),
    )
    expect(await env.OTP_KV.get(friend.keyInKv)).not.toBeNull()
    expect((await storedState(friend.gate))?.verifications).toHaveLength(3)
    expect(answer.erased_at).toBe(`${new Date().toISOString().slice(0, 19)}Z`)
  })

  it('leaves a trace that says when, by whom and how much, and not who', async () => {
    const one = await live('7732', uniquePhone('7700'))
    const answer = await expectErased(await erase(one.phone), ALL)

    const trace = await env.DB.prepare('SELECT * FROM erasure WHERE id = ?').bind(answer.id).first()
    expect(trace).toEqual({
      id: answer.id,
      at: Date.now(),
      surface: 'v1',
      request_id: expect.stringMatching(/^[\da-f-]{36}$/),
      requested_by: 'agent-17',
      erased: JSON.stringify(ALL),
    })
    for (const text of one.traces) expect(JSON.stringify([trace, answer])).not.toContain(text)
  })

  it('has contacts of loans without a number, as another version, and a history without it', async () => {
    const [mine, others] = [uniquePhone('7733'), uniquePhone('7744')]
    const loan = await putLoan({ contacts: { applicant: others } })
    for (const phone of [mine, others, mine]) await changeContact(loan.loanId, phone)

    await expectErased(await erase(mine), { ...NOTHING, loan_contacts: 1 })

    const shown = await service.request(`/v1/loans/${loan.loanId}/contacts`)
    const theirs = maskPhone(others)
    expect(await shown.json()).toMatchObject({
      contacts: [
        {
          contact_type: 'applicant',
          phone: null,
          version: 5,
          history: [
            { version: 2, from: theirs, to: null },
            { version: 3, from: null, to: theirs },
            { version: 4, from: theirs, to: null },
          ],
        },
      ],
    })
    const contact = await env.DB.prepare('SELECT * FROM loan_contact WHERE loan_id = ?').bind(loan.loanId).first()
    expect(contact).toMatchObject({ phone_hash: null, phone_masked: null, phone_sealed: null, country: null })
    const ids = { loan_id: loan.loanId, repayment_id: loan.repaymentId }
    expect((await service.post('/api/v1/otp/send-otp-payment', ids)).status).toBe(422)
    // The next number is a change as any other.
    await changeContact(loan.loanId, others)
  })

  it('may come again, and may be erased again: that erases what came meanwhile, and leaves another trace', async () => {
    const { phone, gate } = await person('7734')
    await expectErased(await erase(phone), NOTHING)
    expect((await service.post('/v1/verifications', { to: phone, channel: 'sms' })).status).toBe(201)
    const first = await expectErased(await erase(phone), { ...NOTHING, verifications: 1, events: 2, communications: 1 })
    const second = await expectErased(await erase(phone), NOTHING)
    expect(second.id).not.toBe(first.id)
    expect(await storedState(gate)).toBeUndefined()
    // Nothing is remembered of the sends before.
    expect((await service.post('/v1/verifications', { to: phone, channel: 'sms' })).status).toBe(201)
  })

  it('is the same one in any spelling, in a country that is not served any more too', async () => {
    const { phone, gate } = await person('7735')
    await service.post('/v1/verifications', { to: phone, channel: 'sms' })
    const elsewhere = createService({ ...SETTINGS, ALLOWED_COUNTRIES: 'TZ' })
    const spelt = `0${phone.slice(3, 8)} ${phone.slice(8)}`
    await expectErased(await erase(spelt, elsewhere), { ...NOTHING, verifications: 1, events: 2, communications: 1 })
    expect(await storedState(gate)).toBeUndefined()
  })

  it('had a change of a repayment confirmed that was not made yet: it is made', async () => {
    const phone = uniquePhone('7736')
    const loan = await putLoan({ contacts: { applicant: phone } })
    const ids = { loan_id: loan.loanId, repayment_id: loan.repaymentId }
    await service.post('/api/v1/otp/send-otp-payment', ids)
    const change = { ...ids, repayment_status: STATUS.paid, amount_collected: 5000.0, payment_mode_id: MODE.cash }
    const body = { ...ids, mobile: phone, otp_code: vendors.msg91.lastCode(phone), status_update: change }
    const check = async (stub: GateStub, request: never) => (await stub.check(request), failing())
    const dying = createService({ ...SETTINGS, PHONE_GATE: gatesWith({ check }) })
    expect((await dying.post('/api/v1/otp/verify-otp-and-update-status', body)).status).toBe(503)
    expect(await changesOf(loan)).toEqual([])
    const { id } = (await storedState(await gateOf(phone)))!.verifications[0]!

    await expectErased(await erase(phone), { leads: 0, verifications: 1, events: 4, communications: 1, loan_contacts: 1 })

    expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.paid, amountCollected: 500_000, version: 2 })
    expect(await changesOf(loan)).toMatchObject([{ verificationId: id, amount: 500_000 }])
    // The id of the verification is all that is left, where it is the evidence.
    expect(tablesWith(await dump(), [await hashPhone(phone), maskPhone(phone), id])).toEqual(['repayment_change'])
  })
})

describe('a failure', () => {
  /** A service whose Worker has another D1 than its objects. */
  const withDatabase = (DB: unknown) => createService({ ...SETTINGS, DB })
  /** D1 with something else in place of a batch. */
  const batching = (batch: (statements: D1PreparedStatement[]) => Promise<unknown>) =>
    new Proxy(env.DB, {
      get(target, name) {
        const value: unknown = name === 'batch' ? batch : Reflect.get(target, name)
        return typeof value === 'function' && name !== 'batch' ? (value.bind(target) as unknown) : value
      },
    })

  it.each([
    ['before D1 is asked', brokenDatabase],
    [
      'in the middle of the transaction',
      batching(async (statements) => env.DB.batch([...statements.slice(0, 7), env.DB.prepare('SELECT * FROM nowhere')])),
    ],
    ['at its end', batching(async (statements) => env.DB.batch([...statements, env.DB.prepare('SELECT * FROM nowhere')]))],
  ])('%s is a 503 that takes nothing from D1, and the same request again finishes', async (_name, DB) => {
    const one = await live('7737', uniquePhone('7700'))
    await one.gate.flush()
    const before = await dump()

    await expectProblem(await erase(one.phone, withDatabase(DB)), 503, 'dependency_unavailable')

    expect(await dump()).toEqual(before)
    await expectErased(await erase(one.phone), ALL)
    await expectForgotten(one)
  })

  it('of the answer alone is a 503 too, and the same request again finds nothing left', async () => {
    const one = await live('7738', uniquePhone('7700'))
    const lost = batching(async (statements) => (await env.DB.batch(statements), failing()))
    await expectProblem(await erase(one.phone, withDatabase(lost)), 503, 'dependency_unavailable')
    await expectErased(await erase(one.phone), NOTHING)
    await expectForgotten(one)
  })

  it('of D1 for the object: nothing is forgotten that D1 does not have', async () => {
    const one = await live('7739', uniquePhone('7700'))
    const before = await dump()
    const { DB } = await bindingsOf(one.gate)
    const batch = vi.spyOn(DB, 'batch').mockImplementation(failing)

    await expectProblem(await erase(one.phone), 503, 'dependency_unavailable')

    expect(batch).toHaveBeenCalledTimes(3)
    batch.mockRestore()
    expect(await dump()).toEqual(before)
    expect((await storedState(one.gate))?.outbox).toMatchObject([{ kind: 'send.reserved' }, { kind: 'send.accepted' }])
    await expectErased(await erase(one.phone), ALL)
    await expectForgotten(one)
  })

  it('of D1 for the object that passes is tried again', async () => {
    const one = await live('7740', uniquePhone('7700'))
    const { DB } = await bindingsOf(one.gate)
    vi.spyOn(DB, 'batch').mockImplementationOnce(failing).mockImplementationOnce(failing)
    await expectErased(await erase(one.phone), ALL)
    await expectForgotten(one)
  })

  it('of D1 to answer at all is a 503', async () => {
    const { phone } = await person('7741')
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const batch = vi.fn(hanging)
    const answer = erase(phone, withDatabase(batching(batch)))
    await vi.waitFor(() => expect(batch).toHaveBeenCalled())
    await vi.advanceTimersByTimeAsync(ERASURE_TIMEOUT_MS)
    await expectProblem(await answer, 503, 'dependency_unavailable')
  })
})

describe('the request', () => {
  it("is the operator's", async () => {
    const closed = createService({ ...SETTINGS, ADMIN_API_KEY: KEY })
    const { phone } = await person('7750')
    await service.post('/v1/verifications', { to: phone, channel: 'sms' })
    await expectProblem(await closed.post(PATH, { phone }), 401, 'unauthorized')
    await expectProblem(await closed.post(PATH, { phone }, { authorization: `Bearer ${KEY}x` }), 401, 'unauthorized')
    expect(await storedState(await gateOf(phone))).toBeDefined()
    const opened = await closed.post(PATH, { phone }, { authorization: `Bearer ${KEY}` })
    await expectErased(opened, { ...NOTHING, verifications: 1, events: 2, communications: 1 })
    await expectProblem(await createService({ ENVIRONMENT: 'production' }).post(PATH, { phone }), 401, 'unauthorized')
  })

  it.each([
    ['a landline', { phone: '+912223456789' }, 422, 'invalid_phone'],
    ['no number at all', { phone: '12' }, 422, 'invalid_phone'],
    ['a number that is none', { phone: 919_876_543_210 }, 400, 'invalid_request'],
    ['nothing', {}, 400, 'invalid_request'],
    ['something that it does not know', { phone: '+919876543210', reason: 'asked' }, 400, 'invalid_request'],
    ['an id with blanks', { phone: '+919876543210', requested_by: 'agent 17' }, 400, 'invalid_request'],
    ['no JSON', '{', 400, 'malformed_json'],
  ])('with %s is refused, and leaves no trace', async (_name, body, status, code) => {
    const before = (await dump())['erasure']
    await expectProblem(await service.post(PATH, body), status, code)
    expect((await dump())['erasure']).toEqual(before)
  })

  it('may leave out who asks', async () => {
    const answer = await expectErased(await service.post(PATH, { phone: uniquePhone() }), NOTHING)
    const trace = env.DB.prepare('SELECT requested_by FROM erasure WHERE id = ?').bind(answer.id)
    expect(await trace.first()).toEqual({ requested_by: null })
  })
})

describe('the cost', () => {
  it('is that of what is erased, and of all contacts of loans', async () => {
    const { db: watched, done, calls } = watchedDatabase()
    const gates = createGates(env.PHONE_GATE, hashPhone, () => {})
    const caller = { surface: 'v1', requestId: 'req-1' }
    await erasePerson({ gates, db: watched, clock: Date.now }, caller, { phone: uniquePhone(), requestedBy: undefined })

    expect(calls.batch).toBe(1)
    for (const statement of done) {
      expect(statement.parameters).toBeLessThanOrEqual(100)
      const scans = (await planOf(statement)).filter((step) => step.startsWith('SCAN') && !step.startsWith('SCAN CONSTANT'))
      expect(scans.every((step) => /^SCAN loan_contact(_change)?$/.test(step))).toBe(true)
    }
    const plans = await Promise.all(done.slice(1).map(planOf))
    expect(plans.flat()).toEqual(
      expect.arrayContaining([
        'SEARCH verifications USING PRIMARY KEY (id>? AND id<?)',
        'SEARCH audit_events USING PRIMARY KEY (verification_id>? AND verification_id<?)',
        'SEARCH communication_receipt USING PRIMARY KEY (provider=? AND provider_message_id=?)',
        'SEARCH communication_log USING PRIMARY KEY (communication_id=?)',
        'SEARCH lead_event USING PRIMARY KEY (lead_id=?)',
        'SEARCH lead_notice USING PRIMARY KEY (lead_id=?)',
      ]),
    )
  })
})
