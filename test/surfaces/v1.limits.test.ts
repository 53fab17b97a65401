import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { writeDecisions } from '../../src/limits/decisions/write-decisions'
import type { DecisionRow } from '../../src/limits/limiter-state'
import { brokenDatabase } from '../support/broken'
import { expectDocumented } from '../support/conformance'
import { bearer, putApiKey } from '../support/keys'
import { addressSubject, carry, only } from '../support/limits'
import { createService, standInForVendors, uniquePhone } from '../support/service'

const ADMIN = 'an admin key for tests only, 32 characters'.replaceAll(/[ ,]/g, '-')
const MINUTE_MS = 60_000
const DECISIONS = '/v1/limits/decisions'
const LIFT = '/v1/limits/lift'

const service = createService({ ...only('address'), LIMIT_ADDRESS_UNVERIFIED_1_HOUR: '1', ADMIN_API_KEY: ADMIN })
const list = async (query = '', headers = bearer(ADMIN)) => {
  const response = await service.request(`${DECISIONS}${query}`, { headers })
  return { status: response.status, body: (await expectDocumented({ method: 'GET', path: DECISIONS }, response)) as Page }
}
const lift = async (body: object, headers = bearer(ADMIN)) => {
  const response = await service.post(LIFT, body, headers)
  return { status: response.status, body: await expectDocumented({ method: 'POST', path: LIFT }, response) }
}
const send = (address: string) => service.post('/v1/verifications', { to: uniquePhone() }, { 'cf-connecting-ip': address })

interface Page {
  readonly decisions: readonly { readonly id: string; readonly rule: string; readonly lifted_at: string | null }[]
  readonly next_cursor: string | null
}

/** Decisions in D1, a minute apart, the oldest first. */
async function putDecisions(rules: readonly string[]): Promise<string[]> {
  const start = Date.now() - rules.length * MINUTE_MS
  const rows = rules.map((rule, index): DecisionRow => {
    const at = start + index * MINUTE_MS
    const times = { firstAt: at, lastAt: at, until: at + 15 * MINUTE_MS, liftedAt: null }
    return { id: uuidv7(at), rule, mode: 'enforce', subject: 'somebody', count: 1, requestId: 'req-1', ...times }
  })
  await writeDecisions(createDatabase(env.DB), rows)
  return rows.map(({ id }) => id)
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  standInForVendors()
  await env.DB.prepare('DELETE FROM limit_decision').run()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('GET /v1/limits/decisions', () => {
  it('shows a strike with its rule, its subject and the requests that it met', async () => {
    const address = '203.0.113.1'
    const at = new Date().toISOString().replace(/\.\d+/, '')
    await send(address)
    const refused = await send(address)
    await send(address)
    const subject = await addressSubject(address)
    await carry(`address:${subject}`)

    expect((await list()).body).toEqual({
      decisions: [
        {
          id: expect.any(String),
          rule: 'address',
          mode: 'enforce',
          subject,
          first_at: at,
          last_at: at,
          count: 2,
          request_id: refused.headers.get('x-request-id'),
          until: new Date(Date.parse(at) + 15 * MINUTE_MS).toISOString().replace(/\.\d+/, ''),
          lifted_at: null,
        },
      ],
      next_cursor: null,
    })
  })

  it('gives them in pages, newest first, and those of one rule alone', async () => {
    const ids = await putDecisions(['key', 'address', 'key', 'spend', 'address'])
    const seen: string[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const { body }: { body: Page } = await list(`?limit=2${cursor && `&cursor=${cursor}`}`)
      seen.push(...body.decisions.map(({ id }) => id))
      cursor = body.next_cursor
    }
    expect(seen).toEqual(ids.toReversed())
    expect((await list('?rule=address')).body.decisions.map(({ id }) => id)).toEqual([ids[4], ids[1]])
    expect((await list('?rule=country')).body.decisions).toEqual([])
  })

  it.each(['?rule=number', '?limit=0', '?cursor=nonsense', '?subject=x'])('refuses %s', async (query) => {
    expect((await list(query)).status).toBe(400)
  })

  it('says when D1 cannot be asked', async () => {
    const broken = createService({ ADMIN_API_KEY: ADMIN, DB: brokenDatabase })
    expect((await broken.request(DECISIONS, { headers: bearer(ADMIN) })).status).toBe(503)
  })
})

describe('POST /v1/limits/lift', () => {
  it('lets a subject in again, and is in the list and the log', async () => {
    const lines: string[] = []
    vi.spyOn(console, 'info').mockImplementation((line: string) => void lines.push(line))
    const address = '203.0.113.2'
    await send(address)
    expect((await send(address)).status).toBe(429)
    const subject = await addressSubject(address)
    vi.advanceTimersByTime(MINUTE_MS)

    expect(await lift({ rule: 'address', subject })).toEqual({ status: 200, body: { rule: 'address', subject, lifted: true } })

    expect((await send(address)).status).toBe(201)
    const [decision] = (await list()).body.decisions
    expect(decision).toMatchObject({ rule: 'address', lifted_at: new Date().toISOString().replace(/\.\d+/, '') })
    const logged = lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event }) => event === 'limit.lifted')
    expect(logged).toEqual([{ level: 'info', event: 'limit.lifted', request_id: expect.any(String), reason: 'address' }])
  })

  it('says so where there is nothing to lift, and again where it was lifted', async () => {
    expect((await lift({ rule: 'key', subject: 'nobody' })).body).toMatchObject({ lifted: false })
    const address = '203.0.113.3'
    await send(address)
    await send(address)
    const asked = { rule: 'address', subject: await addressSubject(address) }
    expect((await lift(asked)).body).toMatchObject({ lifted: true })
    expect((await lift(asked)).body).toMatchObject({ lifted: false })
  })

  it.each([
    {},
    { rule: 'address' },
    { rule: 'number', subject: 'x' },
    { rule: 'key', subject: '' },
    { rule: 'key', subject: 'x', all: true },
  ])('refuses %j', async (body) => {
    expect((await lift(body)).status).toBe(400)
  })
})

describe('both', () => {
  it('are for the operator only', async () => {
    const { key } = await putApiKey()
    for (const [headers, status] of [
      [{}, 401],
      [bearer(key), 403],
    ] as const) {
      expect((await list('', headers)).status).toBe(status)
      expect((await lift({ rule: 'key', subject: 'x' }, headers)).status).toBe(status)
    }
  })
})
