import { secretFor } from './callers.ts'
import { LENDER_USER, type Vendor } from './vendor.ts'

/** Variables and secrets by name. */
export type Settings = Readonly<Record<string, string>>

/** Where the stand-ins are. */
export type VendorAddresses = Pick<Vendor, 'apiUrl' | 'msg91Url' | 'lenderUrl'>

/** Of the vendors that send, Gupshup and MSG91, and of the lender. */
export const API_KEY = 'bench-vendor-key'
export const ADMIN_KEY = secretFor('ADMIN_API_KEY')
export const PHONE_HASH_KEY = secretFor('PHONE_HASH_KEY')
export const PII_KEY = secretFor('PII_ENCRYPTION_KEY')

/** What the vendors prove their reports with. */
export const WEBHOOKS = {
  publicUrl: 'https://verify.example.com',
  twilioAccount: `AC${'0'.repeat(32)}`,
  twilioToken: 'bench-twilio-token',
  gupshupSecret: secretFor('GUPSHUP_WEBHOOK_SECRET'),
  msg91Secret: secretFor('MSG91_WEBHOOK_SECRET'),
  whatsappSecret: 'bench-whatsapp-app-secret',
}

export const SOURCE = '917834811114'
export const TEMPLATE_ID = 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b'
export const SRC_NAME = 'BenchApp'

/** The objects of the service: binding to class, as in `wrangler.toml`. */
export const OBJECTS = { PHONE_GATE: 'PhoneGate', LIMITER: 'Limiter', IDEMPOTENCY: 'IdempotencyRecord' } as const

/** Those of production, with all limits as they are there but for one. */
const COMMON = {
  ENVIRONMENT: 'production',
  OTP_PEPPER: secretFor('OTP_PEPPER'),
  PHONE_HASH_KEY,
  ADMIN_API_KEY: ADMIN_KEY,
  // All of a batch are sent before the first is checked, under one key: by that it would be taken for a leaked one.
  LIMIT_KEY_UNVERIFIED_1_HOUR: '1000000',
} as const satisfies Settings

const gupshup = ({ apiUrl }: VendorAddresses) => ({
  GUPSHUP_API_URL: apiUrl,
  GUPSHUP_API_KEY: API_KEY,
  GUPSHUP_SOURCE: SOURCE,
  GUPSHUP_TEMPLATE_ID: TEMPLATE_ID,
  GUPSHUP_SRC_NAME: SRC_NAME,
})

/** Codes by Gupshup. */
export const verificationSettings = (vendor: VendorAddresses): Settings => ({ ...COMMON, ...gupshup(vendor) })

/** Vendors report, and the operator reads; nothing is sent. */
export const operatedSettings = (): Settings => ({
  ...COMMON,
  PUBLIC_URL: WEBHOOKS.publicUrl,
  TWILIO_ACCOUNT_SID: WEBHOOKS.twilioAccount,
  TWILIO_AUTH_TOKEN: WEBHOOKS.twilioToken,
  TWILIO_PHONE_NUMBER: '+15005550006',
  GUPSHUP_WEBHOOK_SECRET: WEBHOOKS.gupshupSecret,
  MSG91_WEBHOOK_SECRET: WEBHOOKS.msg91Secret,
  WHATSAPP_WEBHOOK_SECRET: WEBHOOKS.whatsappSecret,
})

/** Codes of six digits by MSG91. */
export const paymentSettings = ({ msg91Url }: VendorAddresses): Settings => ({
  ...COMMON,
  PUBLIC_URL: WEBHOOKS.publicUrl,
  MSG91_API_URL: msg91Url,
  MSG91_AUTH_KEY: API_KEY,
  MSG91_TEMPLATE_ID: '0123456789abcdef01234567',
  MSG91_SENDER_ID: 'PROSPA',
  MSG91_OTP_LENGTH: '6',
  MSG91_OTP_EXPIRE_MINUTES: '5',
  MSG91_WEBHOOK_SECRET: WEBHOOKS.msg91Secret,
})

/** What of leads differs between deployments. */
export const LEAD_SETTINGS = {
  /** Anybody creates one, and customers are told nothing. */
  open: { LEADS_REQUIRE_VERIFIED_PHONE: 'false' },
  /** As in production: for a number that was verified. */
  proved: { LEADS_REQUIRE_VERIFIED_PHONE: 'true' },
  /** As the first, and customers are told of them. */
  told: {
    LEADS_REQUIRE_VERIFIED_PHONE: 'false',
    GUPSHUP_LEAD_CREATION_TEMPLATE_ID: '0f5ac8be-1a33-4d0e-8f0c-6b5f8d2a7e10',
    GUPSHUP_LEAD_CREATION_SRC_NAME: SRC_NAME,
    GUPSHUP_LEAD_STATUS_TEMPLATE_ID: '7d2e91c4-5b0a-4e7f-9a61-2c8f0d3b6a55',
    GUPSHUP_LEAD_STATUS_SRC_NAME: SRC_NAME,
  },
} as const satisfies Readonly<Record<string, Settings>>

export type LeadSetting = keyof typeof LEAD_SETTINGS

/** A lender, and Gupshup for codes and for what customers are told. */
export const leadSettings = (vendor: VendorAddresses, setting: LeadSetting): Settings => ({
  ...COMMON,
  ...gupshup(vendor),
  PII_ENCRYPTION_KEY: PII_KEY,
  BASIC_APPLICATION_API_URL: vendor.lenderUrl,
  BASIC_APPLICATION_USER_ID: LENDER_USER,
  BASIC_APPLICATION_API_KEY: API_KEY,
  ...LEAD_SETTINGS[setting],
})
