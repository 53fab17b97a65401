import { type JSONWebKeySet, type JWTVerifyGetKey, createLocalJWKSet, errors } from 'jose'
import { JWKS_BELIEVED_MS, JWKS_COOLDOWN_MS, JWKS_FRESH_MS, JWKS_RETRY_MS, JWKS_TIMEOUT_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import type { Clock } from '../core/clock'
import { type Log, errorName } from '../core/log'
import { withTimeout } from '../core/with-timeout'

interface Known {
  readonly keyFor: JWTVerifyGetKey
  /** Milliseconds since the epoch. */
  readonly askedAt: number
}

/**
 * The keys of an identity provider, from its one address. They are kept, and asked for again when they are no longer fresh
 * or when a token names another; they stay good for a while where the provider does not answer. However many tokens with
 * made-up keys come, and however many at once, the provider is asked once in a while only.
 *
 * Who needs them waits for no request of another, which may be broken off: it goes by the keys that are there, or asks for
 * itself.
 * @returns what finds the key of a token; throws jose's error where there is none, `dependency_unavailable` where nobody
 *   can tell
 */
export function createProviderKeys({
  url,
  fetch,
  clock,
  log,
}: {
  readonly url: string
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  readonly clock: Clock
  readonly log: Log
}): JWTVerifyGetKey {
  let known: Known | undefined
  /** When somebody last began to ask, and when it last was in vain. */
  let askedAt = -Infinity
  let failedAt = -Infinity

  /** @throws `dependency_unavailable` */
  async function ask(): Promise<Known> {
    const at = (askedAt = clock())
    try {
      const asked = { keyFor: createLocalJWKSet(await withTimeout(read(url, fetch), JWKS_TIMEOUT_MS)), askedAt: at }
      if (at >= (known?.askedAt ?? 0)) known = asked
      return asked
    } catch (error) {
      failedAt = clock()
      log('error', 'identity_provider.unavailable', { dependency: 'identity_provider', error_name: errorName(error) })
      throw unavailable(error)
    }
  }

  async function current(): Promise<Known> {
    const now = clock()
    const age = known ? now - known.askedAt : Infinity
    if (known && age < JWKS_FRESH_MS) return known
    if (!known || age >= JWKS_BELIEVED_MS) {
      if (now - failedAt < JWKS_RETRY_MS) throw unavailable()
      return ask()
    }
    const stale = known
    return now - askedAt < JWKS_COOLDOWN_MS ? stale : ask().catch(() => stale)
  }

  return async (header, token) => {
    const { keyFor } = await current()
    try {
      return await keyFor(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      if (clock() - askedAt >= JWKS_COOLDOWN_MS) return (await ask()).keyFor(header, token)
      // The answer that somebody waits for may have the key: nobody is turned away for good before it is there.
      if (isAsked()) throw unavailable(error)
      throw error
    }
  }

  function isAsked(): boolean {
    const isAnswered = failedAt >= askedAt || (known?.askedAt ?? -Infinity) >= askedAt
    return !isAnswered && clock() - askedAt < JWKS_TIMEOUT_MS
  }
}

// workerd knows no redirect mode 'error': any other answer than 200 is none.
async function read(url: string, fetch: (url: string, init: RequestInit) => Promise<Response>): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(JWKS_TIMEOUT_MS)
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'manual', signal })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new errors.JWKSInvalid(`the identity provider answered ${response.status}`)
  }
  return response.json()
}

function unavailable(error?: unknown) {
  return refuse('dependency_unavailable', { dependency: 'identity_provider' }, error)
}
