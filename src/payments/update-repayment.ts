import { ownerOf } from '../access/principal'
import { AppError, refuse } from '../core/app-error'
import { type CheckedVerification, checkVerification } from '../otp/check-verification'
import type { Caller } from '../otp/deps'
import { carryOut, requireApproval } from './carry-out'
import { type ChangeFacts, bindRepayment, toIntent } from './change'
import { type ChangeFieldNames, type Issue, type ReadChange, type WantedChange, readChange, weighChange } from './decide-change'
import type { PaymentDeps } from './deps'
import { CONTACT_TYPES, type ContactType, type RepaymentChangeRow } from './loan'
import { type ReachableContact, reachContact } from './reach-contact'
import { type RepaymentContext, readRepayment } from './read-repayment'
import { PAYMENT_PURPOSE } from './send-payment-code'

export interface UpdateInput {
  readonly loanId: string
  readonly repaymentId: string
  /** E.164: what the caller takes for the contact's number. */
  readonly phone: string
  /** Left out: the contact that has the number. */
  readonly contactType?: ContactType | undefined
  readonly code: string
  readonly wanted: Omit<WantedChange, 'contactType'>
  /** How the caller names what it gave. */
  readonly names: ChangeFieldNames & { readonly phone: string }
}

/**
 * Weighs a code and changes the repayment, in one step; or changes it for a code that was right within the last ten
 * minutes. Asked for again, it answers as the first time, and nothing is changed again.
 * @throws `loan_not_found`, `repayment_not_found`, `contact_unreachable`, `update_refused`, `repayment_settled`,
 *   `repayment_changed`, `update_pending`, `confirmation_used`, `confirmation_expired`, and as `checkVerification`
 */
export async function updateRepayment(
  deps: PaymentDeps,
  caller: Caller,
  input: UpdateInput,
): Promise<{
  readonly checked: CheckedVerification
  readonly contact: ReachableContact
  /** Undefined where the code is wrong. */
  readonly change: RepaymentChangeRow | undefined
}> {
  const context = await readRepayment(deps.db, input.loanId, input.repaymentId)
  const contact = await requireContact(deps, context, input, ownerOf(caller.principal))
  const facts = requireFacts(readChange(context, { ...input.wanted, contactType: contact.contactType }, input.names))
  const problem = weighChange(context, facts, input.names)
  const check = checkVerification(deps.verification, caller, {
    target: {
      phone: contact,
      purpose: PAYMENT_PURPOSE,
      bindingHash: await bindRepayment(input.loanId, input.repaymentId, contact),
    },
    code: input.code,
    codeLength: deps.profiles.payment.codeLength,
    isFollowed: true,
    intent: await toIntent(facts),
    // What does not fit any more may be what was done, asked for again.
    onlyRepeat: problem !== undefined,
  })
  const checked = problem === undefined ? await check : await orProblem(check, toRefusal(problem))
  const approval = requireApproval(checked)
  return { checked, contact, change: approval && (await carryOut(deps, caller, approval)) }
}

function requireFacts(read: ReadChange): ChangeFacts {
  if (!read.ok) throw refuse('update_refused', { issues: read.issues })
  return read.facts
}

function toRefusal(problem: 'settled' | Issue): AppError {
  return problem === 'settled' ? refuse('repayment_settled', {}) : refuse('update_refused', { issues: [problem] })
}

/** What is wrong with the change is told where the code was not for the same change before. */
async function orProblem(check: Promise<CheckedVerification>, problem: AppError): Promise<CheckedVerification> {
  try {
    return await check
  } catch (error) {
    throw error instanceof AppError && error.refusal.code === 'verification_not_found' ? problem : error
  }
}

/**
 * The number comes from the loan; the one in the request only has to be the same (R-PAY-03). Where two contacts have it, the
 * one is meant who was sent the newest code.
 */
async function requireContact(
  deps: PaymentDeps,
  { contacts }: RepaymentContext,
  { loanId, repaymentId, contactType, phone, names }: UpdateInput,
  owner: string,
): Promise<ReachableContact> {
  const types = contactType ? [contactType] : CONTACT_TYPES
  const reached = await Promise.allSettled(types.map((type) => reachContact(deps, contacts, type)))
  const reachable = reached.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
  if (reachable.length === 0) throw (reached[0] as PromiseRejectedResult).reason
  const [found, other] = reachable.filter(({ e164 }) => e164 === phone)
  if (!found)
    throw refuse('update_refused', { issues: [{ path: names.phone, message: "is not the number of the loan's contact" }] })
  if (!other) return found
  const bindings = await Promise.all([found, other].map((contact) => bindRepayment(loanId, repaymentId, contact)))
  const { gate } = await deps.verification.gates.forPhone(phone)
  const newest = await gate.call((remote) => remote.newest(PAYMENT_PURPOSE, bindings, owner))
  return newest === bindings[1] ? other : found
}
