import { desc, eq } from 'drizzle-orm'
import { visibleOwner } from '../../access/principal'
import { refuse } from '../../core/app-error'
import { leadEvents, leads } from '../../db/schema'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { Caller } from '../../otp/deps'
import type { LeadDeps } from '../deps'
import { conditionOf } from '../find-lead'
import type { LeadEventRow } from '../lead'
import { type OpenLead, openLeads } from './open-leads'

/** A lead with all that happened to it, in order. */
export interface LeadView extends OpenLead {
  readonly history: readonly LeadEventRow[]
}

/**
 * One lead with its history, in one round trip.
 * @param id ours, or the lender's, of whose leads the newest is meant
 * @throws `lead_not_found`, `dependency_unavailable`
 */
export async function getLead(
  deps: Pick<LeadDeps, 'db' | 'personalKeys'>,
  { principal }: Pick<Caller, 'principal'>,
  id: string,
): Promise<LeadView> {
  const { db } = deps
  const itsId = db
    .select({ id: leads.id })
    .from(leads)
    .where(conditionOf({ id }, visibleOwner(principal)))
    .orderBy(desc(leads.id))
    .limit(1)
  const [found, history] = await fromDatabase(
    db.batch([
      db.select().from(leads).where(eq(leads.id, itsId)),
      db.select().from(leadEvents).where(eq(leadEvents.leadId, itsId)).orderBy(leadEvents.version),
    ]),
  )
  const [lead] = await openLeads(deps, found)
  if (!lead) throw refuse('lead_not_found', {})
  return { ...lead, history }
}
