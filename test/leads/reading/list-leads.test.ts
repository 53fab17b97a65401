import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDatabase } from '../../../src/db/client'
import { uuidv7 } from '../../../src/core/ids'
import { LEADS_PER_READ, exportLeads } from '../../../src/leads/reading/export-leads'
import { getLead } from '../../../src/leads/reading/get-lead'
import type { LeadRow } from '../../../src/leads/lead'
import { type LeadFilter, listLeads } from '../../../src/leads/reading/list-leads'
import { LOOKED_AT_FOR_A_PAGE } from '../../../src/messaging/communications/read-page'
import { type Done, planOf, watchedDatabase } from '../../support/audit'
import { brokenDatabase } from '../../support/broken'
import { PERSONAL, leadRow, personalKeys, putLeads } from '../../support/leads'
import { T0 } from '../../support/pure-gate'

const COUNT = 3_000
const SECOND_MS = 1_000
const SUBMISSIONS = ['submitted', 'submitted', 'waiting', 'submitted', 'refused', 'submitted', 'given_up', 'submitted'] as const
const LOAN_TYPES = ['HL', 'PL', 'HL', 'CL', 'EL'] as const
const STATUSES = ['Under Review', 'Approved', 'Under Review'] as const

/** A lead a second, oldest first; the facts repeat with different periods, so that all combinations are there. */
let all: LeadRow[] = []

beforeAll(async () => {
  const one = await leadRow({ personal: { phone: PERSONAL.phone } })
  all = Array.from({ length: COUNT }, (_, nth) => {
    const createdAt = T0 + nth * SECOND_MS
    const submission = SUBMISSIONS[nth % SUBMISSIONS.length]!
    return {
      ...one,
      id: uuidv7(createdAt),
      phoneHash: `hash-${nth % 97}`,
      submission,
      // Those that wait longest are not those that were asked for first.
      nextAttemptAt: submission === 'waiting' ? T0 + ((nth * 7919) % COUNT) : null,
      loanType: LOAN_TYPES[nth % LOAN_TYPES.length]!,
      status: STATUSES[nth % STATUSES.length]!,
      createdAt,
      updatedAt: createdAt,
    }
  })
  await putLeads(all)
})

/** The same by going through all of them. */
const expectedOf = ({
  phoneHash,
  submission,
  loanType,
  status,
  createdAfter = 0,
  createdBefore = Infinity,
}: Partial<LeadFilter>) =>
  all
    .toReversed()
    .filter(
      (one) =>
        (phoneHash === undefined || one.phoneHash === phoneHash) &&
        (submission === undefined || one.submission === submission) &&
        (loanType === undefined || one.loanType === loanType) &&
        (status === undefined || one.status === status) &&
        one.createdAt >= createdAfter &&
        one.createdAt < createdBefore,
    )
    .map(({ id }) => id)

const idsOf = (page: { readonly leads: readonly { readonly lead: LeadRow }[] }) => page.leads.map(({ lead }) => lead.id)

