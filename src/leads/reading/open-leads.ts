import type { LeadDeps } from '../deps'
import type { LeadRow } from '../lead'
import { openPersonal, type Personal } from '../personal'

/** A lead and who it is of; that is undefined where the key that it was sealed with is gone. */
export interface OpenLead {
  readonly lead: LeadRow
  readonly personal: Personal | undefined
}

/** Leads with their personal data, in the same order. */
export async function openLeads(
  { personalKeys }: Pick<LeadDeps, 'personalKeys'>,
  rows: readonly LeadRow[],
): Promise<readonly OpenLead[]> {
  return Promise.all(rows.map(async (lead) => ({ lead, personal: personalKeys && (await openPersonal(personalKeys, lead)) })))
}
