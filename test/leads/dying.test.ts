import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import worker from '../../src/index'
import { SUBMISSION_LEASE_MS } from '../../src/config/limits'
import { failing, hanging } from '../support/broken'
import { allNotices, eventsOf, allLeads, leadBody } from '../support/leads'
import { NOTICE_SETTINGS, type StandIns, createService, standInForVendors, uniquePhone } from '../support/service'

const PATH = '/api_v1/lead_create'
const MINUTE_MS = 60_000
const SETTINGS = { ...NOTICE_SETTINGS, BASIC_APPLICATION_TIMEOUT_MS: '50', PROVIDER_TIMEOUT_MS: '50' }

let vendors: StandIns
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vendors = standInForVendors()
  // The job looks at all leads: those of one test.
  await env.DB.batch(
    ['lead', 'lead_event', 'lead_notice', 'communication'].map((table) => env.DB.prepare(`DELETE FROM ${table}`)),
  )
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

type Batch = (statements: D1PreparedStatement[]) => Promise<unknown>

/** The real database, of which the batches after the first so many go another way. */
function databaseWhere(good: number, otherwise: Batch): D1Database {
  let asked = 0
  const batch: Batch = (statements) => (++asked <= good ? env.DB.batch(statements) : otherwise(statements))
  const get = (target: D1Database, name: string | symbol): unknown => {
    const value: unknown = Reflect.get(target, name)
    return name === 'batch' ? batch : typeof value === 'function' ? (value.bind(target) as unknown) : value
  }
  return new Proxy(env.DB, { get })
}

const made: Batch = async (statements) => (await env.DB.batch(statements), failing())
const takenBack: Batch = async (statements) => (
  await env.DB.batch([...statements, env.DB.prepare('SELECT * FROM nowhere')]),
  failing()
)

interface Case {
  readonly phone: string
  readonly create: (DB?: D1Database) => Promise<Response>
}

function caseOf(lastDigits?: string): Case {
  const phone = uniquePhone(lastDigits)
  const body = leadBody({ mobile_number: phone })
  return { phone, create: (DB = env.DB) => createService({ ...SETTINGS, DB }).post(PATH, body) }
}

const runSchedule = (DB: D1Database = env.DB) =>
  worker.scheduled(createScheduledController({ scheduledTime: new Date(Date.now()), cron: '* * * * *' }), {
    ...env,
    ...SETTINGS,
    DB,
  })

const leaseOver = () => void vi.advanceTimersByTime(SUBMISSION_LEASE_MS)
const methods = () => vendors.lender.requests.map(({ method }) => method)

/** Where a Worker dies that creates a lead, what who still listens is told, and whether the lender has an application then. */
const DEATHS: readonly {
  readonly when: string
  readonly status: number
  readonly isMade: boolean
  readonly die: (one: Case) => Promise<Response>
}[] = [
  {
    when: 'with the lead in D1, before the lender was called',
    status: 503,
    isMade: false,
    die: ({ create }) => create(databaseWhere(0, made)),
  },
  {
    when: 'after the lender accepted, before D1 is asked',
    status: 200,
    isMade: true,
    die: ({ create }) => create(databaseWhere(1, failing)),
  },
  {
    when: 'after the lender accepted, while D1 is asked, which takes half of it back',
    status: 200,
    isMade: true,
    die: ({ create }) => create(databaseWhere(1, takenBack)),
  },
  {
    when: 'after D1 recorded it, whose answer is lost',
    status: 200,
    isMade: true,
    die: ({ create }) => create(databaseWhere(1, made)),
  },
  {
    when: 'in the job, during the look-up',
    status: 200,
    isMade: true,
    async die({ create }) {
      const response = await create(databaseWhere(1, failing))
      leaseOver()
      // The claim is no batch: it goes through, and what the lender says is not recorded.
      await runSchedule(databaseWhere(0, failing))
      return response
    },
  },
  {
    when: 'in the job, with its claim in D1 and nobody called',
    status: 503,
    isMade: false,
    async die({ create }) {
      const response = await create(databaseWhere(0, made))
      leaseOver()
      const { results } = await env.DB.prepare('SELECT id, version FROM lead').all<{ id: string; version: number }>()
      const claim = 'UPDATE lead SET version = version + 1, attempts = 2, in_doubt = 1, next_attempt_at = ? WHERE id = ?'
      await env.DB.prepare(claim)
        .bind(Date.now() + SUBMISSION_LEASE_MS, results[0]!.id)
        .run()
      return response
    },
  },
]

