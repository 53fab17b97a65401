import { eq } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import type { Database } from '../db/client'
import { apiKeys } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { ApiKeyRow } from './api-key'

/**
 * One key, also one that is over.
 * @throws `api_key_not_found`, `dependency_unavailable`
 */
export async function getApiKey(db: Database, id: string): Promise<ApiKeyRow> {
  const row = await fromDatabase(db.select().from(apiKeys).where(eq(apiKeys.id, id)).get())
  if (!row) throw refuse('api_key_not_found', {})
  return row
}
