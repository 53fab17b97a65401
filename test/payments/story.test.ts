import { env } from 'cloudflare:workers'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AuditBatch, AuditEvent } from '../../src/audit/event'
import { writeAudit } from '../../src/audit/write-audit'
import { provide } from '../../src/compose'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { loanContactChanges, repaymentChanges } from '../../src/db/schema'
import { recordReceipts } from '../../src/messaging/receipts/record-receipts'
import { bindRepayment } from '../../src/payments/change'
import { repaymentSubject } from '../../src/payments/loan'
import { deedOf } from '../../src/payments/story/deed-of'
import { fromCursor, toCursor } from '../../src/payments/story/place'
import { type Story, tellStory } from '../../src/payments/story/tell-story'
import { aRecord, aStory, anAttempt, anEvent, joined, planOf, uniqueId, watchedDatabase } from '../support/audit'
import { databaseThat, failing, hanging } from '../support/broken'
import { MODE, STATUS, type TestLoan, putLoan } from '../support/loans'
import { T0 } from '../support/pure-gate'

type About = Pick<TestLoan, 'loanId' | 'repaymentId'>

const db = createDatabase(env.DB)
const { verification } = provide(env)
const tell = (about: About, cursor?: string, by = db) =>
  tellStory({ db: by, verification }, { loanId: about.loanId, repaymentId: about.repaymentId, cursor })

/** All pages, one after another. */
async function allPages(about: About): Promise<Story[]> {
  const pages: Story[] = [await tell(about)]
  for (let next = pages[0]!.nextCursor; next !== null; next = pages.at(-1)!.nextCursor) pages.push(await tell(about, next))
  return pages
}
const requestsOf = ({ entries }: Story) => entries.map(({ requestId }) => requestId)

/** A loan whose contact has no number, so that no gate has a part in it. */
const quietLoan = () => putLoan({ contacts: { applicant: null } })
const subjectOf = ({ loanId, repaymentId }: About) => repaymentSubject(loanId, repaymentId)

/** Puts events of one verification of a repayment into D1; each has its own request id. */
async function putEvents(
  about: About,
  events: readonly Partial<AuditEvent>[],
  record: Partial<AuditBatch['records'][number]> = {},
) {
  const id = record.id ?? uniqueId()
  const batch = {
    events: events.map((event, seq) =>
      anEvent({ verificationId: id, seq, requestId: `${id}-${event.seq ?? seq}`, detail: {}, ...event }),
    ),
    records: [aRecord({ id, subject: subjectOf(about), ...record })],
  }
  await writeAudit(db, batch)
  return { id, requestIds: batch.events.map(({ requestId }) => requestId) }
}

const changeOf = (about: About, changes: Partial<typeof repaymentChanges.$inferInsert> = {}) => ({
  loanId: about.loanId,
  repaymentId: about.repaymentId,
  version: 2,
  at: T0,
  fromStatusId: STATUS.pending,
  toStatusId: STATUS.partiallyPaid,
  amount: 100,
  amountCollected: 100,
  paymentModeId: MODE.cash,
  contactType: 'applicant',
  verificationId: uniqueId(),
  communicationId: null,
  surface: 'v1',
  requestId: 'req-change',
  requestedBy: null,
  ...changes,
})

afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

