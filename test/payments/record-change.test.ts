import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createDatabase } from '../../src/db/client'
import type { Approval } from '../../src/otp/intent'
import { type ChangeFacts, toIntent } from '../../src/payments/change'
import { createFulfil, recordChange } from '../../src/payments/record-change'
import { planOf, rowsWritten, watchedDatabase } from '../support/audit'
import { brokenDatabase } from '../support/broken'
import { MODE, STATUS, type TestLoan, changesOf, putLoan, repaymentOf } from '../support/loans'
import { T0 } from '../support/pure-gate'
import { uniquePhone } from '../support/service'

const db = createDatabase(env.DB)

let approvals = 0

/** A change of a loan to Paid that was approved over its first version, or another one. */
async function approvalOf(loan: TestLoan, changes: Partial<ChangeFacts> = {}, more: Partial<Approval> = {}): Promise<Approval> {
  const facts: ChangeFacts = {
    loan_id: loan.loanId,
    repayment_id: loan.repaymentId,
    contact_type: 'applicant',
    repayment_status: STATUS.paid,
    amount: 500_000,
    currency: 'INR',
    payment_mode_id: MODE.upi,
    payee: 'Prosparity',
    basis_version: 1,
    contact_version: 1,
    requested_by: null,
    ...changes,
  }
  const verificationId = `ver-${++approvals}`
  const asked = { acceptedAt: T0, communicationId: 'com-1', surface: 'payment-otp', requestId: `req-${approvals}` }
  return { verificationId, intent: await toIntent(facts), ...asked, ...more }
}

const part = (amount: number, basis_version = 1): Partial<ChangeFacts> => ({
  repayment_status: STATUS.partiallyPaid,
  amount,
  basis_version,
})

/** Changes the row as somebody with a console would, who does not know of versions. */
const byHand = ({ loanId, repaymentId }: TestLoan, set: string) =>
  env.DB.prepare(`UPDATE repayment SET ${set} WHERE loan_id = ? AND id = ?`).bind(loanId, repaymentId).run()

/** The number of the applicant becomes another one, with its row of the history, as {@link changeContact} writes it. */
const changeNumber = ({ loanId }: TestLoan, version: number, at: number) =>
  env.DB.batch([
    env.DB.prepare(
      `INSERT INTO loan_contact_change (loan_id, contact_type, version, at, surface, request_id) VALUES (?, 'applicant', ?, ?, 'v1', 'req')`,
    ).bind(loanId, version, at),
    env.DB.prepare(`UPDATE loan_contact SET version = ? WHERE loan_id = ? AND contact_type = 'applicant'`).bind(version, loanId),
  ])

async function expectUnchangedBy(loan: TestLoan, approval: Approval): Promise<void> {
  const before = [await repaymentOf(loan), await changesOf(loan)]
  const { db: watched, done } = watchedDatabase()
  expect(await recordChange(watched, approval)).toBeUndefined()
  expect([await repaymentOf(loan), await changesOf(loan)]).toEqual(before)
  expect(rowsWritten(done)).toBe(0)
}

