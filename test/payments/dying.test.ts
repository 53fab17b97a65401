import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { failing } from '../support/broken'
import { type GateStub, auditOf, bindingsOf, fireAlarm, gateOf, gatesWith, storedState } from '../support/gate'
import { MODE, STATUS, type TestLoan, changesOf, putLoan, repaymentOf } from '../support/loans'
import { MSG91_SETTINGS, createService, standInForVendors, uniquePhone } from '../support/service'

const MINUTE_MS = 60_000
const service = createService(MSG91_SETTINGS)
let vendors: ReturnType<typeof standInForVendors>

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** A repayment whose contact has a code, with the combined call that confirms it. */
interface Case extends TestLoan {
  readonly code: string
  readonly gate: GateStub
  readonly update: (through?: ReturnType<typeof createService>) => Promise<Response>
}

async function sendCode(loan: TestLoan, contactType: 'applicant' | 'co_applicant' = 'applicant'): Promise<Case> {
  const ids = { loan_id: loan.loanId, repayment_id: loan.repaymentId }
  const sent = await service.post('/api/v1/otp/send-otp-payment', { ...ids, contact_type: contactType })
  expect(sent.status).toBe(200)
  const code = vendors.msg91.lastCode(loan.phone)!
  const change = { ...ids, repayment_status: STATUS.paid, amount_collected: 5000.0, payment_mode_id: MODE.cash }
  const body = { ...ids, mobile: loan.phone, otp_code: code, status_update: change }
  const gate = await gateOf(loan.phone)
  const path = '/api/v1/otp/verify-otp-and-update-status'
  return { ...loan, code, gate, update: (through = service) => through.post(path, body) }
}

const verifyFirst = ({ loanId, repaymentId, code }: Case) =>
  service.post('/api/v1/otp/verify-otp-payment', { loan_id: loanId, repayment_id: repaymentId, otp_code: code })

/** A service whose D1 is asked for the change in this way; to read the repayment, as ever. */
function serviceRecordingBy(record: (statements: D1PreparedStatement[]) => Promise<never>) {
  let asked = 0
  const batch = (statements: D1PreparedStatement[]) => (++asked === 1 ? env.DB.batch(statements) : record(statements))
  const get = (target: D1Database, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name)
    return name === 'batch' ? batch : typeof value === 'function' ? (value.bind(target) as unknown) : value
  }
  return createService({ ...MSG91_SETTINGS, DB: new Proxy(env.DB, { get }) })
}

/** Where a Worker that confirms a repayment dies, and what who still listens is told. */
const DEATHS: readonly { readonly when: string; readonly status: number; readonly die: (one: Case) => Promise<Response> }[] = [
  {
    when: 'before the gate is asked',
    status: 503,
    die: ({ update }) => update(createService({ ...MSG91_SETTINGS, PHONE_GATE: gatesWith({ check: failing }) })),
  },
  {
    when: 'after the approval, before D1 is asked',
    status: 503,
    die({ update }) {
      const check = async (stub: GateStub, request: never) => (await stub.check(request), failing())
      return update(createService({ ...MSG91_SETTINGS, PHONE_GATE: gatesWith({ check }) }))
    },
  },
  {
    when: 'while D1 is asked, which makes nothing of it',
    status: 503,
    die: ({ update }) => update(serviceRecordingBy(failing)),
  },
  {
    when: 'while D1 is asked, which takes half of it back',
    status: 503,
    // The last statement fails: the row of the history and the change of the repayment before it are not to stay.
    die: ({ update }) =>
      update(
        serviceRecordingBy(async (made) => (await env.DB.batch([...made, env.DB.prepare('SELECT * FROM nowhere')]), failing())),
      ),
  },
  {
    when: 'after D1 made the change, whose answer is lost',
    status: 503,
    die: ({ update }) => update(serviceRecordingBy(async (statements) => (await env.DB.batch(statements), failing()))),
  },
  {
    when: 'with the answer of D1, before its own',
    status: 500,
    async die({ update }) {
      const spy = vi.spyOn(console, 'info').mockImplementation((line: string) => {
        if (line.includes('repayment.changed')) throw new Error('injected')
      })
      const response = await update()
      spy.mockRestore()
      return response
    },
  },
]

