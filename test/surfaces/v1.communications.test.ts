import { env } from 'cloudflare:workers'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CommunicationRow } from '../../src/audit/communications-of'
import { writeAudit } from '../../src/audit/write-audit'
import { provide } from '../../src/compose'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import type { HttpEnv } from '../../src/http/http-env'
import { buildOpenApi } from '../../src/http/openapi'
import { recordReceipts } from '../../src/messaging/receipts/record-receipts'
import { communicationAnswers } from '../../src/surfaces/v1/communication-answers'
import { createV1Surface } from '../../src/surfaces/v1'
import { aStory, fillCommunications, joined } from '../support/audit'
import { databaseThat, failing, hanging } from '../support/broken'
import { T0 } from '../support/pure-gate'
import { createService, uniquePhone } from '../support/service'

const ADMIN_KEY = 'a key of the operator, for tests only'.replaceAll(/\W/g, '-')
const PATHS = ['/communications', `/communications/${uuidv7(T0)}`, '/stats/delivery']
const db = createDatabase(env.DB)

const get = (path: string, { headers = {}, ...changes }: { headers?: Record<string, string>; [name: string]: unknown } = {}) =>
  createService(changes).request(`/v1${path}`, { headers })
const listOf = async (query: string) => {
  const response = await get(`/communications?${query}`)
  expect(response.status).toBe(200)
  return communicationAnswers().page.parse(await response.json())
}
const idsOf = async (query: string) => (await listOf(query)).communications.map(({ id }) => id)

async function expectProblem(response: Response, status: number, code: string, rest: object = {}) {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect({ status: response.status, body: await response.json() }).toMatchObject({ status, body: { status, code, ...rest } })
}