describe('a change', () => {
  it('is made with its row of the history, which is given back', async () => {
    const loan = await putLoan()
    const approval = await approvalOf(loan, { requested_by: 'agent-7' })

    const change = await recordChange(db, approval)

    expect(change).toEqual({
      loanId: loan.loanId,
      repaymentId: loan.repaymentId,
      version: 2,
      at: T0,
      fromStatusId: STATUS.pending,
      toStatusId: STATUS.paid,
      amount: 500_000,
      amountCollected: 500_000,
      paymentModeId: MODE.upi,
      contactType: 'applicant',
      verificationId: approval.verificationId,
      communicationId: 'com-1',
      surface: 'payment-otp',
      requestId: approval.requestId,
      requestedBy: 'agent-7',
    })
    expect(await changesOf(loan)).toEqual([change])
    expect(await repaymentOf(loan)).toMatchObject({
      statusId: STATUS.paid,
      amountCollected: 500_000,
      amountDue: 500_000,
      paymentModeId: MODE.upi,
      version: 2,
      updatedAt: T0,
    })
  })

  it('may be of a message that is not known', async () => {
    const loan = await putLoan()
    expect(await recordChange(db, await approvalOf(loan, {}, { communicationId: null }))).toMatchObject({ communicationId: null })
  })

  it('made again changes nothing and is told the same, also after others came', async () => {
    const loan = await putLoan()
    const first = await approvalOf(loan, part(200_000))
    const made = await recordChange(db, first)
    await recordChange(db, await approvalOf(loan, part(100_000, 2)))
    const { db: watched, done, calls } = watchedDatabase()

    expect(await recordChange(watched, first)).toEqual(made)

    expect(calls.batch).toBe(1)
    expect(rowsWritten(done)).toBe(0)
    expect(await repaymentOf(loan)).toMatchObject({ amountCollected: 300_000, version: 3 })
    expect(await changesOf(loan)).toHaveLength(2)
  })

  it('leaves every other repayment as it is', async () => {
    const loan = await putLoan({ repayments: [{}, {}] })
    const neighbour = { ...loan, repaymentId: String(Number(loan.repaymentId) + 1) }
    const namesake = await putLoan({ repayments: [{ id: loan.repaymentId }] })
    const before = [await repaymentOf(neighbour), await repaymentOf(namesake)]
    await recordChange(db, await approvalOf(loan))
    expect([await repaymentOf(neighbour), await repaymentOf(namesake)]).toEqual(before)
  })

  it('costs one round trip and two rows written, and is found by its keys however many loans there are', async () => {
    const loan = await putLoan()
    const { db: watched, done, calls } = watchedDatabase()
    await recordChange(watched, await approvalOf(loan))

    expect(calls.batch).toBe(1)
    expect(rowsWritten(done)).toBe(2)
    expect(rowsWritten(done, 'update "repayment"')).toBe(1)
    for (const statement of done) {
      expect(statement.rowsRead).toBeLessThanOrEqual(6)
      expect((await planOf(statement)).filter((step) => step.startsWith('SCAN') && step !== 'SCAN CONSTANT ROW')).toEqual([])
    }
  })

  it('of parts sums up to the last minor unit', async () => {
    const amountDue = 900_719_925_474_099
    const loan = await putLoan({ repayments: [{ amountDue }] })
    await recordChange(db, await approvalOf(loan, part(1)))
    await recordChange(db, await approvalOf(loan, part(900_719_925_474_000, 2)))
    expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.partiallyPaid, amountCollected: 900_719_925_474_001 })
    await recordChange(db, await approvalOf(loan, { amount: 98, basis_version: 3 }))

    expect(await repaymentOf(loan)).toMatchObject({ statusId: STATUS.paid, amountCollected: amountDue, version: 4 })
    expect((await changesOf(loan)).map(({ fromStatusId, amountCollected }) => [fromStatusId, amountCollected])).toEqual([
      [STATUS.pending, 1],
      [STATUS.partiallyPaid, 900_719_925_474_001],
      [STATUS.partiallyPaid, amountDue],
    ])
    const types = await env.DB.prepare('SELECT DISTINCT typeof(amount) a, typeof(amount_collected) b FROM repayment_change').all()
    expect(types.results).toEqual([{ a: 'integer', b: 'integer' }])
  })
})

