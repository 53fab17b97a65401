import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { SUBMISSIONS } from '../../src/leads/lead'
import { gateOf, storedState } from '../support/gate'
import { leadBody, leadRow, putLead, putLeads } from '../support/leads'
import { createService, NOTICE_SETTINGS, type StandIns, standInForVendors, uniquePhone } from '../support/service'

const ADMIN_KEY = 'an admin key for tests only, 32 and more characters'.replaceAll(' ', '-')
const AS_OPERATOR = { authorization: `Bearer ${ADMIN_KEY}` }

/** What a request costs in the platform's units, with what it does after its answer. */
interface Costs {
  /** Calls to D1: a statement, or a batch of them. */
  readonly roundTrips: number
  readonly rowsRead: number
  readonly rowsWritten: number
  readonly gateCalls: number
  readonly lenderCalls: number
  readonly messages: number
  readonly kvCalls: number
}

const NOTHING: Costs = { roundTrips: 0, rowsRead: 0, rowsWritten: 0, gateCalls: 0, lenderCalls: 0, messages: 0, kvCalls: 0 }

/** A lead that the lender takes at once. */
const CREATED: Costs = { ...NOTHING, roundTrips: 2, rowsRead: 5, rowsWritten: 7, lenderCalls: 1 }

/** A service with a function that tells what some work of it costs. */
function countedService({ lender, gupshup }: StandIns, settings: Record<string, string> = {}) {
  const counts = { roundTrips: 0, rowsRead: 0, rowsWritten: 0, gateCalls: 0, kvCalls: 0 }
  const bindings = {
    DB: countedDatabase(counts),
    PHONE_GATE: {
      idFromName: (name: string) => env.PHONE_GATE.idFromName(name),
      get: (id: DurableObjectId) =>
        new Proxy(env.PHONE_GATE.get(id), {
          get(target, name) {
            counts.gateCalls += 1
            return Reflect.get(target, name)
          },
        }),
    },
    OTP_KV: new Proxy(env.OTP_KV, {
      get(target, name) {
        counts.kvCalls += 1
        return Reflect.get(target, name).bind(target) as unknown
      },
    }),
    ADMIN_API_KEY: ADMIN_KEY,
    ...settings,
  }
  const service = createService(bindings)
  async function costOf(work: () => Promise<unknown>): Promise<Costs> {
    Object.assign(counts, { roundTrips: 0, rowsRead: 0, rowsWritten: 0, gateCalls: 0, kvCalls: 0 })
    const before = { lenderCalls: lender.requests.length, messages: gupshup.requests.length }
    await work()
    return {
      ...counts,
      lenderCalls: lender.requests.length - before.lenderCalls,
      messages: gupshup.requests.length - before.messages,
    }
  }
  const runMinuteJobs = () =>
    worker.scheduled({ cron: '* * * * *', scheduledTime: Date.now(), noRetry() {} }, { ...env, ...bindings } as never)
  return { ...service, costOf, runMinuteJobs }
}

/** The real one. A read of rows without their names tells no cost, so it is done once more. */
function countedDatabase(counts: { roundTrips: number; rowsRead: number; rowsWritten: number }) {
  const originals = new WeakMap<object, D1PreparedStatement>()
  const note = <T extends readonly D1Result[]>(results: T): T => {
    counts.roundTrips += 1
    for (const { meta } of results) {
      counts.rowsRead += meta.rows_read
      counts.rowsWritten += meta.rows_written
    }
    return results
  }
  const watch = (statement: D1PreparedStatement): object => {
    const watched = {
      bind: (...values: unknown[]) => watch(statement.bind(...values)),
      run: async () => note([await statement.run()])[0],
      all: async () => note([await statement.all()])[0],
      async raw() {
        note([await statement.run()])
        return statement.raw()
      },
    }
    originals.set(watched, statement)
    return watched
  }
  return {
    prepare: (sql: string) => watch(env.DB.prepare(sql)),
    batch: async (statements: object[]) => note(await env.DB.batch(statements.map((one) => originals.get(one)!))),
  }
}

/** Of leads that the lender does not have. Nobody is to try them now. */
function ofSubmission(submission: string, nextAttemptAt = Date.now() + 60_000) {
  const unsubmitted = { applicationId: null, status: null, statusAt: null }
  return {
    submission,
    ...(submission !== 'submitted' && unsubmitted),
    nextAttemptAt: submission === 'waiting' ? nextAttemptAt : null,
  }
}

