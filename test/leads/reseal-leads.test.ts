import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { RESEAL_LEADS_PER_STEP, RESEAL_STEPS_PER_RUN } from '../../src/config/limits'
import { type KeyRing, createKeyRing } from '../../src/core/key-ring'
import type { LogFields } from '../../src/core/log'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { leads } from '../../src/db/schema'
import { selectRows } from '../../src/db/select-rows'
import type { LeadRow } from '../../src/leads/lead'
import { type Personal, openPersonal, sealPersonal } from '../../src/leads/personal'
import { type ResealPace, resealLeads } from '../../src/leads/reseal-leads'
import { planOf, watchedDatabase } from '../support/audit'
import { brokenDatabase } from '../support/broken'
import { T0 } from '../support/pure-gate'

const OLD = 'the key that goes, for tests only, 32 characters'
const NEW = 'the key that stays, for tests only, 32 characters'
const LOST = 'a key that nobody has any more, for tests, 32'
const ringOf = (current: string, previous?: string) => createKeyRing({ current, previous }, 'lead')
const oldRing = ringOf(OLD)
const newRing = ringOf(NEW)
const rotating = ringOf(NEW, OLD)
const db = createDatabase(env.DB)

const PERSONAL: Personal = {
  phone: '+919876543210',
  firstName: 'Zebulon',
  lastName: 'Quackenbush',
  gender: 'Other',
  email: 'zebulon.q@example.com',
  pan: 'QWXYZ9876K',
  dateOfBirth: '1987-11-23',
  pinCode: '560071',
}

let made = 0
async function leadRow(keys: KeyRing, changes: Partial<LeadRow> = {}): Promise<LeadRow> {
  const createdAt = T0 + ++made
  const id = changes.id ?? uuidv7(createdAt)
  return {
    id,
    version: 7,
    surface: 'v1',
    requestId: 'req-1',
    phoneHash: 'hash-of-the-number',
    phoneMasked: '+91******8888',
    country: 'IN',
    ...(await sealPersonal(keys, id, { ...PERSONAL, firstName: `Zebulon ${made}` })),
    loanType: 'HL',
    loanAmount: 1,
    loanTenureYears: 1,
    requestHash: null,
    submission: 'submitted',
    lenderRequestId: id,
    attempts: 1,
    inDoubt: false,
    nextAttemptAt: null,
    waitingSince: createdAt,
    failure: null,
    applicationId: null,
    customerId: null,
    relationId: null,
    status: null,
    statusAt: null,
    lenderResponse: { status: 'created' },
    createdAt,
    updatedAt: createdAt,
    owner: '',
    ...changes,
  }
}

async function putLeads(rings: readonly KeyRing[]): Promise<LeadRow[]> {
  const rows: LeadRow[] = []
  for (const ring of rings) rows.push(await leadRow(ring))
  await db.insert(leads).select(selectRows(leads, rows))
  return rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))
}
const putLead = async (ring: KeyRing) => (await putLeads([ring]))[0]!

/** One whose key id is right and whose text nobody can open. */
async function putUnreadable(): Promise<LeadRow> {
  const row = await leadRow(oldRing)
  const { personalSealed } = await sealPersonal(ringOf(LOST), row.id, PERSONAL)
  await db.insert(leads).values({ ...row, personalSealed })
  return { ...row, personalSealed }
}

const allLeads = () => db.select().from(leads).orderBy(leads.id).all()
const keyIds = async () => (await allLeads()).map(({ personalKeyId }) => personalKeyId)
const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

async function run(changes: { readonly keys?: KeyRing | undefined; readonly pace?: ResealPace; readonly db?: typeof db } = {}) {
  const logged: [string, LogFields | undefined][] = []
  const log = (_level: string, event: string, fields?: LogFields) => void logged.push([event, fields])
  const deps = { db: changes.db ?? db, personalKeys: 'keys' in changes ? changes.keys : rotating, log }
  return { resealed: await resealLeads(deps, changes.pace), logged }
}
const AT_THE_END = (left: number) => ['leads.resealed', { count: left }] as const
const UNREADABLE = (count: number) => ['leads.unreadable', { count, names: ['PII_ENCRYPTION_KEY_PREVIOUS'] }] as const

