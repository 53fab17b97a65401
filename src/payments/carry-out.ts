import { DEPENDENCY_TIMEOUT_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import { errorName } from '../core/log'
import { withTimeout } from '../core/with-timeout'
import type { CheckedVerification } from '../otp/check-verification'
import type { Caller } from '../otp/deps'
import type { Approval } from '../otp/intent'
import type { PaymentDeps } from './deps'
import type { RepaymentChangeRow } from './loan'
import { recordChange } from './record-change'

/** By then the gate has tried again itself. Seconds. */
const ASK_AGAIN_SECONDS = 5

/** The change that a right code is for; a code that is right and for none is of a gate that runs older code, in a deploy. */
export function requireApproval({ valid, approval }: CheckedVerification): Approval | undefined {
  if (valid && !approval) throw refuse('dependency_unavailable', { dependency: 'gate' })
  return approval
}

/**
 * Makes an approved change at once, for the answer. The gate sees to it that it is made, also where nobody gets here: what
 * fails is told as going to happen, and the same request again says how it went.
 * @throws `update_pending`, `repayment_changed`
 */
export async function carryOut(
  { db, verification: { log } }: Pick<PaymentDeps, 'db' | 'verification'>,
  caller: Caller,
  approval: Approval,
): Promise<RepaymentChangeRow> {
  let change: RepaymentChangeRow | undefined
  try {
    change = await withTimeout(recordChange(db, approval), DEPENDENCY_TIMEOUT_MS)
  } catch (error) {
    const note = { request_id: caller.requestId, verification_id: approval.verificationId, error_name: errorName(error) }
    log('error', 'repayment.not_recorded', { ...note, dependency: 'd1' })
    throw refuse('update_pending', { retryAfterSeconds: ASK_AGAIN_SECONDS }, error)
  }
  if (!change) throw refuse('repayment_changed', {})
  log('info', 'repayment.changed', { request_id: caller.requestId, verification_id: approval.verificationId })
  return change
}
