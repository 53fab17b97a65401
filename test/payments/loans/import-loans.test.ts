import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { provide } from '../../../src/compose'
import { AppError } from '../../../src/core/app-error'
import type { Database } from '../../../src/db/client'
import { addRepayments } from '../../../src/payments/loans/add-repayments'
import { createLoan } from '../../../src/payments/loans/create-loan'
import type { LoanDeps } from '../../../src/payments/loans/deps'
import type { LoanDraft } from '../../../src/payments/loans/draft'
import { getLoan } from '../../../src/payments/loans/get-loan'
import { getRepayment } from '../../../src/payments/loans/get-repayment'
import { importLoans } from '../../../src/payments/loans/import-loans'
import { listLoans } from '../../../src/payments/loans/list-loans'
import { reachContact } from '../../../src/payments/reach-contact'
import { type Done, planOf, rowsWritten, watchedDatabase } from '../../support/audit'
import { uniqueLenderId } from '../../support/loans'
import { uniquePhone } from '../../support/service'

/** D1 refuses a longer text than 2 MB. */
const LONGEST_PARAMETER = 1_000_000

const depsWith = (db: Database): LoanDeps => ({ ...provide(env), db })

const aDraft = (changes: Partial<LoanDraft> = {}): LoanDraft => ({
  id: uniqueLenderId(),
  currency: 'INR',
  payee: 'Prosparity',
  contacts: { applicant: { phone: uniquePhone() } },
  repayments: [{ id: '1', amount_due: '5000.00' }],
  ...changes,
})
const rowOf = (draft: LoanDraft) => ({ id: draft.id, draft })

const countOf = async (table: string, ids: readonly string[]) => {
  const column = table === 'loan' ? 'id' : 'loan_id'
  const count = env.DB.prepare(`SELECT count(*) n FROM ${table} WHERE ${column} IN (SELECT value FROM json_each(?))`)
  return (await count.bind(JSON.stringify(ids)).first<{ n: number }>())!.n
}
const countsOf = async (ids: readonly string[]) => ({
  loans: await countOf('loan', ids),
  contacts: await countOf('loan_contact', ids),
  repayments: await countOf('repayment', ids),
})
const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('not refused'),
    (error: unknown) => (error as AppError).refusal,
  )
const writesIn = (done: readonly Done[]) => done.filter(({ sql }) => sql.startsWith('insert'))

