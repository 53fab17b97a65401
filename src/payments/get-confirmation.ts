import { and, eq } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import { repaymentChanges } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { Caller } from '../otp/deps'
import { type VerificationView, getVerification } from '../otp/get-verification'
import { type ChangeFacts, changeIn } from './change'
import { CONFIRMATION_PURPOSE } from './create-confirmation'
import type { PaymentDeps } from './deps'
import type { RepaymentChangeRow } from './loan'
import { type RepaymentContext, readRepayment } from './read-repayment'

/** A confirmation as it is now. */
export interface ConfirmationView {
  readonly verification: VerificationView
  readonly facts: ChangeFacts
  readonly context: RepaymentContext
  /** Undefined until the repayment was changed by it. */
  readonly change: RepaymentChangeRow | undefined
}

/**
 * One confirmation: from its gate, and from D1 once the gate has been quiet for a day.
 * @throws `verification_not_found`, `dependency_unavailable`
 */
export async function getConfirmation(
  { db, verification: deps }: PaymentDeps,
  caller: Pick<Caller, 'principal'>,
  id: string,
): Promise<ConfirmationView> {
  const verification = await getVerification(deps, caller, id)
  if (!verification.intent || verification.purpose !== CONFIRMATION_PURPOSE) throw refuse('verification_not_found', {})
  const facts = changeIn({ key: '', facts: verification.intent })
  const { loan_id: loanId, repayment_id: repaymentId } = facts
  const isIts = and(eq(repaymentChanges.loanId, loanId), eq(repaymentChanges.repaymentId, repaymentId))
  const [context, change] = await Promise.all([
    readRepayment(db, loanId, repaymentId),
    fromDatabase(
      db
        .select()
        .from(repaymentChanges)
        .where(and(isIts, eq(repaymentChanges.verificationId, id)))
        .get(),
    ),
  ])
  return { verification, facts, context, change }
}
