import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  SUBMISSIONS_AT_A_TIME,
  SUBMISSIONS_PER_RUN,
  SUBMISSION_FAILURES_BEFORE_STOP,
  SUBMISSION_GIVE_UP_MS,
  SUBMISSION_LEASE_MS,
} from '../../../src/config/limits'
import { createKeyRing } from '../../../src/core/key-ring'
import type { LogFields } from '../../../src/core/log'
import { createDatabase } from '../../../src/db/client'
import type { LeadDeps } from '../../../src/leads/deps'
import type { LeadRow } from '../../../src/leads/lead'
import type { Application, FindOutcome, Lender, SubmitOutcome, TakenApplication } from '../../../src/leads/lender/lender'
import { sealPersonal } from '../../../src/leads/personal'
import { submitDueLeads } from '../../../src/leads/submission/submit-due-leads'
import { planOf, watchedDatabase } from '../../support/audit'
import { brokenDatabase } from '../../support/broken'
import { PERSONAL, allLeads, eventsOf, leadRow, personalKeys, putLead, putLeads } from '../../support/leads'

const NOW = Date.UTC(2026, 10, 21, 12)
const MINUTE_MS = 60_000
const CALLER = { surface: 'schedule', requestId: 'req-job', defer: () => {} }

beforeEach(async () => {
  await env.DB.batch(['lead', 'lead_event', 'lead_notice'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)))
})

const taken = (id: string): TakenApplication => ({
  applicationId: `APP-${id.slice(0, 8)}`,
  customerId: null,
  relationId: null,
  status: 'New',
  response: null,
})
const DOWN: SubmitOutcome & FindOutcome = { status: 'unknown', reason: 'provider_unavailable', httpStatus: 503 }

interface Call {
  readonly asked: 'submit' | 'find'
  readonly id: string
}

/** A lender by what it says, which notes what it was asked. */
function lenderThat(
  submit: (application: Application) => SubmitOutcome | Promise<SubmitOutcome> = ({ id }) => ({
    status: 'accepted',
    application: taken(id),
  }),
  find: (application: Application) => FindOutcome = () => ({ status: 'not_found' }),
) {
  const calls: Call[] = []
  const lender: Lender = {
    submit: async (application) => (calls.push({ asked: 'submit', id: application.id }), submit(application)),
    find: async (application) => (calls.push({ asked: 'find', id: application.id }), find(application)),
    statusOf: async () => ({ status: 'not_found' }),
  }
  return { lender, calls }
}

interface Logged extends LogFields {
  readonly level: string
  readonly event: string
}

/** A run of the job at a time. */
async function run(lender: Lender | undefined, now = NOW, changes: Partial<LeadDeps> = {}) {
  const logs: Logged[] = []
  const deps = {
    db: createDatabase(env.DB),
    personalKeys,
    lender,
    carrierOf: () => undefined,
    clock: () => now,
    log: (level: string, event: string, fields: LogFields = {}) => void logs.push({ level, event, ...fields }),
    ...changes,
  } as unknown as LeadDeps
  return { count: await submitDueLeads(deps, CALLER), logs }
}

const waiting = (changes: Parameters<typeof leadRow>[0] = {}) => ({
  submission: 'waiting',
  applicationId: null,
  status: null,
  statusAt: null,
  createdAt: NOW - MINUTE_MS,
  nextAttemptAt: NOW,
  ...changes,
})
const rowOf = async ({ id }: Pick<LeadRow, 'id'>) => (await allLeads()).find((lead) => lead.id === id)!

