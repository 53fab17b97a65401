import { type SQL, and, desc, eq, gt, isNotNull, isNull, lte, or, sql } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import type { Database } from '../db/client'
import { apiKeys } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import type { ApiKeyRow, ApiKeyStatus } from './api-key'

/** Which keys to list; what is left out excludes none. */
export interface ApiKeyFilter {
  readonly status?: ApiKeyStatus | undefined
  /** The id of the key that the page before ended with. */
  readonly cursor?: string | undefined
  readonly limit: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * A page of the keys, newest first.
 * @returns with the `cursor` of the next page; null on the last one
 * @throws `invalid_request` for a cursor that is no key's, `dependency_unavailable`
 */
export async function listApiKeys(
  db: Database,
  { status, cursor, limit, now }: ApiKeyFilter,
): Promise<{ readonly page: readonly ApiKeyRow[]; readonly nextCursor: string | null }> {
  const after = cursor === undefined ? undefined : await positionOf(db, cursor)
  const wanted = and(status && hasStatus(status, now), after && isBehind(after))
  const rows = await fromDatabase(selection(db, wanted, limit + 1).all())
  const page = rows.slice(0, limit)
  return { page, nextCursor: rows.length > limit ? page.at(-1)!.id : null }
}

/** The statement that reads keys, newest first. There are few of them: no index is wanted. */
export function selection(db: Database, wanted: SQL | undefined, limit: number) {
  return db.select().from(apiKeys).where(wanted).orderBy(desc(apiKeys.createdAt), desc(apiKeys.id)).limit(limit)
}

interface Position {
  readonly id: string
  readonly createdAt: number
}

/** A key is never deleted, so its id is a place in the list for ever. */
async function positionOf(db: Database, id: string): Promise<Position> {
  const place = { id: apiKeys.id, createdAt: apiKeys.createdAt }
  const found = await fromDatabase(db.select(place).from(apiKeys).where(eq(apiKeys.id, id)).get())
  if (!found) throw refuse('invalid_request', { issues: [{ path: 'cursor', message: 'is not one of this list' }] })
  return found
}

function isBehind({ id, createdAt }: Position): SQL {
  return sql`(${apiKeys.createdAt}, ${apiKeys.id}) < (${createdAt}, ${id})`
}

function hasStatus(status: ApiKeyStatus, now: number): SQL | undefined {
  if (status === 'revoked') return isNotNull(apiKeys.revokedAt)
  if (status === 'expired') return and(isNull(apiKeys.revokedAt), lte(apiKeys.expiresAt, now))
  return isActive(now)
}

/** In SQL what `statusOf` calls active. @param now milliseconds since the epoch */
export function isActive(now: number): SQL | undefined {
  return and(isNull(apiKeys.revokedAt), or(isNull(apiKeys.expiresAt), gt(apiKeys.expiresAt, now)))
}
