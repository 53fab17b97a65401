import { sql } from 'drizzle-orm'
import type { Database } from '../db/client'
import { auditEvents, verifications } from '../db/schema'
import { communicationsOf } from './communications-of'
import type { AuditBatch, VerificationRecord } from './event'
import { writeCommunications } from './write-communications'

// D1 takes 100 bound parameters a statement (7 columns of an event, 19 of a record).
const EVENTS_PER_STATEMENT = 14
const RECORDS_PER_STATEMENT = 5

/**
 * Carries a batch from a gate's outbox to D1, in one transaction and one round trip. Writing the same batch twice changes
 * nothing the second time. Past one database's write rate, send the batch through a Queue here and call this from its
 * consumer: no other file knows where the audit goes.
 */
export async function writeAudit(db: Database, batch: AuditBatch): Promise<void> {
  const statements = [
    ...chunks(batch.events, EVENTS_PER_STATEMENT).map((events) => db.insert(auditEvents).values(events).onConflictDoNothing()),
    ...chunks(batch.records, RECORDS_PER_STATEMENT).map((records) => upsertRecords(db, records)),
    ...writeCommunications(db, communicationsOf(batch)),
  ]
  const [first, ...rest] = statements
  if (first) await db.batch([first, ...rest])
}

function upsertRecords(db: Database, records: VerificationRecord[]) {
  const excluded = (column: string) => sql.raw(`excluded.${column}`)
  return db
    .insert(verifications)
    .values(records.map((record) => ({ ...record, isUsed: record.status !== 'pending' })))
    .onConflictDoUpdate({
      target: verifications.id,
      set: {
        version: excluded('version'),
        surface: excluded('surface'),
        channel: excluded('channel'),
        status: excluded('status'),
        isUsed: excluded('is_used'),
        sends: excluded('sends'),
        guesses: excluded('guesses'),
        expiresAt: excluded('expires_at'),
        completedAt: excluded('completed_at'),
        intent: excluded('intent'),
      },
      // A batch that comes late or again never puts an older state over a newer one.
      setWhere: sql`excluded.version > ${verifications.version}`,
    })
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size))
}
