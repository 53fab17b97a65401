import type { Quota } from '../../core/quota'
import type { Counted } from '../../limits/count-by'
import type { statusAt } from '../gate-state'
import type { Intent } from '../intent'
import type { SendWindow } from './send-window'

export interface SendPolicy {
  readonly cooldownMs: number
  readonly windows: readonly SendWindow[]
  readonly lifetimeMs: number
  readonly guessLimit: number
  readonly wrongGuessLimit: number
}

/** Asks to send a code. The code and its digest exist already; the gate sees only the digest. */
export interface ReserveRequest {
  /** Used if a new verification begins. */
  readonly verificationId: string
  /** Set to continue exactly this one (a resend by id). */
  readonly resendOf: string | null
  readonly phone: { readonly e164: string; readonly hash: string; readonly masked: string; readonly country: string }
  readonly purpose: string
  readonly bindingHash: string
  /** Whose the verification is. Absent: nobody's. */
  readonly owner?: string
  /** Does a page ask, with a key that everybody can read? Absent: no. */
  readonly isPublic?: boolean
  readonly surface: string
  readonly channel: string
  readonly locale: string
  readonly code: { readonly id: string; readonly digest: string; readonly keyVersion: string }
  readonly communicationId: string
  readonly requestId: string
  readonly policy: SendPolicy
  /** Kept for a later send of the same verification. All of these are absent in a request of older code. */
  readonly profile?: string
  readonly templateId?: string | null
  readonly channelIsFixed?: boolean
  readonly replaceable?: boolean
  readonly codeIsOurs?: boolean
  /** Set to replace exactly this message, which is lost: without the cooldown, and once for a verification. */
  readonly replaces?: string
  readonly values?: Readonly<Record<string, string>>
  readonly mustShow?: readonly string[]
  readonly subject?: string
  /** What the code is for, fixed from now on. */
  readonly intent?: Intent
  readonly updateWindowMs?: number
  /** Where the send was counted by the rules against abuse. */
  readonly counted?: readonly Counted[]
}

export type ReserveReply =
  | {
      readonly status: 'reserved'
      readonly verificationId: string
      readonly createdAt: number
      readonly expiresAt: number
      readonly resendAt: number
      readonly guessesLeft: number
      /** The gate's time at the reservation. */
      readonly now: number
      /** What is left after it. Absent in a reply of older code. */
      readonly quotas?: readonly Quota[]
    }
  | {
      readonly status: 'refused'
      readonly reason: 'cooldown' | 'send_limit' | 'too_many_guesses'
      readonly waitMs: number
      /** What is left. Absent in a reply of older code. */
      readonly quotas?: readonly Quota[]
    }
  | { readonly status: 'not_found' }
  | { readonly status: 'not_pending'; readonly now: ReturnType<typeof statusAt> }
  /** The message to replace is not the newest one, or one was replaced before. */
  | { readonly status: 'not_replaceable' }
