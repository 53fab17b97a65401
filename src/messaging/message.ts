import type { Channel, VendorId } from '../config/vendors'

export { type Channel, CHANNELS } from '../config/vendors'

/** What every message has, none of it in a vendor's form. */
interface MessageFacts {
  /** E.164, with the `+`. */
  readonly to: string
  readonly channel: Channel
  readonly purpose: string
  /** BCP 47. */
  readonly locale: string
  /** UUIDv7, known before anything is written: ties the vendor's message to our audit. */
  readonly communicationId: string
  /** The whole text, rendered from its template, for vendors that take one. */
  readonly text: string
  /** The values in the text by name, the code left out, for vendors that keep the text themselves. */
  readonly variables: Readonly<Record<string, string>>
  /** India: the registration (DLT content template id) of the text. */
  readonly dltTemplateId: string | null
  /** The text's template at the vendor, by provider, where it is not the one of the configuration. */
  readonly vendorTemplates: Readonly<Partial<Record<VendorId, string>>>
}

/** A one-time code on its way to a person. */
export interface OtpMessage extends MessageFacts {
  readonly kind: 'otp'
  readonly code: string
  /** A message that arrives later than this is of no use. */
  readonly expiresInSeconds: number
}

/** Any other message: something a person is told. */
export interface NoticeMessage extends MessageFacts {
  readonly kind: 'notice'
}

export type Message = OtpMessage | NoticeMessage
