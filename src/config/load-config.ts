import { readAbuse } from './abuse'
import { readAccess, readTurnstile } from './access'
import type { Config } from './config'
import { addMissingPriceProblem } from './missing-prices'
import { DEFAULT_LIMITS, LONGEST_MSG91_CODE, LONGEST_WHATSAPP_CODE } from './limits'
import { type Variables, variablesSchema } from './variables'
import { readBasicApplication } from './providers/basic-application'
import { readGupshup } from './providers/gupshup'
import { readMsg91 } from './providers/msg91'
import { readMshastra } from './providers/mshastra'
import { readTwilio } from './providers/twilio'
import { readWhatsappCloud } from './providers/whatsapp-cloud'
import { readTokens } from './tokens'
import { addWeakSecretProblems } from './weak-secrets'

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  /** One sentence a problem, with names of variables and never their values. */
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * Turns the Worker's variables and secrets into a {@link Config}. An empty value counts as absent; a number or boolean
 * (TOML and the dashboard's JSON have them) as its text. Never throws.
 */
export function loadConfig(env: object): ConfigResult {
  const settings = readSettings(env as Record<string, unknown>)
  const parsed = variablesSchema.safeParse(settings)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0])
      return name in settings ? `${name}: ${issue.message}` : `${name} is missing`
    })
    return { ok: false, problems: [...new Set(problems)] }
  }
  const problems: string[] = []
  const config = toConfig(parsed.data, problems)
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems }
}

/** Is this a deployment for trying things out? Whatever does not say so is production, also while all else is wrong. */
export function isDevelopment(env: object): boolean {
  return asText((env as Record<string, unknown>)['ENVIRONMENT']) === 'development'
}

function readSettings(env: Record<string, unknown>): Record<string, unknown> {
  const settings = Object.keys(variablesSchema.shape).map((name) => [name, asText(env[name])] as const)
  return Object.fromEntries(settings.filter(([, value]) => value !== ''))
}

function asText(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return value.trim()
  return typeof value === 'object' && value !== null ? jsonText(value) : (value ?? '')
}

/** A variable of the type JSON, which the dashboard and TOML have, as the text that others write. */
function jsonText(value: object): unknown {
  try {
    return JSON.stringify(value)
  } catch {
    return value
  }
}

