import { and, eq } from 'drizzle-orm'
import { API_KEY_BELIEVED_MS, API_KEY_FRESH_MS, DEPENDENCY_TIMEOUT_MS, ORIGINS_PAUSE_MS } from '../config/limits'
import type { Clock } from '../core/clock'
import { type Log, errorName } from '../core/log'
import { withTimeout } from '../core/with-timeout'
import type { Database } from '../db/client'
import { apiKeys } from '../db/schema'
import { isActive } from './list-api-keys'

/** The origins of the pages that may talk to the service, as this isolate knows them. */
export interface KnownOrigins {
  /**
   * Is it an origin of a publishable key in force, whichever? Never rejects: while nobody can be asked, it is not.
   * @param defer lets work go on after the answer
   */
  has(origin: string, defer: (work: Promise<unknown>) => void): Promise<boolean>
  /** What this isolate knows, so that a change is seen here at once. */
  forget(): void
}

interface Known {
  readonly origins: ReadonlySet<string>
  /** When D1 was asked. Milliseconds since the epoch. */
  readonly askedAt: number
}

/**
 * Keeps the origins of all keys together, since who asks whether a page may send its key does not send it yet. They are
 * read and believed as the keys themselves are (`known-keys.ts`); an origin that is not among them has them read again,
 * when they are not fresh, before it is refused: its key may be new.
 */
export function createKnownOrigins({
  db,
  clock,
  log,
}: {
  readonly db: Database
  readonly clock: Clock
  readonly log: Log
}): KnownOrigins {
  let known: Known | undefined
  /** When a read failed, or was begun beside a request: for a moment there is no other one. */
  let pausedAt = -Infinity
  let forgotten = 0

  async function read(): Promise<Known> {
    const askedAt = clock()
    const ofPages = and(eq(apiKeys.kind, 'publishable'), isActive(askedAt))
    const rows = await withTimeout(
      db.select({ origins: apiKeys.origins }).from(apiKeys).where(ofPages).all(),
      DEPENDENCY_TIMEOUT_MS,
    )
    return { origins: new Set(rows.flatMap(({ origins }) => (origins ?? []) as string[])), askedAt }
  }

  /** Requests do not share a read: what one of them waits for ends with it. */
  async function readOnce(): Promise<void> {
    const before = forgotten
    try {
      const found = await read()
      // What was read before a change here, or comes after a newer answer, is no news.
      if (before === forgotten && found.askedAt >= (known?.askedAt ?? 0)) known = found
    } catch (error) {
      pausedAt = clock()
      log('warn', 'origins.not_read', { dependency: 'd1', error_name: errorName(error) })
    }
  }

  const isPaused = () => clock() - pausedAt < ORIGINS_PAUSE_MS
  const isYounger = (ms: number) => known !== undefined && clock() - known.askedAt < ms
  const hasNow = (origin: string) => isYounger(API_KEY_BELIEVED_MS) && known!.origins.has(origin)

  return {
    async has(origin, defer) {
      if (isYounger(API_KEY_FRESH_MS) || isPaused()) return hasNow(origin)
      if (hasNow(origin)) {
        pausedAt = clock()
        defer(readOnce())
        return true
      }
      await readOnce()
      return hasNow(origin)
    },
    forget() {
      known = undefined
      forgotten += 1
      pausedAt = -Infinity
    },
  }
}
