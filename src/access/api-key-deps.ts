import type { Clock } from '../core/clock'
import type { Log } from '../core/log'
import type { Database } from '../db/client'
import type { KnownKeys } from './known-keys'

/** What changes of keys work with. */
export interface ApiKeyDeps {
  readonly db: Database
  /** A change is seen in this isolate at once. */
  readonly keys: Pick<KnownKeys, 'forget'>
  readonly clock: Clock
  readonly log: Log
}
