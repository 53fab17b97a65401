import { createClient, expectAnswer } from './client.ts'
import { type Counts, takeCounts } from './counts.ts'
import { phoneHash, phoneMasked } from './message-rows.ts'
import { AMOUNT_DUE, type Payer, postImport, toLoan } from './payers.ts'
import { type Phase, runPhase } from './phase.ts'
import type { Platform } from './platform.ts'

/** How much is imported at once. */
export interface ImportSize {
  readonly loans: number
  /** Of each loan. */
  readonly repayments: number
}

/** Imports of one size, and as many bare writes of the same rows. */
export interface ImportSample {
  readonly size: ImportSize
  readonly service: Phase
  readonly bare: Phase
}

/** What one more import of that size cost in D1. */
export interface ImportCounts {
  readonly size: ImportSize
  readonly bodyBytes: number
  readonly counts: Counts
}

/** D1 takes texts up to this as a parameter. */
const LARGEST_PARAMETER_BYTES = 2_000_000
/** A row of a table each: the tables have no index but their keys. */
const CONTACTS_PER_LOAN = 1

/** @param payersOf takes as many payers as it is asked for, whose loans nobody has imported */
export async function runImports(
  { service, bare }: { readonly service: Platform; readonly bare: Platform },
  size: ImportSize,
  times: number,
  payersOf: (count: number) => readonly Payer[],
): Promise<ImportSample> {
  const batches = Array.from({ length: times }, () => payersOf(size.loans).map((payer) => toLoan(payer, size.repayments)))
  const [client, bareClient] = [createClient(service.url, 1), createClient(bare.url, 1)]
  const imports = batches.map((loans) => () => postImport(client, loans))
  const writes = batches.map(toRows).map((rows) => async () => {
    const changes = Object.values(rows).reduce((total, { length }) => total + length, 0)
    expectAnswer(await bareClient.post('/import', rows), { changes })
  })
  const sample = { size, service: await runPhase(service, 1, imports), bare: await runPhase(bare, 1, writes) }
  client.close()
  bareClient.close()
  return sample
}

/** One import to a service that counts. */
export async function countImport(counting: Platform, size: ImportSize, payers: readonly Payer[]): Promise<ImportCounts> {
  const client = createClient(counting.url, 1)
  const loans = payers.map((payer) => toLoan(payer, size.repayments))
  await takeCounts(counting)
  await postImport(client, loans)
  client.close()
  return { size, bodyBytes: Buffer.byteLength(JSON.stringify({ loans })), counts: await takeCounts(counting) }
}

/** What an import cost that it should not, a sentence each. */
export function costlyImports(imports: readonly ImportCounts[]): string[] {
  return imports.flatMap(({ size: { loans, repayments }, counts: { worker } }) => {
    const rows = loans * (1 + CONTACTS_PER_LOAN + repayments)
    const name = `an import of ${loans} loans with ${repayments} repayments each`
    return [
      ...(worker.rowsWritten === rows ? [] : [`${name} wrote ${worker.rowsWritten} rows, not ${rows}`]),
      ...(worker.transactions === 1 ? [] : [`${name} was ${worker.transactions} transactions, not one`]),
      ...(worker.largestParameter <= LARGEST_PARAMETER_BYTES
        ? []
        : [`${name} had a parameter of ${worker.largestParameter} bytes: D1 takes ${LARGEST_PARAMETER_BYTES}`]),
    ]
  })
}

/** What D1 lacks of all that was imported, a sentence each. */
export async function missingLoans(service: Platform, wanted: { readonly loans: number; readonly repayments: number }) {
  const [found] = await service.query(
    'SELECT (SELECT count(*) FROM loan) AS loans, (SELECT count(*) FROM repayment) AS repayments, (SELECT count(*) FROM loan_contact WHERE phone_sealed IS NOT NULL) AS contacts',
  )
  return Object.entries({ ...wanted, contacts: wanted.loans * CONTACTS_PER_LOAN })
    .filter(([name, count]) => found?.[name] !== count)
    .map(([name, count]) => `D1 has ${found?.[name]} ${name}, not ${count}`)
}

/** As they stand in D1; a sealed number is as long as it is there. */
function toRows(loans: readonly ReturnType<typeof toLoan>[]) {
  const created_at = Date.now()
  return {
    loan: loans.map(({ id }) => ({ id, currency: 'INR', payee: 'Prosparity', created_at })),
    loan_contact: loans.map(({ id, contacts: { applicant } }) => ({
      loan_id: id,
      contact_type: 'applicant',
      phone_hash: phoneHash(applicant.phone),
      phone_masked: phoneMasked(applicant.phone),
      phone_sealed: `v1.${'s'.repeat(55)}`,
      country: 'IN',
      created_at,
    })),
    repayment: loans.flatMap(({ id, repayments }) =>
      repayments.map((repayment) => ({
        loan_id: id,
        id: repayment.id,
        status_id: 1,
        amount_due: AMOUNT_DUE * 100,
        amount_collected: 0,
        due_on: repayment.due_on,
        version: 1,
        created_at,
        updated_at: created_at,
      })),
    ),
  }
}
