import { type SQL, eq } from 'drizzle-orm'
import { leads } from '../../db/schema'
import { type Condition, type PageBounds, readPage } from '../../messaging/communications/read-page'
import type { LeadDeps } from '../deps'
import { isUnsubmitted } from './is-unsubmitted'
import type { LoanType, Submission } from '../lead'
import { type OpenLead, openLeads } from './open-leads'

/** What is left out excludes nothing. */
export interface LeadFilter extends PageBounds {
  readonly phoneHash?: string | undefined
  readonly submission?: Submission | undefined
  readonly loanType?: LoanType | undefined
  /** The lender's words, all of them. */
  readonly status?: string | undefined
  /** Whose they are. */
  readonly owner?: string | undefined
}

export interface LeadPage {
  /** Newest first. */
  readonly leads: readonly OpenLead[]
  /** Of the next page; null on the last one. A page before it can have fewer leads than the limit. */
  readonly nextCursor: string | null
}

/**
 * The leads that a filter leaves, a page of them. The number, or a submission that is not the usual one, is looked up in its
 * index; the rest is looked at lead by lead.
 * @throws `invalid_request` for a cursor that is not one, `dependency_unavailable`
 */
export async function listLeads(deps: Pick<LeadDeps, 'db' | 'personalKeys'>, filter: LeadFilter): Promise<LeadPage> {
  const { rows, nextCursor } = await readPage(deps.db, { table: leads, ...conditionsOf(filter) }, filter)
  return { leads: await openLeads(deps, rows), nextCursor }
}

function conditionsOf({ phoneHash, submission, loanType, status, owner }: LeadFilter): {
  readonly indexed: SQL | undefined
  readonly others: Condition[]
} {
  const isByPhone = phoneHash !== undefined
  const unsubmitted = isByPhone || submission === 'submitted' ? undefined : submission
  const others = [
    [leads.submission, unsubmitted === undefined ? submission : undefined] as const,
    [leads.loanType, loanType] as const,
    [leads.status, status] as const,
    [leads.owner, owner] as const,
  ]
  return {
    indexed: isByPhone ? eq(leads.phoneHash, phoneHash) : unsubmitted && isUnsubmitted(unsubmitted),
    others: others.flatMap(([column, value]) => (value === undefined ? [] : [[column, value] as const])),
  }
}
