import { UPDATE_WINDOW_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import type { Caller } from '../otp/deps'
import { type SentVerification, sendVerification } from '../otp/send-verification'
import { type ChangeFacts, bindRepayment, toIntent } from './change'
import { type Issue, type WantedChange, readChange, weighChange } from './decide-change'
import type { PaymentDeps } from './deps'
import { maskLoanId, repaymentSubject } from './loan'
import { formatAmount, parseAmount } from './money'
import { reachContact } from './reach-contact'
import { type RepaymentContext, readRepayment } from './read-repayment'

/** The purpose of codes whose message shows what they confirm. Not that of brief 000, whose messages do not. */
export const CONFIRMATION_PURPOSE = 'payment_confirmation'

export interface ConfirmationInput extends Omit<WantedChange, 'status'> {
  readonly loanId: string
  readonly repaymentId: string
  /** Left out: the one that fits the amount. */
  readonly status?: number | string | undefined
  readonly currency: string
  /** Left out: the loan's. Another one is refused. */
  readonly payee?: string | undefined
  readonly locale: string
  readonly templateId?: string | undefined
}

/** A confirmation that was just sent, with the facts that are fixed from now on. */
export interface SentConfirmation {
  readonly sent: SentVerification
  readonly facts: ChangeFacts
  readonly context: RepaymentContext
}

const NAMES = { status: 'repayment_status', amount: 'amount', mode: 'payment_mode' } as const

/**
 * Sends a code that confirms one payment and nothing else: amount, currency and payee are fixed now, stand in the message,
 * and are what the digest of the code is bound to (PSD2 RTS, article 5). Sent again, for the same or for another amount,
 * the code before it is worth nothing.
 * @throws `loan_not_found`, `repayment_not_found`, `repayment_settled`, `contact_unreachable`, `update_refused`, and as
 *   `sendVerification`
 */
export async function createConfirmation(deps: PaymentDeps, caller: Caller, input: ConfirmationInput): Promise<SentConfirmation> {
  const { loanId, repaymentId, contactType, locale, templateId } = input
  const context = await readRepayment(deps.db, loanId, repaymentId)
  const contact = await reachContact(deps, context.contacts, contactType)
  const facts = decide(context, input)
  const values = {
    amount: `${facts.currency} ${formatAmount(facts.amount, facts.currency)}`,
    payee: facts.payee,
    loan: maskLoanId(loanId),
  }
  const sent = await sendVerification(deps.verification, caller, {
    phone: contact,
    profile: deps.profiles.confirmation,
    purpose: CONFIRMATION_PURPOSE,
    bindingHash: await bindRepayment(loanId, repaymentId, contact),
    locale,
    templateId,
    values,
    mustShow: ['amount', 'payee'],
    subject: repaymentSubject(loanId, repaymentId),
    intent: await toIntent(facts),
    updateWindowMs: UPDATE_WINDOW_MS,
  })
  return { sent, facts, context }
}

function decide(context: RepaymentContext, input: ConfirmationInput): ChangeFacts {
  if (context.status.kind === 'paid') throw refuse('repayment_settled', {})
  const { loan } = context
  const issues = [
    ...(input.currency === loan.currency ? [] : [{ path: 'currency', message: "is not the loan's" }]),
    ...(input.payee === undefined || input.payee === loan.payee ? [] : [{ path: 'payee', message: "is not the loan's" }]),
  ]
  const read = readChange(context, { ...input, status: input.status ?? statusFor(context, input.amount) }, NAMES)
  if (!read.ok) return refuseChange([...issues, ...read.issues])
  const problem = weighChange(context, read.facts, NAMES)
  if (problem === 'settled') throw refuse('repayment_settled', {})
  return problem || issues.length > 0 ? refuseChange([...issues, ...(problem ? [problem] : [])]) : read.facts
}

/** The first status of the kind that the amount makes; what is wrong with an amount is told of the amount. */
function statusFor({ loan, repayment, statuses }: RepaymentContext, amount: string): number {
  const isAll = parseAmount(amount, loan.currency) === repayment.amountDue - repayment.amountCollected
  const confirmable = statuses.filter(({ kind }) => kind === (isAll ? 'paid' : 'partial'))
  // Where a deployment knows no partial payments, the amount is weighed as a whole one.
  return (confirmable[0] ?? statuses.find(({ kind }) => kind === 'paid'))?.id ?? 0
}

function refuseChange(issues: readonly Issue[]): never {
  throw refuse('update_refused', { issues })
}