describe('the order of a story', () => {
  it('is that of time, over several verifications', async () => {
    const loan = await quietLoan()
    const first = await putEvents(loan, [{ at: T0 }, { at: T0 + 20, kind: 'check.incorrect' }], {
      createdAt: T0,
      phoneHash: 'one',
    })
    const second = await putEvents(loan, [{ at: T0 + 10 }, { at: T0 + 30, kind: 'check.approved' }], {
      createdAt: T0 + 10,
      phoneHash: 'other',
    })
    const story = await tell(loan)
    const [a, b, c, d] = [first.requestIds[0], second.requestIds[0], first.requestIds[1], second.requestIds[1]]
    expect(requestsOf(story)).toEqual([a, b, c, d])
    expect(story.entries.map(({ at }) => at - T0)).toEqual([0, 10, 20, 30])
  })

  it('is that of the gate within one moment, whatever the verification', async () => {
    const loan = await quietLoan()
    // A new code was asked for in the moment in which the last guess at the one before was weighed.
    const second = await putEvents(loan, [{ seq: 8, at: T0 }], { createdAt: T0 - 1 })
    const first = await putEvents(
      loan,
      [
        { seq: 6, at: T0, kind: 'check.incorrect' },
        { seq: 7, at: T0, kind: 'check.incorrect' },
        { seq: 9, at: T0, kind: 'check.refused' },
      ],
      { createdAt: T0 },
    )
    const [six, seven, nine] = first.requestIds
    expect(requestsOf(await tell(loan))).toEqual([six, seven, second.requestIds[0], nine])
  })

  it('puts nothing before what made it, though clocks differ', async () => {
    const loan = await quietLoan()
    const late = anAttempt({ at: T0 + 9_000, provider: 'twilio' })
    const { settled, record, ...told } = aStory({
      record: { subject: subjectOf(loan), createdAt: T0 },
      settled: { attempts: [anAttempt({ at: T0 - 7, provider: 'msg91', status: 'rejected' }), late] },
    })
    await writeAudit(db, joined(told.reserved, told.outcome, told.approved))
    const receipt = { communicationId: null, reason: null, providerCode: null, providerMessageId: settled.provider_message_id! }
    await recordReceipts(
      db,
      'twilio',
      [
        { ...receipt, status: 'sent', at: T0 - 1_000 },
        { ...receipt, status: 'delivered', at: T0 + 3_600_000 },
        { ...receipt, status: 'read', at: null },
      ],
      T0 + 4_000,
    )

    const { entries } = await tell(loan)

    expect(entries.map((entry) => [entry.type, entry.at - T0])).toEqual([
      ['code.requested', 0],
      ['attempt', 0],
      ['attempt', 500],
      ['code.sent', 500],
      ['receipt', 500],
      ['receipt', 4_000],
      ['receipt', 4_000],
      ['guess.right', 20_000],
    ])
    expect(entries.flatMap((entry) => (entry.type === 'receipt' ? entry.status : []))).toEqual(['sent', 'delivered', 'read'])
    expect(entries.flatMap((entry) => (entry.type === 'attempt' ? entry.attempt : []))).toEqual([1, 2])
    expect(new Set(entries.map(({ verificationId }) => verificationId))).toEqual(new Set([record.id]))
  })

  it('puts a change behind what let it through, and in front of what came in the same moment', async () => {
    const loan = await quietLoan()
    const { id } = await putEvents(loan, [
      { at: T0, kind: 'check.approved' },
      { at: T0, kind: 'intent.accepted' },
      { at: T0, kind: 'check.refused' },
    ])
    await db.insert(repaymentChanges).values(changeOf(loan, { verificationId: id }))
    const { entries } = await tell(loan)
    expect(entries.map(({ type }) => type)).toEqual(['guess.right', 'change.accepted', 'status.changed', 'guess.refused'])
  })

  it('knows whose code it was by what it was bound to', async () => {
    const loan = await putLoan({ contacts: { applicant: null, co_applicant: null } })
    await env.DB.prepare('UPDATE loan_contact SET version = 3 WHERE loan_id = ?').bind(loan.loanId).run()
    const bind = (contactType: 'applicant' | 'co_applicant', version: number) =>
      bindRepayment(loan.loanId, loan.repaymentId, { contactType, version })
    // The codes of each number that a contact has had, and of one that it has not.
    const bound = [await bind('co_applicant', 1), await bind('applicant', 2), await bind('co_applicant', 3)]
    const unbound = [await bind('applicant', 4), null]
    for (const [nth, bindingHash] of [...bound, ...unbound].entries())
      await putEvents(loan, [{ at: T0 + nth }], { bindingHash, createdAt: T0 + nth })
    const { entries } = await tell(loan)
    expect(entries.map(({ contactType }) => contactType)).toEqual(['co_applicant', 'applicant', 'co_applicant', null, null])
  })
})

