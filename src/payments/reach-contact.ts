import { refuse } from '../core/app-error'
import type { PaymentDeps } from './deps'
import { type ContactRow, type ContactType, contactPlace } from './loan'

/** A contact's number, opened. */
export interface ReachableContact {
  readonly contactType: ContactType
  /** E.164. */
  readonly e164: string
  /** ISO 3166. */
  readonly country: string
  /** Of the contact: counts up with each change of the number. */
  readonly version: number
}

/**
 * The number of a loan's contact, which is where its codes go, whatever a request says.
 * @throws `contact_unreachable`
 */
export async function reachContact(
  { contactSealer, verification }: Pick<PaymentDeps, 'contactSealer' | 'verification'>,
  contacts: readonly ContactRow[],
  contactType: ContactType,
): Promise<ReachableContact> {
  const found = contacts.find((contact) => contact.contactType === contactType)
  if (!found?.phoneSealed || found.country === null) throw refuse('contact_unreachable', { contactType })
  const e164 = await contactSealer.open(found.phoneSealed, contactPlace(found.loanId, contactType))
  if (e164 === undefined) {
    // PHONE_HASH_KEY is another one than when the loan was created, or somebody changed the row.
    verification.log('error', 'loan_contact.unreadable', { names: ['PHONE_HASH_KEY'] })
    throw refuse('contact_unreachable', { contactType })
  }
  return { contactType, e164, country: found.country, version: found.version }
}
