import type { DeliveryStatus } from '../../audit/delivery-status'
import type { VendorId } from '../../config/vendors'
import type { FailureReason } from '../failure-reason'

/** A vendor's word on a message that it took. */
export interface Receipt {
  /** The vendor's id of the message, as it was given when the message was taken. */
  readonly providerMessageId: string
  /** Ours, from vendors that echo it: finds a message whose acceptance got lost. */
  readonly communicationId: string | null
  readonly status: Exclude<DeliveryStatus, 'pending' | 'unknown'>
  /** When it happened by the vendor's clock, in milliseconds since the epoch; null where the vendor does not say. */
  readonly at: number | null
  /** Only with `failed` and `undelivered`. */
  readonly reason: FailureReason | null
  /** The vendor's own code for the failure. */
  readonly providerCode: string | null
}

/** A request to one of our webhooks, as it came. */
export interface WebhookRequest {
  readonly method: string
  /** Path and query, which some vendors sign. */
  readonly url: URL
  readonly headers: Headers
  /** The raw bytes: signatures are over these. */
  readonly body: Uint8Array<ArrayBuffer>
  /** The secret segment of the path, where the vendor's address has one. */
  readonly pathSecret: string | undefined
}

/** How one vendor reports on messages. Vendors' forms stay in its file; it decides nothing and stores nothing. */
export interface ReceiptReader {
  readonly provider: VendorId
  /** Did the vendor send this? Always false where the configuration has nothing to know it by. Constant time. */
  isGenuine(request: WebhookRequest): Promise<boolean>
  /** The receipts inside, other events left out. Undefined where the body is not one of the vendor's forms. */
  read(request: WebhookRequest): Promise<readonly Receipt[] | undefined>
}
