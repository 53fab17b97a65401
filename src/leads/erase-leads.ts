import { type SQL, and, eq, inArray, lt, ne, or } from 'drizzle-orm'
import { uuidv7From } from '../audit/uuid-time'
import type { Database } from '../db/client'
import { type Erasing, type Taking, countOf } from '../db/erasing'
import { leadEvents, leadNotices, leads } from '../db/schema'
import type { Submission } from './lead'

/** A person's leads, with their history and with what the person was still to be told. */
export function eraseLeadsOf(db: Database, phoneHash: string): Erasing {
  const isTheirs = eq(leads.phoneHash, phoneHash)
  return { count: countOf(leads, isTheirs), statements: eraseLeads(db, isTheirs) }
}

/**
 * The oldest leads that were asked for before a moment, but for those that the lender is still to get: what has waited for
 * all that time as well waits for a lender that is not there any more.
 * @param before milliseconds since the epoch
 * @param limit at most so many
 * @returns statements for one transaction, of which the last one takes the leads
 */
export function eraseLeadsBefore(db: Database, before: number, limit: number): readonly Taking[] {
  const oldest = db
    .select({ id: leads.id })
    .from(leads)
    .where(
      and(
        lt(leads.id, uuidv7From(before)),
        or(ne(leads.submission, 'waiting' satisfies Submission), lt(leads.waitingSince, before)),
      ),
    )
    .orderBy(leads.id)
    .limit(limit)
  return eraseLeads(db, inArray(leads.id, oldest))
}

function eraseLeads(db: Database, which: SQL): readonly Taking[] {
  const ids = db.select({ id: leads.id }).from(leads).where(which)
  return [
    db.delete(leadEvents).where(inArray(leadEvents.leadId, ids)),
    db.delete(leadNotices).where(inArray(leadNotices.leadId, ids)),
    // Last, since the others are found by them.
    db.delete(leads).where(which),
  ]
}