/** Whatever happens next. The alarm fires in the end in any case: the object keeps it set. */
const SEQUELS: readonly { readonly next: string; readonly live: (one: Case) => Promise<readonly Response[]> }[] = [
  { next: 'only the alarm fires', live: async ({ gate }) => (await fireAlarm(gate), []) },
  { next: 'the same request comes again', live: async ({ update }) => [await update()] },
  { next: 'the alarm, then the request', live: async ({ gate, update }) => (await fireAlarm(gate), [await update()]) },
  {
    next: 'the object starts anew, the request comes twice, the alarm fires twice',
    async live({ gate, update }) {
      await evictDurableObject(gate)
      const first = await update()
      await fireAlarm(gate)
      await evictDurableObject(gate)
      const second = await update()
      await fireAlarm(gate)
      return [first, second]
    },
  },
  {
    next: 'the request and the alarm at the same time',
    live: async ({ gate, update }) =>
      (await Promise.all([update(), fireAlarm(gate), update()])).filter((one) => one instanceof Response),
  },
]

const CASES = DEATHS.flatMap((death) =>
  SEQUELS.flatMap((sequel) => [false, true].map((isVerified) => ({ ...death, ...sequel, isVerified }))),
)

const kindsOf = async (gate: GateStub) => (await auditOf(gate)).map(({ kind }) => kind)

/** All of it, once: the repayment, its history, the audit, and nothing left to do. */
async function expectChangedOnce(one: Case): Promise<void> {
  expect(await repaymentOf(one)).toMatchObject({ statusId: STATUS.paid, amountCollected: 500_000, paymentModeId: 1, version: 2 })
  const state = (await storedState(one.gate))!
  expect(state).toMatchObject({ outbox: [], unfulfilled: [], flushFailures: 0 })
  const [{ id, accepted }] = state.verifications as [(typeof state.verifications)[0]]
  expect(await changesOf(one)).toMatchObject([
    { version: 2, verificationId: id, at: accepted!.acceptedAt, requestId: accepted!.requestId, amount: 500_000 },
  ])
  expect(await kindsOf(one.gate)).toEqual(['send.reserved', 'send.accepted', 'check.approved', 'intent.accepted'])
  const row = await env.DB.prepare('SELECT status, intent FROM verifications WHERE id = ?').bind(id).first<{ intent: string }>()
  expect(row).toMatchObject({ status: 'approved' })
  expect(JSON.parse(row!.intent)).toMatchObject({ loan_id: one.loanId, repayment_id: one.repaymentId, amount: 500_000 })
}

async function expectUnchanged(one: Case): Promise<void> {
  expect(await repaymentOf(one)).toMatchObject({ statusId: STATUS.pending, amountCollected: 0, paymentModeId: null, version: 1 })
  expect(await changesOf(one)).toEqual([])
  expect((await storedState(one.gate))!.unfulfilled ?? []).toEqual([])
}

describe('a Worker that dies', () => {
  it.each(CASES)('$when; then $next (verified first: $isVerified)', async ({ when, status, die, next, live, isVerified }) => {
    const one = await sendCode(await putLoan())
    if (isVerified) expect((await verifyFirst(one)).status).toBe(200)

    expect((await die(one)).status).toBe(status)
    const answers = await live(one)

    for (const answer of answers) expect(answer.status).toBe(200)
    const isUndecided = when === DEATHS[0]!.when && next === SEQUELS[0]!.next
    if (isUndecided) {
      await expectUnchanged(one)
      // The code is good as it was.
      expect((await one.update()).status).toBe(200)
    }
    await fireAlarm(one.gate)
    await expectChangedOnce(one)
    expect((await one.update()).status).toBe(200)
    await fireAlarm(one.gate)
    await expectChangedOnce(one)
  })
})

