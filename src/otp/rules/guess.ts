import type { Counted } from '../../limits/count-by'
import type { CheckReplay } from '../gate-state'
import type { Approval, Intent, IntentFacts } from '../intent'
import type { Attestation } from './attest'
import type { SendWindow } from './send-window'
import type { CheckTarget } from './target'

/** One guess, as it comes to the gate. */
export interface CheckRequest {
  readonly target: CheckTarget
  /** Tells a repetition of this very request from another guess. */
  readonly attemptKey: string
  /** For telling when a new code can be asked for. */
  readonly windows: readonly SendWindow[]
  readonly surface: string
  readonly requestId: string
  /** What the right code is given for, where that was not fixed when the code was sent. All of these may be absent. */
  readonly intent?: Intent
  /** What the caller takes for the facts of an intent that was fixed. Where one is another, the code is over. */
  readonly presented?: IntentFacts
  /** Answers only what was let through before: anything else is not found, and costs no guess. */
  readonly onlyRepeat?: boolean
  /** Digests of the code by which it is known after it was right, one for each pepper. */
  readonly proofs?: readonly string[]
  /** Whatever the code is, it is wrong: too short for the surface, or so by the vendor that carried it. */
  readonly vetoed?: boolean
  /** Should the answer to a right one say what it attests? */
  readonly attests?: boolean
}

export type CheckRefusal =
  | { readonly status: 'not_found' }
  | { readonly status: 'expired'; readonly verificationId: string }
  /** `waitMs`: until a guess at a new code, or at this one, may be let in. By the gate's clock: the Worker's may differ. */
  | { readonly status: 'too_many_guesses'; readonly verificationId: string; readonly waitMs: number }
  /** It was right, and given for something else. */
  | { readonly status: 'used'; readonly verificationId: string }
  /** It was right too long ago for something to follow. */
  | { readonly status: 'too_late'; readonly verificationId: string }
  /** It is for something else than the caller takes it for. */
  | { readonly status: 'changed'; readonly verificationId: string }

/** What the gate says to it. */
export type CheckAnswer =
  | CheckRefusal
  | (CheckReplay['reply'] & {
      readonly verificationId: string
      /** With an approval that lets something happen: what. */
      readonly approval?: Approval
      /** With an approval, where it was asked for. Absent in a reply of older code. */
      readonly attestation?: Attestation
      /** With the approval itself, and no repetition of it: where the sends were counted, whose code it was. */
      readonly counted?: readonly Counted[]
    })
  /** Who comes back after the right code has to know it. */
  | { readonly status: 'incorrect_after_approval'; readonly guessesLeft: number; readonly verificationId: string }
