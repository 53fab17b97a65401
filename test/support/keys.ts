import { env } from 'cloudflare:workers'
import { type ApiKeyKind, type ApiKeyRow, hashOfApiKey, hintOf, newApiKey } from '../../src/access/api-key'
import { BROWSER_SCOPES, SCOPES, type Scope } from '../../src/access/scopes'
import { uuidv7 } from '../../src/core/ids'
import { createDatabase } from '../../src/db/client'
import { apiKeys } from '../../src/db/schema'

/** What a key of a test may be made of, besides the columns as they are. */
export interface ApiKeyChanges extends Partial<Omit<ApiKeyRow, 'kind' | 'scopes' | 'origins' | 'purposes'>> {
  readonly kind?: ApiKeyKind
  /** Left out: what a secret key of a server mostly has, or all that a publishable one can. */
  readonly scopes?: readonly (Scope | (string & {}))[]
  /** Left out: {@link PAGE} for a publishable key. */
  readonly origins?: readonly string[]
  readonly purposes?: readonly string[]
  /** The key that it had before its last rotation. */
  readonly previousKey?: string
}

/** The origin of the page that publishable keys of tests are for. */
export const PAGE = 'https://shop.example.com'

/** All scopes but those that show what others made, and those that want an operator's trust. */
export const SERVER_SCOPES = SCOPES.filter((scope) => scope !== 'callers:all' && scope !== 'leads:unverified')

/** A key, and what D1 keeps of it. */
export async function apiKeyRow({ previousKey, ...changes }: ApiKeyChanges = {}): Promise<{
  readonly key: string
  readonly row: ApiKeyRow
}> {
  const { kind = 'secret' } = changes
  const key = await newApiKey(kind)
  const createdAt = changes.createdAt ?? Date.now()
  const row: ApiKeyRow = {
    id: uuidv7(createdAt),
    name: 'A key of a test',
    hash: (await hashOfApiKey(key))!,
    hint: hintOf(key),
    previousHash: previousKey === undefined ? null : (await hashOfApiKey(previousKey))!,
    previousUntil: null,
    createdAt,
    rotatedAt: null,
    expiresAt: null,
    revokedAt: null,
    ...changes,
    kind,
    scopes: changes.scopes ?? (kind === 'secret' ? SERVER_SCOPES : BROWSER_SCOPES),
    purposes: changes.purposes ?? null,
    origins: changes.origins ?? (kind === 'publishable' ? [PAGE] : null),
  }
  return { key, row }
}

/** Puts a key into D1. @returns what its holder sends, and the id by which it owns things */
export async function putApiKey(changes: ApiKeyChanges = {}): Promise<{ readonly key: string; readonly id: string }> {
  const { key, row } = await apiKeyRow(changes)
  await createDatabase(env.DB).insert(apiKeys).values(row)
  return { key, id: row.id }
}

/** The headers of who holds a key or a token. @param origin of the page that sends, for a publishable key */
export const bearer = (credential: string, origin?: string): Record<string, string> => ({
  authorization: `Bearer ${credential}`,
  ...(origin !== undefined && { origin }),
})