describe('the leads that are due', () => {
  it.each([
    ['at its time', { nextAttemptAt: NOW }, 1],
    ['long after its time', { nextAttemptAt: NOW - 600 * MINUTE_MS }, 1],
    ['a millisecond before its time', { nextAttemptAt: NOW + 1 }, 0],
    ['that somebody submits right now', { nextAttemptAt: NOW + SUBMISSION_LEASE_MS, inDoubt: true }, 0],
    ['that was refused', { submission: 'refused', nextAttemptAt: null }, 0],
    ['that was given up', { submission: 'given_up', nextAttemptAt: null }, 0],
    ['that is submitted', { submission: 'submitted', nextAttemptAt: NOW }, 0],
  ])('one %s', async (_what, changes, count) => {
    const { lender, calls } = lenderThat()
    const lead = await putLead(waiting(changes))

    expect((await run(lender)).count).toBe(count)

    expect(calls).toHaveLength(count)
    const after = await rowOf(lead)
    if (count === 0) expect(after).toEqual(lead)
    else expect(after).toMatchObject({ submission: 'submitted', applicationId: taken(lead.lenderRequestId).applicationId })
  })

  it('are handed in with their own data, under their own id', async () => {
    const seen: Application[] = []
    const { lender } = lenderThat((application) => (seen.push(application), { status: 'accepted', application: taken('') }))
    const lead = await putLead(
      waiting({ loanType: 'EL', loanAmount: 12_345, loanTenureYears: 3, personal: { phone: PERSONAL.phone } }),
    )
    await run(lender)

    expect(seen).toEqual([
      { id: lead.lenderRequestId, loanType: 'EL', loanAmount: 12_345, loanTenureYears: 3, personal: PERSONAL },
    ])
  })

  it('go on in the name of the job, counted and written down', async () => {
    const lead = await putLead(waiting({ attempts: 4, version: 5 }))
    const { logs } = await run(lenderThat().lender)

    expect(await rowOf(lead)).toMatchObject({ attempts: 5, version: 7, surface: 'homi', failure: null, nextAttemptAt: null })
    expect(await eventsOf(lead.id)).toMatchObject([
      { version: 7, kind: 'submission.accepted', surface: 'schedule', requestId: 'req-job', detail: { attempt: 5 } },
    ])
    expect(logs).toMatchObject([
      { level: 'info', event: 'lead.attempt', lead_id: lead.id, attempt: 5, outcome: 'submission.accepted' },
    ])
  })

  it('are handed in those first that wait longest, so many in a run, a few at a time', async () => {
    const rows = await Promise.all(
      Array.from({ length: SUBMISSIONS_PER_RUN + 5 }, (_, nth) => leadRow(waiting({ nextAttemptAt: NOW - nth * MINUTE_MS }))),
    )
    await putLeads(rows)
    let now = 0
    let most = 0
    const { lender, calls } = lenderThat(async ({ id }) => {
      most = Math.max(most, ++now)
      await scheduler.wait(1)
      now -= 1
      return { status: 'accepted', application: taken(id) }
    })

    expect((await run(lender)).count).toBe(SUBMISSIONS_PER_RUN)

    const longest = rows.slice(5).map(({ lenderRequestId }) => lenderRequestId)
    expect(calls.map(({ id }) => id).toSorted()).toEqual(longest.toSorted())
    expect(calls[0]!.id).toBe(rows.at(-1)!.lenderRequestId)
    expect(most).toBe(SUBMISSIONS_AT_A_TIME)
    expect((await run(lender)).count).toBe(5)
  })

  it('are found by the index of those that the lender does not have, however many it has', async () => {
    await putLeads(await Promise.all(Array.from({ length: 30 }, () => leadRow())))
    await putLead(waiting())
    const { db, done } = watchedDatabase()
    await run(lenderThat().lender, NOW, { db })

    const [select] = done
    expect(await planOf(select!)).toEqual([expect.stringContaining('USING INDEX lead_unsubmitted')])
    expect(select!.rowsRead).toBeLessThanOrEqual(2)
  })
})