describe('a long story', () => {
  it('of 220 verifications of one moment loses and doubles nothing', async () => {
    const [loan, other] = [await quietLoan(), await quietLoan()]
    const wanted: string[] = []
    for (let nth = 0; nth < 220; nth++) {
      wanted.push(...(await putEvents(loan, [{ at: T0 }, { at: T0, kind: 'check.incorrect' }], { createdAt: T0 })).requestIds)
      if (nth % 10 === 0) await putEvents(other, [{ at: T0 }], { createdAt: T0 })
    }

    const pages = await allPages(loan)

    expect(pages.map(({ entries }) => entries.length)).toEqual([200, 200, 40])
    expect(new Set(pages.flatMap(requestsOf))).toEqual(new Set(wanted))
    expect((await tell(other)).entries).toHaveLength(22)
  })

  it('of 2,500 events of one verification and moment loses and doubles nothing', async () => {
    const loan = await quietLoan()
    const { requestIds } = await putEvents(
      loan,
      Array.from({ length: 2_500 }, (_, seq) => ({ seq, at: T0, kind: 'check.refused' as const })),
    )
    const pages = await allPages(loan)
    expect(pages.map(({ entries }) => entries.length)).toEqual([1_000, 1_000, 500])
    expect(pages.flatMap(requestsOf)).toEqual(requestIds)
  })

  it.each([
    [100, [100]],
    [101, [100, 1]],
    [200, [100, 100]],
    [201, [100, 100, 1]],
  ])('of %i verifications has no empty page at its end', async (count, sizes) => {
    const loan = await quietLoan()
    for (let nth = 0; nth < count; nth++) await putEvents(loan, [{ at: T0 + nth }], { createdAt: T0 + nth })
    expect((await allPages(loan)).map(({ entries }) => entries.length)).toEqual(sizes)
  })

  it('counts what hangs on an event, and never parts the two', async () => {
    const loan = await quietLoan()
    const attempts = Array.from({ length: 9 }, () => anAttempt())
    for (let nth = 0; nth < 60; nth++) {
      const told = aStory({
        id: uuidv7(T0 + nth),
        record: { subject: subjectOf(loan), createdAt: T0 + nth },
        settled: { attempts },
      })
      await writeAudit(db, joined(told.reserved, told.outcome))
    }
    for (let nth = 0; nth < 40; nth++) {
      const created = { createdAt: T0 + 100 + nth }
      const kinds = Array.from({ length: 20 }, () => ({ at: T0, kind: 'check.refused' as const }))
      await putEvents(loan, kinds, created)
    }
    const pages = await allPages(loan)
    // 60 times 11 entries, and 17 times 20 of the 40.
    expect(pages.map(({ entries }) => entries.length)).toEqual([1_000, 460])
  })

  it('has a change of a number on one page, also one of the moment in which a page ends', async () => {
    const loan = await quietLoan()
    for (let nth = 0; nth < 150; nth++) await putEvents(loan, [{ at: T0 + nth }], { createdAt: T0 + nth })
    const ats = [T0 - 1, T0 + 50, T0 + 98, T0 + 99, T0 + 100, T0 + 900]
    await db.insert(loanContactChanges).values(
      ats.map((at, index) => ({
        loanId: loan.loanId,
        contactType: 'applicant',
        version: index + 2,
        at,
        fromPhoneMasked: null,
        toPhoneMasked: '+91********55',
        surface: 'v1',
        requestId: `contact-${index}`,
      })),
    )
    const pages = await allPages(loan)
    const changes = pages.map(({ entries }) =>
      entries.flatMap((entry) => (entry.type === 'contact.changed' ? entry.at - T0 : [])),
    )
    expect(changes).toEqual([
      [-1, 50, 98],
      [99, 100, 900],
    ])
    for (const { entries } of pages) expect(entries).toEqual(entries.toSorted((a, b) => a.at - b.at))
  })

  it('tells a change whose events D1 does not have on its last page', async () => {
    const loan = await quietLoan()
    for (let nth = 0; nth < 101; nth++) await putEvents(loan, [{ at: T0 + nth }], { createdAt: T0 + nth })
    const half = await putEvents(loan, [{ at: T0 + 500, kind: 'check.approved' }], { createdAt: T0 })
    await db
      .insert(repaymentChanges)
      .values([
        changeOf(loan, { at: T0 + 500, verificationId: half.id }),
        changeOf(loan, { at: T0 + 600, version: 3, amountCollected: 200 }),
      ])
    const pages = await allPages(loan)
    const changes = pages.map(({ entries }) => entries.flatMap((entry) => (entry.type === 'status.changed' ? entry.version : [])))
    expect(changes).toEqual([[], [2, 3]])
  })
})

