/** The ways a message reaches a phone. */
export const CHANNELS = ['sms', 'whatsapp'] as const
export type Channel = (typeof CHANNELS)[number]

/** A one-time code on its way to a person. Everything a provider may need, none of it in a vendor's form. */
export interface OtpMessage {
  readonly kind: 'otp'
  /** E.164, with the `+`. */
  readonly to: string
  readonly channel: Channel
  readonly purpose: string
  /** BCP 47. */
  readonly locale: string
  readonly code: string
  readonly expiresInSeconds: number
  /** UUIDv7, known before anything is written: ties the vendor's message to our audit. */
  readonly communicationId: string
}

export type Message = OtpMessage
