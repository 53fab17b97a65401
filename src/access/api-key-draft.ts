import { KEY_LIFETIME_MAX_MS } from '../config/limits'
import type { ApiKeyKind } from './api-key'
import { BROWSER_SCOPES, type Scope } from './scopes'

/** What a key is to be. Forms have been checked; what the kinds allow has not. */
export interface ApiKeyDraft {
  readonly name: string
  readonly kind: ApiKeyKind
  readonly scopes: readonly Scope[]
  /** Null: every purpose. */
  readonly purposes: readonly string[] | null
  readonly origins: readonly string[] | null
  /** Milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null
}

/** What is wrong with a draft. `path` is the field as callers name it. */
export interface DraftIssue {
  readonly path: 'scopes' | 'origins' | 'expires_at'
  readonly message: string
}

const HOST = /^[a-z0-9._:[\]-]+$/

/**
 * Is it an origin exactly as browsers write it? Of https, or of `http://localhost` for development: what else comes by http
 * can be anybody on the way.
 */
export function isPageOrigin(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.origin !== text || !HOST.test(url.host)) return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === 'localhost')
}

/** All that keeps the key from being made, one issue a field. @param now milliseconds since the epoch */
export function checkApiKeyDraft({ kind, scopes, origins, expiresAt }: ApiKeyDraft, now: number): DraftIssue[] {
  const issues: DraftIssue[] = []
  if (kind === 'publishable') {
    const tooMuch = scopes.filter((scope) => !(BROWSER_SCOPES as readonly Scope[]).includes(scope))
    if (tooMuch.length > 0) {
      issues.push({
        path: 'scopes',
        message: `of a publishable key, which everybody can read, cannot have ${tooMuch.join(', ')}`,
      })
    }
    if (origins === null) issues.push({ path: 'origins', message: 'is required for a publishable key' })
  } else if (origins !== null) {
    issues.push({ path: 'origins', message: 'is for publishable keys only: a secret key never goes into a page' })
  }
  if (expiresAt !== null && expiresAt <= now) issues.push({ path: 'expires_at', message: 'must be in the future' })
  if (expiresAt !== null && expiresAt > now + KEY_LIFETIME_MAX_MS) {
    issues.push({ path: 'expires_at', message: 'must be within 10 years' })
  }
  return issues
}
