import { env } from 'cloudflare:workers'
import { createSealer } from '../../src/core/seal'
import { createDatabase } from '../../src/db/client'
import { loanContacts, loans, repayments } from '../../src/db/schema'
import { type ContactType, contactPlace, type RepaymentChangeRow, type RepaymentRow } from '../../src/payments/loan'
import { createPhoneHasher } from '../../src/phone/phone-hash'
import { maskPhone } from '../../src/phone/mask-phone'
import { uniquePhone } from './service'

/** The numbers of the reference tables, as the migration has them. */
export const STATUS = { pending: 1, partiallyPaid: 2, paid: 3, overdue: 4 } as const
export const MODE = { cash: 1, upi: 2 } as const

let ids = 0
/** An id that no other test of the file has used: digits, as brief 000's are. */
export const uniqueLenderId = () => String(100_000 + ++ids)

export interface TestLoan {
  readonly loanId: string
  readonly repaymentId: string
  /** E.164, of the applicant. */
  readonly phone: string
}

/** Puts a loan with one repayment of INR 5000.00 into D1, or another one. A contact of `null` has no number. */
export async function putLoan(
  changes: {
    readonly loanId?: string
    readonly currency?: string
    readonly payee?: string
    readonly contacts?: Partial<Record<ContactType, string | null>>
    readonly repayments?: readonly Partial<RepaymentRow>[]
  } = {},
): Promise<TestLoan> {
  const db = createDatabase(env.DB)
  const loanId = changes.loanId ?? uniqueLenderId()
  const contacts = changes.contacts ?? { applicant: uniquePhone() }
  const createdAt = Date.now()
  await db
    .insert(loans)
    .values({ id: loanId, currency: changes.currency ?? 'INR', payee: changes.payee ?? 'Prosparity', createdAt })
  const hashPhone = createPhoneHasher(env.PHONE_HASH_KEY)
  const sealer = createSealer(env.PHONE_HASH_KEY, 'loan_contact')
  for (const [contactType, phone] of Object.entries(contacts)) {
    const row = { loanId, contactType, createdAt }
    const place = contactPlace(loanId, contactType)
    await db.insert(loanContacts).values(
      phone === null
        ? row
        : {
            ...row,
            phoneHash: await hashPhone(phone),
            phoneMasked: maskPhone(phone),
            phoneSealed: await sealer.seal(phone, place),
            country: 'IN',
          },
    )
  }
  const rows = (changes.repayments ?? [{}]).map((repayment) => ({
    id: uniqueLenderId(),
    statusId: STATUS.pending,
    amountDue: 500_000,
    updatedAt: createdAt,
    ...repayment,
    loanId,
    createdAt,
  }))
  await db.insert(repayments).values(rows)
  return { loanId, repaymentId: rows[0]!.id, phone: contacts.applicant ?? '' }
}

/** A repayment as D1 has it now. */
export async function repaymentOf({ loanId, repaymentId }: Pick<TestLoan, 'loanId' | 'repaymentId'>): Promise<RepaymentRow> {
  const rows = await createDatabase(env.DB).select().from(repayments)
  return rows.find((row) => row.loanId === loanId && row.id === repaymentId)!
}

/** Its history, in order. */
export async function changesOf({
  loanId,
  repaymentId,
}: Pick<TestLoan, 'loanId' | 'repaymentId'>): Promise<RepaymentChangeRow[]> {
  const { results } = await env.DB.prepare(
    'SELECT * FROM repayment_change WHERE loan_id = ? AND repayment_id = ? ORDER BY version',
  )
    .bind(loanId, repaymentId)
    .all<Record<string, never>>()
  return results.map(
    (row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [camel(name), value])) as unknown as RepaymentChangeRow,
  )
}

const camel = (name: string) => name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