describe('a change that was overtaken', () => {
  it('by another approval over the same version is not made: the first wins', async () => {
    const loan = await putLoan()
    const [first, second] = [await approvalOf(loan, part(200_000)), await approvalOf(loan, part(200_000))]
    expect(await recordChange(db, first)).toMatchObject({ verificationId: first.verificationId })
    await expectUnchangedBy(loan, second)
    expect(await recordChange(db, first)).toMatchObject({ verificationId: first.verificationId })
  })

  it('by one of twenty at once: exactly one is made', async () => {
    const loan = await putLoan()
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => approvalOf(loan, part(100 + index))))

    const made = (await Promise.all(all.map((approval) => recordChange(db, approval)))).filter((change) => change !== undefined)

    expect(made).toHaveLength(1)
    expect(await changesOf(loan)).toEqual(made)
    expect(await repaymentOf(loan)).toMatchObject({ amountCollected: made[0]!.amount, version: 2 })
  })

  it('is made once of the same one twenty times at once, and each is told so', async () => {
    const loan = await putLoan()
    const approval = await approvalOf(loan)
    const made = await Promise.all(Array.from({ length: 20 }, () => recordChange(db, approval)))
    expect(new Set(made.map((change) => JSON.stringify(change))).size).toBe(1)
    expect(await changesOf(loan)).toEqual([made[0]])
  })

  it.each([
    ['an older version', 2, 1],
    ['a version that is not there yet', 1, 2],
  ])('decided over %s is not made', async (_name, version, basis_version) => {
    const loan = await putLoan({ repayments: [{ version }] })
    await expectUnchangedBy(loan, await approvalOf(loan, { basis_version }))
  })

  it('for another number of the contact, or one that is gone, is not made', async () => {
    const contacts = { applicant: uniquePhone(), co_applicant: uniquePhone() }
    const loan = await putLoan({ contacts })
    await env.DB.prepare(`UPDATE loan_contact SET version = 2 WHERE loan_id = ? AND contact_type = 'applicant'`)
      .bind(loan.loanId)
      .run()
    await expectUnchangedBy(loan, await approvalOf(loan))
    await env.DB.prepare(`DELETE FROM loan_contact WHERE loan_id = ? AND contact_type = 'applicant'`).bind(loan.loanId).run()
    await expectUnchangedBy(loan, await approvalOf(loan, { contact_version: 2 }))
    expect(await recordChange(db, await approvalOf(loan, { contact_type: 'co_applicant' }))).toBeDefined()
  })

  it.each([
    ['before it was accepted, not', T0 - 1, false],
    ['in that moment', T0, true],
    ['after it was accepted', T0 + 1, true],
  ])('by another number of the contact is made or not: %s', async (_when, at, isMade) => {
    const loan = await putLoan()
    await changeNumber(loan, 2, at)
    const approval = await approvalOf(loan)
    if (isMade) expect(await recordChange(db, approval)).toMatchObject({ verificationId: approval.verificationId })
    else await expectUnchangedBy(loan, approval)
  })

  it('by several other numbers of the contact: the first of them tells', async () => {
    const [late, early] = [await putLoan(), await putLoan()]
    await changeNumber(late, 2, T0 + 1)
    await changeNumber(late, 3, T0 + 2)
    expect(await recordChange(db, await approvalOf(late))).toBeDefined()
    await changeNumber(early, 2, T0 - 1)
    await changeNumber(early, 3, T0 + 1)
    await expectUnchangedBy(early, await approvalOf(early))
  })

  it('by a change of its contact after it was made is told as made', async () => {
    const loan = await putLoan()
    const approval = await approvalOf(loan)
    const made = await recordChange(db, approval)
    await env.DB.prepare('UPDATE loan_contact SET version = 2 WHERE loan_id = ?').bind(loan.loanId).run()
    expect(await recordChange(db, approval)).toEqual(made)
  })

  it('of a repayment that there is none of is not made', async () => {
    const loan = await putLoan()
    const gone = { ...loan, repaymentId: '1' }
    expect(await recordChange(db, await approvalOf(gone))).toBeUndefined()
    expect(await changesOf(gone)).toEqual([])
  })
})

