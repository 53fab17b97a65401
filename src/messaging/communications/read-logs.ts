import { and, eq } from 'drizzle-orm'
import type { AttemptRow } from '../../audit/communications-of'
import type { Database } from '../../db/client'
import { communicationLog, communicationReceipts, communications } from '../../db/schema'
import { isOneOf } from '../../db/select-rows'

type ReceiptRow = typeof communicationReceipts.$inferSelect

/** One thing that happened to a message. `at` is in milliseconds since the epoch. */
export type CommunicationLogEntry =
  | ({ readonly type: 'attempt'; readonly at: number } & Omit<AttemptRow, 'at'>)
  /** Its time is the vendor's, or that of its arrival where the vendor names none. */
  | ({ readonly type: 'receipt'; readonly at: number } & Omit<ReceiptRow, 'at'>)

/** What happened to each message, in order of time; a message without a log is not in it. */
export type CommunicationLogs = ReadonlyMap<string, readonly CommunicationLogEntry[]>

type LogRows = readonly [readonly AttemptRow[], readonly { readonly id: string; readonly receipt: ReceiptRow }[]]

/** The two reads, for a batch, that {@link toLogs} makes the logs of these messages from. */
export function selectLogs(db: Database, ids: readonly string[]) {
  const isIts = and(
    eq(communicationReceipts.provider, communications.provider),
    eq(communicationReceipts.providerMessageId, communications.providerMessageId),
  )
  return [
    db.select().from(communicationLog).where(isOneOf(communicationLog.communicationId, ids)).orderBy(communicationLog.attempt),
    db
      .select({ id: communications.id, receipt: communicationReceipts })
      .from(communications)
      .innerJoin(communicationReceipts, isIts)
      .where(isOneOf(communications.id, ids))
      .orderBy(communicationReceipts.statusRank, communicationReceipts.status),
  ] as const
}

/** Of one moment the attempts are first, and the receipts in the order of their ranks: both are given in order, and the sort keeps it. */
export function toLogs([attempts, receipts]: LogRows): CommunicationLogs {
  const entries = [
    ...attempts.map((attempt) => [attempt.communicationId, { type: 'attempt', ...attempt }] as const),
    ...receipts.map(({ id, receipt }) => [id, { type: 'receipt', ...receipt, at: receipt.at ?? receipt.receivedAt }] as const),
  ]
  const byMessage = Map.groupBy(entries, ([id]) => id)
  return new Map(
    Array.from(byMessage, ([id, all]) => [id, all.map(([, entry]) => entry).toSorted((one, other) => one.at - other.at)]),
  )
}
