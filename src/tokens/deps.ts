import type { TokenConfig } from '../config/tokens'
import type { Clock } from '../core/clock'
import type { HmacSigner } from '../core/hmac'
import type { Gates } from '../otp/gate-client'
import type { SigningKeys } from './signing-keys'

/** What the use cases of this folder work with. Built once per isolate in `compose.ts`. */
export interface TokenDeps {
  readonly config: TokenConfig
  readonly keys: SigningKeys
  readonly gates: Gates
  /** Makes the subjects of tokens. */
  readonly sign: HmacSigner
  readonly clock: Clock
}