const period = { createdAfter: T0 + 500 * SECOND_MS, createdBefore: T0 + 2_500 * SECOND_MS }
/** With what is read for each lead of a page at most: its row and its entry in the index, as often as others are passed over. */
const FILTERS: readonly (readonly [string, Partial<LeadFilter>, index: string, rowsEach: number])[] = [
  ['nothing', {}, 'SCAN lead', 1],
  ['a period', period, 'USING PRIMARY KEY (id>? AND id<?)', 2],
  ['a number', { phoneHash: 'hash-5' }, 'lead_by_phone (phone_hash=?)', 2],
  ['a number in a period', { phoneHash: 'hash-5', ...period }, 'lead_by_phone (phone_hash=? AND id>? AND id<?)', 2],
  ['a refusal', { submission: 'refused' }, 'lead_unsubmitted (submission=? AND next_attempt_at=?)', 2],
  [
    'a refusal in a period',
    { submission: 'refused', ...period },
    'lead_unsubmitted (submission=? AND next_attempt_at=? AND id>? AND id<?)',
    2,
  ],
  ['what was given up', { submission: 'given_up' }, 'lead_unsubmitted (submission=? AND next_attempt_at=?)', 2],
  ['what the lender has', { submission: 'submitted' }, 'SCAN lead', 2],
  ['a loan', { loanType: 'EL' }, 'SCAN lead', 6],
  ['a status', { status: 'Approved' }, 'SCAN lead', 4],
  ['a loan in a period', { loanType: 'EL', ...period }, 'USING PRIMARY KEY (id>? AND id<?)', 12],
  [
    'a refusal and a loan',
    { submission: 'refused', loanType: 'PL' },
    'lead_unsubmitted (submission=? AND next_attempt_at=?)',
    12,
  ],
  ['a number and a refusal', { phoneHash: 'hash-5', submission: 'refused' }, 'lead_by_phone (phone_hash=?)', 64],
  [
    'everything',
    { phoneHash: 'hash-5', submission: 'submitted', loanType: 'HL', status: 'Approved', ...period },
    'lead_by_phone (phone_hash=? AND id>? AND id<?)',
    64,
  ],
]

/** Steps over what was read from the table before cost no further rows; to sort it does. */
const planOfTable = async (statement: Done) => (await planOf(statement)).filter((step) => /\blead\b|TEMP B-TREE/.test(step))

async function walk(filter: Partial<LeadFilter>, limit = 100): Promise<string[]> {
  const deps = { db: watchedDatabase().db, personalKeys }
  const found: string[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < COUNT / limit + 1; pages++) {
    const page = await listLeads(deps, { ...filter, cursor, limit })
    found.push(...idsOf(page))
    cursor = page.nextCursor ?? undefined
    if (cursor === undefined) break
  }
  return found
}

describe.each(FILTERS)('a list by %s', (_name, filter, index, rowsEach) => {
  it('has what is asked for, newest first, page by page, each once', async () => {
    const expected = expectedOf(filter)
    expect(expected.length).toBeGreaterThan(0)
    expect(await walk(filter)).toEqual(expected)
  })

  it('reads one range of an index in its order, and little more than a page of it', async () => {
    const { db, done } = watchedDatabase()
    const first = await listLeads({ db, personalKeys }, { ...filter, limit: 5 })
    expect(await planOfTable(done[0]!)).toEqual([expect.stringContaining(index)])
    expect(done[0]!.rowsRead).toBeLessThanOrEqual(6 * rowsEach)

    if (first.nextCursor === null) return
    done.length = 0
    await listLeads({ db, personalKeys }, { ...filter, cursor: first.nextCursor, limit: 5 })
    expect(await planOfTable(done[0]!)).toEqual([expect.stringMatching(/^SEARCH lead USING .*id<\?/)])
    expect(done[0]!.rowsRead).toBeLessThanOrEqual(2 * 6 * rowsEach)
  })
})

describe('a list of what waits', () => {
  const waiting = () => expectedOf({ submission: 'waiting' }).length

  it('is newest first, and reads what waits and nothing else', async () => {
    const { db, done } = watchedDatabase()
    const page = await listLeads({ db, personalKeys }, { submission: 'waiting', limit: 20 })
    expect(idsOf(page)).toEqual(expectedOf({ submission: 'waiting' }).slice(0, 20))
    expect(await planOfTable(done[0]!)).toEqual([expect.stringContaining('lead_unsubmitted (submission=?'), expect.any(String)])
    expect(done[0]!.rowsRead).toBeLessThanOrEqual(2 * waiting() + 2)
  })

  it.each([
    ['alone', {}],
    ['with a loan', { loanType: 'CL' as const }],
    ['in a period', period],
  ])('is whole %s', async (_name, rest) => {
    expect(await walk({ submission: 'waiting', ...rest }, 50)).toEqual(expectedOf({ submission: 'waiting', ...rest }))
  })
})