beforeEach(async () => {
  await env.DB.batch([env.DB.prepare('DELETE FROM lead'), env.DB.prepare('DELETE FROM retention_position')])
})

describe('leads under the key before', () => {
  it('are encrypted with the current one, and are otherwise as they were', async () => {
    const before = await putLeads([oldRing, newRing, oldRing])

    expect(await run()).toEqual({ resealed: 2, logged: [AT_THE_END(0)] })

    const after = await allLeads()
    const newest = await newRing.keyId()
    for (const [index, lead] of after.entries()) {
      const { personalSealed, personalKeyId, ...rest } = lead
      const { personalSealed: sealedBefore, personalKeyId: keyBefore, ...restBefore } = before[index]!
      expect(rest).toEqual(restBefore)
      expect(personalKeyId).toBe(newest)
      expect(personalSealed === sealedBefore).toBe(keyBefore === newest)
      // Without the key before.
      expect(await openPersonal(newRing, lead)).toEqual(await openPersonal(rotating, before[index]!))
    }
  })

  it('are not written again once they are done', async () => {
    await putLeads([oldRing, oldRing])
    await run()
    const before = await allLeads()
    expect(await run()).toEqual({ resealed: 0, logged: [AT_THE_END(0)] })
    expect(await allLeads()).toEqual(before)
  })

  it.each([
    ['none is set', undefined],
    ['no key is being rotated out', newRing],
    ['the key before is the current one', ringOf(NEW, NEW)],
  ])('are left alone where %s', async (_name, keys) => {
    await putLead(oldRing)
    const before = await allLeads()
    expect(await run({ keys })).toEqual({ resealed: 0, logged: [] })
    expect(await allLeads()).toEqual(before)
  })

  it('do not include those under a third key, which nobody can open', async () => {
    const other = await putLead(ringOf(LOST))
    expect(await run()).toEqual({ resealed: 0, logged: [AT_THE_END(0)] })
    expect(await allLeads()).toEqual([other])
  })

  it('that cannot be opened are passed over, told of once, and hold up nobody behind them', async () => {
    const first = await putUnreadable()
    await putLead(oldRing)
    await putUnreadable()
    await putLeads([oldRing, oldRing])

    const { resealed, logged } = await run({ pace: { leads: 2, steps: 5 } })

    expect(resealed).toBe(3)
    expect(logged).toEqual([AT_THE_END(2), UNREADABLE(2)])
    expect((await allLeads())[0]).toEqual(first)
  })
})

