import { and, eq, sql } from 'drizzle-orm'
import { refuse } from '../core/app-error'
import type { Database } from '../db/client'
import { apiKeys } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import { type ApiKeyKind, hashOfApiKey, hintOf, newApiKey, statusOf } from './api-key'
import type { ApiKeyDeps } from './api-key-deps'
import type { IssuedApiKey } from './create-api-key'
import { getApiKey } from './get-api-key'
import { isActive } from './list-api-keys'

/** A key that takes the place of the one that an id has. */
export interface Successor {
  readonly id: string
  readonly hash: string
  readonly hint: string
  /** For how long the one before works on. */
  readonly overlapSeconds: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/**
 * Gives the holder of an id a new key. The one before works until the overlap is over; the one before that ends now, since
 * two are all that an id can have. What the id owns stays its own.
 * @throws `api_key_not_found`, `api_key_not_active`, `dependency_unavailable`: then it may have been rotated
 */
export async function rotateApiKey(
  { db, keys, clock, log }: ApiKeyDeps,
  { id, overlapSeconds }: { readonly id: string; readonly overlapSeconds: number },
  requestId: string,
): Promise<IssuedApiKey> {
  const { kind } = await getApiKey(db, id)
  const now = clock()
  const { key, successor } = await drawSuccessor(kind as ApiKeyKind, { id, overlapSeconds, now })
  try {
    const row = await fromDatabase(rotation(db, successor).get())
    // Nothing comes back to life, so what stood in the way still does.
    if (!row) throw refuse('api_key_not_active', { status: statusOf(await getApiKey(db, id), now) })
    log('info', 'api_key.rotated', { request_id: requestId, api_key_id: id })
    return { key, row }
  } finally {
    keys.forget()
  }
}

/** Draws the key. */
export async function drawSuccessor(
  kind: ApiKeyKind,
  about: Pick<Successor, 'id' | 'overlapSeconds' | 'now'>,
): Promise<{ readonly key: string; readonly successor: Successor }> {
  const key = await newApiKey(kind)
  return { key, successor: { ...about, hash: (await hashOfApiKey(key))!, hint: hintOf(key) } }
}

/**
 * The statement that puts a key in the place of the one before, in one step: of several at once each follows another, and
 * none follows a revocation. It gives back the row, or none where the key is not active.
 */
export function rotation(db: Database, { id, hash, hint, overlapSeconds, now }: Successor) {
  const before = overlapSeconds === 0 ? null : sql<string>`${apiKeys.hash}`
  return db
    .update(apiKeys)
    .set({
      hash,
      hint,
      previousHash: before,
      previousUntil: before && now + overlapSeconds * 1000,
      rotatedAt: now,
    })
    .where(and(eq(apiKeys.id, id), isActive(now)))
    .returning()
}
