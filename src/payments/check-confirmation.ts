import { type CheckedVerification, checkVerification } from '../otp/check-verification'
import type { Caller } from '../otp/deps'
import type { IntentFacts } from '../otp/intent'
import { carryOut, requireApproval } from './carry-out'
import { CONFIRMATION_PURPOSE } from './create-confirmation'
import type { PaymentDeps } from './deps'
import type { RepaymentChangeRow } from './loan'

/**
 * Weighs the code of a confirmation; the right one makes the change that it was sent for. Facts that are given have to be
 * those: another amount, currency or payee makes the code worth nothing.
 * @throws `verification_not_found`, `confirmation_changed`, `confirmation_expired`, `repayment_changed`, `update_pending`, and
 *   as `checkVerification`
 */
export async function checkConfirmation(
  deps: PaymentDeps,
  caller: Caller,
  { id, code, presented }: { readonly id: string; readonly code: string; readonly presented: IntentFacts },
): Promise<{ readonly checked: CheckedVerification; readonly change: RepaymentChangeRow | undefined }> {
  const { codeLength } = deps.profiles.confirmation
  const checked = await checkVerification(deps.verification, caller, {
    target: { id, purpose: CONFIRMATION_PURPOSE },
    code,
    codeLength,
    isFollowed: true,
    presented,
  })
  const approval = requireApproval(checked)
  return { checked, change: approval && (await carryOut(deps, caller, approval)) }
}
