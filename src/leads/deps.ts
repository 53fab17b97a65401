import type { Config } from '../config/config'
import type { NoticeKind, NoticeTemplate } from '../config/notices'
import type { Clock } from '../core/clock'
import type { HmacSigner } from '../core/hmac'
import type { KeyRing } from '../core/key-ring'
import type { Log } from '../core/log'
import type { Database } from '../db/client'
import type { LimitDeps } from '../limits/limit-deps'
import type { CircuitBreaker } from '../messaging/circuit-breaker'
import type { Provider } from '../messaging/provider'
import type { Gates } from '../otp/gate-client'
import type { Lender } from './lender/lender'

/** Who carries what customers are told, in which of its templates. */
export interface NoticeCarrier {
  readonly provider: Provider
  readonly template: NoticeTemplate
}

/** What the use cases of this folder work with. Built once per isolate in `compose.ts`. */
export interface LeadDeps {
  readonly db: Database
  readonly gates: Gates
  /** The rules against abuse: messages to customers are paid from the same budget. */
  readonly limits: LimitDeps
  readonly config: Pick<Config, 'leads' | 'prices' | 'keys' | 'lender' | 'mockEnabled'>
  /** For personal data. Undefined: no key is set, and there can be no leads. */
  readonly personalKeys: KeyRing | undefined
  /** Keys the hash of what was asked for. */
  readonly signRequest: HmacSigner
  /** Undefined: none is configured. */
  readonly lender: Lender | undefined
  /** Undefined: nobody can, so customers are not told. */
  readonly carrierOf: (kind: NoticeKind) => NoticeCarrier | undefined
  readonly breaker: CircuitBreaker
  readonly clock: Clock
  readonly log: Log
}

/** Those of a deployment where leads are set up. */
export type ReadyLeadDeps = LeadDeps & { readonly personalKeys: KeyRing; readonly lender: Lender }
