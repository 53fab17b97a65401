import { randomId } from '../core/ids'
import { refuse } from '../core/app-error'
import type { Database } from '../db/client'
import { apiKeys } from '../db/schema'
import { fromDatabase } from '../messaging/communications/from-database'
import { type ApiKeyRow, hashOfApiKey, hintOf, newApiKey } from './api-key'
import type { ApiKeyDeps } from './api-key-deps'
import { type ApiKeyDraft, checkApiKeyDraft } from './api-key-draft'
import { knownScopes } from './scopes'

/** A key as only this once anybody sees it, and what is kept of it. */
export interface IssuedApiKey {
  readonly key: string
  readonly row: ApiKeyRow
}

/**
 * Makes a key. Names need not differ: the id does.
 * @throws `invalid_request`, `dependency_unavailable`: then there may be a key that nobody knows, and so is none
 */
export async function createApiKey(
  { db, keys, clock, log }: ApiKeyDeps,
  draft: ApiKeyDraft,
  requestId: string,
): Promise<IssuedApiKey> {
  const now = clock()
  const issues = checkApiKeyDraft(draft, now)
  if (issues.length > 0) throw refuse('invalid_request', { issues })
  const issued = await issueApiKey(draft, now)
  await fromDatabase(insertion(db, issued.row).run())
  // The pages that it is for are known here at once.
  keys.forget()
  log('info', 'api_key.created', { request_id: requestId, api_key_id: issued.row.id })
  return issued
}

/** Draws a key for a draft that has been checked. @param now milliseconds since the epoch */
export async function issueApiKey(draft: ApiKeyDraft, now: number): Promise<IssuedApiKey> {
  const key = await newApiKey(draft.kind)
  return { key, row: await apiKeyRow(draft, { id: `key_${randomId()}`, key, now }) }
}

/** What is kept of a key. @param now milliseconds since the epoch */
export async function apiKeyRow(
  { name, kind, scopes, purposes, origins, expiresAt }: ApiKeyDraft,
  { id, key, now }: { readonly id: string; readonly key: string; readonly now: number },
): Promise<ApiKeyRow> {
  return {
    id,
    name,
    kind,
    hash: (await hashOfApiKey(key))!,
    hint: hintOf(key),
    previousHash: null,
    previousUntil: null,
    scopes: knownScopes(scopes),
    purposes,
    origins,
    createdAt: now,
    rotatedAt: null,
    expiresAt,
    revokedAt: null,
  }
}

/** The statement that adds a key. */
export function insertion(db: Database, row: ApiKeyRow) {
  return db.insert(apiKeys).values(row).returning()
}