describe('importLoans', () => {
  it('puts 1,000 loans of 10 repayments in by one transaction, a row once, in parameters that D1 takes', async () => {
    const { db, done, calls } = watchedDatabase()
    const repayments = Array.from({ length: 10 }, (_, index) => ({
      id: `${'r'.repeat(60)}-${String(index)}`,
      amount_due: '999999999999.99',
      amount_collected: '999999999999.98',
      payment_mode: 'cash',
      due_on: '2026-12-05',
    }))
    const drafts = Array.from({ length: 1_000 }, () => {
      const contacts = { applicant: { phone: uniquePhone() }, co_applicant: { phone: uniquePhone() } }
      return aDraft({ id: `${'l'.repeat(50)}-${uniqueLenderId()}`, payee: 'ह'.repeat(40), contacts, repayments })
    })
    expect(await importLoans(depsWith(db), drafts.map(rowOf))).toBe(10_000)

    expect(await countsOf(drafts.map(({ id }) => id))).toStrictEqual({ loans: 1_000, contacts: 2_000, repayments: 10_000 })
    // One to look the tables and ids up, one to write.
    expect(calls.batch).toBe(2)
    expect(rowsWritten(done)).toBe(13_000)
    expect(writesIn(done).length).toBeLessThan(10)
    for (const { values, parameters } of done) {
      expect(parameters).toBeLessThan(100)
      for (const value of values) expect(new TextEncoder().encode(String(value)).length).toBeLessThan(LONGEST_PARAMETER)
    }
  })

  it('names every row with a mistake once, in order, and writes nothing', async () => {
    const taken = aDraft()
    await createLoan(provide(env), taken)
    const good = aDraft()
    const bad = aDraft({ contacts: { applicant: { phone: '12' } }, repayments: [{ id: '1', amount_due: '0' }] })
    const rows = [
      rowOf(good),
      rowOf(bad),
      rowOf(taken),
      { id: null, issues: [{ path: '', message: 'must be an object' }] },
      { id: good.id, issues: [{ path: 'currency', message: 'is wrong' }] },
      { id: null, issues: [{ path: 'id', message: 'is required' }] },
      rowOf(aDraft()),
    ]
    expect(await refusalOf(importLoans(provide(env), rows))).toStrictEqual({
      code: 'import_refused',
      details: {
        rows: [
          {
            row: 1,
            id: bad.id,
            issues: [
              { path: 'contacts.applicant.phone', message: expect.any(String) },
              { path: 'repayments.0.amount_due', message: 'must be more than nothing' },
            ],
          },
          { row: 2, id: taken.id, issues: [{ path: 'id', message: 'exists already' }] },
          { row: 3, id: null, issues: [{ path: '', message: 'must be an object' }] },
          {
            row: 4,
            id: good.id,
            issues: [
              { path: 'id', message: 'is that of row 0, too' },
              { path: 'currency', message: 'is wrong' },
            ],
          },
          { row: 5, id: null, issues: [{ path: 'id', message: 'is required' }] },
        ],
      },
    })
    expect(await countsOf([good.id, bad.id])).toStrictEqual({ loans: 0, contacts: 0, repayments: 0 })
  })

  it('of two at once that share one loan lets exactly one in, whole', async () => {
    for (let round = 0; round < 5; round++) {
      const shared = aDraft()
      const imports = [0, 1].map((nth) => {
        const own = Array.from({ length: 20 }, () => aDraft())
        return own.toSpliced(nth * 10, 0, shared)
      })
      const results = await Promise.allSettled(imports.map((drafts) => importLoans(provide(env), drafts.map(rowOf))))

      const won = results.findIndex(({ status }) => status === 'fulfilled')
      const lost = results[1 - won] as PromiseRejectedResult
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const rows = [{ row: (1 - won) * 10, id: shared.id, issues: [{ path: 'id', message: 'exists already' }] }]
      expect((lost.reason as AppError).refusal).toStrictEqual({ code: 'import_refused', details: { rows } })
      expect(await countsOf(imports[won]!.map(({ id }) => id))).toStrictEqual({ loans: 21, contacts: 21, repayments: 21 })
      const others = imports[1 - won]!.map(({ id }) => id).filter((id) => id !== shared.id)
      expect(await countsOf(others)).toStrictEqual({ loans: 0, contacts: 0, repayments: 0 })
    }
  })

  it('writes nothing where a loan was created after the ids were looked up', async () => {
    const { db, done } = watchedDatabase()
    const [first, late, last] = [aDraft(), aDraft(), aDraft()]
    let calls = 0
    const deps = depsWith(
      new Proxy(db, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name)
          if (name !== 'batch') return value
          return async (statements: Parameters<Database['batch']>[0]) => {
            calls += 1
            if (calls === 2) await createLoan(provide(env), late)
            return target.batch(statements)
          }
        },
      }),
    )
    const refusal = await refusalOf(importLoans(deps, [first, late, last].map(rowOf)))
    expect(refusal).toMatchObject({ code: 'import_refused', details: { rows: [{ row: 1, id: late.id }] } })
    expect(rowsWritten(done)).toBe(0)
    expect(await countsOf([first.id, last.id])).toStrictEqual({ loans: 0, contacts: 0, repayments: 0 })
    expect(await countsOf([late.id])).toStrictEqual({ loans: 1, contacts: 1, repayments: 1 })
  })
})

describe('a number', () => {
  it('is nowhere in clear, and opens in its own place only', async () => {
    const [applicant, co] = [uniquePhone(), uniquePhone()]
    const draft = aDraft({ contacts: { applicant: { phone: applicant }, co_applicant: { phone: co } } })
    const { contacts } = await createLoan(provide(env), draft)
    await importLoans(provide(env), [rowOf(aDraft({ contacts: { applicant: { phone: applicant } } }))])

    const dump = await dumpOf(['loan', 'loan_contact', 'repayment', 'repayment_change'])
    expect(dump).toContain(draft.id)
    for (const phone of [applicant, co]) expect(dump).not.toContain(phone.slice(3))

    const { contactSealer, verification } = provide(env)
    const deps = { contactSealer, verification }
    expect((await reachContact(deps, contacts, 'applicant')).e164).toBe(applicant)
    expect((await reachContact(deps, contacts, 'co_applicant')).e164).toBe(co)
    const swapped = contacts.map((contact, index) => ({ ...contact, phoneSealed: contacts[1 - index]!.phoneSealed }))
    await expect(reachContact(deps, swapped, 'applicant')).rejects.toBeInstanceOf(AppError)
    const copied = contacts.map((contact) => ({ ...contact, loanId: uniqueLenderId() }))
    await expect(reachContact(deps, copied, 'applicant')).rejects.toBeInstanceOf(AppError)
  })

  it('is known by the hash that names its gate', async () => {
    const phone = uniquePhone()
    const { contacts } = await createLoan(provide(env), aDraft({ contacts: { applicant: { phone } } }))
    expect(contacts[0]).toMatchObject({ phoneHash: await provide(env).hashPhone(phone), country: 'IN' })
  })
})

