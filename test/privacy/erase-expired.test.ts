import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CommunicationRow } from '../../src/audit/communications-of'
import { writeAudit } from '../../src/audit/write-audit'
import { RETENTION_ROWS_PER_STEP } from '../../src/config/limits'
import { loadConfig } from '../../src/config/load-config'
import type { LogFields } from '../../src/core/log'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { communicationLog, communicationReceipts, leadEvents, leadNotices, leads, limitDecisions } from '../../src/db/schema'
import { selectRows } from '../../src/db/select-rows'
import type { LeadRow, Submission } from '../../src/leads/lead'
import { type Pace, eraseExpired } from '../../src/privacy/erase-expired'
import { aRecord, anEvent, fillCommunications, planOf, watchedDatabase } from '../support/audit'
import { failing } from '../support/broken'
import { T0 } from '../support/pure-gate'

const DAY_MS = 24 * 60 * 60 * 1000
const DAYS = { leads: 30, verifications: 20, payments: 100, communications: 10 }
const SETTINGS = {
  RETENTION_DAYS_LEADS: DAYS.leads,
  RETENTION_DAYS_VERIFICATIONS: DAYS.verifications,
  RETENTION_DAYS_PAYMENTS: DAYS.payments,
  RETENTION_DAYS_COMMUNICATIONS: DAYS.communications,
}
const NOW = T0 + 1_000 * DAY_MS
const NOTHING = { leads: 0, communications: 0, limit_decisions: 0, receipts: 0, verifications: 0, events: 0 }
const TABLES = [
  'lead',
  'lead_event',
  'lead_notice',
  'communication',
  'communication_log',
  'communication_receipt',
  'limit_decision',
]
const db = createDatabase(env.DB)

const configOf = (changes: object = {}) => {
  const result = loadConfig({ ...env, ...SETTINGS, ...changes })
  if (!result.ok) throw new Error(result.problems.join())
  return result.config
}

/** A run of the job, with what it logged. */
async function run(changes: { readonly db?: typeof db; readonly pace?: Pace; readonly now?: number } = {}) {
  const logged: [string, string, LogFields | undefined][] = []
  const log = (level: string, event: string, fields?: LogFields) => void logged.push([level, event, fields])
  const erased = await eraseExpired({ db: changes.db ?? db, config: configOf(), log }, changes.now ?? NOW, changes.pace)
  return { erased, logged }
}
const erased = async (changes: Parameters<typeof run>[0] = {}) => (await run(changes)).erased

const rowsIn = async (table: string, column: string) => {
  const { results } = await env.DB.prepare(`SELECT ${column} AS value FROM ${table} ORDER BY 1`).all<{ value: string }>()
  return results.map(({ value }) => value)
}
const places = async () => {
  const { results } = await env.DB.prepare('SELECT kind, position FROM retention_position').all<Record<string, string>>()
  return Object.fromEntries(results.map(({ kind, position }) => [kind, JSON.parse(position!) as unknown]))
}

beforeEach(async () => {
  const all = [...TABLES, 'verifications', 'audit_events', 'retention_position']
  await env.DB.batch(all.map((name) => env.DB.prepare(`DELETE FROM ${name}`)))
})

/** A lead with its history and a message that is still to go out. */
async function putLead(createdAt: number, submission: Submission = 'submitted', waitingSince = createdAt): Promise<string> {
  const id = uuidv7(createdAt)
  const row: LeadRow = {
    id,
    version: 2,
    surface: 'v1',
    requestId: 'req-1',
    phoneHash: 'hash-of-the-number',
    phoneMasked: '+91******8888',
    country: 'IN',
    personalSealed: 'v1.sealed',
    personalKeyId: 'key',
    loanType: 'HL',
    loanAmount: 1,
    loanTenureYears: 1,
    requestHash: null,
    submission,
    lenderRequestId: id,
    attempts: 1,
    inDoubt: false,
    nextAttemptAt: null,
    waitingSince,
    failure: null,
    applicationId: null,
    customerId: null,
    relationId: null,
    status: null,
    statusAt: null,
    lenderResponse: null,
    createdAt,
    // What happened to it since keeps nothing.
    updatedAt: NOW,
    owner: '',
  }
  await db.insert(leads).values(row)
  const ofIt = { leadId: id, version: 2, surface: 'v1' }
  await db.insert(leadEvents).values({ ...ofIt, at: NOW, kind: 'status.changed', requestId: 'req-1', detail: {} })
  const notice = { ...ofIt, kind: 'lead_status', communicationId: uuidv7(NOW), isSending: false, dueAt: NOW, attempts: 0 }
  await db.insert(leadNotices).values({ ...notice, createdAt: NOW })
  return id
}

