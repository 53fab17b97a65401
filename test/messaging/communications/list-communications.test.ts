import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CommunicationRow } from '../../../src/audit/communications-of'
import { DELIVERY_RANK, type DeliveryStatus } from '../../../src/audit/delivery-status'
import { toBase64Url } from '../../../src/core/encoding'
import { uuidv7 } from '../../../src/core/ids'
import { createDatabase } from '../../../src/db/client'
import { type CommunicationFilter, listCommunications } from '../../../src/messaging/communications/list-communications'
import { LOOKED_AT_FOR_A_PAGE } from '../../../src/messaging/communications/read-page'
import { brokenDatabase } from '../../support/broken'
import { fillCommunications, planOf, watchedDatabase } from '../../support/audit'
import { T0 } from '../../support/pure-gate'

const COUNT = 4_000
const SECOND_MS = 1_000
const STATUSES = [
  'delivered',
  'delivered',
  'delivered',
  'sent',
  'failed',
  'unknown',
  'delivered',
  'read',
  'queued',
  'undelivered',
] as const
const PROVIDERS = ['twilio', 'msg91', 'twilio', 'gupshup', null] as const

/** A message a second, oldest first; the facts repeat with different periods, so that all combinations are there. */
const messages: CommunicationRow[] = Array.from({ length: COUNT }, (_, nth) => {
  const status: DeliveryStatus = STATUSES[nth % STATUSES.length]!
  return {
    id: uuidv7(T0 + nth * SECOND_MS),
    verificationId: `ver_${nth}`,
    surface: 'v1',
    channel: 'sms',
    purpose: nth % 3 === 0 ? 'payment' : 'login',
    phoneHash: `hash-${nth % 97}`,
    phoneMasked: '+91********88',
    country: 'IN',
    templateId: null,
    templateVersion: null,
    provider: PROVIDERS[(nth % 7) % PROVIDERS.length]!,
    providerMessageId: `SM-${nth}`,
    status,
    statusRank: DELIVERY_RANK[status],
    statusAt: T0,
    reason: null,
    providerCode: null,
    segments: 1,
    costMicros: 1,
    currency: 'USD',
    verified: false,
    createdAt: T0 + nth * SECOND_MS,
    leadId: null,
    owner: '',
  }
})
const newestFirst = messages.toReversed()

beforeAll(() => fillCommunications(messages))

/** The same by going through all of them. */
const expectedOf = ({
  phoneHash,
  purpose,
  provider,
  status,
  createdAfter = 0,
  createdBefore = Infinity,
}: Partial<CommunicationFilter>) =>
  newestFirst.filter(
    (one) =>
      (phoneHash === undefined || one.phoneHash === phoneHash) &&
      (purpose === undefined || one.purpose === purpose) &&
      (provider === undefined || one.provider === provider) &&
      (status === undefined || one.status === status) &&
      one.createdAt >= createdAfter &&
      one.createdAt < createdBefore,
  )

const period = { createdAfter: T0 + 1_000 * SECOND_MS, createdBefore: T0 + 3_000 * SECOND_MS }
const FILTERS: readonly (readonly [string, Partial<CommunicationFilter>, index: string])[] = [
  ['nothing', {}, 'SCAN communication'],
  ['a period', period, 'USING PRIMARY KEY (id>? AND id<?)'],
  ['a beginning', { createdAfter: period.createdAfter }, 'USING PRIMARY KEY (id>?)'],
  ['an end', { createdBefore: period.createdBefore }, 'USING PRIMARY KEY (id<?)'],
  ['a number', { phoneHash: 'hash-5' }, 'communication_by_phone (phone_hash=?)'],
  ['a purpose', { purpose: 'payment' }, 'communication_by_purpose (purpose=?)'],
  ['a provider', { provider: 'gupshup' }, 'communication_by_provider (provider=?)'],
  ['a status', { status: 'delivered' }, 'communication_by_status (status=?)'],
  ['a rare status', { status: 'undelivered' }, 'communication_by_status (status=?)'],
  ['a number in a period', { phoneHash: 'hash-5', ...period }, 'communication_by_phone (phone_hash=? AND id>? AND id<?)'],
  ['a status in a period', { status: 'failed', ...period }, 'communication_by_status (status=? AND id>? AND id<?)'],
  ['a number and a purpose', { phoneHash: 'hash-5', purpose: 'payment' }, 'communication_by_phone (phone_hash=?)'],
  ['a provider and a purpose', { provider: 'msg91', purpose: 'login' }, 'communication_by_provider (provider=?)'],
  ['a provider and a status', { provider: 'twilio', status: 'delivered' }, 'communication_by_provider (provider=?)'],
  ['a provider and a failure', { provider: 'twilio', status: 'failed' }, 'communication_by_status (status=?)'],
  ['a purpose and a status', { purpose: 'payment', status: 'delivered' }, 'communication_by_purpose (purpose=?)'],
  ['a purpose and a failure', { purpose: 'payment', status: 'failed' }, 'communication_by_status (status=?)'],
  [
    'everything',
    { phoneHash: 'hash-5', purpose: 'login', provider: 'twilio', status: 'delivered', ...period },
    'communication_by_phone (phone_hash=? AND id>? AND id<?)',
  ],
]

