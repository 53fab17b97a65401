import { isSupportedCountry } from 'libphonenumber-js/max'
import * as z from 'zod'
import { IDENTITY_ALGORITHMS } from './identity-algorithms'
import { constantsSchema, pathTemplate } from './providers/basic-application-forms'
import { NOTICE_VALUES } from './notices'
import { amountVariable, pricesSchema } from './prices'
import { RULE_MODES } from './rule-modes'
import { signingKeysVariable } from './tokens'
import { CHANNELS, type Channel, VENDOR_CHANNELS, type VendorId } from './vendors'

const integer = (min: number, max: number) => z.coerce.number('must be a number').int('must be a whole number').min(min).max(max)
/** Up to a hundred years. */
const days = integer(1, 36_525)
const secret = z.string().min(32, 'must be at least 32 characters')
/** Goes into a header. */
const bearerSecret = secret.regex(/^[\x21-\x7e]+$/, 'must have no blanks inside')
const country = z
  .string()
  .toUpperCase()
  .refine((code) => isSupportedCountry(code), 'must be an ISO 3166 country such as IN')
const list = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  z
    .string()
    .transform((text) => [...new Set(text.split(',').map((part) => part.trim()))])
    .pipe(z.array(item).min(1))
const countries = list(country)

const vendorOrder = (channel: Channel, usual: VendorId[]) => {
  const vendors = (Object.keys(VENDOR_CHANNELS) as VendorId[]).filter((id) => VENDOR_CHANNELS[id][0] === channel)
  return list(z.enum(vendors, `must be names of ${vendors.join(', ')}, with commas between`)).default(usual)
}
/** What a template at a vendor has places for, in its order. */
const noticeValues = (usual: (typeof NOTICE_VALUES)[number][]) =>
  // Not `list`, which drops a name that is there twice, and so would shift what comes behind it.
  z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(z.enum(NOTICE_VALUES, `must be names of ${NOTICE_VALUES.join(', ')}, with commas between`)).min(1))
    .refine((names) => new Set(names).size === names.length, 'must have each name once')
    .default(usual)
const ruleMode = z.enum(RULE_MODES, `must be ${RULE_MODES.join(', ')}`)
const apiUrl = z.url({ protocol: /^https?$/ })
/** Without a trailing slash, so that a path can follow. */
const origin = apiUrl.transform((url) => url.replace(/\/+$/, ''))
/** Stands in a webhook's address, so it must be hard to guess and need no escaping. */
const pathSecret = z.string().regex(/^[\w-]{32,128}$/, 'must be 32 to 128 letters, digits, - or _')
const token = z.string().regex(/^[\x21-\x7e]+$/, 'must have no blanks and no line breaks inside')

