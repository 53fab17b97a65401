import { env } from 'cloudflare:workers'
import { createKeyRing } from '../../src/core/key-ring'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { selectRows } from '../../src/db/select-rows'
import { leadEvents, leadNotices, leads } from '../../src/db/schema'
import type { LeadEventRow, LeadNoticeRow, LeadRow } from '../../src/leads/lead'
import { type Personal, sealPersonal } from '../../src/leads/personal'
import { maskPhone } from '../../src/phone/mask-phone'
import { createPhoneHasher } from '../../src/phone/phone-hash'
import { uniquePhone } from './service'

/** The keys that the tests' service seals personal data with. */
export const personalKeys = createKeyRing({ current: env.PII_ENCRYPTION_KEY, previous: undefined }, 'lead')

/** Somebody who is in no answer unless the service put them there. */
export const PERSONAL: Personal = {
  phone: '+919876543210',
  firstName: 'Zebulon',
  lastName: 'Quackenbush',
  gender: 'Other',
  email: 'zebulon.q@example.com',
  pan: 'QWXYZ9876K',
  dateOfBirth: '1987-11-23',
  pinCode: '560071',
}

/** The body of brief 001 for them, as it is printed there. */
export const leadBody = (changes: Record<string, unknown> = {}) => ({
  loan_type: 'home_loan',
  loan_amount: 5_000_000,
  loan_tenure: 20,
  pan_number: PERSONAL.pan,
  first_name: PERSONAL.firstName,
  last_name: PERSONAL.lastName,
  gender: PERSONAL.gender,
  mobile_number: uniquePhone(),
  email: PERSONAL.email,
  dob: '23/11/1987',
  pin_code: PERSONAL.pinCode,
  ...changes,
})

/** A lead that the lender has, or another one, as D1 keeps it. */
export async function leadRow(changes: Partial<LeadRow> & { readonly personal?: Partial<Personal> } = {}): Promise<LeadRow> {
  const { personal, ...columns } = changes
  const createdAt = columns.createdAt ?? Date.now()
  const id = columns.id ?? uuidv7(createdAt)
  const known = { ...PERSONAL, phone: uniquePhone(), ...personal }
  return {
    id,
    version: 2,
    surface: 'homi',
    requestId: 'req-lead',
    phoneHash: await createPhoneHasher(env.PHONE_HASH_KEY)(known.phone),
    phoneMasked: maskPhone(known.phone),
    country: 'IN',
    ...(await sealPersonal(personalKeys, id, known)),
    loanType: 'HL',
    loanAmount: 5_000_000,
    loanTenureYears: 20,
    requestHash: null,
    submission: 'submitted',
    lenderRequestId: crypto.randomUUID(),
    attempts: 1,
    inDoubt: false,
    nextAttemptAt: null,
    waitingSince: createdAt,
    failure: null,
    applicationId: `APP${id.slice(-8).toUpperCase()}`,
    customerId: null,
    relationId: null,
    status: 'Under Review',
    statusAt: createdAt,
    lenderResponse: null,
    createdAt,
    updatedAt: createdAt,
    owner: '',
    ...columns,
  }
}

/** Puts a lead into D1. */
export async function putLead(changes: Parameters<typeof leadRow>[0] = {}): Promise<LeadRow> {
  const row = await leadRow(changes)
  await putLeads([row])
  return row
}

/** Puts many leads into D1. */
export async function putLeads(rows: readonly LeadRow[]): Promise<void> {
  const db = createDatabase(env.DB)
  for (let from = 0; from < rows.length; from += 500) {
    await db.insert(leads).select(selectRows(leads, rows.slice(from, from + 500)))
  }
}

export const allLeads = (): Promise<LeadRow[]> => createDatabase(env.DB).select().from(leads).orderBy(leads.id).all()

export const allNotices = (): Promise<LeadNoticeRow[]> => createDatabase(env.DB).select().from(leadNotices).all()

/** The history of a lead, in order. */
export async function eventsOf(leadId: string): Promise<LeadEventRow[]> {
  const rows = await createDatabase(env.DB).select().from(leadEvents).orderBy(leadEvents.version).all()
  return rows.filter((row) => row.leadId === leadId)
}
