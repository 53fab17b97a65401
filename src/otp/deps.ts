import type { Principal } from '../access/principal'
import type { Config } from '../config/config'
import type { Clock } from '../core/clock'
import type { Log } from '../core/log'
import type { Database } from '../db/client'
import type { LimitDeps } from '../limits/limit-deps'
import type { CircuitBreaker } from '../messaging/circuit-breaker'
import type { Channel } from '../messaging/message'
import type { Provider } from '../messaging/provider'
import type { Templates } from '../messaging/templates/template'
import type { Profile } from '../config/profiles'
import type { CodeDigester } from './code-digest'
import type { CodeStore } from './code-store'
import type { Gates } from './gate-client'

/** What the use cases of this folder work with. Built once per isolate in `compose.ts`. */
export interface VerificationDeps {
  readonly gates: Gates
  /** The rules against abuse. */
  readonly limits: LimitDeps
  readonly codes: CodeStore
  readonly digester: CodeDigester
  readonly db: Database
  readonly config: Config
  /** The providers of a profile that can carry a code of its length on that channel, in order. */
  readonly providersFor: (profile: Profile, channel: Channel) => readonly Provider[]
  /** The vendors, by provider, whose word on a code is wanted beside our own check. Mostly none. */
  readonly confirmers: ReadonlyMap<string, NonNullable<Provider['confirm']>>
  readonly templates: Templates
  readonly breaker: CircuitBreaker
  /** A new code of so many digits. */
  readonly newCode: (length: number) => string
  readonly clock: Clock
  readonly log: Log
}

/** What is known of the request that a use case runs for. */
export interface Caller {
  readonly surface: string
  readonly requestId: string
  /** Who asks. Undefined: the service itself. */
  readonly principal?: Principal
  /** The network address of the client, where the platform tells it. */
  readonly address?: string
  /** Lets work go on after the answer (`ctx.waitUntil`). */
  readonly defer: (work: Promise<unknown>) => void
}
