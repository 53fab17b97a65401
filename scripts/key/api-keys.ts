import { eq } from 'drizzle-orm'
import type * as z from 'zod'
import { type ApiKeyKind, type ApiKeyRow, statusOf } from '../../src/access/api-key'
import { checkApiKeyDraft } from '../../src/access/api-key-draft'
import { insertion, issueApiKey } from '../../src/access/create-api-key'
import { selection } from '../../src/access/list-api-keys'
import { revocation } from '../../src/access/revoke-api-key'
import { drawSuccessor, rotation } from '../../src/access/rotate-api-key'
import { createDatabase } from '../../src/db/client'
import { apiKeys } from '../../src/db/schema'
import { toIssues } from '../../src/http/issues'
import { createApiKeyBodySchema, rotateApiKeyBodySchema, toApiKeyDraft } from '../../src/surfaces/v1/api-key-schemas'

// Bundled by `load-api-keys.ts` and run in Node: the modules of the service are made for a bundler. The rules and the
// statements are the service's own, so that a key from a terminal is one like any other.

/** What is wrong with what was asked for; `path` is the field of `/v1/api-keys`. */
export interface Refused {
  readonly issues: readonly { readonly path: string; readonly message: string }[]
}

/** A key that works once its statement has run. */
export interface Drawn {
  readonly key: string
  readonly sql: string
}

/** A row as D1 gives it. */
export interface StoredKey {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly hint: string
  /** JSON. */
  readonly scopes: string
  /** JSON, or null. */
  readonly origins: string | null
  readonly created_at: number
  readonly previous_until: number | null
  readonly expires_at: number | null
  readonly revoked_at: number | null
}

// Statements are only made with it, never run.
const db = createDatabase({} as D1Database)

/** @param body of `POST /v1/api-keys` @param now milliseconds since the epoch */
export async function drawKey(body: unknown, now: number): Promise<Drawn | Refused> {
  const read = readBody(createApiKeyBodySchema, body)
  if ('issues' in read) return read
  const draft = toApiKeyDraft(read.value)
  const issues = checkApiKeyDraft(draft, now)
  if (issues.length > 0) return { issues }
  const { key, row } = await issueApiKey(draft, now)
  return { key, sql: toText(insertion(db, row)) }
}

/** @param body of `POST /v1/api-keys/{id}/rotate` @param now milliseconds since the epoch */
export async function drawNextKey(about: Pick<StoredKey, 'id' | 'kind'>, body: unknown, now: number): Promise<Drawn | Refused> {
  const read = readBody(rotateApiKeyBodySchema, body)
  if ('issues' in read) return read
  const wanted = { id: about.id, overlapSeconds: read.value.overlap_seconds, now }
  const { key, successor } = await drawSuccessor(about.kind as ApiKeyKind, wanted)
  return { key, sql: toText(rotation(db, successor)) }
}

/** @param now milliseconds since the epoch */
export function revokingSql(id: string, now: number): string {
  return toText(revocation(db, id, now))
}

/** One key. */
export function findingSql(id: string): string {
  return toText(selection(db, eq(apiKeys.id, id), 1))
}

/** All keys, newest first. */
export function listingSql(): string {
  return toText(selection(db, undefined, 10_000))
}

/** @param now milliseconds since the epoch */
export function statusOfStored({ expires_at, revoked_at }: StoredKey, now: number): string {
  return statusOf({ expiresAt: expires_at, revokedAt: revoked_at } satisfies Partial<ApiKeyRow>, now)
}

function readBody<Schema extends z.ZodType>(schema: Schema, body: unknown): Refused | { readonly value: z.output<Schema> } {
  const read = schema.safeParse(body)
  return read.success ? { value: read.data } : { issues: toIssues(read.error, body) }
}

/** The statement with its values in it, as wrangler wants it. Each mark of our statements stands for a value. */
function toText(statement: { toSQL(): { readonly sql: string; readonly params: readonly unknown[] } }): string {
  const { sql, params } = statement.toSQL()
  const values = params.values()
  return sql.replaceAll('?', () => literal(values.next().value))
}

function literal(value: unknown): string {
  if (value === null || typeof value === 'number') return String(value)
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  throw new TypeError(`a ${typeof value} has no place in a statement`)
}
