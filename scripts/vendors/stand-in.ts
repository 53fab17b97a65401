/** A call that a vendor makes to one of the service's webhooks. */
export interface ReceiptCall {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A message that a vendor took, answered or not. */
export interface TakenMessage {
  readonly vendor: string
  /** Digits. */
  readonly to: string
  /** Empty in a message that carries none. */
  readonly code: string
  /** The text, or the template that stands for it at the vendor. */
  readonly content: string
  /** The calls, in order, with which the vendor reports on it; absent where the vendor never does. */
  readonly receipts?: (service: string) => Promise<readonly ReceiptCall[]>
  /** What a call says, in the vendor's word. */
  readonly eventOf?: (body: string) => string
}

/** One vendor on loopback. */
export interface VendorStandIn {
  readonly id: string
  /** It takes applications and no messages: what the numbers stand for is its own, and it reports nothing. */
  readonly isLender?: true
  /** The paths that are this vendor's. */
  readonly paths: RegExp
  readonly scenarios: Readonly<Record<string, { readonly what: string }>>
  /** Lines of `.dev.vars` with which the service calls this vendor here, and believes its reports. */
  readonly settings: (address: string) => Readonly<Record<string, string>>
  readonly handle: (request: Request) => Promise<Response>
}

export type OnMessage = (message: TakenMessage) => void