describe('D1 down', () => {
  it('for the Worker only: the request says when to come again, and the same one completes the change', async () => {
    const one = await sendCode(await putLoan())
    const broken = serviceRecordingBy(failing)

    const pending = await one.update(broken)
    expect(pending.status).toBe(503)
    expect(pending.headers.get('retry-after')).toBe('5')
    expect(await pending.json()).toMatchObject({ success: false, retry_after: 5 })
    expect(await changesOf(one)).toEqual([])
    expect((await one.update(broken)).status).toBe(503)

    vi.advanceTimersByTime(14 * MINUTE_MS)
    expect((await one.update()).status).toBe(200)
    await fireAlarm(one.gate)
    await expectChangedOnce(one)
  })

  it('that never answers: nobody waits for ever, and the change follows', { timeout: 15_000 }, async () => {
    const one = await sendCode(await putLoan())
    expect((await one.update(serviceRecordingBy(() => new Promise<never>(() => {})))).status).toBe(503)
    await fireAlarm(one.gate)
    await expectChangedOnce(one)
    expect((await one.update()).status).toBe(200)
  })

  it('for the gate as well: tried again later and later, and done when D1 is back, after an hour and a day', async () => {
    const one = await sendCode(await putLoan())
    expect((await one.update(serviceRecordingBy(failing))).status).toBe(503)
    const { DB } = await bindingsOf(one.gate)
    const batch = vi.spyOn(DB, 'batch').mockImplementation(failing)
    const start = Date.now()
    const pauses: number[] = []

    while (Date.now() < start + 60 * MINUTE_MS) {
      await fireAlarm(one.gate)
      const state = (await storedState(one.gate))!
      expect(state.unfulfilled).toHaveLength(1)
      expect(state.flushFailures).toBe(pauses.length + 1)
      pauses.push(state.alarmAt - Date.now())
      vi.setSystemTime(state.alarmAt)
    }
    expect(pauses[0]).toBeLessThan(3_000)
    for (const [index, pause] of pauses.slice(0, 7).entries()) expect(pauses[index + 1]).toBeGreaterThan(pause)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(18 * MINUTE_MS)
    // The verification ended more than a day ago: it is kept for what is still to be done.
    vi.advanceTimersByTime(25 * 60 * MINUTE_MS)
    await fireAlarm(one.gate)
    expect((await storedState(one.gate))!.unfulfilled).toHaveLength(1)
    expect(await changesOf(one)).toEqual([])

    batch.mockRestore()
    await fireAlarm(one.gate)
    expect(await repaymentOf(one)).toMatchObject({ statusId: STATUS.paid, amountCollected: 500_000, version: 2 })
    expect(await changesOf(one)).toMatchObject([{ at: start, amount: 500_000 }])
    expect(await storedState(one.gate)).toMatchObject({ outbox: [], unfulfilled: [], flushFailures: 0 })
  })

  it.each([
    ['audit', 1, { unfulfilled: [] }, 1],
    ['change', 2, { outbox: [] }, 0],
  ])('for the %s only: the other does not wait for it', async (_name, failingCall, left, changes) => {
    const one = await sendCode(await putLoan())
    expect((await one.update(serviceRecordingBy(failing))).status).toBe(503)
    const { DB } = await bindingsOf(one.gate)
    const ask = DB.batch.bind(DB)
    let calls = 0
    const batch = vi
      .spyOn(DB, 'batch')
      .mockImplementation((statements) => (++calls === failingCall ? failing() : ask(statements)))

    await fireAlarm(one.gate)
    expect(await storedState(one.gate)).toMatchObject({ ...left, flushFailures: 1 })
    expect(await changesOf(one)).toHaveLength(changes)

    batch.mockRestore()
    await fireAlarm(one.gate)
    await expectChangedOnce(one)
  })

  it('for whoever has to see the audit at once: flush tells that not all is there', async () => {
    const one = await sendCode(await putLoan())
    expect((await one.update(serviceRecordingBy(failing))).status).toBe(503)
    const { DB } = await bindingsOf(one.gate)
    const batch = vi.spyOn(DB, 'batch').mockImplementation(failing)
    expect(await one.gate.flush()).toBe(false)
    expect((await storedState(one.gate))!.unfulfilled).toHaveLength(1)
    batch.mockRestore()
    expect(await one.gate.flush()).toBe(true)
    await expectChangedOnce(one)
    expect(await one.gate.flush()).toBe(true)
  })
})

