import { and, eq } from 'drizzle-orm'
import type { AttemptRow, CommunicationRow } from '../../audit/communications-of'
import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { communicationLog, communicationReceipts, communications } from '../../db/schema'
import { fromDatabase } from './from-database'

type ReceiptRow = typeof communicationReceipts.$inferSelect

/** One thing that happened to a message. `at` is in milliseconds since the epoch. */
export type CommunicationLogEntry =
  | ({ readonly type: 'attempt'; readonly at: number } & Omit<AttemptRow, 'at'>)
  /** Its time is the vendor's, or that of its arrival where the vendor names none. */
  | ({ readonly type: 'receipt'; readonly at: number } & Omit<ReceiptRow, 'at'>)

export interface CommunicationWithLog extends CommunicationRow {
  /** In order of time. */
  readonly log: readonly CommunicationLogEntry[]
}

/**
 * One message with all that happened to it, in one round trip.
 * @throws `communication_not_found`, `dependency_unavailable`
 */
export async function getCommunication(db: Database, id: string): Promise<CommunicationWithLog> {
  const isIts = and(
    eq(communicationReceipts.provider, communications.provider),
    eq(communicationReceipts.providerMessageId, communications.providerMessageId),
  )
  const reads = db.batch([
    db.select().from(communications).where(eq(communications.id, id)),
    db.select().from(communicationLog).where(eq(communicationLog.communicationId, id)).orderBy(communicationLog.attempt),
    db
      .select({ receipt: communicationReceipts })
      .from(communications)
      .innerJoin(communicationReceipts, isIts)
      .where(eq(communications.id, id))
      .orderBy(communicationReceipts.statusRank, communicationReceipts.status),
  ])
  const [found, attempts, receipts] = await fromDatabase(reads)
  const communication = found[0]
  if (!communication) throw refuse('communication_not_found', {})
  return {
    ...communication,
    log: merge(
      attempts,
      receipts.map(({ receipt }) => receipt),
    ),
  }
}

/** Of one moment the attempts are first, and the receipts in the order of their ranks: both are given in order, and the sort keeps it. */
function merge(attempts: readonly AttemptRow[], receipts: readonly ReceiptRow[]): CommunicationLogEntry[] {
  const entries = [
    ...attempts.map((attempt) => ({ type: 'attempt', ...attempt }) as const),
    ...receipts.map((receipt) => ({ type: 'receipt', ...receipt, at: receipt.at ?? receipt.receivedAt }) as const),
  ]
  return entries.toSorted((one, other) => one.at - other.at)
}