/** Whatever happens next. The job runs in the end in any case: each minute. */
const SEQUELS: readonly { readonly next: string; readonly live: (one: Case) => Promise<readonly Response[]> }[] = [
  { next: 'the job runs', live: async () => (leaseOver(), await runSchedule(), []) },
  {
    next: 'the job runs each minute',
    async live() {
      for (let minute = 1; minute <= 5; minute++) {
        vi.advanceTimersByTime(MINUTE_MS)
        await runSchedule()
      }
      return []
    },
  },
  { next: 'the same request comes at once, then the job', live: async ({ create }) => [await create()] },
  { next: 'the same request comes before the job', live: async ({ create }) => (leaseOver(), [await create(), await create()]) },
  { next: 'two jobs run at once', live: async () => (leaseOver(), await Promise.all([runSchedule(), runSchedule()]), []) },
  {
    next: 'requests and jobs at the same time',
    async live({ create }) {
      leaseOver()
      const [, ...answers] = await Promise.all([runSchedule(), create(), create(), create(), runSchedule().then(() => create())])
      return answers
    },
  },
  {
    next: 'the lender is down for the look-up at first',
    async live({ create }) {
      leaseOver()
      vendors.lender.down(true)
      await runSchedule()
      vi.advanceTimersByTime(30 * MINUTE_MS)
      const answer = await create()
      vendors.lender.down(false)
      return [answer]
    },
  },
  {
    next: 'the job dies as well, and the next one, too',
    async live() {
      leaseOver()
      await runSchedule(databaseWhere(0, failing))
      leaseOver()
      await runSchedule(databaseWhere(0, takenBack))
      return []
    },
  },
]

const CASES = DEATHS.flatMap((death) => SEQUELS.map((sequel) => ({ ...death, ...sequel })))

/** One application, known on both sides, and its customer told of it once. */
async function expectSubmittedOnce({ phone }: Case): Promise<void> {
  const [application, ...others] = vendors.lender.applications
  expect(others).toEqual([])
  expect(methods().filter((method) => method === 'POST')).toHaveLength(1)
  const [lead, ...more] = await allLeads()
  expect(more).toEqual([])
  expect(lead).toMatchObject({
    submission: 'submitted',
    applicationId: application!.basicAppId,
    lenderRequestId: application!.id,
    inDoubt: false,
    nextAttemptAt: null,
    failure: null,
    status: 'Under Review',
  })
  expect((await eventsOf(lead!.id)).filter(({ kind }) => kind === 'submission.accepted')).toHaveLength(1)
  const told = vendors.gupshup.messages.filter(({ destination }) => destination === phone.slice(1))
  expect(told.map(({ params }) => params)).toEqual([['Zebulon', application!.basicAppId]])
  expect(await allNotices()).toEqual([])
}

describe('a Worker that dies', () => {
  it.each(CASES)('$when; then $next', async ({ status, isMade, die, live }) => {
    const one = caseOf()

    const response = await die(one)
    expect(response.status).toBe(status)
    expect(vendors.lender.applications).toHaveLength(isMade ? 1 : 0)
    if (status === 200) {
      expect(await response.json()).toMatchObject({ basic_application_id: vendors.lender.applications[0]!.basicAppId })
    }
    const answers = await live(one)

    const [lead] = await allLeads()
    for (const answer of answers) {
      const body = await answer.json()
      expect(body).toMatchObject(
        answer.status === 200
          ? { basic_application_id: vendors.lender.applications[0]!.basicAppId }
          : { basic_application_id: null, lead_id: lead!.id },
      )
    }
    for (let nth = 1; nth <= 3; nth++) {
      vi.advanceTimersByTime(61 * MINUTE_MS)
      await runSchedule()
    }
    await expectSubmittedOnce(one)
    // The lender was asked before anything was repeated.
    expect(methods()[0]).toBe(isMade ? 'POST' : 'GET')
    expect((await one.create()).status).toBe(200)
    await expectSubmittedOnce(one)
  })

  it('leaves its lead to nobody while it may still be at work', async () => {
    const one = caseOf()
    await one.create(databaseWhere(1, failing))

    vi.advanceTimersByTime(SUBMISSION_LEASE_MS - 1)
    await runSchedule()
    const answer = await one.create()

    expect(answer.status).toBe(202)
    expect(methods()).toEqual(['POST'])
  })

  it('waits for D1 no longer than it has to, and the job completes what it began', { timeout: 15_000 }, async () => {
    const one = caseOf()
    expect((await one.create(databaseWhere(1, hanging))).status).toBe(200)
    leaseOver()
    await runSchedule()
    await expectSubmittedOnce(one)
    expect(methods()).toEqual(['POST', 'GET'])
  })

  it('and one that was only slow: what it finds out when somebody else has done it changes nothing', async () => {
    const one = caseOf()
    const handle = vendors.lender.handle.bind(vendors.lender)
    const slow = Promise.withResolvers<void>()
    const isTaken = Promise.withResolvers<void>()
    vi.spyOn(vendors.lender, 'handle').mockImplementationOnce(async (request) => {
      const reply = await handle(request)
      isTaken.resolve()
      await slow.promise
      return reply
    })
    const service = createService({ ...NOTICE_SETTINGS, BASIC_APPLICATION_TIMEOUT_MS: '20000' })
    const first = service.post(PATH, leadBody({ mobile_number: one.phone }))
    await isTaken.promise
    leaseOver()
    await runSchedule()
    slow.resolve()

    expect((await first).status).toBe(200)
    await runSchedule()
    await expectSubmittedOnce(one)
  })

  it('after the lender refused, before D1 is asked: it is looked up, handed in again, and refused', async () => {
    const one = caseOf('0001')
    expect((await one.create(databaseWhere(1, failing))).status).toBe(422)
    leaseOver()
    await runSchedule()

    expect(methods()).toEqual(['POST', 'GET', 'POST'])
    expect(await allLeads()).toMatchObject([{ submission: 'refused', inDoubt: false, nextAttemptAt: null }])
    expect(vendors.lender.applications).toEqual([])
  })
})

