import type { Channel, Message } from './message'
import type { FailureReason } from './failure-reason'

export const PROVIDER_IDS = ['mock', 'gupshup'] as const
export type ProviderId = (typeof PROVIDER_IDS)[number]

/** What came of one call to one vendor. Failure is normal here, so it is a value and never thrown. */
export type SendOutcome =
  /** The vendor took the message. It says nothing about delivery. */
  | { readonly status: 'accepted'; readonly providerMessageId: string | null }
  /** The vendor said no: nothing was sent. */
  | {
      readonly status: 'rejected'
      readonly reason: FailureReason
      readonly providerCode?: string
      readonly httpStatus?: number
    }
  /** The request left, and no usable answer came back: the message may or may not arrive. */
  | {
      readonly status: 'unknown'
      readonly reason: 'timeout' | 'connection_lost' | 'unreadable_reply'
      readonly httpStatus?: number
    }

/** A vendor adapter: a value made by a factory from its own slice of the configuration. */
export interface Provider {
  readonly id: ProviderId
  readonly channels: readonly Channel[]
  readonly facts: {
    /** The longest code that the vendor's messages can carry. */
    readonly maxCodeLength: number
  }
  /** Never throws for a vendor's reasons. */
  send(message: Message): Promise<SendOutcome>
}
