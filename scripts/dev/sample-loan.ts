import { createSealer } from '../../src/core/seal'
import { type ContactType, contactPlace, repaymentSubject } from '../../src/payments/loan'
import { maskPhone } from '../../src/phone/mask-phone'
import { createPhoneHasher } from '../../src/phone/phone-hash'

// Bundled by `put-sample-loan.ts` and run in Node: the modules of the service are made for a bundler.

/** Brief 000's numbers, so that its requests work as they are printed. */
const LOAN = { id: '123', currency: 'INR', payee: 'Prosparity' }
/** INR 5000.00. */
const REPAYMENT = { id: '456', amountDue: 500_000 }
const CONTACTS: Readonly<Record<ContactType, string>> = { applicant: '+919876543210', co_applicant: '+919876543212' }

const CONTACT_COLUMNS = 'loan_id, contact_type, phone_hash, phone_masked, phone_sealed, country, created_at'

/**
 * The SQL that puts loan 123 with its repayment 456 into a local database, or puts what became of them back. A loan 123
 * that is not the sample, since its applicant has another number, is left as it is. The last statement tells: `is_sample`.
 * No number stands in it in clear.
 * @param phoneHashKey that the service has: under another one it does not know the numbers
 * @param now milliseconds since the epoch
 */
export async function sampleLoanSql(phoneHashKey: string, now: number): Promise<string> {
  const hashPhone = createPhoneHasher(phoneHashKey)
  const isSample = `EXISTS (SELECT 1 FROM loan_contact WHERE loan_id = ${quote(LOAN.id)} AND contact_type = 'applicant'
    AND phone_hash = ${quote(await hashPhone(CONTACTS.applicant))})`
  const isIts = `loan_id = ${quote(LOAN.id)} AND repayment_id = ${quote(REPAYMENT.id)} AND ${isSample}`
  // One that is there stays: its number may have been changed, which its own history tells.
  const putContact = async (contactType: ContactType, condition: string) =>
    `INSERT OR IGNORE INTO loan_contact (${CONTACT_COLUMNS})
  SELECT ${await contactValues(phoneHashKey, contactType, now)} WHERE ${condition}`
  const statements = [
    await putContact('applicant', `NOT EXISTS (SELECT 1 FROM loan WHERE id = ${quote(LOAN.id)})`),
    await putContact('co_applicant', isSample),
    `INSERT INTO loan (id, currency, payee, created_at)
  SELECT ${[LOAN.id, LOAN.currency, LOAN.payee].map(quote).join(', ')}, ${now} WHERE ${isSample}
  ON CONFLICT (id) DO UPDATE SET currency = excluded.currency, payee = excluded.payee`,
    // Its story begins anew with it: else it would tell of changes that are not there any more.
    `UPDATE verifications SET subject = NULL
  WHERE subject = ${quote(repaymentSubject(LOAN.id, REPAYMENT.id))} AND EXISTS (SELECT 1 FROM repayment_change WHERE ${isIts})`,
    `DELETE FROM repayment_change WHERE ${isIts}`,
    // The version goes on: a change of before, which a gate may still have to make, does not fit any more.
    `INSERT INTO repayment (loan_id, id, status_id, amount_due, created_at, updated_at)
  SELECT ${quote(LOAN.id)}, ${quote(REPAYMENT.id)}, (SELECT min(id) FROM repayment_status WHERE kind = 'open'),
    ${REPAYMENT.amountDue}, ${now}, ${now} WHERE ${isSample}
  ON CONFLICT (loan_id, id) DO UPDATE SET status_id = excluded.status_id, amount_due = excluded.amount_due,
    amount_collected = 0, payment_mode_id = NULL, version = version + 1, updated_at = excluded.updated_at
  WHERE status_id <> excluded.status_id OR amount_due <> excluded.amount_due OR amount_collected <> 0
    OR payment_mode_id IS NOT NULL`,
    `SELECT ${isSample} AS is_sample`,
  ]
  return statements.map((statement) => `${statement};\n`).join('')
}

async function contactValues(phoneHashKey: string, contactType: ContactType, now: number): Promise<string> {
  const phone = CONTACTS[contactType]
  const sealed = await createSealer(phoneHashKey, 'loan_contact').seal(phone, contactPlace(LOAN.id, contactType))
  const texts = [LOAN.id, contactType, await createPhoneHasher(phoneHashKey)(phone), maskPhone(phone), sealed, 'IN']
  return `${texts.map(quote).join(', ')}, ${now}`
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