describe('an outcome that is not known', () => {
  it.each([
    ['0008', 'no answer', ['POST', 'GET']],
    ['0009', 'an empty answer', ['POST', 'GET']],
    ['0017', '502', ['POST', 'GET']],
    ['0022', 'no JSON', ['POST', 'GET']],
    ['0023', 'a connection that breaks', ['POST', 'GET']],
    ['0013', '500, and nothing was made', ['POST', 'GET', 'POST']],
  ])('%s, %s: is looked up before it is repeated: %j', async (suffix, _what, asked) => {
    const { create } = caseOf(suffix)
    expect((await create()).status).toBe(202)
    vi.advanceTimersByTime(MINUTE_MS)
    await runSchedule()

    expect(methods()).toEqual(asked)
    expect(vendors.lender.applications).toHaveLength(1)
    const [lead] = await allLeads()
    const [application] = vendors.lender.applications
    expect(lead).toMatchObject({
      submission: 'submitted',
      applicationId: application!.basicAppId,
      lenderRequestId: application!.id,
    })
    // By our own id, which is the same in all of them.
    const { url } = vendors.lender.requests[1]!
    expect(url).toContain(`/${lead!.lenderRequestId}/${application!.mobile}`)
  })

  it('0027, an empty answer and nothing made: is repeated, after a look-up each time, under the same id', async () => {
    const { create } = caseOf('0027')
    await create()
    for (let nth = 1; nth <= 3; nth++) {
      vi.advanceTimersByTime(10 * MINUTE_MS)
      await runSchedule()
    }

    expect(methods()).toEqual(['POST', 'GET', 'POST', 'GET', 'POST', 'GET', 'POST'])
    const ids = vendors.lender.requests.flatMap(({ body }) => (body === '' ? [] : [(JSON.parse(body) as { id: string }).id]))
    expect(new Set(ids).size).toBe(1)
    expect(await allLeads()).toMatchObject([{ submission: 'waiting', inDoubt: true, attempts: 4, lenderRequestId: ids[0] }])
  })

  it('is not forgotten over a look-up that lags and a repetition that is turned away: one application', async () => {
    const { create } = caseOf()
    const handle = vendors.lender.handle.bind(vendors.lender)
    const spied = vi
      .spyOn(vendors.lender, 'handle')
      .mockImplementationOnce(async (request) => (await handle(request), new Response('', { status: 502 })))
      // The lender's look-up does not know yet what the lender has.
      .mockImplementationOnce(async () => new Response(''))
      .mockImplementationOnce(async () => new Response('', { status: 429 }))
    expect((await create()).status).toBe(202)
    for (let minute = 1; minute <= 12; minute++) {
      vi.advanceTimersByTime(MINUTE_MS)
      await runSchedule()
    }

    expect(spied.mock.calls.map(([{ method }]) => method)).toEqual(['POST', 'GET', 'POST', 'GET'])
    const [application, ...others] = vendors.lender.applications
    expect(others).toEqual([])
    expect(await allLeads()).toMatchObject([{ submission: 'submitted', applicationId: application!.basicAppId, inDoubt: false }])
  })

  it('of a customer whom the lender has under another id: is one application all the same', async () => {
    const one = caseOf('0002')
    await one.create(databaseWhere(1, failing))
    leaseOver()
    await runSchedule()

    expect(methods()).toEqual(['POST', 'GET', 'POST'])
    expect(vendors.lender.applications).toHaveLength(1)
    expect(await allLeads()).toMatchObject([
      { submission: 'submitted', applicationId: vendors.lender.applications[0]!.basicAppId },
    ])
  })

  it.each([
    ['401', '0025'],
    ['429', '0006'],
  ])('is not that of one that was turned away: %s is repeated without a look-up', async (_what, suffix) => {
    const { create } = caseOf(suffix)
    await create()
    vi.advanceTimersByTime(MINUTE_MS)
    await runSchedule()
    expect(methods()).toEqual(['POST', 'POST'])
  })
})
