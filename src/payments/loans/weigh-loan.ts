import { type PhoneRules, parsePhone } from '../../phone/parse-phone'
import { PHONE_REFUSAL_TEXT, type PhoneNumber } from '../../phone/phone-number'
import type { Issue } from '../decide-change'
import { CONTACT_TYPES, type ContactType, type LoanRow } from '../loan'
import { minorDigits } from '../currencies'
import type { LoanDraft } from './draft'
import type { References } from '../read-references'
import { type RepaymentFacts, weighRepayments } from './weigh-repayments'

/** What a loan is read against. */
export interface LoanRules {
  readonly phone: PhoneRules
  /** Who is paid where the loan does not say. */
  readonly payee: string
  readonly references: References
}

/** A loan in our terms, before it is in D1. */
export interface LoanFacts extends Omit<LoanRow, 'createdAt'> {
  readonly contacts: readonly { readonly contactType: ContactType; readonly phone: PhoneNumber | null }[]
  readonly repayments: readonly RepaymentFacts[]
}

export type WeighedLoan =
  | { readonly ok: true; readonly facts: LoanFacts }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/** Reads a loan whose form is right: its currency, the numbers of its contacts, and its repayments. */
export function weighLoan(draft: LoanDraft, { phone, payee, references }: LoanRules): WeighedLoan {
  const { id, currency } = draft
  const contacts = CONTACT_TYPES.flatMap((type) => readContact(draft, type, phone))
  // Without a currency no amount says anything.
  const isCurrency = minorDigits(currency) !== undefined
  const repayments = weighRepayments(isCurrency ? draft.repayments : [], currency, references)
  const issues = [
    ...(isCurrency ? [] : [{ path: 'currency', message: 'must be an ISO 4217 currency such as INR' }]),
    ...contacts.flatMap(({ issue }) => issue ?? []),
    ...repayments.issues,
  ]
  if (issues.length > 0) return { ok: false, issues }
  return { ok: true, facts: { id, currency, payee: draft.payee ?? payee, contacts, repayments: repayments.facts } }
}

interface ReadContact {
  readonly contactType: ContactType
  readonly phone: PhoneNumber | null
  readonly issue?: Issue
}

/** None for a contact that is not there; a contact may be there without a number. */
function readContact({ contacts }: LoanDraft, contactType: ContactType, rules: PhoneRules): ReadContact[] {
  const contact = contacts[contactType]
  if (!contact) return []
  const phone = contact.phone ?? null
  if (phone === null) return [{ contactType, phone }]
  const parsed = parsePhone(phone, rules)
  if (parsed.ok) return [{ contactType, phone: parsed.phone }]
  const issue = { path: `contacts.${contactType}.phone`, message: PHONE_REFUSAL_TEXT[parsed.reason] }
  return [{ contactType, phone: null, issue }]
}