/** Steps over what was read from the table before cost no further rows. */
const isOfTable = (step: string) => step.includes('communication')

describe.each(FILTERS)('a list by %s', (_name, filter, index) => {
  it('has what is asked for, newest first, page by page, each once', async () => {
    const { db } = watchedDatabase()
    const expected = expectedOf(filter)
    const found: string[] = []
    let cursor: string | undefined
    for (let pages = 0; pages < COUNT / 100 + 1; pages++) {
      const page = await listCommunications(db, { ...filter, cursor, limit: 100 })
      found.push(...page.communications.map(({ id }) => id))
      cursor = page.nextCursor ?? undefined
      if (cursor === undefined) break
      expect(page.communications).toHaveLength(100)
    }
    expect(expected.length).toBeGreaterThan(0)
    expect(found).toEqual(expected.map(({ id }) => id))
  })

  it('reads one range of an index, and little more than a page of it', async () => {
    const { db, done } = watchedDatabase()
    const first = await listCommunications(db, { ...filter, limit: 20 })
    const [statement] = done
    const plan = (await planOf(statement!)).filter(isOfTable)
    expect(plan).toHaveLength(1)
    expect(plan[0]).toContain(index)
    // A row and its entry in the index, of a range of which every tenth at least is wanted.
    expect(statement!.rowsRead).toBeLessThanOrEqual(2 * 21 * 10)

    if (first.nextCursor === null) return
    done.length = 0
    await listCommunications(db, { ...filter, cursor: first.nextCursor, limit: 20 })
    const next = (await planOf(done[0]!)).filter(isOfTable)
    expect(next).toHaveLength(1)
    expect(next[0]).toMatch(/^SEARCH communication USING .*id<\?/)
    expect(done[0]!.rowsRead).toBeLessThanOrEqual(2 * 21 * 10)
  })
})

describe('of conditions that hardly meet', () => {
  const flood = Array.from({ length: LOOKED_AT_FOR_A_PAGE + 500 }, (_, nth) => {
    const createdAt = T0 - 1_000_000 + nth
    const row = { ...messages[0]!, id: uuidv7(createdAt), purpose: 'flood', provider: 'mock', createdAt }
    return nth === 0 ? { ...row, status: 'read' } : { ...row, status: 'sent' }
  })
  beforeAll(() => fillCommunications(flood))
  afterAll(async () => {
    await env.DB.prepare("DELETE FROM communication WHERE purpose = 'flood'").run()
  })

  it('so many messages are looked at for a page, which says that there is more, until there is no more', async () => {
    const filter = { purpose: 'flood', status: 'read', limit: 20 } as const
    const { db, done } = watchedDatabase()

    const first = await listCommunications(db, filter)
    const second = await listCommunications(db, { ...filter, cursor: first.nextCursor! })

    expect(first.communications).toEqual([])
    expect(first.nextCursor).not.toBeNull()
    expect(second).toMatchObject({ communications: [{ id: flood[0]!.id }], nextCursor: null })
    for (const { rowsRead } of done) expect(rowsRead).toBeLessThanOrEqual(2 * LOOKED_AT_FOR_A_PAGE + 2)
  })

  it('a page that is full stops there', async () => {
    const { db, done } = watchedDatabase()

    const page = await listCommunications(db, { purpose: 'flood', status: 'sent', limit: 20 })

    expect(page.communications).toHaveLength(20)
    expect(done).toHaveLength(1)
    expect(done[0]!.rowsRead).toBeLessThan(100)
  })
})

