import { and, eq, sql } from 'drizzle-orm'
import type { Database } from '../db/client'
import { loanContacts, repaymentChanges, repayments } from '../db/schema'
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
    sql`exists (select 1 from ${loanContacts} where ${isSameContact(facts)})`,
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

function isSameContact({ loan_id, contact_type, contact_version }: ChangeFacts) {
  return and(
    eq(loanContacts.loanId, loan_id),
    eq(loanContacts.contactType, contact_type),
    eq(loanContacts.version, contact_version),
  )
}

/** For the gate, which calls it until it succeeds: whoever was to make a change may have died before it did. */
export function createFulfil(db: Database): Fulfil {
  return async (approvals) => {
    const impossible: string[] = []
    for (const approval of approvals) {
      if (!(await recordChange(db, approval))) impossible.push(approval.verificationId)
    }
    return impossible
  }
}
