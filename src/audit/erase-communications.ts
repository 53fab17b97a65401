import { type SQL, and, eq, inArray, lt, sql } from 'drizzle-orm'
import type { Database } from '../db/client'
import { type Erasing, type Taking, countOf } from '../db/erasing'
import { communicationLog, communicationReceipts, communications } from '../db/schema'
import type { Walked } from '../db/walk'
import { uuidv7From } from './uuid-time'

/** A person's messages, with the attempts to send them and what vendors reported of them. */
export function eraseCommunicationsOf(db: Database, phoneHash: string): Erasing {
  const { provider, providerMessageId } = communicationReceipts
  const isTheirs = eq(communications.phoneHash, phoneHash)
  const reported = sql`select ${communications.provider}, ${communications.providerMessageId} from ${communications} where ${isTheirs}`
  return {
    count: countOf(communications, isTheirs),
    statements: [
      db.delete(communicationReceipts).where(sql`(${provider}, ${providerMessageId}) in (${reported})`),
      ...eraseCommunications(db, isTheirs),
    ],
  }
}

/**
 * The oldest messages that were sent before a moment. What vendors reported of them has a time of its own.
 * @param before milliseconds since the epoch
 * @param limit at most so many
 * @returns statements for one transaction, of which the last one takes the messages
 */
export function eraseCommunicationsBefore(db: Database, before: number, limit: number): readonly Taking[] {
  const oldest = db
    .select({ id: communications.id })
    .from(communications)
    .where(lt(communications.id, uuidv7From(before)))
    .orderBy(communications.id)
    .limit(limit)
  return eraseCommunications(db, inArray(communications.id, oldest))
}

export const WALKED_RECEIPTS: Walked = {
  table: communicationReceipts,
  key: [communicationReceipts.provider, communicationReceipts.providerMessageId, communicationReceipts.status],
}

/** Of some reports of vendors those that came before a moment, in milliseconds since the epoch. */
export function eraseReceiptsBefore(db: Database, which: SQL | undefined, before: number): readonly Taking[] {
  return [db.delete(communicationReceipts).where(and(which, lt(communicationReceipts.receivedAt, before)))]
}

function eraseCommunications(db: Database, which: SQL): readonly Taking[] {
  const ids = db.select({ id: communications.id }).from(communications).where(which)
  return [
    db.delete(communicationLog).where(inArray(communicationLog.communicationId, ids)),
    // Last, since the others are found by them.
    db.delete(communications).where(which),
  ]
}
