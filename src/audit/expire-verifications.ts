import { and, eq, lt } from 'drizzle-orm'
import type { Database } from '../db/client'
import { verifications } from '../db/schema'

// A gate carries its last word to D1 within seconds; what is still pending this long after its time was never finished.
const GRACE_MS = 60_000

/**
 * Marks the records of verifications whose time is up as expired and used (briefs 001 and 004). It only tidies the record:
 * whether a code is still good is decided by the gate. Should D1 have been down and an approval arrive after this, the
 * approval's greater version replaces the mark.
 * @param now milliseconds since the epoch
 * @returns how many were marked
 */
export async function expireVerifications(db: Database, now: number): Promise<number> {
  const result = await db
    .update(verifications)
    .set({ status: 'expired', isUsed: true })
    .where(and(eq(verifications.status, 'pending'), lt(verifications.expiresAt, now - GRACE_MS)))
  return result.meta.changes
}
