import type { Database } from '../db/client'
import { paymentModes, repaymentStatuses } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { PaymentModeRow, RepaymentStatusRow } from './loan'

/** What a repayment can be and how money comes in, by id. A few rows, which operators may change: read each time. */
export interface References {
  readonly statuses: readonly RepaymentStatusRow[]
  readonly modes: readonly PaymentModeRow[]
}

/** The two reads, for a batch. */
export function selectReferences(db: Database) {
  return [
    db.select().from(repaymentStatuses).orderBy(repaymentStatuses.id),
    db.select().from(paymentModes).orderBy(paymentModes.id),
  ] as const
}

/** @throws `dependency_unavailable` */
export async function readReferences(db: Database): Promise<References> {
  const [statuses, modes] = await fromDatabase(db.batch(selectReferences(db)))
  return { statuses, modes }
}

/** By id, as a number or its digits, or by code. */
export function findReference<Row extends RepaymentStatusRow | PaymentModeRow>(
  rows: readonly Row[],
  wanted: number | string,
): Row | undefined {
  return rows.find(({ id }) => String(id) === String(wanted)) ?? rows.find(({ code }) => code === wanted)
}

/** For a sentence that says which there are. */
export function namesOf(rows: readonly (RepaymentStatusRow | PaymentModeRow)[]): string {
  return rows.map(({ id, code }) => `${id} (${code})`).join(', ')
}
