import type { Principal } from '../access/principal'
import type { AbuseConfig } from '../config/abuse'
import type { HmacSigner } from '../core/hmac'
import type { Log } from '../core/log'
import type { Limiters } from './limiters'
import type { Suspects } from './suspects'

/** What the use cases of this folder work with. Built once per isolate in `compose.ts`. */
export interface LimitDeps {
  readonly limiters: Limiters
  readonly suspects: Suspects
  readonly rules: AbuseConfig
  /** ISO 3166: the country that no rule counts. */
  readonly homeCountry: string
  /** Makes the names that networks are known by. */
  readonly sign: HmacSigner
  readonly log: Log
}

/** Who asks, as far as limits go. */
export interface Asker {
  readonly requestId: string
  readonly principal?: Principal
  readonly address?: string
  /** Lets work go on after the answer. */
  readonly defer: (work: Promise<unknown>) => void
}
