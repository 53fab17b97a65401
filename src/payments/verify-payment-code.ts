import { type CheckedVerification, checkVerification } from '../otp/check-verification'
import type { Caller } from '../otp/deps'
import { bindRepayment } from './change'
import type { PaymentDeps } from './deps'
import type { ContactType } from './loan'
import { type ReachableContact, reachContact } from './reach-contact'
import { readRepayment } from './read-repayment'
import { PAYMENT_PURPOSE } from './send-payment-code'

/**
 * Weighs a code for a repayment. When it is right, one change of that repayment may follow within ten minutes, from who
 * knows the code (`update-repayment.ts`).
 * @throws `loan_not_found`, `repayment_not_found`, `contact_unreachable`, and as `checkVerification`
 */
export async function verifyPaymentCode(
  deps: PaymentDeps,
  caller: Caller,
  input: { readonly loanId: string; readonly repaymentId: string; readonly contactType: ContactType; readonly code: string },
): Promise<{ readonly checked: CheckedVerification; readonly contact: ReachableContact }> {
  const { loanId, repaymentId, contactType, code } = input
  const { contacts } = await readRepayment(deps.db, loanId, repaymentId)
  const contact = await reachContact(deps, contacts, contactType)
  const checked = await checkVerification(deps.verification, caller, {
    target: { phone: contact, purpose: PAYMENT_PURPOSE, bindingHash: await bindRepayment(loanId, repaymentId, contact) },
    code,
    codeLength: deps.profiles.payment.codeLength,
    isFollowed: true,
  })
  return { checked, contact }
}