/** A message in D1. */
async function aMessage(phone = uniquePhone(), changes: Partial<CommunicationRow> = {}) {
  const createdAt = changes.createdAt ?? T0
  const row: CommunicationRow = {
    id: uuidv7(createdAt),
    verificationId: 'ver_1',
    surface: 'homi',
    channel: 'whatsapp',
    purpose: 'login',
    phoneHash: await provide(env).hashPhone(phone),
    phoneMasked: '+91********55',
    country: 'IN',
    templateId: 'otp-login',
    templateVersion: 3,
    provider: 'gupshup',
    providerMessageId: 'gs-1',
    status: 'delivered',
    statusRank: 5,
    statusAt: createdAt + 3_000,
    reason: 'unreachable',
    providerCode: '1005',
    segments: null,
    costMicros: 83_200,
    currency: 'USD',
    verified: true,
    createdAt,
    leadId: null,
    owner: '',
    ...changes,
  }
  await fillCommunications([row])
  return row
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: T0 + 60_000 })
  await env.DB.prepare('DELETE FROM communication').run()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('GET /v1/communications', () => {
  it('shows a message, key for key', async () => {
    const { id } = await aMessage()
    const response = await get('/communications')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({
      communications: [
        {
          id,
          verification_id: 'ver_1',
          lead_id: null,
          to: '+91********55',
          country: 'IN',
          channel: 'whatsapp',
          purpose: 'login',
          surface: 'homi',
          template: { id: 'otp-login', version: 3 },
          provider: 'gupshup',
          provider_message_id: 'gs-1',
          status: 'delivered',
          status_at: '2026-11-21T06:30:03Z',
          reason: 'unreachable',
          provider_code: '1005',
          segments: null,
          cost: { amount: '0.0832', currency: 'USD' },
          verified: true,
          created_at: '2026-11-21T06:30:00Z',
        },
      ],
      next_cursor: null,
    })
  })

  it('shows what is told of a lead with the lead, and without a verification', async () => {
    const { id } = await aMessage(uniquePhone(), {
      verificationId: '',
      leadId: 'lead-1',
      purpose: 'lead_status',
      verified: false,
    })
    await aMessage()
    const told = { id, verification_id: null, lead_id: 'lead-1', purpose: 'lead_status', verified: false }

    expect((await listOf('purpose=lead_status')).communications).toMatchObject([told])
    const alone = await (await get(`/communications/${id}`)).json()
    expect(alone).toMatchObject(told)
    expect(communicationAnswers().one.parse(alone)).toEqual(alone)
  })

  it('has the log of each message where it is asked for, the same as of one alone', async () => {
    const [one, other] = [aStory(), aStory()]
    await writeAudit(db, joined(one.reserved, one.outcome, other.reserved))
    const receipt = { communicationId: null, reason: null, providerCode: null, at: T0 + 3_000 }
    const providerMessageId = one.settled.provider_message_id!
    await recordReceipts(db, 'twilio', [{ ...receipt, providerMessageId, status: 'delivered' }], T0 + 4_000)

    const { communications } = await listOf('include=log')

    const logs = new Map(communications.map(({ id, log }) => [id, log]))
    for (const { id } of [one, other]) {
      const alone = communicationAnswers().one.parse(await (await get(`/communications/${id}`)).json())
      expect(logs.get(id)).toEqual(alone.log)
    }
    expect([logs.get(one.id)?.length, logs.get(other.id)?.length]).toEqual([2, 0])
    expect((await listOf('')).communications.every(({ log }) => log === undefined)).toBe(true)
  })

  it('shows what is not there as null', async () => {
    const none = {
      templateId: null,
      templateVersion: null,
      provider: null,
      providerMessageId: null,
      costMicros: null,
      currency: null,
    }
    await aMessage(uniquePhone(), { ...none, reason: null, providerCode: null, verified: false })
    expect((await listOf('')).communications).toMatchObject([
      {
        template: null,
        provider: null,
        provider_message_id: null,
        cost: null,
        reason: null,
        provider_code: null,
        verified: false,
      },
    ])
  })

  it.each([
    ['international', (phone: string) => encodeURIComponent(phone)],
    ['with a + that an address reads as a blank', (phone: string) => phone],
    ['without the +', (phone: string) => phone.slice(1)],
    ['national', (phone: string) => phone.slice(3)],
    ['with blanks and a trunk zero', (phone: string) => `0${phone.slice(3, 8)}%20${phone.slice(8)}`],
  ])('finds a number that is written %s', async (_how, spell) => {
    const phone = uniquePhone()
    const { id } = await aMessage(phone)
    await aMessage()
    expect(await idsOf(`to=${spell(phone)}`)).toEqual([id])
  })

  it('finds by each of the others, and by all together', async () => {
    const phone = uniquePhone()
    const facts = { purpose: 'payment', provider: 'twilio', status: 'failed', createdAt: T0 + 10_000 }
    const { id } = await aMessage(phone, facts)
    await aMessage(phone, { createdAt: T0 })
    const queries = ['purpose=payment', 'provider=twilio', 'status=failed', 'created_after=2026-11-21T12:00:00.001%2B05:30']
    expect(await idsOf('created_after=2026-11-21T06:30:10Z')).toEqual([id])
    for (const query of [...queries, [...queries, `to=${encodeURIComponent(phone)}`].join('&')]) {
      expect(await idsOf(query)).toEqual([id])
    }
    expect(await idsOf('created_before=2026-11-21T06:30:10Z')).not.toContain(id)
    expect(await idsOf('status=failed&provider=gupshup')).toEqual([])
  })

  it('goes from page to page, newest first', async () => {
    const rows = []
    for (let nth = 0; nth < 25; nth++) rows.push(await aMessage(uniquePhone(), { createdAt: T0 + nth }))
    const newestFirst = rows.map(({ id }) => id).toReversed()
    const first = await listOf('')
    expect(first.communications.map(({ id }) => id)).toEqual(newestFirst.slice(0, 20))
    const second = await listOf(`cursor=${first.next_cursor}`)
    expect(second.communications.map(({ id }) => id)).toEqual(newestFirst.slice(20))
    expect(second.next_cursor).toBeNull()
    expect(await idsOf('limit=3')).toEqual(newestFirst.slice(0, 3))
    expect(await idsOf('limit=100')).toEqual(newestFirst)
  })

  it.each([
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=1.5', 'limit'],
    ['limit=', 'limit'],
    ['limit=many', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['status=lost', 'status'],
    ['status=toString', 'status'],
    ['provider=nobody', 'provider'],
    ['purpose=', 'purpose'],
    ['purpose=a&purpose=b', 'purpose'],
    ['to=', 'to'],
    ['created_after=yesterday', 'created_after'],
    ['created_after=2026-11-21', 'created_after'],
    ['created_after=2026-11-21T06:30:00', 'created_after'],
    ['created_before=2026-02-30T06:30:00Z', 'created_before'],
    ['created_before=1795242600', 'created_before'],
    ['include=everything', 'include'],
    ['cursor=abc', 'cursor'],
    ['cursor=', 'cursor'],
    [`cursor=${'a'.repeat(65)}`, 'cursor'],
    ['statsu=failed', ''],
  ])('refuses ?%s', async (query, path) => {
    await expectProblem(await get(`/communications?${query}`), 400, 'invalid_request', { errors: [{ path }] })
  })

  it('refuses a number that is none', async () => {
    await expectProblem(await get('/communications?to=12345'), 422, 'invalid_phone')
  })

  it('shows the id of the mock, and logs it nowhere', async () => {
    const phone = uniquePhone()
    const lines = (['info', 'warn', 'error', 'log'] as const).map((level) => vi.spyOn(console, level))
    const { id } = await aMessage(phone, { provider: 'mock', providerMessageId: `mock_${phone}_1795242600` })
    expect((await listOf('provider=mock')).communications).toMatchObject([{ provider_message_id: `mock_${phone}_1795242600` }])
    await get(`/communications/${id}`)
    await get(`/communications?to=${phone}&limit=0`)
    expect(JSON.stringify(lines.map(({ mock }) => mock.calls))).not.toContain(phone.slice(3))
  })
})

describe('GET /v1/communications/{id}', () => {
  it('shows what happened to the message, from the attempts to the last report', async () => {
    const { id, record, settled, ...story } = aStory()
    await writeAudit(db, joined(story.reserved, story.outcome, story.approved))
    const receipt = { communicationId: null, reason: null, providerCode: null, providerMessageId: settled.provider_message_id! }
    await recordReceipts(db, 'twilio', [{ ...receipt, status: 'delivered', at: T0 + 3_000 }], T0 + 4_000)

    const response = await get(`/communications/${id}/`)

    expect(response.status).toBe(200)
    const body = await response.json()
    expect(communicationAnswers().one.parse(body)).toEqual(body)
    expect(body).toMatchObject({ id, verification_id: record.id, status: 'delivered', verified: true, segments: 1 })
    expect((body as { log: unknown }).log).toEqual([
      {
        type: 'attempt',
        at: '2026-11-21T06:30:00Z',
        attempt: 1,
        provider: 'twilio',
        channel: 'sms',
        outcome: 'accepted',
        reason: null,
        provider_code: null,
        http_status: 201,
        duration_ms: 212,
      },
      {
        type: 'receipt',
        at: '2026-11-21T06:30:03Z',
        received_at: '2026-11-21T06:30:04Z',
        provider: 'twilio',
        status: 'delivered',
        reason: null,
        provider_code: null,
      },
    ])
  })

  it.each([
    ['another id', uuidv7(T0)],
    ['what is no id', 'com-1'],
    ['a NUL', '%00'],
    ['SQL', `'%20OR%201=1`],
    ['a long text', 'x'.repeat(2_000)],
  ])('does not know %s', async (_what, id) => {
    await expectProblem(await get(`/communications/${id}`), 404, 'communication_not_found')
  })
})

describe('GET /v1/stats/delivery', () => {
  it('shows the last day, key for key', async () => {
    await aMessage()
    await aMessage(uniquePhone(), { status: 'sent', statusRank: 3, verified: false, costMicros: null })
    await aMessage(uniquePhone(), { createdAt: T0 - 86_400_000 })
    const figures = {
      messages: 2,
      accepted: 2,
      delivered: 1,
      failed: 0,
      pending: 1,
      unknown: 0,
      verified: 1,
      delivery_rate: 0.5,
      verification_rate: 0.5,
      cost: [{ amount: '0.0832', currency: 'USD' }],
    }

    const body = await (await get('/stats/delivery')).json()

    expect(body).toEqual({
      from: '2026-11-20T06:31:00Z',
      until: '2026-11-21T06:31:00Z',
      totals: figures,
      groups: [{ provider: 'gupshup', channel: 'whatsapp', country: 'IN', ...figures }],
    })
    expect(communicationAnswers().stats.parse(body)).toEqual(body)
  })

  it.each([
    ['from=2026-11-21T06:30:00Z', '2026-11-21T06:30:00Z', '2026-11-21T06:31:00Z'],
    ['until=2026-11-10T00:00:00Z', '2026-11-09T00:00:00Z', '2026-11-10T00:00:00Z'],
    ['from=2026-10-01T00:00:00Z&until=2026-11-01T00:00:00Z', '2026-10-01T00:00:00Z', '2026-11-01T00:00:00Z'],
  ])('of ?%s is from %s until %s', async (query, from, until) => {
    const response = await get(`/stats/delivery?${query}`)
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({ from, until })
  })

  it.each([
    ['from=2026-10-01T00:00:00Z&until=2026-11-01T00:00:00.001Z', 'from'],
    ['from=2026-10-01T00:00:00Z', 'from'],
    ['from=2026-11-01T00:00:00Z&until=2026-11-01T00:00:00Z', 'from'],
    ['from=2027-01-01T00:00:00Z', 'from'],
    ['from=today', 'from'],
    ['until=0', 'until'],
    ['form=2026-11-01T00:00:00Z', ''],
  ])('refuses ?%s', async (query, path) => {
    await expectProblem(await get(`/stats/delivery?${query}`), 400, 'invalid_request', { errors: [{ path }] })
  })
})

describe.each(PATHS)('GET /v1%s', (path) => {
  it.each([
    ['nobody without the key', {}],
    ['nobody with another key', { headers: { authorization: `Bearer ${ADMIN_KEY}x` } }],
    ['nobody with the key in another scheme', { headers: { authorization: `Basic ${ADMIN_KEY}` } }],
  ])('lets in %s, whatever is asked', async (_who, init) => {
    const DB = databaseThat(vi.fn(failing))
    for (const query of ['', '?limit=0']) {
      const response = await get(`${path}${query}`, { ...init, ADMIN_API_KEY: ADMIN_KEY, DB })
      expect(response.headers.get('www-authenticate')).toBe('Bearer')
      await expectProblem(response, 401, 'unauthorized')
    }
  })

  it('lets the operator in, and in production without a key nobody', async () => {
    const headers = { authorization: `Bearer ${ADMIN_KEY}` }
    expect((await get(path, { headers, ADMIN_API_KEY: ADMIN_KEY })).status).toBe(path.includes('-') ? 404 : 200)
    await expectProblem(await get(path, { headers, ENVIRONMENT: 'production' }), 401, 'unauthorized')
  })

  it('says that D1 fails', async () => {
    await expectProblem(await get(path, { DB: databaseThat(failing) }), 503, 'dependency_unavailable')
  })

  it('waits for D1 no longer than two seconds', async () => {
    const asked = vi.fn(hanging)
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const answer = get(path, { DB: databaseThat(asked) })
    await vi.waitFor(() => expect(asked).toHaveBeenCalled())
    await vi.advanceTimersByTimeAsync(2_000)
    await expectProblem(await answer, 503, 'dependency_unavailable')
  })
})

it('is documented: parameters, answers, refusals and the key', () => {
  const documented = new Hono<HttpEnv>().route('/v1', createV1Surface(provide))
  const info = { title: 'test', version: '0', description: '', tags: [{ name: 'v1', description: '' }] }
  const { paths, components } = buildOpenApi(documented, info)
  const list = paths?.['/v1/communications']?.get
  expect(list?.parameters).toMatchObject(
    ['to', 'purpose', 'provider', 'status', 'created_after', 'created_before', 'limit', 'include', 'cursor'].map((name) => ({
      name,
      in: 'query',
    })),
  )
  expect(Object.keys(list?.responses ?? {})).toEqual(['200', '400', '401', '403', '422', '500', '503'])
  expect(list?.security).toEqual([{ bearer: ['communications:read'] }, { apiKey: ['communications:read'] }])
  expect(Object.keys(paths?.['/v1/communications/{id}']?.get?.responses ?? {})).toEqual([
    '200',
    '401',
    '403',
    '404',
    '500',
    '503',
  ])
  expect(Object.keys(paths?.['/v1/stats/delivery']?.get?.responses ?? {})).toEqual(['200', '400', '401', '403', '500', '503'])
  expect(Object.keys(components?.schemas ?? {})).toEqual(
    expect.arrayContaining(['CommunicationPage', 'Communication', 'DeliveryStats']),
  )
})