describe('addRepayments', () => {
  const many = (length: number, from = 0) =>
    Array.from({ length }, (_, index) => ({ id: `r${String(from + index)}`, amount_due: '1.00' }))

  it('never lets a loan have more than it may, however many ask at once', async () => {
    const draft = aDraft({ repayments: many(590) })
    await createLoan(provide(env), draft)
    const asked = Array.from({ length: 4 }, (_, nth) => addRepayments(provide(env), draft.id, many(4, 1_000 + nth * 10)))
    const results = await Promise.allSettled(asked)

    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2)
    expect((await getLoan(provide(env).db, draft.id)).repayments).toHaveLength(598)
    const message = expect.stringContaining('it has 598')
    expect(await refusalOf(addRepayments(provide(env), draft.id, many(3, 2_000)))).toStrictEqual({
      code: 'invalid_request',
      details: { issues: [{ path: 'repayments', message }] },
    })
    expect((await addRepayments(provide(env), draft.id, many(2, 2_000))).repayments).toHaveLength(600)
  })

  it('of two at once with the same id lets one in', async () => {
    const draft = aDraft()
    await createLoan(provide(env), draft)
    const asked = [0, 1].map((nth) => addRepayments(provide(env), draft.id, [...many(1, 50 + nth), ...many(1, 60)]))
    const results = await Promise.allSettled(asked)
    const lost = results.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    const issues = [{ path: 'repayments.1.id', message: 'exists already' }]
    expect((lost.reason as AppError).refusal).toStrictEqual({ code: 'loan_exists', details: { issues } })
    expect((await getLoan(provide(env).db, draft.id)).repayments).toHaveLength(3)
  })
})

describe('what D1 reads', () => {
  it('is looked up by primary keys, a row each', async () => {
    const draft = aDraft({ repayments: [1, 2, 3].map((id) => ({ id: String(id), amount_due: '1.00' })) })
    await importLoans(provide(env), [draft, ...Array.from({ length: 50 }, () => aDraft())].map(rowOf))

    const { db, done, calls } = watchedDatabase()
    await getLoan(db, draft.id)
    await getRepayment(db, draft.id, '2')
    await listLoans(db, { after: draft.id, limit: 5 })
    await addRepayments(depsWith(db), draft.id, [{ id: '4', amount_due: '1.00' }])
    await createLoan(depsWith(db), aDraft())

    expect(calls.batch).toBe(6)
    const plans = await Promise.all(done.map(async (one) => [one.sql, ...(await planOf(one))].join('\n')))
    const ofGrowing = plans.filter((plan) => !/ from "(repayment_status|payment_mode)"/.test(plan.split('\n')[0]!))
    expect(ofGrowing.length).toBeGreaterThan(10)
    for (const plan of ofGrowing) expect(plan).not.toMatch(/SCAN (?!json_each)|TEMP B-TREE/)
    for (const { rowsRead } of done) expect(rowsRead).toBeLessThan(25)
  })

  it('is no more for the first page of the list', async () => {
    const { db, done } = watchedDatabase()
    const { page, next } = await listLoans(db, { after: undefined, limit: 3 })
    expect(page).toHaveLength(3)
    expect(next).toBe(page[2]!.id)
    expect(done.map(({ rowsRead }) => rowsRead)).toStrictEqual([4])
  })
})

/** All rows of the tables as one text. */
async function dumpOf(tables: readonly string[]): Promise<string> {
  const rows = await Promise.all(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`).all()))
  return JSON.stringify(rows.map(({ results }) => results))
}
