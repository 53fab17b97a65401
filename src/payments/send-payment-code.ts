import { UPDATE_WINDOW_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import type { Caller } from '../otp/deps'
import { type SentVerification, sendVerification } from '../otp/send-verification'
import { bindRepayment } from './change'
import type { PaymentDeps } from './deps'
import { findTemplate } from './find-template'
import { type ContactType, maskLoanId, repaymentSubject } from './loan'
import { type ReachableContact, reachContact } from './reach-contact'
import { readRepayment } from './read-repayment'

/** The purpose of codes that brief 000's clients ask for. */
export const PAYMENT_PURPOSE = 'payment'

const LOCALE = 'en'

export interface PaymentCodeInput {
  readonly loanId: string
  readonly repaymentId: string
  readonly contactType: ContactType
  /** Of `communication_template`: its id, or the number of its row. */
  readonly templateKey: string
}

/**
 * Sends a code to a contact of a loan, for one of its repayments. The right code lets one change of that repayment through.
 * @throws `loan_not_found`, `repayment_not_found`, `repayment_settled`, `contact_unreachable`, `template_not_found`, and as
 *   `sendVerification`
 */
export async function sendPaymentCode(
  deps: PaymentDeps,
  caller: Caller,
  { loanId, repaymentId, contactType, templateKey }: PaymentCodeInput,
): Promise<{ readonly sent: SentVerification; readonly contact: ReachableContact }> {
  const profile = deps.profiles.payment
  const wanted = { channel: 'sms', purpose: PAYMENT_PURPOSE, locale: LOCALE, builtIn: profile.text } as const
  const template = findTemplate(deps, caller, templateKey, { ...wanted, given: ['payee', 'loan'] })
  // Side by side, since D1 can be an ocean away; what is wrong with the loan is told first, so this may be told to nobody.
  void template.catch(() => undefined)
  const { loan, contacts, status } = await readRepayment(deps.db, loanId, repaymentId)
  if (status.kind === 'paid') throw refuse('repayment_settled', {})
  const contact = await reachContact(deps, contacts, contactType)
  const values = { payee: loan.payee, loan: maskLoanId(loan.id) }
  const templateId = await template
  const sent = await sendVerification(deps.verification, caller, {
    phone: contact,
    profile,
    purpose: PAYMENT_PURPOSE,
    bindingHash: await bindRepayment(loanId, repaymentId, contact),
    locale: LOCALE,
    templateId,
    values,
    subject: repaymentSubject(loanId, repaymentId),
    updateWindowMs: UPDATE_WINDOW_MS,
  })
  return { sent, contact }
}
