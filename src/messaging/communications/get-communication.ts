import { eq } from 'drizzle-orm'
import type { CommunicationRow } from '../../audit/communications-of'
import { refuse } from '../../core/app-error'
import type { Database } from '../../db/client'
import { communications } from '../../db/schema'
import { fromDatabase } from './from-database'
import { type CommunicationLogEntry, selectLogs, toLogs } from './read-logs'

export interface CommunicationWithLog extends CommunicationRow {
  /** In order of time. */
  readonly log: readonly CommunicationLogEntry[]
}

/**
 * One message with all that happened to it, in one round trip.
 * @param owner only of this one's; undefined: of everybody's
 * @throws `communication_not_found`, `dependency_unavailable`
 */
export async function getCommunication(db: Database, id: string, owner?: string): Promise<CommunicationWithLog> {
  const read = db.select().from(communications).where(eq(communications.id, id))
  const [found, ...logs] = await fromDatabase(db.batch([read, ...selectLogs(db, [id])]))
  const communication = found[0]
  if (!communication || communication.owner !== (owner ?? communication.owner)) throw refuse('communication_not_found', {})
  return { ...communication, log: toLogs(logs).get(id) ?? [] }
}
