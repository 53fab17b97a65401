import { type SQL, and, desc, eq, or } from 'drizzle-orm'
import { timeOfUuidv7 } from '../audit/uuid-time'
import type { Database } from '../db/client'
import { leads } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { LeadRow } from './lead'

/** How a lead is asked for. */
export type LeadKey =
  /** Ours, or the lender's. */
  | { readonly id: string }
  /** The newest of a number, by its keyed hash. */
  | { readonly phoneHash: string }

/**
 * One lead, by our id of it, the lender's, or the number.
 * @param owner only of this one's; undefined: of everybody's
 * @throws `dependency_unavailable`
 */
export async function findLead(db: Database, key: LeadKey, owner?: string): Promise<LeadRow | undefined> {
  return fromDatabase(db.select().from(leads).where(conditionOf(key, owner)).orderBy(desc(leads.id)).limit(1).get())
}

/** Which rows a key means, of those of an owner. */
export function conditionOf(key: LeadKey, owner?: string): SQL {
  return owner === undefined ? ofKey(key) : and(ofKey(key), eq(leads.owner, owner))!
}

function ofKey(key: LeadKey): SQL {
  if ('phoneHash' in key) return eq(leads.phoneHash, key.phoneHash)
  const isLenders = eq(leads.applicationId, key.id)
  const ours = key.id.toLowerCase()
  // Few lenders number by our kind of ids: of the others' only one index is asked.
  return timeOfUuidv7(ours) === undefined ? isLenders : or(eq(leads.id, ours), isLenders)!
}