describe('what a story costs', () => {
  let loan: TestLoan
  beforeAll(async () => {
    loan = await quietLoan()
    const subject = subjectOf(loan)
    for (let nth = 0; nth < 4; nth++) {
      const told = aStory({ record: { subject, createdAt: T0 + nth } })
      await writeAudit(db, joined(told.reserved, told.outcome, told.approved))
    }
    for (let nth = 0; nth < 100; nth++) {
      const told = aStory({ record: { subject: nth % 2 === 0 ? null : `repayment:other/${nth}` } })
      await writeAudit(db, joined(told.reserved, told.outcome, told.approved))
    }
    await db.insert(repaymentChanges).values(changeOf(loan))
  })

  it('is its own rows, by the keys and the index of the subject', async () => {
    const { db: watched, done } = watchedDatabase()
    const story = await tell(loan, undefined, watched)
    expect(story.entries).toHaveLength(17)
    const plans = (await Promise.all(done.map(planOf))).flat()
    expect(plans).toContainEqual(expect.stringMatching(/SEARCH verifications USING INDEX verifications_by_subject \(subject=\?/))
    expect(plans).toContainEqual(expect.stringMatching(/SEARCH audit_events USING PRIMARY KEY \(verification_id=\?\)/))
    expect(plans).toContainEqual(
      expect.stringMatching(/SEARCH repayment_change USING PRIMARY KEY \(loan_id=\? AND repayment_id=\?\)/),
    )
    // Of the tables nothing is scanned but the two of a few rows, and what was found before.
    const scans = plans.filter((step) => step.startsWith('SCAN') && !/json_each|page|repayment_status|payment_mode/.test(step))
    expect(scans).toEqual([])
    expect(done.reduce((sum, { rowsRead }) => sum + rowsRead, 0)).toBeLessThan(120)
    expect(done.reduce((sum, { rowsWritten }) => sum + rowsWritten, 0)).toBe(0)
  })

  it('is few statements and few parameters, however long it is', async () => {
    const { db: watched, done, calls } = watchedDatabase()
    await tell(loan, undefined, watched)
    expect(calls.batch).toBe(4)
    expect(Math.max(...done.map(({ parameters }) => parameters))).toBeLessThan(10)
  })
})

describe('a story while something fails', () => {
  const about = { loanId: '1', repaymentId: '2' }
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })

  it.each([
    ['fails', failing],
    ['hangs', hanging],
  ])('is not to be had where D1 %s', async (_how, answer) => {
    const asked = vi.fn(answer)
    const told = tell(about, undefined, createDatabase(databaseThat(asked) as unknown as D1Database))
    const refused = expect(told).rejects.toMatchObject({
      refusal: { code: 'dependency_unavailable', details: { dependency: 'd1' } },
    })
    await vi.waitFor(() => expect(asked).toHaveBeenCalled())
    await vi.advanceTimersByTimeAsync(2_000)
    await refused
  })
})

describe('what an event tells', () => {
  it('is less where it has another form, and never nothing', () => {
    expect(deedOf({ kind: 'check.guessed', detail: {} })).toEqual({ type: 'other' })
    expect(deedOf({ kind: 'intent.accepted', detail: { repayment_status: '3', amount: 5.5 } })).toEqual({
      type: 'change.accepted',
      change: null,
    })
    expect(deedOf({ kind: 'send.accepted', detail: { provider: 7, template_id: 'a' } })).toMatchObject({
      provider: null,
      template: null,
    })
    expect(deedOf({ kind: 'send.refused', detail: { wait_ms: 1.5 } })).toMatchObject({ reason: null, waitMs: null })
  })

  it('is one of the known kinds, each by a name of its own', () => {
    const kinds = [
      'send.reserved',
      'send.accepted',
      'send.rejected',
      'send.unknown',
      'send.refused',
      'check.approved',
      'check.incorrect',
      'check.refused',
      'intent.accepted',
      'intent.refused',
      'verification.canceled',
    ]
    const types = kinds.map((kind) => deedOf({ kind, detail: {} }).type)
    expect(new Set(types).size).toBe(kinds.length)
    expect(types).not.toContain('other')
  })
})

describe('a cursor', () => {
  it('is the place that it was made of', () => {
    const place = { createdAt: T0, verificationId: `ver_${'-_aZ9'.repeat(12)}`, seq: 12 }
    expect(fromCursor(toCursor(place))).toEqual(place)
    expect(toCursor(place)).toMatch(/^[\w-]{1,256}$/)
  })

  it.each([
    '',
    'x',
    '/',
    '1/2',
    '1/2/',
    'a/2/ver_1',
    '-1/2/ver_1',
    '1/2/ver_1\n',
    '1/2/ver 1',
    `1/2/${'v'.repeat(200)}`,
    '1e3/2/v',
  ])('is none as %j', (text) => {
    expect(fromCursor(btoa(text).replaceAll('=', ''))).toBeUndefined()
  })
})
