import { hashFacts } from '../otp/binding'
import type { Intent } from '../otp/intent'
import type { ContactType } from './loan'
import type { MinorUnits } from './money'

/** A change of a repayment that a code confirms, as it is kept with the code. A type, since an interface is no record. */
export type ChangeFacts = {
  readonly loan_id: string
  readonly repayment_id: string
  readonly contact_type: ContactType
  /** What it changes to, of `repayment_status`. */
  readonly repayment_status: number
  /** Collected by it. */
  readonly amount: MinorUnits
  readonly currency: string
  /** Of `payment_mode`. */
  readonly payment_mode_id: number
  /** Who is paid, as the message says. */
  readonly payee: string
  /** The version of the repayment that it was decided over: over another one it is not made. */
  readonly basis_version: number
  /** The same of the contact: a code that went to a number that is not the contact's any more changes nothing. */
  readonly contact_version: number
  /** By whom, as far as the caller said. */
  readonly requested_by: string | null
}

/** The change as what a code is for. The same change again has the same key, whatever came meanwhile and whoever asks. */
export async function toIntent(facts: ChangeFacts): Promise<Intent> {
  const { basis_version: _, contact_version: __, requested_by: ___, ...fixed } = facts
  return { key: await hashFacts('repayment_change', fixed), facts }
}

/** The facts in an intent that {@link toIntent} made. */
export function changeIn(intent: Intent): ChangeFacts {
  return intent.facts as ChangeFacts
}

/**
 * What codes for a repayment are bound to: a code for one never confirms another, nor for another contact, nor after the
 * number of the contact was changed, though it be changed back.
 */
export function bindRepayment(
  loanId: string,
  repaymentId: string,
  { contactType, version }: { readonly contactType: ContactType; readonly version: number },
): Promise<string> {
  const facts = { loan_id: loanId, repayment_id: repaymentId, contact_type: contactType, contact_version: version }
  return hashFacts('repayment', facts)
}