/** Messages with an attempt each. */
async function putMessages(createdAt: readonly number[]): Promise<string[]> {
  const rows = createdAt.map((at): CommunicationRow => ({ ...MESSAGE, id: uuidv7(at), createdAt: at }))
  await fillCommunications(rows)
  const attempt = { attempt: 1, at: T0, provider: 'twilio', channel: 'sms', outcome: 'accepted', durationMs: 1 }
  const rest = { reason: null, providerCode: null, httpStatus: null }
  const attempts = rows.map(({ id }) => ({ ...attempt, ...rest, communicationId: id }))
  await db.insert(communicationLog).select(selectRows(communicationLog, attempts))
  return rows.map(({ id }) => id)
}

const MESSAGE: Omit<CommunicationRow, 'id' | 'createdAt'> = {
  verificationId: 'ver_1',
  surface: 'v1',
  channel: 'sms',
  purpose: 'login',
  phoneHash: 'hash-of-the-number',
  phoneMasked: '+91******8888',
  country: 'IN',
  templateId: null,
  templateVersion: null,
  provider: 'twilio',
  providerMessageId: 'SM-1',
  status: 'delivered',
  statusRank: 5,
  statusAt: T0,
  reason: null,
  providerCode: null,
  segments: 1,
  costMicros: null,
  currency: null,
  verified: false,
  leadId: null,
  owner: '',
}

/** Decisions of the rules against abuse. */
async function putDecisions(firstAt: readonly number[]): Promise<string[]> {
  const rest = { rule: 'address', mode: 'enforce', subject: 'hash-of-an-address', count: 3, requestId: 'req-1', liftedAt: null }
  const rows = firstAt.map((at) => ({ ...rest, id: uuidv7(at), firstAt: at, lastAt: NOW, until: NOW }))
  await db.insert(limitDecisions).select(selectRows(limitDecisions, rows))
  return rows.map(({ id }) => id)
}

/** Reports of vendors, by their message ids. */
async function putReceipts(receivedAt: Readonly<Record<string, number>>, statuses = ['delivered']): Promise<void> {
  const rest = { provider: 'twilio', statusRank: 5, at: null, reason: null, providerCode: null }
  const rows = Object.entries(receivedAt).flatMap(([providerMessageId, at]) =>
    statuses.map((status) => ({ ...rest, providerMessageId, status, receivedAt: at })),
  )
  await db.insert(communicationReceipts).select(selectRows(communicationReceipts, rows))
}

/** A verification with two events. */
async function putVerification(changes: Parameters<typeof aRecord>[0], at = changes?.createdAt ?? T0): Promise<string> {
  const record = aRecord({ status: 'approved', completedAt: at, ...changes })
  const event = { verificationId: record.id, at, detail: {} }
  const events = [anEvent({ ...event, seq: 0 }), anEvent({ ...event, seq: 1, kind: 'check.approved' })]
  await writeAudit(db, { events, records: [record] })
  return record.id
}

/** A send that was refused before there was a verification. */
async function putRefusal(at: number): Promise<string> {
  const event = anEvent({ at, kind: 'send.refused', detail: {} })
  await writeAudit(db, { events: [event], records: [] })
  return event.verificationId
}

