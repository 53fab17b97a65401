import type { Bundle } from './build-bundle.ts'
import { BARE_WORKER } from './bare-worker.ts'
import { putKeys } from './callers.ts'
import { type Platform, startPlatform, type WorkerSpec } from './platform.ts'
import {
  API_KEY,
  type LeadSetting,
  leadSettings,
  OBJECTS,
  operatedSettings,
  paymentSettings,
  type Settings,
  SOURCE,
  SRC_NAME,
  TEMPLATE_ID,
  verificationSettings,
} from './settings.ts'
import type { Vendor } from './vendor.ts'

/** A script around the built one, or that itself. */
type Wrapped = Pick<WorkerSpec, 'script' | 'modules'>

/** Starts the built service with the keys of its callers in D1. */
async function start(bundle: Bundle, wrapped: Wrapped, variables: Settings): Promise<Platform> {
  const platform = await startPlatform({ ...bundle, ...wrapped, objects: OBJECTS, variables })
  await putKeys(platform)
  return platform
}

/**
 * Starts the built service in its production settings, with the stand-in for the real vendor.
 * @param wrapped another script around the built one
 * @param changes settings that are others
 */
export function startService(
  bundle: Bundle,
  vendor: Vendor,
  wrapped: Wrapped = bundle,
  changes: Settings = {},
): Promise<Platform> {
  return start(bundle, wrapped, { ...verificationSettings(vendor), ...changes })
}

/**
 * Starts the built service in its production settings as vendors report to it and its operator reads it. It sends nothing.
 * @param wrapped another script around the built one
 */
export function startOperated(bundle: Bundle, wrapped: Wrapped = bundle): Promise<Platform> {
  return start(bundle, wrapped, operatedSettings())
}

/**
 * Starts the built service in its production settings as lenders use it, with the stand-in for MSG91 and the template of
 * brief 000. All codes have six digits.
 * @param wrapped another script around the built one
 */
export async function startPayments(bundle: Bundle, vendor: Vendor, wrapped: Wrapped = bundle): Promise<Platform> {
  const platform = await start(bundle, wrapped, paymentSettings(vendor))
  await platform.query(
    `INSERT INTO communication_template (template_id, template_name, channel_type, content, dlt_id, status, variables) VALUES
     ('OTP_SEND', 'OTP Send Template', 1, 'Your OTP for payment verification is {{otp_code}}. Valid for 5 minutes. - Prosparity',
     '1107160000000000000', 'ACTIVE', '{"otp_code": "string"}')`,
  )
  return platform
}

/**
 * Starts the built service in its production settings with a lender, and Gupshup for codes and for what customers are told.
 * @param wrapped another script around the built one
 */
export function startLeads(bundle: Bundle, vendor: Vendor, setting: LeadSetting, wrapped: Wrapped = bundle): Promise<Platform> {
  return start(bundle, wrapped, leadSettings(vendor, setting))
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