describe('the codes of two contacts', () => {
  it('right at the same time: one change; the other is told so, and the audit has it', async () => {
    const phones = { applicant: uniquePhone(), co_applicant: uniquePhone() }
    const loan = await putLoan({ contacts: phones })
    const one = await sendCode(loan)
    const other = await sendCode({ ...loan, phone: phones.co_applicant }, 'co_applicant')
    // Both are approved over the same version before anything is written.
    expect((await one.update(serviceRecordingBy(failing))).status).toBe(503)
    expect((await other.update(serviceRecordingBy(failing))).status).toBe(503)

    await Promise.all([fireAlarm(one.gate), fireAlarm(other.gate)])

    expect(await changesOf(loan)).toHaveLength(1)
    expect(await repaymentOf(loan)).toMatchObject({ amountCollected: 500_000, version: 2 })
    const [change] = await changesOf(loan)
    const [winner, loser] = change!.contactType === 'applicant' ? [one, other] : [other, one]
    expect((await winner.update()).status).toBe(200)
    const refused = await loser.update()
    expect(refused.status).toBe(409)
    expect(await refused.json()).toMatchObject({ success: false, error: 'repayment_changed' })
    for (const { gate } of [winner, loser]) await fireAlarm(gate)
    const approved = ['send.reserved', 'send.accepted', 'check.approved', 'intent.accepted']
    expect(await kindsOf(winner.gate)).toEqual(approved)
    expect(await kindsOf(loser.gate)).toEqual([...approved, 'intent.refused'])
    expect(await storedState(loser.gate)).toMatchObject({ unfulfilled: [], outbox: [] })
    expect(await changesOf(loan)).toEqual([change])
  })

  it('in combined calls at the same time: one change, and each gate says the truth', async () => {
    const phones = { applicant: uniquePhone(), co_applicant: uniquePhone() }
    const loan = await putLoan({ contacts: phones })
    const one = await sendCode(loan)
    const other = await sendCode({ ...loan, phone: phones.co_applicant }, 'co_applicant')

    const statuses = (await Promise.all([one.update(), other.update()])).map(({ status }) => status)

    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, 409])
    for (const { gate } of [one, other]) await fireAlarm(gate).then(() => fireAlarm(gate))
    const [change] = await changesOf(loan)
    const winner = statuses[0] === 200 ? one : other
    expect(await changesOf(loan)).toEqual([change])
    expect(change!.verificationId).toBe((await storedState(winner.gate))!.verifications[0]!.id)
    const accepted = await Promise.all([one, other].map(async ({ gate }) => await kindsOf(gate)))
    const unmade = accepted.filter((kinds) => kinds.includes('intent.accepted') && !kinds.includes('intent.refused'))
    expect(unmade).toHaveLength(1)
  })
})

describe('many at once', () => {
  it('50 combined calls with the right code: one change, with one audit of it', async () => {
    const one = await sendCode(await putLoan())

    const responses = await Promise.all(Array.from({ length: 50 }, () => one.update()))

    const statuses = responses.map(({ status }) => status)
    expect(statuses).toContain(200)
    // While the first few are weighed no more are let in.
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
    await fireAlarm(one.gate)
    expect(await changesOf(one)).toHaveLength(1)
    expect(await repaymentOf(one)).toMatchObject({ statusId: STATUS.paid, amountCollected: 500_000, version: 2 })
    expect((await kindsOf(one.gate)).filter((kind) => kind === 'intent.accepted')).toHaveLength(1)
    // None of them was a wrong guess.
    expect((await storedState(one.gate))!.wrongGuesses).toEqual([])
    expect((await one.update()).status).toBe(200)
  })

  it('more events than a batch has room for are all carried by one flush, with the change', async () => {
    const one = await sendCode(await putLoan())
    await one.update(serviceRecordingBy(failing))
    for (let hour = 0; hour < 6; hour++) {
      for (let nth = 0; nth < 10; nth++) await one.gate.check({ ...REFUSED, target: { id: (await idOf(one))! } })
      vi.advanceTimersByTime(60 * MINUTE_MS)
    }
    expect((await storedState(one.gate))!.outbox.length).toBeGreaterThan(60)

    expect(await one.gate.flush()).toBe(true)

    expect(await changesOf(one)).toHaveLength(1)
    expect((await kindsOf(one.gate)).filter((kind) => kind === 'check.refused')).toHaveLength(60)
  })
})

const REFUSED = {
  attemptKey: 'attempt',
  windows: [],
  surface: 'test',
  requestId: 'req-refused',
  code: '0000',
  presentedBindingHash: null,
  intent: { key: 'another', facts: {} },
}
const idOf = async ({ gate }: Case) => (await storedState(gate))!.verifications[0]?.id
