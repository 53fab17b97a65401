import { DEPENDENCY_TIMEOUT_MS, SUBMISSION_LEASE_MS } from '../../config/limits'
import { errorName } from '../../core/log'
import { randomFraction } from '../../core/random-fraction'
import { withTimeout } from '../../core/with-timeout'
import { fromDatabase } from '../../messaging/communications/from-database'
import type { Caller } from '../../otp/deps'
import { afterAttempt, type LeadChange } from './decide-submission'
import type { ReadyLeadDeps } from '../deps'
import { findLead } from '../find-lead'
import type { LeadRow } from '../lead'
import type { Application, SubmitOutcome } from '../lender/lender'
import { sendNotice } from '../notices/send-notice'
import { openPersonal } from '../personal'
import { toLoanType } from '../loan-type'
import { type ChangedLead, claimLead, changeLead } from '../write-lead'

/**
 * Hands a lead to the lender that waits for it and is due. Of several that try at once one does.
 * @returns the lead as it is then, or as it was where nothing was to be done
 * @throws `dependency_unavailable`
 */
export async function submitIfDue(deps: ReadyLeadDeps, caller: Caller, lead: LeadRow): Promise<LeadRow> {
  if (lead.submission !== 'waiting' || lead.nextAttemptAt === null || lead.nextAttemptAt > deps.clock()) return lead
  const claimed = await fromDatabase(claimLead(deps, lead, SUBMISSION_LEASE_MS))
  return claimed ? submitClaimed(deps, caller, claimed, lead.inDoubt) : lead
}

/**
 * Hands a lead to the lender, by whoever has claimed it, and writes down what came of it. Never throws: what could not be
 * written is in doubt still, and the next attempt asks the lender.
 * @param wasInDoubt an attempt before this one may have succeeded
 * @returns the lead as it is, as far as is known
 */
export async function submitClaimed(deps: ReadyLeadDeps, caller: Caller, lead: LeadRow, wasInDoubt: boolean): Promise<LeadRow> {
  const outcome = await tryToSubmit(deps, lead, wasInDoubt)
  const decide = (tried: LeadRow) => afterAttempt(tried, outcome, deps.clock(), randomFraction())
  const change = decide(lead)
  logAttempt(deps, caller, lead, change)
  try {
    const changed = await withTimeout(recordAttempt(deps, caller, lead, decide), DEPENDENCY_TIMEOUT_MS)
    if (changed?.notice) caller.defer(sendNotice(deps, changed.lead, changed.notice))
    if (changed) return changed.lead
    deps.log('warn', 'lead.changed_meanwhile', { request_id: caller.requestId, lead_id: lead.id })
  } catch (error) {
    const note = { request_id: caller.requestId, lead_id: lead.id, dependency: 'd1', error_name: errorName(error) }
    deps.log('error', 'lead.not_recorded', note)
  }
  return { ...lead, ...change.set }
}

/** A status that was told meanwhile is no other attempt: what came of this one is written over it. */
async function recordAttempt(
  deps: ReadyLeadDeps,
  caller: Caller,
  lead: LeadRow,
  decide: (tried: LeadRow) => LeadChange,
): Promise<ChangedLead | undefined> {
  const changed = await changeLead(deps, caller, lead, decide(lead))
  if (changed) return changed
  const now = await findLead(deps.db, { id: lead.id })
  const isSameAttempt = now?.submission === 'waiting' && now.inDoubt && now.attempts === lead.attempts
  return isSameAttempt && now.waitingSince === lead.waitingSince ? changeLead(deps, caller, now, decide(now)) : undefined
}

async function tryToSubmit(deps: ReadyLeadDeps, lead: LeadRow, wasInDoubt: boolean): Promise<SubmitOutcome> {
  const unsaid = { status: wasInDoubt ? 'unknown' : 'failed', reason: 'unknown', httpStatus: null } as const
  const personal = await openPersonal(deps.personalKeys, lead)
  const loanType = toLoanType(lead.loanType)
  if (!personal || !loanType) {
    deps.log('error', 'lead.unreadable', { lead_id: lead.id })
    return { ...unsaid, reason: 'unreadable_lead' }
  }
  const { lenderRequestId: id, loanAmount, loanTenureYears } = lead
  const application: Application = { id, loanType, loanAmount, loanTenureYears, personal }
  try {
    const found = wasInDoubt ? await find(deps, application) : undefined
    const outcome = found ?? (await deps.lender.submit(application))
    // Is it refused because the lender has it, under an id that its look-up does not know? Somebody has to ask.
    if (wasInDoubt && outcome.status === 'refused') deps.log('error', 'lead.refused_in_doubt', { lead_id: lead.id })
    // The attempt before this one may still turn up: a look-up can be behind.
    return wasInDoubt && outcome.status === 'failed' ? { ...outcome, status: 'unknown' } : outcome
  } catch (error) {
    // A bug in an adapter. Whether its request had left cannot be told.
    deps.log('error', 'lender.threw', { lead_id: lead.id, error_name: errorName(error) })
    return { ...unsaid, status: 'unknown' }
  }
}

/** @returns undefined where the lender has no such application */
async function find({ lender }: ReadyLeadDeps, application: Application): Promise<SubmitOutcome | undefined> {
  const found = await lender.find(application)
  switch (found.status) {
    case 'found':
      return { status: 'accepted', application: found.application }
    case 'not_found':
      return undefined
    case 'unknown':
      return found
  }
}

/** `error` where somebody has to see to it. */
function logAttempt({ log }: ReadyLeadDeps, caller: Caller, lead: LeadRow, { event }: LeadChange): void {
  const { reason, http_status } = event.detail
  const fields = {
    request_id: caller.requestId,
    lead_id: lead.id,
    attempt: lead.attempts,
    outcome: event.kind,
    ...(typeof reason === 'string' && { reason }),
    ...(typeof http_status === 'number' && { status: http_status }),
  }
  const isAlert = event.kind === 'submission.given_up' || reason === 'provider_auth'
  if (event.kind === 'submission.accepted') log('info', 'lead.attempt', fields)
  else log(isAlert ? 'error' : 'warn', event.kind === 'submission.given_up' ? 'lead.given_up' : 'lead.attempt', fields)
}
