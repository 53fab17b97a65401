import type { VerificationDeps } from '../../otp/deps'
import type { PhoneHasher } from '../../phone/phone-hash'
import type { PaymentDeps } from '../deps'

/** What the use cases of this folder work with. Built once per isolate in `compose.ts`. */
export interface LoanDeps extends Pick<PaymentDeps, 'db' | 'contactSealer' | 'profiles'> {
  readonly hashPhone: PhoneHasher
  readonly verification: Pick<VerificationDeps, 'clock' | 'config'>
}
