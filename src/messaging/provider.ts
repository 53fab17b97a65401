import type { VendorId } from '../config/vendors'
import type { FailureReason } from './failure-reason'
import type { Channel, Message, OtpMessage } from './message'

export type ProviderId = VendorId | 'mock'

/** What came of one call to one vendor. Failure is normal here, so it is a value and never thrown. */
export type SendOutcome =
  /** The vendor took the message. It says nothing about delivery. */
  | {
      readonly status: 'accepted'
      readonly providerMessageId: string | null
      /** `queued` until the vendor has handed it over to the network. */
      readonly deliveryStatus: 'queued' | 'sent'
    }
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

/** Why an attempt was not accepted: what the vendor said, or how its answer got lost. */
export type AttemptReason = FailureReason | Extract<SendOutcome, { status: 'unknown' }>['reason']

/** A vendor adapter: a value made by a factory from its own slice of the configuration. */
export interface Provider {
  readonly id: ProviderId
  readonly channels: readonly Channel[]
  readonly facts: {
    /** The longest code that the vendor's messages can carry. */
    readonly maxCodeLength: number
    /** Is it our text that arrives? Else the vendor has one of its own, which it is given the values for. */
    readonly textIsOurs: boolean
  }
  /** Never throws for a vendor's reasons. A kind of message that the vendor cannot carry is rejected as `bad_request`. */
  send(message: Message): Promise<SendOutcome>
  /**
   * Asks the vendor about a code that it carried, where the configuration wants its word as well. `unknown`: it did not
   * say. Never throws.
   */
  readonly confirm?: (guess: Pick<OtpMessage, 'to' | 'code'>) => Promise<'right' | 'wrong' | 'unknown'>
}
