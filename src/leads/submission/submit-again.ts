import { SUBMISSION_GIVE_UP_MS } from '../../config/limits'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { Caller } from '../../otp/deps'
import type { ReadyLeadDeps } from '../deps'
import { findLead } from '../find-lead'
import type { LeadRow } from '../lead'
import { changeLead } from '../write-lead'
import { resumed } from './decide-submission'
import { submitIfDue } from './submit-lead'

/**
 * Tries a lead again that the lender does not have: at once where it was refused or given up before, else when it is due.
 * @returns the lead as it is then
 * @throws `dependency_unavailable`
 */
export async function submitAgain(deps: ReadyLeadDeps, caller: Caller, lead: LeadRow): Promise<LeadRow> {
  if (lead.submission === 'submitted') return lead
  const isOver = lead.submission !== 'waiting' || isTooOld(lead, deps.clock())
  const changed = isOver ? await fromDatabase(changeLead(deps, caller, lead, resumed(deps.clock()))) : undefined
  // Whoever began anew at the same time has it now.
  const current = isOver && !changed ? await findLead(deps.db, { id: lead.id }) : undefined
  return submitIfDue(deps, caller, changed?.lead ?? current ?? lead)
}

/** Due to be given up by the next attempt: whoever asks for it once more begins its time anew. */
function isTooOld({ waitingSince, nextAttemptAt }: LeadRow, now: number): boolean {
  return now - waitingSince >= SUBMISSION_GIVE_UP_MS && nextAttemptAt !== null && nextAttemptAt <= now
}
