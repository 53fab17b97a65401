import { type Client, createClient, expectAnswer } from './client.ts'
import { nthPhone } from './phones.ts'
import type { Platform } from './platform.ts'
import { ADMIN_KEY } from './settings.ts'

/** The applicant of a loan, and its one repayment that is confirmed. Ids are numbers, as brief 000 has them. */
export interface Payer {
  /** E.164. */
  readonly phone: string
  readonly loanId: number
  readonly repaymentId: number
}

/** What is due for each repayment, and what is then collected. */
export const AMOUNT_DUE = 5000
/** Paid and cash, of the tables that the migration fills. */
export const PAID = 3
export const CASH = 1

const FIRST_LOAN = 1_000_000
const LOANS_PER_IMPORT = 1_000

/** With a number and a loan that no other has. */
export function nthPayer(nth: number): Payer {
  return { phone: nthPhone(nth), loanId: FIRST_LOAN + nth, repaymentId: 1 }
}

/** The payer's loan as `POST /v1/loans/import` takes it. @param repayments how many it has */
export function toLoan({ phone, loanId, repaymentId }: Payer, repayments = 1) {
  return {
    id: String(loanId),
    contacts: { applicant: { phone } },
    repayments: Array.from({ length: repayments }, (_, index) => ({
      id: String(repaymentId + index),
      amount_due: `${AMOUNT_DUE}.00`,
      due_on: `2027-${String((index % 12) + 1).padStart(2, '0')}-05`,
    })),
  }
}

/** Puts loans into D1, as an operator does. */
export async function importLoans(platform: Platform, payers: readonly Payer[]): Promise<void> {
  const client = createClient(platform.url, 1)
  for (let from = 0; from < payers.length; from += LOANS_PER_IMPORT) {
    await postImport(
      client,
      payers.slice(from, from + LOANS_PER_IMPORT).map((payer) => toLoan(payer)),
    )
  }
  client.close()
}

/** One import. @throws unless all of it was taken */
export async function postImport(client: Client, loans: readonly ReturnType<typeof toLoan>[]): Promise<void> {
  const answer = await client.send({
    method: 'POST',
    path: '/v1/loans/import',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ loans }),
  })
  const repayments = loans.reduce((total, loan) => total + loan.repayments.length, 0)
  expectAnswer(answer, { imported: loans.length, repayments }, answer.status === 200 ? 200 : 201)
}
