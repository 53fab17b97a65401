import { eq, sql } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import type { Database } from '../db/client'
import { apiKeys } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { ApiKeyDeps } from './api-key-deps'

/**
 * Ends a key, and the one before it, for ever: here at once, elsewhere when what is known of it is asked for again. Once
 * more is no error, and changes nothing.
 * @throws `api_key_not_found`, `dependency_unavailable`: then it may have been revoked
 */
export async function revokeApiKey({ db, keys, clock, log }: ApiKeyDeps, id: string, requestId: string): Promise<void> {
  const now = clock()
  try {
    const row = await fromDatabase(revocation(db, id, now).get())
    if (!row) throw refuse('api_key_not_found', {})
    log('info', 'api_key.revoked', { request_id: requestId, api_key_id: id })
  } finally {
    keys.forget()
  }
}

/** The statement that ends a key, with the time of its first run. It gives back the row, where there is one. */
export function revocation(db: Database, id: string, now: number) {
  return db
    .update(apiKeys)
    .set({ revokedAt: sql`coalesce(${apiKeys.revokedAt}, ${now})` })
    .where(eq(apiKeys.id, id))
    .returning()
}
