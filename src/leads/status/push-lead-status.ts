import { visibleOwner } from '../../access/principal'
import { refuse } from '../../core/app-error'
import type { Caller } from '../../otp/deps'
import { changeStatus, type StatusNews } from './change-status'
import type { LeadDeps } from '../deps'
import { findLead } from '../find-lead'
import type { LeadRow } from '../lead'
import { statusWords } from '../lender/status-words'
import { createCleaner } from '../lender/without-personal'
import { openPersonal } from '../personal'

/**
 * Takes the status of a lead from a lender that tells of it by itself. The same again changes nothing, and older news than
 * what is known neither.
 * @param id ours, or the lender's
 * @throws `lead_not_found`, `dependency_unavailable`
 */
export async function pushLeadStatus(
  deps: LeadDeps,
  caller: Caller,
  id: string,
  news: Pick<StatusNews, 'status' | 'changedAt'>,
): Promise<LeadRow> {
  const lead = await findLead(deps.db, { id }, visibleOwner(caller.principal))
  const changed =
    lead &&
    (await changeStatus(deps, caller, lead, { ...news, status: await cleaned(deps, lead, news.status), source: 'pushed' }))
  if (!changed) throw refuse('lead_not_found', {})
  return changed
}

/** A status is kept in clear: a lender that names its customer there is not to be kept word for word. */
async function cleaned({ personalKeys }: LeadDeps, lead: LeadRow, status: string): Promise<string> {
  const personal = personalKeys && (await openPersonal(personalKeys, lead))
  return statusWords(status, createCleaner(personal ?? {}))
}
