import type { apiKeys } from '../db/schema'
import { toBase64Url } from '../core/encoding'
import type { Principal } from './principal'
import { BROWSER_SCOPES, SCOPES, type Scope, knownScopes } from './scopes'

export type ApiKeyRow = typeof apiKeys.$inferSelect

/** `secret` for servers, `publishable` for pages, where everybody can read it. */
export const API_KEY_KINDS = ['secret', 'publishable'] as const
export type ApiKeyKind = (typeof API_KEY_KINDS)[number]

/** What keys begin with: people and secret scanners know them by that. */
export const KEY_PREFIXES: Readonly<Record<ApiKeyKind, string>> = { secret: 'evsk_', publishable: 'evpk_' }

const RANDOM_BYTES = 20
const CHECKSUM_CHARACTERS = 8
const FORM = /^ev[sp]k_[0-9a-f]{48}$/
/** Of a key's end: enough for people to tell theirs apart. */
const HINT_CHARACTERS = 4

/** A new key: its kind, 160 random bits, and a checksum. It is shown once; only its hash is kept. */
export async function newApiKey(kind: ApiKeyKind): Promise<string> {
  const body = KEY_PREFIXES[kind] + crypto.getRandomValues(new Uint8Array(RANDOM_BYTES)).toHex()
  return body + (await checksumOf(body))
}

/** Does the text claim to be a key of ours? */
export function looksLikeApiKey(text: string): boolean {
  return Object.values(KEY_PREFIXES).some((prefix) => text.startsWith(prefix))
}

/**
 * The hash by which a key is looked up: SHA-256, which nobody searches through 160 random bits.
 * @returns undefined where the checksum shows that it never was a key, so that nobody has to be asked
 */
export async function hashOfApiKey(key: string): Promise<string | undefined> {
  if (!FORM.test(key)) return undefined
  if ((await checksumOf(key.slice(0, -CHECKSUM_CHARACTERS))) !== key.slice(-CHECKSUM_CHARACTERS)) return undefined
  return toBase64Url(await sha256(key))
}

/** By what people know a key without knowing it. */
export function hintOf(key: string): string {
  return key.slice(-HINT_CHARACTERS)
}

/** `active` works, the others never will again. */
export const API_KEY_STATUSES = ['active', 'expired', 'revoked'] as const
export type ApiKeyStatus = (typeof API_KEY_STATUSES)[number]

/** @param now milliseconds since the epoch */
export function statusOf({ expiresAt, revokedAt }: Pick<ApiKeyRow, 'expiresAt' | 'revokedAt'>, now: number): ApiKeyStatus {
  if (revokedAt !== null) return 'revoked'
  return expiresAt !== null && now >= expiresAt ? 'expired' : 'active'
}

/**
 * Until when the key before the last rotation works; null where it does not.
 * @param now milliseconds since the epoch, as is what comes back
 */
export function previousValidUntil(row: ApiKeyRow, now: number): number | null {
  if (row.previousUntil === null || now >= row.previousUntil || statusOf(row, now) !== 'active') return null
  return Math.min(row.previousUntil, row.expiresAt ?? Infinity)
}

/** Is this key one that still works, in this of its forms? @param now milliseconds since the epoch */
export function isInForce(row: ApiKeyRow, hash: string, now: number): boolean {
  return statusOf(row, now) === 'active' && (row.hash === hash || (row.previousHash === hash && now < (row.previousUntil ?? 0)))
}

/** Who comes with the key. Whatever D1 says, one that is not secret is for pages, and for no more than pages may do. */
export function principalOf({ id, kind, scopes, purposes, origins }: ApiKeyRow): Principal {
  const isSecret = kind === 'secret'
  const granted: Scope[] = knownScopes(scopes as string[])
  const possible: readonly Scope[] = isSecret ? SCOPES : BROWSER_SCOPES
  return {
    kind: isSecret ? 'server' : 'browser',
    id,
    scopes: new Set(granted.filter((scope) => possible.includes(scope))),
    ...(purposes !== null && { purposes: new Set(purposes as string[]) }),
    ...(origins !== null && { origins: origins as string[] }),
  }
}

async function checksumOf(body: string): Promise<string> {
  return (await sha256(body)).toHex().slice(0, CHECKSUM_CHARACTERS)
}

async function sha256(text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)))
}
