/** The ways a message reaches a phone. */
export const CHANNELS = ['sms', 'whatsapp'] as const
export type Channel = (typeof CHANNELS)[number]

/** The vendors that a message can go through, with the channels that each serves. */
export const VENDOR_CHANNELS = {
  gupshup: ['whatsapp'],
  msg91: ['sms'],
  mshastra: ['sms'],
  twilio: ['sms'],
  whatsapp_cloud: ['whatsapp'],
} as const satisfies Record<string, readonly Channel[]>

export type VendorId = keyof typeof VENDOR_CHANNELS

/** What to set to get a vendor, for telling an operator. */
export const VENDOR_VARIABLES: Readonly<Record<VendorId, readonly string[]>> = {
  gupshup: ['GUPSHUP_API_KEY', 'GUPSHUP_SOURCE', 'GUPSHUP_TEMPLATE_ID', 'GUPSHUP_SRC_NAME'],
  msg91: ['MSG91_AUTH_KEY', 'MSG91_TEMPLATE_ID'],
  mshastra: ['SMS_USERNAME', 'SMS_PASSWORD', 'SMS_SENDER'],
  twilio: ['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN', 'TWILIO_PHONE_NUMBER or TWILIO_MESSAGING_SERVICE_SID'],
  whatsapp_cloud: ['WHATSAPP_ACCESS_TOKEN', 'WHATSAPP_PHONE_NUMBER_ID', 'WHATSAPP_OTP_TEMPLATE'],
}

/** The order in which channels and vendors are tried, by profile; a vendor that is not named is not used. */
export interface VendorOrders {
  readonly v1Channels: readonly Channel[]
  readonly v1Sms: readonly VendorId[]
  readonly v1Whatsapp: readonly VendorId[]
  readonly whatsapp: readonly VendorId[]
  readonly userSms: readonly VendorId[]
  readonly paymentSms: readonly VendorId[]
  readonly externalSms: readonly VendorId[]
  readonly externalWhatsapp: readonly VendorId[]
}
