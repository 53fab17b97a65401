import type { ContactType } from '../loan'
import type { MinorUnits } from '../money'

/** One thing that happened about a repayment. Times in milliseconds since the epoch. */
export type StoryEntry = StoryFrame & StoryDeed

/** What every entry says. */
export interface StoryFrame {
  readonly at: number
  /** Null for what is about no code. */
  readonly verificationId: string | null
  /** The message that it is about; null where it is about none, or about one that is not known. */
  readonly communicationId: string | null
  /** Where it was asked for and in which request; null for what a vendor reports. */
  readonly surface: string | null
  readonly requestId: string | null
  /** Who was to confirm, and at which number. */
  readonly contactType: ContactType | null
  readonly phoneMasked: string | null
}

/** What happened. The names of the types are stable: `/v1` shows them. */
export type StoryDeed =
  | {
      readonly type: 'code.requested'
      readonly channel: string | null
      /** Which send of the verification it is, from 1. */
      readonly send: number | null
      /** The message that was lost and that this one is sent for. */
      readonly replaces: string | null
      /** What its code is to confirm, where that is fixed from now on. */
      readonly change: WantedStoryChange | null
    }
  /** A provider took it; everybody refused it; nobody knows. */
  | ({ readonly type: 'code.sent' | 'code.not_sent' | 'code.unconfirmed' } & SendOutcome)
  | {
      readonly type: 'code.refused'
      readonly channel: string | null
      readonly reason: string | null
      readonly waitMs: number | null
    }
  | {
      readonly type: 'attempt'
      readonly attempt: number
      readonly provider: string
      readonly channel: string
      readonly outcome: string
      readonly reason: string | null
      readonly providerCode: string | null
      readonly httpStatus: number | null
      readonly durationMs: number
    }
  | {
      readonly type: 'receipt'
      readonly receivedAt: number
      readonly provider: string
      readonly status: string
      readonly reason: string | null
      readonly providerCode: string | null
    }
  | { readonly type: 'guess.right'; readonly guess: number | null; readonly guessesLeft: number | null }
  | { readonly type: 'guess.wrong'; readonly guessesLeft: number | null; readonly locked: boolean }
  | { readonly type: 'guess.refused'; readonly reason: string | null }
  /** A right code was given for it, so it is going to be made; it could not be made any more. */
  | { readonly type: 'change.accepted'; readonly change: WantedStoryChange | null }
  | { readonly type: 'change.refused'; readonly reason: string | null }
  | {
      readonly type: 'status.changed'
      /** The version of the repayment that it made. */
      readonly version: number
      readonly fromStatusId: number
      readonly toStatusId: number
      /** Collected by it, and in all after it. */
      readonly amount: MinorUnits
      readonly amountCollected: MinorUnits
      readonly paymentModeId: number
      readonly requestedBy: string | null
    }
  | { readonly type: 'verification.canceled' }
  /** Codes go to another number from then on; null: there was none. */
  | { readonly type: 'contact.changed'; readonly fromPhoneMasked: string | null; readonly requestedBy: string | null }
  /** Of a kind that this version has no name for. */
  | { readonly type: 'other' }

export interface SendOutcome {
  readonly channel: string | null
  readonly provider: string | null
  /** Null: the built-in text, or nothing was sent. */
  readonly template: { readonly id: string; readonly version: number } | null
  readonly reason: string | null
  readonly providerCode: string | null
}

/** What a code is to confirm, or has confirmed. */
export interface WantedStoryChange {
  readonly statusId: number
  readonly amount: MinorUnits
  readonly currency: string
  readonly paymentModeId: number
  readonly requestedBy: string | null
}
