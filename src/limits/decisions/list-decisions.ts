import type { AbuseRule } from '../../config/abuse'
import type { Database } from '../../db/client'
import { limitDecisions } from '../../db/schema'
import { type Page, type PageBounds, readPage } from '../../messaging/communications/read-page'
import type { DecisionRow } from '../limiter-state'

/** What is left out excludes nothing. */
export interface DecisionFilter extends PageBounds {
  readonly rule?: AbuseRule | undefined
}

/**
 * What the rules have decided, a page of it.
 * @throws `invalid_request` for a cursor that is not one, `dependency_unavailable`
 */
export async function listDecisions(db: Database, filter: DecisionFilter): Promise<Page<DecisionRow>> {
  const others = filter.rule === undefined ? [] : [[limitDecisions.rule, filter.rule] as const]
  return readPage(db, { table: limitDecisions, indexed: undefined, others }, filter)
}