describe.each([
  ['a day short of its time', -DAY_MS, false],
  ['in the moment that its time is up', 0, false],
  ['a moment later', 1, true],
  ['long after', 300 * DAY_MS, true],
] as const)('%s', (_name, beyond, isErased) => {
  const bornFor = (days: number) => NOW - days * DAY_MS - beyond

  it.each(['submitted', 'refused', 'given_up', 'waiting'] as const)('a lead that is %s', async (submission) => {
    const id = await putLead(bornFor(DAYS.leads), submission)
    expect(await erased()).toEqual({ ...NOTHING, leads: isErased ? 1 : 0 })
    const left = isErased ? [] : [id]
    expect(await rowsIn('lead', 'id')).toEqual(left)
    expect(await rowsIn('lead_event', 'lead_id')).toEqual(left)
    expect(await rowsIn('lead_notice', 'lead_id')).toEqual(left)
  })

  it('a message, with its attempts', async () => {
    const [id] = await putMessages([bornFor(DAYS.communications)])
    expect(await erased()).toEqual({ ...NOTHING, communications: isErased ? 1 : 0 })
    expect(await rowsIn('communication', 'id')).toEqual(isErased ? [] : [id])
    expect(await rowsIn('communication_log', 'communication_id')).toEqual(isErased ? [] : [id])
  })

  it('a decision of a rule against abuse', async () => {
    const [id] = await putDecisions([bornFor(DAYS.verifications)])
    expect(await erased()).toEqual({ ...NOTHING, limit_decisions: isErased ? 1 : 0 })
    expect(await rowsIn('limit_decision', 'id')).toEqual(isErased ? [] : [id])
  })

  it('a report of a vendor', async () => {
    await putReceipts({ 'SM-1': bornFor(DAYS.communications) })
    expect(await erased()).toEqual({ ...NOTHING, receipts: isErased ? 1 : 0 })
  })

  it('a verification, with its events', async () => {
    const id = await putVerification({ createdAt: bornFor(DAYS.verifications) })
    expect(await erased()).toEqual({ ...NOTHING, verifications: isErased ? 1 : 0 })
    expect(await rowsIn('verifications', 'id')).toEqual(isErased ? [] : [id])
    expect(await rowsIn('audit_events', 'verification_id')).toEqual(isErased ? [] : [id, id])
  })

  it('a verification that confirms a payment, with its events', async () => {
    const id = await putVerification({ createdAt: bornFor(DAYS.payments), subject: 'repayment:1/2' })
    expect(await erased()).toEqual({ ...NOTHING, verifications: isErased ? 1 : 0 })
    expect(await rowsIn('verifications', 'id')).toEqual(isErased ? [] : [id])
    expect(await rowsIn('audit_events', 'verification_id')).toEqual(isErased ? [] : [id, id])
  })

  it('a send that was refused', async () => {
    const id = await putRefusal(bornFor(DAYS.verifications))
    expect(await erased()).toEqual({ ...NOTHING, events: isErased ? 1 : 0 })
    expect(await rowsIn('audit_events', 'verification_id')).toEqual(isErased ? [] : [id])
  })
})

describe('what is kept beyond its time', () => {
  it('is a lead that the lender is still to get, and that waits since less', async () => {
    const waitingSince = NOW - DAYS.leads * DAY_MS
    const waiting = await putLead(T0, 'waiting', waitingSince)
    await putLead(T0 + 1, 'submitted', waitingSince)
    expect(await erased()).toEqual({ ...NOTHING, leads: 1 })
    expect(await rowsIn('lead', 'id')).toEqual([waiting])
    expect(await rowsIn('lead_event', 'lead_id')).toEqual([waiting])
  })

  it.each([null, 'repayment:1/2'])('is a verification that may still be approved (subject %s)', async (subject) => {
    const id = await putVerification({ createdAt: T0, status: 'pending', subject })
    expect(await erased()).toEqual(NOTHING)
    expect(await rowsIn('verifications', 'id')).toEqual([id])
    expect(await rowsIn('audit_events', 'verification_id')).toEqual([id, id])
  })

  it('are the events of a verification that is kept, however old they are', async () => {
    const id = await putVerification({ createdAt: NOW - 99 * DAY_MS, subject: 'repayment:1/2' })
    await putRefusal(NOW - 99 * DAY_MS)
    expect(await erased()).toEqual({ ...NOTHING, events: 1 })
    expect(await rowsIn('audit_events', 'verification_id')).toEqual([id, id])
  })

  it('is a message of its report, and a report of its message, each until its own time', async () => {
    await putMessages([NOW - 11 * DAY_MS])
    await putReceipts({ 'SM-1': NOW - 9 * DAY_MS })
    expect(await erased()).toEqual({ ...NOTHING, communications: 1 })
    expect(await rowsIn('communication_receipt', 'provider_message_id')).toEqual(['SM-1'])
  })
})

