import type { Profiles } from '../config/profiles'
import type { Sealer } from '../core/seal'
import type { Database } from '../db/client'
import type { Templates } from '../messaging/templates/template'
import type { VerificationDeps } from '../otp/deps'

/** What the use cases of this folder work with. Built once per isolate in `compose.ts`. */
export interface PaymentDeps {
  readonly verification: VerificationDeps
  readonly profiles: Profiles
  readonly db: Database
  readonly contactSealer: Sealer
  readonly templates: Templates
}