function toConfig(variables: Variables, problems: string[]): Config {
  if (variables.PIONEER_FLAG_MOCK_OTP_ENABLED && variables.ENVIRONMENT === 'production') {
    problems.push('PIONEER_FLAG_MOCK_OTP_ENABLED is true while ENVIRONMENT is production: everybody would know every code')
  }
  if (variables.OTP_PEPPER_PREVIOUS && !variables.PHONE_HASH_KEY) {
    problems.push('PHONE_HASH_KEY is missing: OTP_PEPPER stood in for it, so before a rotation set it to the first OTP_PEPPER')
  }
  if (variables.PII_ENCRYPTION_KEY_PREVIOUS && !variables.PII_ENCRYPTION_KEY) {
    problems.push('PII_ENCRYPTION_KEY is missing: PII_ENCRYPTION_KEY_PREVIOUS only opens what was encrypted before')
  }
  if (variables.BASIC_APPLICATION_API_URL && !variables.PII_ENCRYPTION_KEY) {
    problems.push('PII_ENCRYPTION_KEY is missing: leads have personal data, which is kept encrypted only')
  }
  const config: Config = {
    environment: variables.ENVIRONMENT,
    mockEnabled: variables.PIONEER_FLAG_MOCK_OTP_ENABLED,
    keys: {
      pepper: variables.OTP_PEPPER,
      previousPepper: variables.OTP_PEPPER_PREVIOUS,
      phoneHashKey: variables.PHONE_HASH_KEY ?? variables.OTP_PEPPER,
      pii: variables.PII_ENCRYPTION_KEY
        ? { current: variables.PII_ENCRYPTION_KEY, previous: variables.PII_ENCRYPTION_KEY_PREVIOUS }
        : undefined,
    },
    leads: { requireVerifiedPhone: variables.LEADS_REQUIRE_VERIFIED_PHONE ?? variables.ENVIRONMENT === 'production' },
    retention: {
      leadsDays: variables.RETENTION_DAYS_LEADS,
      verificationsDays: variables.RETENTION_DAYS_VERIFICATIONS,
      paymentsDays: variables.RETENTION_DAYS_PAYMENTS,
      communicationsDays: variables.RETENTION_DAYS_COMMUNICATIONS,
    },
    phone: {
      defaultRegion: variables.DEFAULT_REGION,
      allowedCountries: variables.ALLOWED_COUNTRIES && new Set(variables.ALLOWED_COUNTRIES),
    },
    code: {
      length: variables.OTP_LENGTH,
      lifetimeSeconds: variables.OTP_EXPIRY_MINUTES && variables.OTP_EXPIRY_MINUTES * 60,
    },
    paymentCode: {
      length: variables.MSG91_OTP_LENGTH,
      lifetimeSeconds: variables.MSG91_OTP_EXPIRE_MINUTES && variables.MSG91_OTP_EXPIRE_MINUTES * 60,
    },
    limits: {
      cooldownSeconds: variables.SEND_COOLDOWN_SECONDS ?? DEFAULT_LIMITS.cooldownSeconds,
      sendsPer10Minutes: variables.SEND_LIMIT_10_MINUTES ?? DEFAULT_LIMITS.sendsPer10Minutes,
      sendsPer24Hours: variables.SEND_LIMIT_24_HOURS ?? DEFAULT_LIMITS.sendsPer24Hours,
      guessesPerVerification: variables.GUESS_LIMIT ?? DEFAULT_LIMITS.guessesPerVerification,
      wrongGuessesPer24Hours: variables.WRONG_GUESS_LIMIT_24_HOURS ?? DEFAULT_LIMITS.wrongGuessesPer24Hours,
      providerTimeoutMs: variables.PROVIDER_TIMEOUT_MS ?? DEFAULT_LIMITS.providerTimeoutMs,
      bodyLimitBytes: variables.BODY_LIMIT_BYTES ?? DEFAULT_LIMITS.bodyLimitBytes,
    },
    appName: variables.APP_NAME,
    orders: {
      v1Channels: variables.V1_CHANNELS,
      v1Sms: variables.V1_SMS_PROVIDERS,
      v1Whatsapp: variables.V1_WHATSAPP_PROVIDERS,
      whatsapp: variables.WHATSAPP_OTP_PROVIDERS,
      userSms: variables.USER_OTP_SMS_PROVIDERS,
      paymentSms: variables.PAYMENT_OTP_SMS_PROVIDERS,
      externalSms: variables.EXTERNAL_OTP_SMS_PROVIDERS,
      externalWhatsapp: variables.EXTERNAL_OTP_WHATSAPP_PROVIDERS,
    },
    prices: variables.MESSAGE_PRICES,
    access: readAccess(variables, problems),
    turnstile: readTurnstile(variables, problems),
    tokens: readTokens(variables, problems),
    abuse: readAbuse(variables, problems),
    webhooks: {
      publicUrl: variables.PUBLIC_URL,
      gupshupSecret: variables.GUPSHUP_WEBHOOK_SECRET,
      msg91Secret: variables.MSG91_WEBHOOK_SECRET,
      whatsappSecret: variables.WHATSAPP_WEBHOOK_SECRET,
      whatsappVerifyToken: variables.WHATSAPP_VERIFY_TOKEN,
    },
    gupshup: readGupshup(variables, problems),
    msg91: readMsg91(variables, problems),
    mshastra: readMshastra(variables, problems),
    twilio: readTwilio(variables, problems),
    whatsappCloud: readWhatsappCloud(variables, problems),
    lender: readBasicApplication(variables, problems),
  }
  addCodeLengthProblem(config, problems)
  addMissingPriceProblem(config, problems)
  addWeakSecretProblems(variables, problems)
  return config
}

/** A code that a vendor does not carry would leave it out without a word. */
function addCodeLengthProblem({ code, mockEnabled, gupshup, whatsappCloud, msg91 }: Config, problems: string[]): void {
  const length = code.length ?? 0
  if (mockEnabled) return
  if ((gupshup || whatsappCloud) && length > LONGEST_WHATSAPP_CODE) {
    problems.push(`OTP_LENGTH is over ${LONGEST_WHATSAPP_CODE}, which WhatsApp does not carry`)
  }
  if (msg91 && length > LONGEST_MSG91_CODE) problems.push(`OTP_LENGTH is over ${LONGEST_MSG91_CODE}, which MSG91 does not carry`)
}
