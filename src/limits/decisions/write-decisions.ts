import { sql } from 'drizzle-orm'
import type { Database } from '../../db/client'
import { limitDecisions } from '../../db/schema'
import { selectRows } from '../../db/select-rows'
import type { DecisionRow } from '../limiter-state'

/** Carries rows to D1. Counts only grow, so that a write that comes late, or again, takes nothing back. */
export async function writeDecisions(db: Database, rows: readonly DecisionRow[]): Promise<void> {
  const { lastAt, count, until, liftedAt } = limitDecisions
  await db
    .insert(limitDecisions)
    .select(selectRows(limitDecisions, rows))
    .onConflictDoUpdate({
      target: limitDecisions.id,
      set: {
        lastAt: sql`max(${lastAt}, excluded.last_at)`,
        count: sql`max(${count}, excluded.count)`,
        until: sql`iif(excluded.count >= ${count}, excluded.until, ${until})`,
        liftedAt: sql`coalesce(${liftedAt}, excluded.lifted_at)`,
      },
    })
}