describe('the budget of a lead', () => {
  let standIns: StandIns

  beforeEach(async () => {
    standIns = standInForVendors()
    // In an empty table some searches read nothing at all.
    await putLeads(await Promise.all([...SUBMISSIONS, ...SUBMISSIONS].map((submission) => leadRow(ofSubmission(submission)))))
  })
  afterEach(() => vi.restoreAllMocks())

  it('a lead that the lender takes: 2 round trips, 7 rows', async () => {
    const { post, costOf } = countedService(standIns)
    expect(await costOf(() => post('/api_v1/lead_create', leadBody()))).toEqual(CREATED)
  })

  it('the same request again: 1 round trip, nothing is written and the lender is not asked', async () => {
    const { post, costOf } = countedService(standIns)
    const body = leadBody()
    await post('/api_v1/lead_create', body)
    const cost = await costOf(() => post('/api_v1/lead_create', body))
    expect(cost).toEqual({ ...NOTHING, roundTrips: 1, rowsRead: 2 })
  })

  it('with proof of possession: 1 call to the gate more, which writes nothing', async () => {
    const { post, costOf } = countedService(standIns, { LEADS_REQUIRE_VERIFIED_PHONE: 'true' })
    const phone = uniquePhone()
    await post('/send-otp', { phone_number: phone })
    await post('/verify-otp', { phone_number: phone, otp: standIns.gupshup.lastCode(phone) })
    const before = await storedState(await gateOf(phone))
    const cost = await costOf(() => post('/api_v1/lead_create', leadBody({ mobile_number: phone })))
    expect(cost).toEqual({ ...CREATED, gateCalls: 1 })
    expect(await storedState(await gateOf(phone))).toEqual(before)
  })

  it('a number that was not proved: 1 call to the gate, and no D1', async () => {
    const { post, costOf } = countedService(standIns, { LEADS_REQUIRE_VERIFIED_PHONE: 'true' })
    const cost = await costOf(() => post('/api_v1/lead_create', leadBody()))
    expect(cost).toEqual({ ...NOTHING, gateCalls: 1 })
  })

  it('a lead that the lender refuses: as one that it takes; again: 4 round trips', async () => {
    const { post, costOf } = countedService(standIns)
    const body = leadBody({ mobile_number: uniquePhone('0001') })
    const first = await costOf(() => post('/api_v1/lead_create', body))
    const again = await costOf(() => post('/api_v1/lead_create', body))
    expect(first).toEqual({ ...NOTHING, roundTrips: 2, rowsRead: 5, rowsWritten: 7, lenderCalls: 1 })
    expect(again).toEqual({ ...NOTHING, roundTrips: 4, rowsRead: 11, rowsWritten: 8, lenderCalls: 1 })
  })

  it('a lead while the lender fails: as one that it takes; again: it waits, and nothing is written', async () => {
    const { post, costOf } = countedService(standIns)
    const body = leadBody({ mobile_number: uniquePhone('0007') })
    const first = await costOf(() => post('/api_v1/lead_create', body))
    const again = await costOf(() => post('/api_v1/lead_create', body))
    expect(first).toEqual({ ...NOTHING, roundTrips: 2, rowsRead: 5, rowsWritten: 7, lenderCalls: 1 })
    expect(again).toEqual({ ...NOTHING, roundTrips: 1, rowsRead: 2 })
  })

  it('to tell the customer: 2 round trips and 10 rows more', async () => {
    const { post, costOf } = countedService(standIns, NOTICE_SETTINGS)
    const cost = await costOf(() => post('/api_v1/lead_create', leadBody()))
    expect(cost).toEqual({ ...CREATED, roundTrips: 4, rowsRead: 22, rowsWritten: 17, messages: 1 })
  })

  it('a status that is as it was: 1 round trip and 1 row read, by number and by the id of the application', async () => {
    const { post, costOf } = countedService(standIns)
    const body = leadBody()
    await post('/api_v1/lead_create', body)
    const [application] = standIns.lender.applications
    const byNumber = await costOf(() => post('/api_v1/lead_status', { mobile_number: body.mobile_number }))
    const byId = await costOf(() => post('/api_v1/lead_status', { basic_application_id: application!.basicAppId }))
    expect(byNumber).toEqual({ ...NOTHING, roundTrips: 1, rowsRead: 1, lenderCalls: 1 })
    expect(byId).toEqual({ ...NOTHING, roundTrips: 1, rowsRead: 1, lenderCalls: 1 })
  })

  it('a status that is new: 2 round trips and 2 rows, and 2 and 10 more where the customer is told', async () => {
    const quiet = countedService(standIns)
    const telling = countedService(standIns, NOTICE_SETTINGS)
    await quiet.post('/api_v1/lead_create', leadBody())
    const { basicAppId: id } = standIns.lender.applications[0]!
    standIns.lender.setStatus(id, 'Approved')
    const kept = await quiet.costOf(() => quiet.post('/api_v1/lead_status', { basic_application_id: id }))
    standIns.lender.setStatus(id, 'Disbursed')
    const told = await telling.costOf(() => telling.post('/api_v1/lead_status', { basic_application_id: id }))
    expect(kept).toEqual({ ...NOTHING, roundTrips: 2, rowsRead: 5, rowsWritten: 2, lenderCalls: 1 })
    expect(told).toEqual({ ...NOTHING, roundTrips: 4, rowsRead: 22, rowsWritten: 12, lenderCalls: 1, messages: 1 })
  })

  it('a status that is pushed: as one that was asked for, without the lender; by our id of the lead 1 row more is read', async () => {
    const { post, costOf } = countedService(standIns)
    const { id } = await putLead()
    const push = (status: string) => costOf(() => post(`/v1/leads/${id}/status`, { status }, AS_OPERATOR))
    expect(await push('Under Review')).toEqual({ ...NOTHING, roundTrips: 1, rowsRead: 2 })
    expect(await push('Approved')).toEqual({ ...NOTHING, roundTrips: 2, rowsRead: 6, rowsWritten: 2 })
  })

  it('the job of each minute: 3 round trips with nothing to do, and 2 and 5 rows more for each lead that is due', async () => {
    const { runMinuteJobs, costOf } = countedService(standIns)
    const idle = await costOf(runMinuteJobs)
    await putLeads(
      await Promise.all([leadRow(ofSubmission('waiting', Date.now() - 1)), leadRow(ofSubmission('waiting', Date.now() - 1))]),
    )
    const busy = await costOf(runMinuteJobs)
    expect(idle).toEqual({ ...NOTHING, roundTrips: 3, rowsRead: 5 })
    expect(busy).toEqual({ ...NOTHING, roundTrips: 7, rowsRead: 17, rowsWritten: 10, lenderCalls: 2 })
  })
})
