import { ownerOf } from '../access/principal'
import { SUBMISSION_LEASE_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import { uuidv7 } from '../core/ids'
import { fromDatabase } from '../messaging/communications/from-database'
import type { Caller } from '../otp/deps'
import { maskPhone } from '../phone/mask-phone'
import type { LeadDeps, ReadyLeadDeps } from './deps'
import { type LeadDraft, requestHashOf } from './draft'
import type { LeadRow } from './lead'
import { sealPersonal } from './personal'
import { requireLender } from './submission/require-lender'
import { requireProof } from './require-proof'
import { submitAgain } from './submission/submit-again'
import { submitClaimed } from './submission/submit-lead'
import { insertLead } from './write-lead'

/** The lender is in India, and takes numbers without their country code. */
const LENDERS_COUNTRY = 'IN'

/**
 * Creates a lead and hands it to the lender. It is in D1 before the lender is called, so it is not lost: where the lender
 * cannot be reached it is `waiting`, and is submitted later. The same request again is the lead that is there.
 * @returns the lead, `submitted` or `waiting`
 * @throws `invalid_phone`, `phone_not_verified`, `lead_refused`, `leads_not_configured`, `dependency_unavailable`
 */
export async function createLead(deps: LeadDeps, caller: Caller, draft: LeadDraft): Promise<LeadRow> {
  const ready = requireLender(deps)
  if (draft.phone.country !== LENDERS_COUNTRY) throw refuse('invalid_phone', { reason: 'country_not_allowed' })
  await requireProof(deps, caller, draft.phone)
  const asked = await toRow(ready, caller, draft)
  const found = await fromDatabase(insertLead(deps, asked))
  const isNew = found.id === asked.id
  const lead = isNew ? await submitClaimed(ready, caller, found, false) : await submitAgain(ready, caller, found)
  if (lead.submission === 'refused') throw refuse('lead_refused', { leadId: lead.id })
  return lead
}

/** Claimed by who is about to submit it: whoever dies before that leaves it to the scheduled job. */
async function toRow(
  deps: ReadyLeadDeps,
  { surface, requestId, principal }: Caller,
  draft: LeadDraft,
): Promise<LeadRow & { requestHash: string }> {
  const { phone, loanType, loanAmount, loanTenureYears } = draft
  const now = deps.clock()
  const id = uuidv7(now)
  const owner = ownerOf(principal)
  const [{ phoneHash }, requestHash, sealed] = await Promise.all([
    deps.gates.forPhone(phone.e164),
    requestHashOf(deps.signRequest, draft, owner),
    sealPersonal(deps.personalKeys, id, { ...draft.personal, phone: phone.e164 }),
  ])
  return {
    id,
    version: 1,
    surface,
    requestId,
    phoneHash,
    phoneMasked: maskPhone(phone.e164),
    country: phone.country,
    ...sealed,
    loanType,
    loanAmount,
    loanTenureYears,
    requestHash,
    submission: 'waiting',
    lenderRequestId: crypto.randomUUID(),
    attempts: 1,
    inDoubt: true,
    nextAttemptAt: now + SUBMISSION_LEASE_MS,
    waitingSince: now,
    failure: null,
    applicationId: null,
    customerId: null,
    relationId: null,
    status: null,
    statusAt: null,
    lenderResponse: null,
    createdAt: now,
    updatedAt: now,
    owner,
  }
}
