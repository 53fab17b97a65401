import type { Bundle } from './build-bundle.ts'
import { BARE_WORKER } from './bare-worker.ts'
import { type Platform, startPlatform, type WorkerSpec } from './platform.ts'
import { LENDER_USER, type Vendor } from './vendor.ts'

/** Of the vendors that send, Gupshup and MSG91, and of the lender. */
export const API_KEY = 'bench-vendor-key'
export const ADMIN_KEY = 'an admin key for the benchmark only, 32 and more characters'.replaceAll(' ', '-')
export const PHONE_HASH_KEY = 'a phone hash key for the benchmark only, 32 characters'

export const PII_KEY = 'a key of personal data for the benchmark only, 32 characters'

/** What the vendors prove their reports with. */
export const WEBHOOKS = {
  publicUrl: 'https://verify.example.com',
  twilioAccount: `AC${'0'.repeat(32)}`,
  twilioToken: 'bench-twilio-token',
  gupshupSecret: 'bench-gupshup-webhook-secret-0000',
  msg91Secret: 'bench-msg91-webhook-secret-000000',
  whatsappSecret: 'bench-whatsapp-app-secret',
}

const SOURCE = '917834811114'
const TEMPLATE_ID = 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b'
const SRC_NAME = 'BenchApp'

const COMMON = {
  ENVIRONMENT: 'production',
  OTP_PEPPER: 'a pepper for the benchmark only, 32 and more characters',
  PHONE_HASH_KEY,
}
const OBJECTS = { PHONE_GATE: 'PhoneGate' }

const gupshupSettings = (vendor: Vendor) => ({
  GUPSHUP_API_URL: vendor.apiUrl,
  GUPSHUP_API_KEY: API_KEY,
  GUPSHUP_SOURCE: SOURCE,
  GUPSHUP_TEMPLATE_ID: TEMPLATE_ID,
  GUPSHUP_SRC_NAME: SRC_NAME,
})

/**
 * Starts the built service in its production settings, with the stand-in for the real vendor.
 * @param wrapped another script around the built one
 */
export function startService(
  bundle: Bundle,
  vendor: Vendor,
  wrapped: Pick<WorkerSpec, 'script' | 'modules'> = bundle,
): Promise<Platform> {
  return startPlatform({
    ...bundle,
    ...wrapped,
    objects: OBJECTS,
    variables: { ...COMMON, ...gupshupSettings(vendor) },
  })
}

/**
 * Starts the built service in its production settings as vendors report to it and its operator reads it. It sends nothing.
 * @param wrapped another script around the built one
 */
export function startOperated(bundle: Bundle, wrapped: Pick<WorkerSpec, 'script' | 'modules'> = bundle): Promise<Platform> {
  return startPlatform({
    ...bundle,
    ...wrapped,
    objects: OBJECTS,
    variables: {
      ...COMMON,
      ADMIN_API_KEY: ADMIN_KEY,
      PUBLIC_URL: WEBHOOKS.publicUrl,
      TWILIO_ACCOUNT_SID: WEBHOOKS.twilioAccount,
      TWILIO_AUTH_TOKEN: WEBHOOKS.twilioToken,
      TWILIO_PHONE_NUMBER: '+15005550006',
      GUPSHUP_WEBHOOK_SECRET: WEBHOOKS.gupshupSecret,
      MSG91_WEBHOOK_SECRET: WEBHOOKS.msg91Secret,
      WHATSAPP_WEBHOOK_SECRET: WEBHOOKS.whatsappSecret,
    },
  })
}

/**
 * Starts the built service in its production settings as lenders use it, with the stand-in for MSG91 and the template of
 * brief 000. All codes have six digits.
 * @param wrapped another script around the built one
 */
export async function startPayments(
  bundle: Bundle,
  vendor: Vendor,
  wrapped: Pick<WorkerSpec, 'script' | 'modules'> = bundle,
): Promise<Platform> {
  const platform = await startPlatform({
    ...bundle,
    ...wrapped,
    objects: OBJECTS,
    variables: {
      ...COMMON,
      ADMIN_API_KEY: ADMIN_KEY,
      PUBLIC_URL: WEBHOOKS.publicUrl,
      MSG91_API_URL: vendor.msg91Url,
      MSG91_AUTH_KEY: API_KEY,
      MSG91_TEMPLATE_ID: '0123456789abcdef01234567',
      MSG91_SENDER_ID: 'PROSPA',
      MSG91_OTP_LENGTH: '6',
      MSG91_OTP_EXPIRE_MINUTES: '5',
      MSG91_WEBHOOK_SECRET: WEBHOOKS.msg91Secret,
    },
  })
  await platform.query(
    `INSERT INTO communication_template (template_id, template_name, channel_type, content, dlt_id, status, variables) VALUES
     ('OTP_SEND', 'OTP Send Template', 1, 'Your OTP for payment verification is {{otp_code}}. Valid for 5 minutes. - Prosparity',
     '1107160000000000000', 'ACTIVE', '{"otp_code": "string"}')`,
  )
  return platform
}

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
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

export type LeadSetting = keyof typeof LEAD_SETTINGS

/**
 * Starts the built service in its production settings with a lender, and Gupshup for codes and for what customers are told.
 * @param wrapped another script around the built one
 */
export function startLeads(
  bundle: Bundle,
  vendor: Vendor,
  setting: LeadSetting,
  wrapped: Pick<WorkerSpec, 'script' | 'modules'> = bundle,
): Promise<Platform> {
  return startPlatform({
    ...bundle,
    ...wrapped,
    objects: OBJECTS,
    variables: {
      ...COMMON,
      ...gupshupSettings(vendor),
      ADMIN_API_KEY: ADMIN_KEY,
      PII_ENCRYPTION_KEY: PII_KEY,
      BASIC_APPLICATION_API_URL: vendor.lenderUrl,
      BASIC_APPLICATION_USER_ID: LENDER_USER,
      BASIC_APPLICATION_API_KEY: API_KEY,
      ...LEAD_SETTINGS[setting],
    },
  })
}

/**
 * Starts the Worker of bare round trips, on the same platform.
 * @param vendor another one than the service's, whose messages are counted; none for what calls no vendor
 */
export function startBare(bundle: Bundle, vendor?: Vendor): Promise<Platform> {
  const form = {
    channel: 'whatsapp',
    source: SOURCE,
    destination: '919812345678',
    'src.name': SRC_NAME,
    template: JSON.stringify({ id: TEMPLATE_ID, params: ['123456'] }),
  }
  return startPlatform({
    ...bundle,
    script: BARE_WORKER,
    objects: { BARE: 'Bare' },
    variables: { VENDOR_URL: vendor?.apiUrl ?? '', VENDOR_KEY: API_KEY, VENDOR_FORM: new URLSearchParams(form).toString() },
  })
}
