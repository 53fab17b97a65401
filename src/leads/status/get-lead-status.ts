import { visibleOwner } from '../../access/principal'
import { refuse } from '../../core/app-error'
import type { PhoneNumber } from '../../phone/phone-number'
import type { Caller } from '../../otp/deps'
import { type StatusNews, changeStatus } from './change-status'
import type { LeadDeps } from '../deps'
import { findLead } from '../find-lead'
import type { LeadRow, Submission } from '../lead'
import type { StatusOutcome } from '../lender/lender'
import { openPersonal } from '../personal'
import { requireProof } from '../require-proof'

/** Which lead: of a number the newest. With both, the lead has to be that number's. */
export interface StatusInput {
  readonly phone?: Pick<PhoneNumber, 'e164'> | undefined
  /** The lender's id, or ours. */
  readonly id?: string | undefined
}

/** How a lead stands. Times in milliseconds since the epoch. */
export interface LeadStatus {
  readonly status: string
  /** Set where the lender could not say: since when this is the last that is known. */
  readonly lastKnownAt: number | undefined
}

/** What people are told of a lead that the lender does not have. */
const UNSUBMITTED: Readonly<Record<Exclude<Submission, 'submitted'>, string>> = {
  waiting: 'Submission Pending',
  refused: 'Not Accepted',
  given_up: 'Submission Pending',
}

/**
 * How a lead stands, as the lender says now; where the lender cannot be asked, as it was last known. A status that is new
 * is kept, and the customer is told.
 * @throws `lead_not_found`, `phone_not_verified`, `dependency_unavailable`
 */
export async function getLeadStatus(deps: LeadDeps, caller: Caller, { phone, id }: StatusInput): Promise<LeadStatus> {
  // Before anything is looked up: whether a number has leads is told only to who has it.
  if (phone) await requireProof(deps, caller, phone)
  const phoneHash = phone && (await deps.gates.forPhone(phone.e164)).phoneHash
  const key = id === undefined ? phoneHash && { phoneHash } : { id }
  const lead = key && (await findLead(deps.db, key, visibleOwner(caller.principal)))
  if (!lead || (phoneHash !== undefined && lead.phoneHash !== phoneHash)) throw refuse('lead_not_found', {})
  if (lead.submission !== 'submitted') {
    // Somebody may have told of it all the same.
    return { status: lead.status ?? UNSUBMITTED[lead.submission as keyof typeof UNSUBMITTED], lastKnownAt: undefined }
  }
  const askedAt = deps.clock()
  const said = await askLender(deps, lead)
  if (said?.status !== 'found') return { status: lead.status ?? '', lastKnownAt: lead.statusAt ?? lead.updatedAt }
  await keep(deps, caller, lead, { status: said.text, changedAt: askedAt })
  return { status: said.text, lastKnownAt: undefined }
}

async function askLender({ lender, personalKeys }: LeadDeps, lead: LeadRow): Promise<StatusOutcome | undefined> {
  const personal = personalKeys && (await openPersonal(personalKeys, lead))
  if (!lender || !personal || lead.applicationId === null) return undefined
  return lender.statusOf({ applicationId: lead.applicationId, personal })
}

/**
 * The answer does not wait for D1 to work: what is not kept now is news again at the next time.
 * @param news as it was when the lender was asked: an answer that took long is no news after a later one
 */
async function keep(
  deps: LeadDeps,
  caller: Caller,
  lead: LeadRow,
  news: Pick<StatusNews, 'status' | 'changedAt'>,
): Promise<void> {
  await changeStatus(deps, caller, lead, { ...news, source: 'asked' }).catch(() =>
    deps.log('warn', 'lead.status_not_kept', { request_id: caller.requestId, lead_id: lead.id, dependency: 'd1' }),
  )
}