describe('a run', () => {
  const pace = { rows: 3, steps: 2 }
  const names = (count: number) => Array.from({ length: count }, (_, nth) => `SM-${String(nth).padStart(2, '0')}`)

  it('erases so much of what stands in order of time, and the next ones the rest', async () => {
    for (let nth = 0; nth < 8; nth++) await putLead(T0 + nth)
    await putMessages([...names(7).map((_, nth) => T0 + nth), NOW])
    await putDecisions([...names(9).map((_, nth) => T0 + nth), NOW])
    expect(await erased({ pace })).toEqual({ ...NOTHING, leads: 6, communications: 6, limit_decisions: 6 })
    expect(await erased({ pace })).toEqual({ ...NOTHING, leads: 2, communications: 1, limit_decisions: 3 })
    expect(await erased({ pace })).toEqual(NOTHING)
    expect(await rowsIn('communication', 'id')).toHaveLength(1)
    expect(await rowsIn('communication_log', 'communication_id')).toHaveLength(1)
  })

  it('begins with the oldest', async () => {
    const ids = await putMessages([T0 + 2, T0, T0 + 1])
    await erased({ pace: { rows: 2, steps: 1 } })
    expect(await rowsIn('communication', 'id')).toEqual([ids[0]])
  })

  it('looks at so many of the others, goes on there, and begins anew behind the end', async () => {
    await putReceipts(Object.fromEntries(names(8).map((name, nth) => [name, nth % 2 === 0 ? T0 : NOW])))
    // Three a step: 00 to 05, of which 00, 02 and 04 are old.
    expect(await erased({ pace })).toEqual({ ...NOTHING, receipts: 3 })
    expect(await places()).toMatchObject({ receipts: ['twilio', 'SM-05', 'delivered'] })
    // What is old by now before the place has its turn in the next round.
    await putReceipts({ 'SM-03a': T0 })
    expect(await erased({ pace })).toEqual({ ...NOTHING, receipts: 1 })
    expect(await places()).toMatchObject({ receipts: [] })
    expect(await erased({ pace })).toEqual({ ...NOTHING, receipts: 1 })
    expect(await rowsIn('communication_receipt', 'provider_message_id')).toEqual(['SM-01', 'SM-03', 'SM-05', 'SM-07'])
  })

  it('comes to an end where the steps are just as long as the table', async () => {
    await putReceipts(Object.fromEntries(names(6).map((name) => [name, NOW])))
    expect(await erased({ pace })).toEqual(NOTHING)
    expect(await places()).toMatchObject({ receipts: ['twilio', 'SM-05', 'delivered'] })
    await erased({ pace })
    expect(await places()).toMatchObject({ receipts: [] })
  })

  it('may stop between two reports of one message, and between two events of one verification', async () => {
    await putReceipts({ 'SM-00': T0 }, ['delivered', 'read', 'sent'])
    const events = [0, 1, 2].map((seq) => anEvent({ verificationId: 'ver_000', seq, at: T0, detail: {} }))
    await writeAudit(db, { events, records: [] })
    const slow = { rows: 2, steps: 1 }
    expect(await erased({ pace: slow })).toEqual({ ...NOTHING, receipts: 2, events: 2 })
    expect(await places()).toMatchObject({ receipts: ['twilio', 'SM-00', 'read'], events: ['ver_000', 1] })
    expect(await erased({ pace: slow })).toEqual({ ...NOTHING, receipts: 1, events: 1 })
    expect(await rowsIn('audit_events', 'verification_id')).toEqual([])
  })

  it('walks through verifications, from wherever it was', async () => {
    const ids: string[] = []
    for (let nth = 0; nth < 7; nth++) ids.push(await putVerification({ createdAt: nth === 1 ? NOW : T0 }))
    expect(await erased({ pace })).toEqual({ ...NOTHING, verifications: 5 })
    expect(await erased({ pace })).toEqual({ ...NOTHING, verifications: 1 })
    expect(await rowsIn('verifications', 'id')).toEqual([ids[1]])
    expect(await rowsIn('audit_events', 'verification_id')).toEqual([ids[1], ids[1]])
  })

  it('takes more than a real step, too', async () => {
    const count = RETENTION_ROWS_PER_STEP + 1
    const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`
    await env.DB.prepare(
      `${numbers} INSERT INTO communication_receipt SELECT 'twilio', printf('SM-%06d', i), 'sent', 3, NULL, ${T0}, NULL, NULL FROM n`,
    ).run()
    await env.DB.prepare(
      `${numbers} INSERT INTO audit_events SELECT printf('ver_%06d', i), 0, ${T0}, 'x', 'v1', 'r', '{}' FROM n`,
    ).run()
    expect(await erased()).toEqual({ ...NOTHING, receipts: count, events: count })
  })
})

describe('a failure', () => {
  /** D1 that refuses what is done to a table. */
  const refusing = (table: string) =>
    createDatabase(
      new Proxy(env.DB, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name)
          if (name === 'prepare') {
            return (sql: string) => env.DB.prepare(sql.startsWith(`delete from "${table}"`) ? 'SELECT * FROM nowhere' : sql)
          }
          return typeof value === 'function' ? (value.bind(target) as unknown) : value
        },
      }),
    )
  const putAll = async () => {
    await putLead(T0)
    await putMessages([T0])
    await putDecisions([T0])
    await putReceipts({ 'SM-1': T0 })
    await putVerification({ createdAt: T0 })
    await putRefusal(T0)
  }
  const ALL = { leads: 1, communications: 1, limit_decisions: 1, receipts: 1, verifications: 1, events: 1 }

  it.each([
    ['lead_notice', 'leads'],
    ['communication', 'communications'],
    ['limit_decision', 'limit_decisions'],
    ['communication_receipt', 'receipts'],
    ['verifications', 'verifications'],
  ])('at %s keeps no other kind from its turn, and is logged', async (table, kind) => {
    await putAll()
    const first = await run({ db: refusing(table) })
    expect(first.erased).toEqual({ ...ALL, [kind]: 0 })
    expect(first.logged).toEqual([
      ['error', 'retention.failed', { dependency: 'd1', names: [kind], error_name: expect.any(String) }],
    ])
    // Nothing of it was done by half.
    expect(await erased()).toEqual({ ...NOTHING, [kind]: 1 })
  })

  it('of a step leaves the place where it was', async () => {
    await putReceipts({ 'SM-00': T0, 'SM-01': T0, 'SM-02': T0 })
    await erased({ pace: { rows: 1, steps: 1 } })
    const before = await places()
    await run({ db: refusing('communication_receipt'), pace: { rows: 1, steps: 1 } })
    expect(await places()).toMatchObject({ receipts: before['receipts'] })
    expect(await erased()).toEqual({ ...NOTHING, receipts: 2 })
  })

  it('of everything is nothing erased, and nothing thrown', async () => {
    const statement = { bind: () => statement, run: failing, all: failing, raw: failing }
    const broken = createDatabase({ prepare: () => statement, batch: failing } as never)
    const { erased: none, logged } = await run({ db: broken })
    expect(none).toEqual(NOTHING)
    expect(logged).toHaveLength(6)
  })
})

describe('the cost', () => {
  it('is that of the rows of a step: ranges of primary keys, and nothing is looked for in a whole table', async () => {
    for (let nth = 0; nth < 5; nth++) {
      await putLead(NOW)
      await putVerification({ createdAt: NOW })
    }
    await putMessages(Array.from({ length: 5 }, () => NOW))
    await putDecisions(Array.from({ length: 5 }, () => NOW))
    await putReceipts({ 'SM-00': NOW, 'SM-01': NOW, 'SM-02': NOW, 'SM-03': NOW })
    await erased({ pace: { rows: 2, steps: 1 } })
    const { db: watched, done } = watchedDatabase()
    expect(await erased({ db: watched, pace: { rows: 2, steps: 1 } })).toEqual(NOTHING)

    const plans = await Promise.all(done.map(planOf))
    expect(plans.flat().filter((step) => step.startsWith('SCAN'))).toEqual([])
    expect(plans.flat()).toEqual(
      expect.arrayContaining([
        'SEARCH lead USING PRIMARY KEY (id<?)',
        'SEARCH communication USING PRIMARY KEY (id<?)',
        'SEARCH limit_decision USING PRIMARY KEY (id<?)',
        'SEARCH verifications USING PRIMARY KEY (id>? AND id<?)',
        'SEARCH audit_events USING PRIMARY KEY ((verification_id,seq)>(?,?) AND (verification_id,seq)<(?,?))',
        expect.stringMatching(/^SEARCH communication_receipt USING PRIMARY KEY \(\(provider,provider_message_id,status\)>/),
      ]),
    )
    for (const { rowsRead, parameters } of done) {
      expect(rowsRead).toBeLessThan(12)
      expect(parameters).toBeLessThanOrEqual(100)
    }
  })
})