describe('a page', () => {
  const list = (filter: Partial<CommunicationFilter>) => listCommunications(watchedDatabase().db, { limit: 20, ...filter })

  it('has whole rows', async () => {
    const { communications } = await list({ limit: 1 })
    expect(communications).toEqual([newestFirst[0]])
  })

  it.each([1, 20, 100])('of %i has no more, and says that there are more', async (limit) => {
    const { communications, nextCursor } = await list({ limit })
    expect(communications).toHaveLength(limit)
    expect(nextCursor).toMatch(/^[\w-]+$/)
  })

  it('that is exactly full and the last one has no next', async () => {
    const filter = { createdAfter: T0 + (COUNT - 20) * SECOND_MS }
    expect(await list({ ...filter, limit: 20 })).toMatchObject({ nextCursor: null })
    expect((await list({ ...filter, limit: 19 })).nextCursor).not.toBeNull()
  })

  it('begins with the moment itself, and ends before it', async () => {
    const moment = T0 + 7 * SECOND_MS
    const ids = async (filter: Partial<CommunicationFilter>) => (await list(filter)).communications.map(({ id }) => id)
    expect(await ids({ createdAfter: moment, createdBefore: moment + 1 })).toEqual([messages[7]!.id])
    expect(await ids({ createdAfter: moment + 1, createdBefore: moment + SECOND_MS })).toEqual([])
    expect(await ids({ createdBefore: T0 + 1 })).toEqual([messages[0]!.id])
  })

  it.each([
    ['of nothing', { phoneHash: 'nobody' }],
    ['of a period that ends before it begins', { createdAfter: T0 + 9_000, createdBefore: T0 }],
    ['of before the epoch', { createdBefore: -1 }],
  ])('%s is empty', async (_name, filter) => {
    expect(await list(filter)).toEqual({ communications: [], nextCursor: null })
  })

  it('goes on where it stopped, though newer messages came in between', async () => {
    const first = await list({ phoneHash: 'hash-1', limit: 5 })
    await fillCommunications([{ ...messages[0]!, id: uuidv7(T0 + COUNT * SECOND_MS), phoneHash: 'hash-1' }])
    const second = await list({ phoneHash: 'hash-1', limit: 5, cursor: first.nextCursor! })
    const expected = expectedOf({ phoneHash: 'hash-1' }).slice(5, 10)
    expect(second.communications.map(({ id }) => id)).toEqual(expected.map(({ id }) => id))
  })
})

describe('what cannot be answered', () => {
  const text = (value: string) => toBase64Url(new TextEncoder().encode(value))

  it.each([
    ['no base64url', 'a+b/'],
    ['nothing', ''],
    ['the id itself', newestFirst[0]!.id],
    ['something else', text('com-1')],
    ['SQL', text(`' OR 1=1 --`)],
    ['no UTF-8', toBase64Url(new Uint8Array([0xff, 0xfe]))],
  ])('a cursor of %s is refused', async (_name, cursor) => {
    const { db, done } = watchedDatabase()
    await expect(listCommunications(db, { cursor, limit: 20 })).rejects.toMatchObject({
      refusal: { code: 'invalid_request', details: { issues: [{ path: 'cursor' }] } },
    })
    expect(done).toEqual([])
  })

  it('D1 failing is told as that', async () => {
    const db = createDatabase(brokenDatabase as unknown as D1Database)
    await expect(listCommunications(db, { limit: 20 })).rejects.toMatchObject({
      refusal: { code: 'dependency_unavailable', details: { dependency: 'd1' } },
    })
    expect(await env.DB.prepare('SELECT 1').first()).toBeTruthy()
  })
})
