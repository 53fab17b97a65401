import { visibleOwner } from '../../access/principal'
import { SUBMISSION_LEASE_MS } from '../../config/limits'
import { refuse } from '../../core/app-error'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { Caller } from '../../otp/deps'
import type { LeadDeps } from '../deps'
import { findLead } from '../find-lead'
import type { LeadRow } from '../lead'
import { requireLender } from './require-lender'
import { submitAgain } from './submit-again'
import { submitClaimed } from './submit-lead'
import { claimLead } from '../write-lead'

/**
 * Hands a lead to the lender now that the lender does not have, without waiting for its next time. One that somebody is
 * handing in at this moment stays as it is, and so does one that the lender has.
 * @param id ours, or the lender's
 * @returns the lead as it is then
 * @throws `lead_not_found`, `leads_not_configured`, `dependency_unavailable`
 */
export async function resubmitLead(deps: LeadDeps, caller: Caller, id: string): Promise<LeadRow> {
  const ready = requireLender(deps)
  const lead = await findLead(deps.db, { id }, visibleOwner(caller.principal))
  if (!lead) throw refuse('lead_not_found', {})
  if (lead.submission !== 'waiting') return submitAgain(ready, caller, lead)
  if (isUnderWay(lead, deps.clock())) return lead
  const claimed = await fromDatabase(claimLead(deps, lead, SUBMISSION_LEASE_MS))
  return claimed ? submitClaimed(ready, caller, claimed, lead.inDoubt) : lead
}

/** An attempt that may still go on: it has said nothing, and not been silent for long enough to be dead. */
function isUnderWay({ inDoubt, failure, updatedAt }: LeadRow, now: number): boolean {
  return inDoubt && failure === null && now - updatedAt < SUBMISSION_LEASE_MS
}
