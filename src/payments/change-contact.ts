import { and, eq, sql } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import { loanContactChanges, loanContacts } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import { maskPhone } from '../phone/mask-phone'
import type { PhoneHasher } from '../phone/phone-hash'
import type { PhoneNumber } from '../phone/phone-number'
import type { Caller } from '../otp/deps'
import type { PaymentDeps } from './deps'
import { type ContactWithHistory, listContacts } from './list-contacts'
import { type ContactRow, type ContactType, contactPlace } from './loan'

/** Of two changes at once the second is made over the first. */
const TRIES = 3

export interface ContactChange {
  readonly loanId: string
  readonly contactType: ContactType
  /** Null: the contact has no number any more. */
  readonly phone: Pick<PhoneNumber, 'e164' | 'country'> | null
  /** By whom, as far as the caller said. */
  readonly requestedBy: string | undefined
}

/**
 * Gives a contact of a loan another number, or its first one, and keeps in the history which it was before. Codes that were
 * sent to the number before are not good at this one. The same number again changes nothing.
 * @throws `loan_not_found`, `dependency_unavailable`
 */
export async function changeContact(
  deps: Pick<PaymentDeps, 'db' | 'contactSealer' | 'verification'> & { readonly hashPhone: PhoneHasher },
  caller: Caller,
  change: ContactChange,
): Promise<readonly ContactWithHistory[]> {
  const { loanId, contactType, phone } = change
  const number = await numberColumns(deps, change)
  for (let tries = 1; ; tries++) {
    const contacts = await listContacts(deps.db, loanId)
    const current = contacts.find((contact) => contact.contactType === contactType)
    if (current ? current.phoneHash === number.phoneHash : phone === null) return contacts
    if (await writeChange(deps, caller, change, number, current)) return listContacts(deps.db, loanId)
    if (tries === TRIES) throw refuse('dependency_unavailable', { dependency: 'd1' })
  }
}

async function numberColumns(
  { contactSealer, hashPhone }: Parameters<typeof changeContact>[0],
  { loanId, contactType, phone }: ContactChange,
) {
  if (!phone) return { phoneHash: null, phoneMasked: null, phoneSealed: null, country: null }
  return {
    phoneHash: await hashPhone(phone.e164),
    phoneMasked: maskPhone(phone.e164),
    phoneSealed: await contactSealer.seal(phone.e164, contactPlace(loanId, contactType)),
    country: phone.country,
  }
}

/** @returns false where another change came between, or the answer is lost: then the contact is to be read again */
async function writeChange(
  { db, verification: { clock } }: Pick<PaymentDeps, 'db' | 'verification'>,
  { surface, requestId }: Caller,
  { loanId, contactType, requestedBy }: ContactChange,
  number: Awaited<ReturnType<typeof numberColumns>>,
  current: ContactRow | undefined,
): Promise<boolean> {
  const version = (current?.version ?? 0) + 1
  const at = clock()
  const change = {
    loanId,
    contactType,
    version,
    at,
    fromPhoneHash: current?.phoneHash ?? null,
    fromPhoneMasked: current?.phoneMasked ?? null,
    toPhoneHash: number.phoneHash,
    toPhoneMasked: number.phoneMasked,
    surface,
    requestId,
    requestedBy: requestedBy ?? null,
  }
  const isOurs = sql`exists (select 1 from ${loanContactChanges} where ${and(
    eq(loanContactChanges.loanId, loanId),
    eq(loanContactChanges.contactType, contactType),
    eq(loanContactChanges.version, version),
    eq(loanContactChanges.requestId, requestId),
    eq(loanContactChanges.at, at),
  )})`
  const [, written] = await fromDatabase(
    db.batch([
      db.insert(loanContactChanges).values(change).onConflictDoNothing(),
      db
        .insert(loanContacts)
        .values({ loanId, contactType, ...number, version, createdAt: at })
        .onConflictDoUpdate({
          target: [loanContacts.loanId, loanContacts.contactType],
          set: { ...number, version },
          setWhere: isOurs,
        }),
    ]),
  )
  return written.meta.changes > 0
}