describe('a lender that is down', () => {
  it('is asked again after pauses that grow, and after 48 hours no more, which somebody is told', async () => {
    const { lender, calls } = lenderThat(
      () => DOWN,
      () => DOWN,
    )
    const lead = await putLead(waiting({ createdAt: NOW, waitingSince: NOW, attempts: 0 }))
    const times: number[] = []
    const logs: Logged[] = []
    let after = lead
    while (after.submission === 'waiting') {
      const now = after.nextAttemptAt!
      await run(lender, now - 1)
      expect(calls).toHaveLength(times.length)
      logs.push(...(await run(lender, now)).logs)
      times.push(now)
      expect(calls).toHaveLength(times.length)
      after = await rowOf(lead)
      expect(times.length).toBeLessThan(100)
    }

    const pauses = times.slice(1).map((time, nth) => time - times[nth]!)
    // The last one goes to the end of the time, whatever is left of it.
    const usual = pauses.slice(0, -1).map((_pause, nth) => Math.min(60, 2 ** nth) * MINUTE_MS)
    for (const [nth, most] of usual.entries()) {
      expect(pauses[nth]).toBeGreaterThanOrEqual(0.8 * most)
      expect(pauses[nth]).toBeLessThanOrEqual(most)
    }
    expect(times.at(-1)! - NOW).toBe(SUBMISSION_GIVE_UP_MS)
    expect(after).toMatchObject({ submission: 'given_up', nextAttemptAt: null, inDoubt: true, failure: 'provider_unavailable' })
    expect(logs.filter(({ level }) => level === 'error')).toMatchObject([
      { event: 'lead.given_up', lead_id: lead.id, outcome: 'submission.given_up', reason: 'provider_unavailable', status: 503 },
    ])
    expect((await eventsOf(lead.id)).map(({ kind }) => kind)).toEqual([
      ...times.slice(1).map(() => 'submission.unknown'),
      'submission.given_up',
    ])

    const { count } = await run(lenderThat().lender, NOW + 3 * SUBMISSION_GIVE_UP_MS)
    expect(count).toBe(0)
    expect(await rowOf(lead)).toEqual(after)
  })

  it('and is back in time has what waited', async () => {
    const lead = await putLead(waiting({ waitingSince: NOW - SUBMISSION_GIVE_UP_MS, inDoubt: true }))
    const { lender, calls } = lenderThat()
    expect((await run(lender)).count).toBe(1)
    expect(calls.map(({ asked }) => asked)).toEqual(['find', 'submit'])
    expect(await rowOf(lead)).toMatchObject({ submission: 'submitted' })
  })

  it('is left alone after failures in a row, until the next run', async () => {
    await putLeads(await Promise.all(Array.from({ length: 30 }, () => leadRow(waiting()))))
    const { lender, calls } = lenderThat(() => DOWN)

    expect((await run(lender)).count).toBe(0)

    const most = SUBMISSION_FAILURES_BEFORE_STOP + SUBMISSIONS_AT_A_TIME - 1
    expect(calls.length).toBeGreaterThanOrEqual(SUBMISSION_FAILURES_BEFORE_STOP)
    expect(calls.length).toBeLessThanOrEqual(most)
    // Those that were not tried are as they were, and the next run takes them.
    expect((await allLeads()).filter(({ attempts }) => attempts === 1)).toHaveLength(30 - calls.length)
    const up = lenderThat()
    await run(up.lender)
    expect(up.calls).toHaveLength(30 - calls.length)
  })

  it('is left alone as well where its leads are given up one after another', async () => {
    const rows = Array.from({ length: 30 }, () => leadRow(waiting({ waitingSince: NOW - SUBMISSION_GIVE_UP_MS })))
    await putLeads(await Promise.all(rows))
    const { lender, calls } = lenderThat(() => DOWN)
    await run(lender)
    expect(calls.length).toBeLessThanOrEqual(SUBMISSION_FAILURES_BEFORE_STOP + SUBMISSIONS_AT_A_TIME - 1)
  })

  it('is not one that refuses, or that fails now and then', async () => {
    await putLeads(await Promise.all(Array.from({ length: 30 }, () => leadRow(waiting()))))
    let nth = 0
    const { lender, calls } = lenderThat(({ id }) => {
      nth += 1
      if (nth % 3 === 0) return { status: 'refused', reason: 'rejected', response: null }
      return nth % 3 === 1 ? DOWN : { status: 'accepted', application: taken(id) }
    })
    expect((await run(lender)).count).toBe(10)
    expect(calls).toHaveLength(30)
  })

  it('is one whose adapter throws: the lead is in doubt, and nothing of the error is told', async () => {
    const lead = await putLead(waiting())
    const { lender } = lenderThat(() => {
      throw new Error(`bug with ${PERSONAL.pan}`)
    })
    const { logs } = await run(lender)
    expect(await rowOf(lead)).toMatchObject({ submission: 'waiting', inDoubt: true, failure: 'unknown' })
    expect(logs.filter(({ level }) => level === 'error')).toEqual([
      { level: 'error', event: 'lender.threw', lead_id: lead.id, error_name: 'Error' },
    ])
  })
})

describe('what was begun and is in doubt', () => {
  it('is looked up first, and is submitted where the lender has it', async () => {
    const { lender, calls } = lenderThat(undefined, ({ id }) => ({ status: 'found', application: taken(id) }))
    const lead = await putLead(waiting({ inDoubt: true }))
    expect((await run(lender)).count).toBe(1)
    expect(calls).toEqual([{ asked: 'find', id: lead.lenderRequestId }])
    expect(await rowOf(lead)).toMatchObject({ submission: 'submitted', inDoubt: false })
  })

  it('is not repeated where the lender cannot say', async () => {
    const { lender, calls } = lenderThat(undefined, () => ({ status: 'unknown', reason: 'timeout', httpStatus: null }))
    const lead = await putLead(waiting({ inDoubt: true }))
    await run(lender)
    expect(calls.map(({ asked }) => asked)).toEqual(['find'])
    expect(await rowOf(lead)).toMatchObject({ submission: 'waiting', inDoubt: true, failure: 'timeout' })
  })

  it('is repeated where the lender has nothing of it, and stays in doubt where that is turned away', async () => {
    const { lender, calls } = lenderThat(() => ({ status: 'failed', reason: 'rate_limited', httpStatus: 429 }))
    const lead = await putLead(waiting({ inDoubt: true }))
    await run(lender)
    expect(calls.map(({ asked }) => asked)).toEqual(['find', 'submit'])
    // Of this attempt nothing was made. The one before it may still turn up.
    expect(await rowOf(lead)).toMatchObject({ submission: 'waiting', inDoubt: true, failure: 'rate_limited' })
  })

  it.each([true, false])('and is refused (in doubt: %s): somebody is told to ask where it was', async (inDoubt) => {
    const { lender } = lenderThat(() => ({ status: 'refused', reason: 'rejected', response: null }))
    const lead = await putLead(waiting({ inDoubt }))
    const { logs } = await run(lender)
    expect(await rowOf(lead)).toMatchObject({ submission: 'refused', inDoubt: false })
    const alerts = logs.filter(({ level }) => level === 'error')
    expect(alerts).toEqual(inDoubt ? [{ level: 'error', event: 'lead.refused_in_doubt', lead_id: lead.id }] : [])
  })
})