/** Every variable and secret that the service reads, one by one. Empty values are taken out before (`load-config.ts`). */
export const variablesSchema = z.object({
  ENVIRONMENT: z.enum(['development', 'production']).default('production'),
  OTP_PEPPER: secret,
  OTP_PEPPER_PREVIOUS: secret.optional(),
  PHONE_HASH_KEY: secret.optional(),
  PII_ENCRYPTION_KEY: secret.optional(),
  PII_ENCRYPTION_KEY_PREVIOUS: secret.optional(),
  DEFAULT_REGION: country.default('IN'),
  ALLOWED_COUNTRIES: countries.optional(),
  OTP_LENGTH: integer(4, 10).optional(),
  OTP_EXPIRY_MINUTES: integer(1, 10).optional(),
  PIONEER_FLAG_MOCK_OTP_ENABLED: z.stringbool().default(false),
  ADMIN_API_KEY: bearerSecret.optional(),
  ADMIN_API_KEY_PREVIOUS: bearerSecret.optional(),
  AUTH_REQUIRED: z.stringbool().optional(),
  AUTH_JWKS_URL: apiUrl.optional(),
  AUTH_ISSUER: z.string().max(512).optional(),
  AUTH_AUDIENCE: z.string().max(512).optional(),
  AUTH_ALGORITHMS: list(
    z.enum(IDENTITY_ALGORITHMS, `must be names of ${IDENTITY_ALGORITHMS.join(', ')}, with commas between`),
  ).default(['ES256', 'EdDSA', 'RS256']),
  AUTH_SCOPE_CLAIM: z.string().max(128).default('scope'),
  AUTH_CALLER_CLAIM: z.string().max(128).default('sub'),
  TURNSTILE_SECRET_KEY: token.optional(),
  TURNSTILE_API_URL: origin.default('https://challenges.cloudflare.com'),
  SIGNING_KEYS: signingKeysVariable.optional(),
  TOKEN_ISSUER: z.string().max(512).optional(),
  TOKEN_AUDIENCE: z.string().max(512).optional(),
  TOKEN_LIFETIME_SECONDS: integer(30, 900).default(300),
  PUBLIC_URL: origin.optional(),
  APP_NAME: z
    .string()
    .max(30)
    .regex(/^[^\p{Cc}{}]+$/u, 'must be one line without braces')
    .optional(),

  LEADS_REQUIRE_VERIFIED_PHONE: z.stringbool().optional(),
  RETENTION_DAYS_LEADS: days.default(365),
  RETENTION_DAYS_VERIFICATIONS: days.default(365),
  RETENTION_DAYS_PAYMENTS: days.default(2555),
  RETENTION_DAYS_COMMUNICATIONS: days.default(365),

  SEND_COOLDOWN_SECONDS: integer(1, 3600).optional(),
  SEND_LIMIT_10_MINUTES: integer(1, 100).optional(),
  SEND_LIMIT_24_HOURS: integer(1, 1000).optional(),
  GUESS_LIMIT: integer(1, 5).optional(),
  WRONG_GUESS_LIMIT_24_HOURS: integer(1, 100).optional(),
  PROVIDER_TIMEOUT_MS: integer(50, 20_000).optional(),
  BODY_LIMIT_BYTES: integer(1024, 1024 * 1024).optional(),

  LIMIT_KEY_MODE: ruleMode.optional(),
  LIMIT_KEY_UNVERIFIED_1_HOUR: integer(1, 1_000_000).optional(),
  LIMIT_ADDRESS_MODE: ruleMode.optional(),
  LIMIT_ADDRESS_UNVERIFIED_1_HOUR: integer(1, 1_000_000).optional(),
  LIMIT_PREFIX_MODE: ruleMode.optional(),
  LIMIT_PREFIX_UNVERIFIED_24_HOURS: integer(1, 1_000_000).optional(),
  LIMIT_COUNTRY_MODE: ruleMode.optional(),
  LIMIT_COUNTRY_UNVERIFIED_6_HOURS: integer(1, 1_000_000).optional(),
  LIMIT_GUESS_MODE: ruleMode.optional(),
  LIMIT_GUESS_WRONG_1_HOUR: integer(1, 1_000_000).optional(),
  SPEND_CAP_MODE: ruleMode.optional(),
  SPEND_CAP_PER_DAY: amountVariable.optional(),

  V1_CHANNELS: list(z.enum(CHANNELS, 'must be sms, whatsapp or both, with a comma between')).default(['sms', 'whatsapp']),
  V1_SMS_PROVIDERS: vendorOrder('sms', ['twilio', 'msg91', 'mshastra']),
  V1_WHATSAPP_PROVIDERS: vendorOrder('whatsapp', ['whatsapp_cloud', 'gupshup']),
  WHATSAPP_OTP_PROVIDERS: vendorOrder('whatsapp', ['gupshup', 'whatsapp_cloud']),
  USER_OTP_SMS_PROVIDERS: vendorOrder('sms', ['mshastra', 'twilio', 'msg91']),
  PAYMENT_OTP_SMS_PROVIDERS: vendorOrder('sms', ['msg91', 'twilio', 'mshastra']),
  EXTERNAL_OTP_SMS_PROVIDERS: vendorOrder('sms', ['twilio', 'msg91', 'mshastra']),
  EXTERNAL_OTP_WHATSAPP_PROVIDERS: vendorOrder('whatsapp', ['whatsapp_cloud', 'gupshup']),
  MESSAGE_PRICES: pricesSchema.optional(),

  GUPSHUP_API_KEY: token.optional(),
  GUPSHUP_SOURCE: z
    .string()
    .regex(/^\+?\d{7,15}$/, 'must be a phone number with its country code')
    .optional(),
  GUPSHUP_API_URL: apiUrl.default('https://api.gupshup.io/wa/api/v1/template/msg'),
  GUPSHUP_TEMPLATE_ID: z.string().optional(),
  GUPSHUP_WHATSAPP_OTP_TEMPLATE_ID: z.string().optional(),
  GUPSHUP_SRC_NAME: z.string().optional(),
  GUPSHUP_WHATSAPP_OTP_SRC_NAME: z.string().optional(),
  GUPSHUP_LEAD_CREATION_TEMPLATE_ID: z.string().optional(),
  GUPSHUP_LEAD_CREATION_SRC_NAME: z.string().optional(),
  GUPSHUP_LEAD_CREATION_VALUES: noticeValues(['first_name', 'application_id']),
  GUPSHUP_LEAD_STATUS_TEMPLATE_ID: z.string().optional(),
  GUPSHUP_LEAD_STATUS_SRC_NAME: z.string().optional(),
  GUPSHUP_LEAD_STATUS_VALUES: noticeValues(['first_name', 'application_id', 'status']),
  GUPSHUP_WEBHOOK_SECRET: pathSecret.optional(),

  MSG91_AUTH_KEY: token.optional(),
  MSG91_TEMPLATE_ID: z.string().optional(),
  MSG91_SENDER_ID: z.string().max(11).optional(),
  MSG91_OTP_LENGTH: integer(4, 9).optional(),
  MSG91_OTP_EXPIRE_MINUTES: integer(1, 10).optional(),
  MSG91_API_URL: origin.default('https://control.msg91.com'),
  MSG91_VERIFY_MODE: z.enum(['own', 'provider'], 'must be own or provider').default('own'),
  MSG91_WEBHOOK_SECRET: pathSecret.optional(),

  SMS_USERNAME: z.string().optional(),
  SMS_PASSWORD: z.string().optional(),
  SMS_SENDER: z.string().max(13, 'must be at most 13 characters').optional(),
  SMS_ENTITY_ID: z.string().optional(),
  SMS_API_URL: apiUrl.default('https://mshastra.com/sendsms_api_json.aspx'),

  TWILIO_ACCOUNT_SID: z
    .string()
    .regex(/^AC[\da-zA-Z]{32}$/, 'must be AC and 32 letters or digits')
    .optional(),
  TWILIO_AUTH_TOKEN: token.optional(),
  TWILIO_PHONE_NUMBER: z
    .string()
    .regex(/^\+\d{7,15}$/, 'must be a phone number with + and its country code')
    .optional(),
  TWILIO_MESSAGING_SERVICE_SID: z
    .string()
    .regex(/^MG[\da-zA-Z]{32}$/, 'must be MG and 32 letters or digits')
    .optional(),
  TWILIO_API_URL: origin.default('https://api.twilio.com'),

  WHATSAPP_API_URL: origin.default('https://graph.facebook.com/v26.0'),
  WHATSAPP_ACCESS_TOKEN: token.optional(),
  WHATSAPP_PHONE_NUMBER_ID: z
    .string()
    .regex(/^\d{5,25}$/, 'must be digits: the id of the number, which is not the number')
    .optional(),
  WHATSAPP_OTP_TEMPLATE: z.string().optional(),
  WHATSAPP_OTP_TEMPLATE_LANG: z.string().default('en_US'),
  WHATSAPP_WEBHOOK_SECRET: token.optional(),
  WHATSAPP_VERIFY_TOKEN: token.optional(),
  WHATSAPP_BUSINESS_ACCOUNT_ID: z.string().optional(),
  WHATSAPP_BUSINESS_NUMBER: z.string().optional(),

  BASIC_APPLICATION_API_URL: origin.optional(),
  BASIC_APPLICATION_USER_ID: token.optional(),
  BASIC_APPLICATION_API_KEY: token.optional(),
  BASIC_APPLICATION_CREATE_PATH: pathTemplate([]).default('/api/v1/NewApplication/CreateFBBByBasicUser'),
  BASIC_APPLICATION_STATUS_PATH: pathTemplate(['application_id', 'mobile']).default(
    '/api/v1/Application/Activity/GetActivity/{application_id}/{mobile}',
  ),
  BASIC_APPLICATION_LOOKUP_PATH: pathTemplate(['id', 'mobile']).default('/api/v1/Application/Activity/GetActivity/{id}/{mobile}'),
  BASIC_APPLICATION_AUTH: z.enum(['signature', 'headers'], 'must be signature or headers').default('signature'),
  BASIC_APPLICATION_JSON_STYLE: z.enum(['compact', 'python'], 'must be compact or python').default('compact'),
  BASIC_APPLICATION_CONSTANTS: constantsSchema.optional(),
  BASIC_APPLICATION_TIMEOUT_MS: integer(50, 25_000).default(10_000),
})

export type Variables = z.infer<typeof variablesSchema>
export type VariableName = keyof Variables
