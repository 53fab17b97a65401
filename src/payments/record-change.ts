import { type SQL, and, eq, gte, sql } from 'drizzle-orm'
import type { Database } from '../db/client'
import { loanContactChanges, loanContacts, repaymentChanges, repaymentStatuses, repayments } from '../db/schema'
import type { Approval, Fulfil } from '../otp/intent'
import { type ChangeFacts, changeIn } from './change'
import type { RepaymentChangeRow } from './loan'

/**
 * Makes the change that a right code was given for, with its row of the history, in one transaction. Made again it changes
 * nothing. A change that was decided over another version of the repayment, or of the contact, is not made.
 * @returns undefined where one of them was changed by something else meanwhile
 */
export async function recordChange(db: Database, approval: Approval): Promise<RepaymentChangeRow | undefined> {
  const { verificationId, acceptedAt, communicationId, surface, requestId } = approval
  const facts = changeIn(approval.intent)
  const { loan_id: loanId, repayment_id: repaymentId, basis_version: basis, amount } = facts
  const version = basis + 1
  const isBasis = and(
    eq(repayments.loanId, loanId),
    eq(repayments.id, repaymentId),
    eq(repayments.version, basis),
    wasSameContact(facts, acceptedAt),
    isOfKind(facts),
    // Who changes a row by hand may leave its version: a change that the table refuses would be tried for ever.
    sql`${repayments.amountCollected} + ${amount} <= ${repayments.amountDue}`,
  )
  const isIts = and(
    eq(repaymentChanges.loanId, loanId),
    eq(repaymentChanges.repaymentId, repaymentId),
    eq(repaymentChanges.version, version),
  )
  // The version may also have been set back by hand, over changes that were made: they stand, and are not made again.
  const isNew = sql`not exists (select 1 from ${repaymentChanges} where ${isIts})`
  const isOurs = sql`exists (select 1 from ${repaymentChanges} where ${isIts} and ${repaymentChanges.verificationId} = ${verificationId}
    and ${repaymentChanges.amountCollected} = ${repayments.amountCollected} + ${amount})`
  const row = sql`select ${loanId}, ${repaymentId}, ${version}, ${acceptedAt}, ${repayments.statusId}, ${facts.repayment_status},
    ${amount}, ${repayments.amountCollected} + ${amount}, ${facts.payment_mode_id}, ${facts.contact_type}, ${verificationId},
    ${communicationId}, ${surface}, ${requestId}, ${facts.requested_by} from ${repayments} where ${and(isBasis, isNew)}`
  const [, , [found]] = await db.batch([
    db.insert(repaymentChanges).select(row),
    db
      .update(repayments)
      .set({
        statusId: facts.repayment_status,
        amountCollected: sql`${repayments.amountCollected} + ${amount}`,
        paymentModeId: facts.payment_mode_id,
        version,
        updatedAt: acceptedAt,
      })
      .where(and(isBasis, isOurs)),
    db.select().from(repaymentChanges).where(isIts),
  ])
  return found?.verificationId === verificationId ? found : undefined
}

/** A number that was changed after the change was accepted takes nothing back. */
function wasSameContact({ loan_id, contact_type, contact_version: version }: ChangeFacts, acceptedAt: number): SQL {
  const isStill = and(
    eq(loanContacts.loanId, loan_id),
    eq(loanContacts.contactType, contact_type),
    eq(loanContacts.version, version),
  )
  const wasThen = and(
    eq(loanContactChanges.loanId, loan_id),
    eq(loanContactChanges.contactType, contact_type),
    eq(loanContactChanges.version, version + 1),
    gte(loanContactChanges.at, acceptedAt),
  )
  return sql`(exists (select 1 from ${loanContacts} where ${isStill}) or exists (select 1 from ${loanContactChanges} where ${wasThen}))`
}

/** What is due and the table of statuses may be changed by hand: what it becomes has to be what it is called. */
function isOfKind({ repayment_status, amount }: ChangeFacts): SQL {
  const kind = sql`iif(${repayments.amountCollected} + ${amount} = ${repayments.amountDue}, 'paid', 'partial')`
  const isIt = and(eq(repaymentStatuses.id, repayment_status), sql`${repaymentStatuses.kind} = ${kind}`)
  return sql`exists (select 1 from ${repaymentStatuses} where ${isIt})`
}

/** For the gate, which calls it until it succeeds: whoever was to make a change may have died before it did. */
export function createFulfil(db: Database): Fulfil {
  return async (approvals) => {
    // Each by itself: one that fails holds up no other.
    const made = await Promise.allSettled(approvals.map((approval) => recordChange(db, approval)))
    const failed = made.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
    return approvals.flatMap(({ verificationId }, index) => {
      const one = made[index]!
      return one.status === 'fulfilled' && one.value === undefined ? verificationId : []
    })
  }
}