describe('jobs at once', () => {
  it('hand in each lead once', async () => {
    const rows = await Promise.all(Array.from({ length: 20 }, () => leadRow(waiting())))
    await putLeads(rows)
    const { lender, calls } = lenderThat()

    const runs = await Promise.all(Array.from({ length: 5 }, () => run(lender)))

    expect(runs.reduce((sum, { count }) => sum + count, 0)).toBe(20)
    expect(calls.map(({ id }) => id).toSorted()).toEqual(rows.map(({ lenderRequestId }) => lenderRequestId).toSorted())
  })

  it('do not take for a failing lender what another one took', async () => {
    await putLeads(await Promise.all(Array.from({ length: 40 }, () => leadRow(waiting()))))
    const { lender } = lenderThat()
    await Promise.all([run(lender), run(lender), run(lender)])
    expect((await allLeads()).every(({ submission }) => submission === 'submitted')).toBe(true)
  })
})

describe('a deployment that cannot submit any more', () => {
  it.each([
    ['the lender is gone from the settings', undefined, {}],
    ['the key of personal data is gone', lenderThat().lender, { personalKeys: undefined }],
  ])('%s: says so loudly, and leaves its leads as they are', async (_what, lender, changes) => {
    const rows = [await putLead(waiting()), await putLead(waiting({ inDoubt: true }))]
    const { count, logs } = await run(lender, NOW, changes)
    expect(count).toBe(0)
    expect(logs).toEqual([{ level: 'error', event: 'leads.waiting_without_lender', count: 2 }])
    expect(await allLeads()).toEqual(rows.toSorted((one, other) => (one.id < other.id ? -1 : 1)))
  })

  it('and has nothing to submit says nothing', async () => {
    await putLead()
    expect(await run(undefined)).toEqual({ count: 0, logs: [] })
  })

  it.each([false, true])(
    'has lost the key of one lead: that one waits, in doubt as before (%s), and others do not',
    async (inDoubt) => {
      const gone = createKeyRing({ current: 'a key of before that nobody has any more', previous: undefined }, 'lead')
      const row = await leadRow(waiting({ inDoubt, nextAttemptAt: NOW - MINUTE_MS }))
      const lost = { ...row, ...(await sealPersonal(gone, row.id, PERSONAL)) }
      await putLeads([lost])
      const other = await putLead(waiting())
      const { lender, calls } = lenderThat()

      const { count, logs } = await run(lender)

      expect(count).toBe(1)
      expect(calls).toEqual([{ asked: 'submit', id: other.lenderRequestId }])
      expect(await rowOf(lost)).toMatchObject({ submission: 'waiting', inDoubt, failure: 'unreadable_lead', attempts: 2 })
      expect(logs).toContainEqual({ level: 'error', event: 'lead.unreadable', lead_id: lost.id })
    },
  )

  it('has lost the key of many leads: they hold up no other', async () => {
    const gone = createKeyRing({ current: 'a key of before that nobody has any more', previous: undefined }, 'lead')
    const rows = await Promise.all(Array.from({ length: 20 }, () => leadRow(waiting({ nextAttemptAt: NOW - MINUTE_MS }))))
    await putLeads(await Promise.all(rows.map(async (row) => ({ ...row, ...(await sealPersonal(gone, row.id, PERSONAL)) }))))
    const other = await putLead(waiting())

    const { lender } = lenderThat()
    await run(lender)
    expect(await rowOf(other)).toMatchObject({ submission: 'submitted' })
  })

  it('has no D1 for a while: the job fails, and the next one does the work', async () => {
    const lead = await putLead(waiting())
    const { lender, calls } = lenderThat()
    await expect(run(lender, NOW, { db: createDatabase(brokenDatabase as unknown as D1Database) })).rejects.toThrow()
    expect(calls).toEqual([])
    await run(lender)
    expect(await rowOf(lead)).toMatchObject({ submission: 'submitted' })
  })
})
