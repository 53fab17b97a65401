import { inArray, lt } from 'drizzle-orm'
import { uuidv7From } from '../../audit/uuid-time'
import type { Database } from '../../db/client'
import type { Taking } from '../../db/erasing'
import { limitDecisions } from '../../db/schema'

/**
 * The oldest decisions that were made before a moment.
 * @param before milliseconds since the epoch
 * @param limit at most so many
 */
export function eraseDecisionsBefore(db: Database, before: number, limit: number): readonly Taking[] {
  const oldest = db
    .select({ id: limitDecisions.id })
    .from(limitDecisions)
    .where(lt(limitDecisions.id, uuidv7From(before)))
    .orderBy(limitDecisions.id)
    .limit(limit)
  return [db.delete(limitDecisions).where(inArray(limitDecisions.id, oldest))]
}
