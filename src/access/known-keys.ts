import { eq, or } from 'drizzle-orm'
import {
  API_KEYS_KNOWN,
  API_KEY_BELIEVED_MS,
  API_KEY_FRESH_MS,
  API_KEY_UNKNOWN_MS,
  DEPENDENCY_TIMEOUT_MS,
} from '../config/limits'
import { refuse } from '../core/app-error'
import type { Clock } from '../core/clock'
import { type Log, errorName } from '../core/log'
import { withTimeout } from '../core/with-timeout'
import type { Database } from '../db/client'
import { apiKeys } from '../db/schema'
import type { ApiKeyRow } from './api-key'

/** The keys of callers, as this isolate knows them. */
export interface KnownKeys {
  /**
   * The key that has this hash, or had it before its last rotation; undefined where there is none.
   * @param defer lets work go on after the answer
   * @throws `dependency_unavailable`: who cannot be asked about lets nobody in
   */
  find(hash: string, defer: (work: Promise<unknown>) => void): Promise<ApiKeyRow | undefined>
  /** What this isolate knows, so that a change is seen here at once. */
  forget(): void
}

interface Known {
  readonly row: ApiKeyRow
  /** When D1 was asked. Milliseconds since the epoch. */
  readonly askedAt: number
  /** When it was asked last, beside a request. */
  refreshedAt: number
}

/**
 * Keeps what was read of keys: for {@link API_KEY_FRESH_MS} nobody asks D1, after that it is asked beside the requests, and
 * after {@link API_KEY_BELIEVED_MS} nothing is believed any more. So a warm request reads nothing, and a revoked key works
 * for less than a minute.
 *
 * That there is no such key is kept for {@link API_KEY_UNKNOWN_MS} only, since it may be there soon; and apart from the
 * others, so that whoever makes up keys does not have the real ones forgotten. First requests that come at once ask D1 each
 * for itself: a request that waited for the read of another would hang if that one were broken off.
 */
export function createKnownKeys({
  db,
  clock,
  log,
}: {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
}): KnownKeys {
  const known = new Map<string, Known>()
  /** When D1 did not have them. */
  const unknown = new Map<string, number>()
  let forgotten = 0

  async function ask(hash: string): Promise<ApiKeyRow | undefined> {
    const askedAt = clock()
    const before = forgotten
    const isIt = or(eq(apiKeys.hash, hash), eq(apiKeys.previousHash, hash))
    const row = await withTimeout(db.select().from(apiKeys).where(isIt).get(), DEPENDENCY_TIMEOUT_MS)
    // What was read before a change here, or comes after a newer answer, is no news.
    if (before === forgotten && askedAt >= (known.get(hash)?.askedAt ?? 0)) keep(hash, row, askedAt)
    return row
  }

  function keep(hash: string, row: ApiKeyRow | undefined, askedAt: number): void {
    known.delete(hash)
    unknown.delete(hash)
    if (row) putBounded(known, hash, { row, askedAt, refreshedAt: askedAt })
    else putBounded(unknown, hash, askedAt)
  }

  async function refresh(hash: string): Promise<void> {
    try {
      await ask(hash)
    } catch (error) {
      log('warn', 'api_key.not_read', { dependency: 'd1', error_name: errorName(error) })
    }
  }

  return {
    async find(hash, defer) {
      const now = clock()
      const found = known.get(hash)
      if (found && now - found.askedAt < API_KEY_BELIEVED_MS) {
        // By time, not by whether one is under way: work beside a request is broken off without a word.
        const isDue = now - found.askedAt >= API_KEY_FRESH_MS && now - found.refreshedAt >= DEPENDENCY_TIMEOUT_MS
        if (isDue) {
          found.refreshedAt = now
          defer(refresh(hash))
        }
        return found.row
      }
      if (now - (unknown.get(hash) ?? -Infinity) < API_KEY_UNKNOWN_MS) return undefined
      try {
        return await ask(hash)
      } catch (error) {
        throw refuse('dependency_unavailable', { dependency: 'd1' }, error)
      }
    },
    forget() {
      forgotten += 1
      known.clear()
      unknown.clear()
    },
  }
}

/** The last that was put in stands last, so that the first is the one to go. */
function putBounded<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value)
  if (map.size > API_KEYS_KNOWN) map.delete(map.keys().next().value!)
}