describe('a row that was edited by hand, its version left as it was', () => {
  it.each([
    ['something was collected', 'amount_collected = 1'],
    ['all was collected', 'amount_collected = 500000'],
    ['less is due', 'amount_due = 499999'],
  ])('never collects more than is due: %s', async (_name, set) => {
    const loan = await putLoan()
    await byHand(loan, set)
    await expectUnchangedBy(loan, await approvalOf(loan))
  })

  it('collects what still fits, over what is there by now', async () => {
    const loan = await putLoan()
    await byHand(loan, 'amount_collected = 300000, status_id = 2')
    expect(await recordChange(db, await approvalOf(loan, part(199_999)))).toMatchObject({
      amount: 199_999,
      amountCollected: 499_999,
      fromStatusId: STATUS.partiallyPaid,
    })
    expect((await repaymentOf(loan)).amountCollected).toBe(499_999)
  })

  it.each<[string, string, Partial<ChangeFacts>]>([
    ['a part that would be all', 'amount_collected = 300000', part(200_000)],
    ['all that would be a part', 'amount_due = 500001', {}],
    ['a status that is gone', 'amount_collected = 0', { repayment_status: 99 }],
    ['a status that no code confirms', 'amount_collected = 0', { repayment_status: STATUS.pending }],
  ])('is never called what it is not: %s', async (_name, set, changes) => {
    const loan = await putLoan()
    await byHand(loan, set)
    await expectUnchangedBy(loan, await approvalOf(loan, changes))
  })

  it('and set back: the change of then stands, the new one is not made, and nobody tries for ever', async () => {
    const loan = await putLoan()
    const first = await approvalOf(loan, part(200_000))
    const made = await recordChange(db, first)
    await byHand(loan, 'version = 1, amount_collected = 0')
    await expectUnchangedBy(loan, await approvalOf(loan, part(100_000)))
    expect(await changesOf(loan)).toEqual([made])
  })

  it('and set back: the change of then is told as made, and not made again', async () => {
    const loan = await putLoan()
    const first = await approvalOf(loan, part(200_000))
    const made = await recordChange(db, first)
    await byHand(loan, 'version = 1')
    expect(await recordChange(db, first)).toEqual(made)
    expect(await repaymentOf(loan)).toMatchObject({ version: 1, amountCollected: 200_000 })
  })
})

describe('for the gate', () => {
  it('all are carried out, and those that cannot be any more are told', async () => {
    const [one, other] = [await putLoan(), await putLoan()]
    const first = await approvalOf(one)
    const overtaken = await approvalOf(one)
    const third = await approvalOf(other)

    expect(await createFulfil(db)([first, overtaken, third])).toEqual([overtaken.verificationId])

    expect(await changesOf(one)).toMatchObject([{ verificationId: first.verificationId }])
    expect(await changesOf(other)).toMatchObject([{ verificationId: third.verificationId }])
    expect(await createFulfil(db)([first, overtaken, third])).toEqual([overtaken.verificationId])
    expect(await createFulfil(db)([])).toEqual([])
  })

  it('one that throws holds up no other, before it or after it', async () => {
    const loans = [await putLoan(), await putLoan(), await putLoan()]
    const all = await Promise.all(loans.map((loan) => approvalOf(loan)))
    let asked = 0
    const failing = new Proxy(env.DB, {
      get: (target, name) =>
        name === 'batch'
          ? (made: D1PreparedStatement[]) => (++asked === 2 ? Promise.reject(new Error('injected')) : target.batch(made))
          : (Reflect.get(target, name) as () => unknown).bind(target),
    })

    await expect(createFulfil(createDatabase(failing))(all)).rejects.toThrow('injected')

    expect(await Promise.all(loans.map(async (loan) => (await changesOf(loan)).length))).toEqual([1, 0, 1])
    expect(await createFulfil(db)(all)).toEqual([])
    expect(await changesOf(loans[1]!)).toHaveLength(1)
  })

  it('a D1 that does not answer is no answer: it throws, and what was made before stays made', async () => {
    const [one, other] = [await putLoan(), await putLoan()]
    const both = [await approvalOf(one), await approvalOf(other)]
    let asked = 0
    const dying = new Proxy(env.DB, {
      get: (target, name) =>
        name === 'batch'
          ? (made: D1PreparedStatement[]) => (++asked === 1 ? target.batch(made) : Promise.reject(new Error('injected')))
          : (Reflect.get(target, name) as () => unknown).bind(target),
    })
    await expect(createFulfil(createDatabase(dying))(both)).rejects.toThrow('injected')
    expect([(await changesOf(one)).length, (await changesOf(other)).length]).toEqual([1, 0])
    await expect(createFulfil(createDatabase(brokenDatabase as never))(both)).rejects.toThrow('injected')

    expect(await createFulfil(db)(both)).toEqual([])
    expect([(await changesOf(one)).length, (await changesOf(other)).length]).toEqual([1, 1])
  })
})
