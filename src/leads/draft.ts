import type { HmacSigner } from '../core/hmac'
import type { PhoneNumber } from '../phone/phone-number'
import type { LoanType } from './lead'
import type { Personal } from './personal'

/** A lead as it was asked for, in our terms. */
export interface LeadDraft {
  readonly phone: PhoneNumber
  readonly loanType: LoanType
  /** Whole units of the currency. */
  readonly loanAmount: number
  readonly loanTenureYears: number
  readonly personal: Omit<Personal, 'phone'>
}

/**
 * The keyed hash of all that was asked for: the same request has the same one, and nobody without the key can find out of
 * whom. Case and the address' spelling do not make another customer; another caller makes another lead.
 * @param owner who asks; empty: nobody in particular
 */
export async function requestHashOf(sign: HmacSigner, draft: LeadDraft, owner = ''): Promise<string> {
  const { phone, loanType, loanAmount, loanTenureYears, personal } = draft
  const { firstName, lastName, gender, email, pan, dateOfBirth, pinCode } = personal
  const asked = [phone.e164, loanType, loanAmount, loanTenureYears, firstName, lastName, gender, email, pan, dateOfBirth, pinCode]
  const ofOwner = owner === '' ? '' : `${owner}:`
  return sign(`lead:v1:${ofOwner}${JSON.stringify(asked).normalize('NFC').toLowerCase()}`)
}