describe('a run', () => {
  const pace = { leads: 2, steps: 2 }

  it('does so much, the next ones the rest, and the end tells how many are left', async () => {
    await putLeads(times(9, oldRing))
    await putUnreadable()
    const [newest, older] = [await newRing.keyId(), await oldRing.keyId()]

    expect(await run({ pace })).toEqual({ resealed: 4, logged: [] })
    expect(await keyIds()).toEqual([...times(4, newest), ...times(6, older)])
    expect(await run({ pace })).toEqual({ resealed: 4, logged: [] })
    // The one that cannot be opened is the last: it is counted at the end, which is looked for in the run after.
    expect(await run({ pace })).toEqual({ resealed: 1, logged: [AT_THE_END(1), UNREADABLE(1)] })
    expect(await keyIds()).toEqual([...times(9, newest), older])
  })

  it('remembers from run to run what was left on the way', async () => {
    await putUnreadable()
    await putLeads(times(4, oldRing))
    expect(await run({ pace })).toEqual({ resealed: 3, logged: [UNREADABLE(1)] })
    expect(await run({ pace })).toEqual({ resealed: 1, logged: [AT_THE_END(1)] })
    // And a new round counts anew.
    expect(await run({ pace: { leads: 10, steps: 1 } })).toEqual({ resealed: 0, logged: [AT_THE_END(1), UNREADABLE(1)] })
  })

  it('for the next key begins anew, wherever the one before it had stopped', async () => {
    await putLeads(times(6, oldRing))
    await run({ pace })
    const third = ringOf('the key after it, for tests only, 32 characters', NEW)

    expect(await run({ keys: third, pace: { leads: 10, steps: 1 } })).toEqual({ resealed: 4, logged: [AT_THE_END(0)] })

    expect(await keyIds()).toEqual([...times(4, await third.keyId()), ...times(2, await oldRing.keyId())])
  })

  it('looks at ten thousand', () => {
    expect(RESEAL_LEADS_PER_STEP * RESEAL_STEPS_PER_RUN).toBe(10_000)
  })

  it('never overwrites what is newer, and counts it as left while it is under the key before', async () => {
    const rows = await putLeads(times(3, oldRing))
    const [changed, erased] = rows as [LeadRow, LeadRow]
    const newer = await sealPersonal(oldRing, changed.id, { ...PERSONAL, firstName: 'Newer' })
    // Between the read of the leads and the write.
    const meddling = new Proxy(env.DB, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name)
        if (name !== 'prepare') return typeof value === 'function' ? (value.bind(target) as unknown) : value
        return (sql: string) => (sql.startsWith('update "lead"') ? meddled(env.DB.prepare(sql)) : env.DB.prepare(sql))
      },
    })
    const meddled = (statement: D1PreparedStatement): D1PreparedStatement =>
      new Proxy(statement, {
        get(target, name) {
          if (name === 'bind') return (...values: unknown[]) => meddled(target.bind(...values))
          if (name !== 'run') return Reflect.get(target, name) as unknown
          return async () => {
            await env.DB.batch([
              env.DB.prepare('UPDATE lead SET personal_sealed = ? WHERE id = ?').bind(newer.personalSealed, changed.id),
              env.DB.prepare('DELETE FROM lead WHERE id = ?').bind(erased.id),
            ])
            return target.run()
          }
        },
      })

    expect(await run({ db: createDatabase(meddling) })).toEqual({ resealed: 1, logged: [AT_THE_END(2)] })

    const after = await allLeads()
    expect(after.map(({ id }) => id)).toEqual([changed.id, rows[2]!.id])
    expect(await openPersonal(oldRing, after[0]!)).toMatchObject({ firstName: 'Newer' })
    expect(await run()).toEqual({ resealed: 1, logged: [AT_THE_END(0)] })
    expect(await openPersonal(newRing, (await allLeads())[0]!)).toMatchObject({ firstName: 'Newer' })
  })

  it('throws where D1 fails, and the next one goes on from there', async () => {
    await putLeads(times(3, oldRing))
    await expect(run({ db: createDatabase(brokenDatabase as never) })).rejects.toThrow()
    expect(await run()).toEqual({ resealed: 3, logged: [AT_THE_END(0)] })
  })
})

describe('the cost', () => {
  it('is that of the leads of a step, by their primary key', async () => {
    await putLeads(times(6, oldRing))
    await run({ pace: { leads: 1, steps: 1 } })
    const { db: watched, done } = watchedDatabase()
    await run({ db: watched, pace: { leads: 2, steps: 1 } })

    const plans = await Promise.all(done.map(planOf))
    expect(plans.flat().filter((step) => step.startsWith('SCAN') && !step.includes('told'))).toEqual([])
    expect(plans.flat()).toEqual(
      expect.arrayContaining(['SEARCH lead USING PRIMARY KEY (id>? AND id<?)', 'SEARCH lead USING PRIMARY KEY (id=?)']),
    )
    expect(done.map(({ rowsWritten }) => rowsWritten).reduce((sum, one) => sum + one)).toBe(3)
    for (const { parameters } of done) expect(parameters).toBeLessThanOrEqual(100)
  })
})
