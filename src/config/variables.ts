import { isSupportedCountry } from 'libphonenumber-js/max'
import * as z from 'zod'

const integer = (min: number, max: number) => z.coerce.number('must be a number').int('must be a whole number').min(min).max(max)
const secret = z.string().min(32, 'must be at least 32 characters')
const country = z
  .string()
  .toUpperCase()
  .refine((code) => isSupportedCountry(code), 'must be an ISO 3166 country such as IN')
const countries = z
  .string()
  .transform((list) => list.split(',').map((code) => code.trim()))
  .pipe(z.array(country))

/** Every variable and secret that the service reads, one by one. Empty values are taken out before (`load-config.ts`). */
export const variablesSchema = z.object({
  ENVIRONMENT: z.enum(['development', 'production']).default('production'),
  OTP_PEPPER: secret,
  OTP_PEPPER_PREVIOUS: secret.optional(),
  PHONE_HASH_KEY: secret.optional(),
  DEFAULT_REGION: country.default('IN'),
  ALLOWED_COUNTRIES: countries.optional(),
  OTP_LENGTH: integer(4, 10).optional(),
  OTP_EXPIRY_MINUTES: integer(1, 10).optional(),
  PIONEER_FLAG_MOCK_OTP_ENABLED: z.stringbool().default(false),

  SEND_COOLDOWN_SECONDS: integer(1, 3600).optional(),
  SEND_LIMIT_10_MINUTES: integer(1, 100).optional(),
  SEND_LIMIT_24_HOURS: integer(1, 1000).optional(),
  GUESS_LIMIT: integer(1, 5).optional(),
  WRONG_GUESS_LIMIT_24_HOURS: integer(1, 100).optional(),
  PROVIDER_TIMEOUT_MS: integer(50, 20_000).optional(),
  BODY_LIMIT_BYTES: integer(1024, 1024 * 1024).optional(),

  GUPSHUP_API_KEY: z.string().optional(),
  GUPSHUP_SOURCE: z
    .string()
    .regex(/^\+?\d{7,15}$/, 'must be a phone number with its country code')
    .optional(),
  GUPSHUP_API_URL: z.url({ protocol: /^https?$/ }).default('https://api.gupshup.io/wa/api/v1/template/msg'),
  GUPSHUP_TEMPLATE_ID: z.string().optional(),
  GUPSHUP_WHATSAPP_OTP_TEMPLATE_ID: z.string().optional(),
  GUPSHUP_SRC_NAME: z.string().optional(),
  GUPSHUP_WHATSAPP_OTP_SRC_NAME: z.string().optional(),
})

export type Variables = z.infer<typeof variablesSchema>
export type VariableName = keyof Variables