describe('a page', () => {
  const list = (filter: Partial<LeadFilter>) => listLeads({ db: createDatabase(env.DB), personalKeys }, { limit: 20, ...filter })

  it.each([1, 20, 100])('of %i reads one row more, and no other statement', async (limit) => {
    const { db, done } = watchedDatabase()
    const { leads, nextCursor } = await listLeads({ db, personalKeys }, { limit })
    expect(leads).toHaveLength(limit)
    expect(nextCursor).toMatch(/^[\w-]+$/)
    expect(done.map(({ rowsRead }) => rowsRead)).toEqual([limit + 1])
  })

  it('has whole rows, and who they are of', async () => {
    const known = await leadRow({ createdAt: T0 - 5_000, personal: { firstName: 'Ada', phone: '+919811111111' } })
    await putLeads([known])
    const { leads } = await list({ createdBefore: T0 })
    expect(leads).toEqual([{ lead: known, personal: { ...PERSONAL, firstName: 'Ada', phone: '+919811111111' } }])
    await env.DB.prepare('DELETE FROM lead WHERE id = ?').bind(known.id).run()
  })

  it('has leads whose key is gone, without who they are of', async () => {
    const { leads } = await listLeads({ db: createDatabase(env.DB), personalKeys: undefined }, { limit: 1 })
    expect(leads).toEqual([{ lead: all.at(-1), personal: undefined }])
  })

  it('begins with the moment itself, and ends before it', async () => {
    const moment = T0 + 7 * SECOND_MS
    expect(idsOf(await list({ createdAfter: moment, createdBefore: moment + 1 }))).toEqual([all[7]!.id])
    expect(idsOf(await list({ createdAfter: moment + 1, createdBefore: moment + SECOND_MS }))).toEqual([])
  })

  it('that is exactly full and the last one has no next', async () => {
    const filter = { createdAfter: T0 + (COUNT - 20) * SECOND_MS }
    expect((await list({ ...filter, limit: 20 })).nextCursor).toBeNull()
    expect((await list({ ...filter, limit: 19 })).nextCursor).not.toBeNull()
  })

  it.each(['', 'a+b/', 'Y29tLTE'])('of the cursor %j is refused before anything is read', async (cursor) => {
    const { db, done } = watchedDatabase()
    await expect(listLeads({ db, personalKeys }, { cursor, limit: 20 })).rejects.toMatchObject({
      refusal: { code: 'invalid_request', details: { issues: [{ path: 'cursor' }] } },
    })
    expect(done).toEqual([])
  })

  it('of a D1 that is down is refused', async () => {
    const db = createDatabase(brokenDatabase as unknown as D1Database)
    await expect(listLeads({ db, personalKeys }, { limit: 20 })).rejects.toMatchObject({
      refusal: { code: 'dependency_unavailable', details: { dependency: 'd1' } },
    })
  })
})

describe('of conditions that hardly meet', () => {
  const flood: LeadRow[] = []
  beforeAll(async () => {
    const one = await leadRow()
    for (let nth = 0; nth < LOOKED_AT_FOR_A_PAGE + 500; nth++) {
      const createdAt = T0 - 1_000_000 + nth
      flood.push({ ...one, id: uuidv7(createdAt), status: nth === 0 ? 'Rare' : 'Flood', createdAt })
    }
    await putLeads(flood)
  })
  afterAll(async () => {
    await env.DB.prepare("DELETE FROM lead WHERE status IN ('Flood', 'Rare')").run()
  })

  it('so many leads are looked at for a page, which says that there is more, until there is no more', async () => {
    const filter = { status: 'Rare', createdBefore: T0, limit: 20 } as const
    const { db, done } = watchedDatabase()

    const first = await listLeads({ db, personalKeys }, filter)
    const second = await listLeads({ db, personalKeys }, { ...filter, cursor: first.nextCursor! })

    expect(first.leads).toEqual([])
    expect(first.nextCursor).not.toBeNull()
    expect(second).toMatchObject({ leads: [{ lead: { id: flood[0]!.id } }], nextCursor: null })
    for (const { rowsRead } of done) expect(rowsRead).toBeLessThanOrEqual(2 * LOOKED_AT_FOR_A_PAGE)
  })
})

describe('one lead', () => {
  it.each([
    ['our id', ({ id }: LeadRow) => id],
    ["the lender's id", ({ applicationId }: LeadRow) => applicationId!],
  ])('by %s is one round trip, and reads its rows only', async (_name, keyOf) => {
    const lead = await leadRow({ createdAt: T0 - 60_000 })
    await putLeads([lead])
    const { db, done, calls } = watchedDatabase()

    expect(await getLead({ db, personalKeys }, {}, keyOf(lead))).toMatchObject({
      lead,
      personal: { pan: PERSONAL.pan },
      history: [],
    })

    expect(calls.batch).toBe(1)
    expect(done).toHaveLength(2)
    for (const { rowsRead } of done) expect(rowsRead).toBeLessThanOrEqual(4)
    await env.DB.prepare('DELETE FROM lead WHERE id = ?').bind(lead.id).run()
  })
})

describe('an export', () => {
  const columns = [['id', ({ lead }: { lead: LeadRow }) => lead.id]] as const
  const log = () => {}
  const exportOf = async (db: ReturnType<typeof watchedDatabase>['db'], filter: object) =>
    exportLeads({ db, personalKeys, log }, { requestId: 'req-1' }, { createdAfter: 0, createdBefore: T0 * 2, ...filter }, columns)

  it.each([
    ['everything', {}, 'USING PRIMARY KEY'],
    ['a period', period, 'USING PRIMARY KEY (id>? AND id<?)'],
    ['a loan', { loanType: 'EL' as const }, 'USING PRIMARY KEY'],
    ['what the lender has', { submission: 'submitted' as const }, 'USING PRIMARY KEY'],
    ['refusals', { submission: 'refused' as const }, 'lead_unsubmitted (submission=? AND next_attempt_at=? AND id>? AND id<?)'],
    // In its index it stands in the order of the next attempt: each read would go through all of it.
    ['what waits, of a loan', { submission: 'waiting' as const, loanType: 'HL' as const }, 'USING PRIMARY KEY (id>? AND id<?)'],
  ])('of %s has all of it, oldest first, by one range of an index', async (_name, filter, index) => {
    const { db, done } = watchedDatabase()
    const text = await new Response(await exportOf(db, filter)).text()
    expect(text).toBe(['id', ...expectedOf(filter).toReversed(), ''].join('\r\n'))
    for (const statement of done) {
      expect((await planOfTable(statement))[0]).toContain(index)
      expect(statement.rowsRead).toBeLessThanOrEqual(2 * LEADS_PER_READ)
    }
  })

  it('reads D1 as the text is taken, and no further', async () => {
    const { db, done } = watchedDatabase()
    const reader = (await exportOf(db, {})).getReader()
    expect(done).toHaveLength(1)
    const first = new TextDecoder().decode((await reader.read()).value)
    expect(first.split('\r\n')).toHaveLength(1 + LEADS_PER_READ + 1)
    expect(done).toHaveLength(1)
    await reader.read()
    expect(done).toHaveLength(2)
    await reader.cancel()
    expect(done).toHaveLength(2)
  })

  it('goes on over reads that have nothing of what is wanted', async () => {
    const { db, done } = watchedDatabase()
    const only = all[2_990]!
    await env.DB.prepare("UPDATE lead SET loan_type = 'BL' WHERE id = ?").bind(only.id).run()
    expect(await new Response(await exportOf(db, { loanType: 'BL' })).text()).toBe(`id\r\n${only.id}\r\n`)
    // The last one is empty: a read that is full says nothing of what is behind it.
    expect(done).toHaveLength(COUNT / LEADS_PER_READ + 1)
    await env.DB.prepare('UPDATE lead SET loan_type = ? WHERE id = ?').bind(only.loanType, only.id).run()
  })
})
