import type { Config } from './config'
import { readGupshup } from './gupshup'
import { DEFAULT_LIMITS } from './limits'
import { type Variables, variablesSchema } from './variables'

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  /** One sentence a problem, with names of variables and never their values. */
  | { readonly ok: false; readonly problems: readonly string[] }

/** Turns the Worker's variables and secrets into a {@link Config}. An empty value counts as absent. Never throws. */
export function loadConfig(env: object): ConfigResult {
  const parsed = variablesSchema.safeParse(withoutEmpty(env))
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0])
      return name in env && (env as Record<string, unknown>)[name] !== '' ? `${name}: ${issue.message}` : `${name} is missing`
    })
    return { ok: false, problems }
  }
  const problems: string[] = []
  const config = toConfig(parsed.data, problems)
  return problems.length === 0 ? { ok: true, config } : { ok: false, problems }
}

function withoutEmpty(env: object): object {
  return Object.fromEntries(
    Object.entries(env)
      .filter((entry): entry is [string, string] => typeof entry[1] === 'string')
      .map(([name, value]) => [name, value.trim()] as const)
      .filter(([, value]) => value !== ''),
  )
}

function toConfig(variables: Variables, problems: string[]): Config {
  if (variables.PIONEER_FLAG_MOCK_OTP_ENABLED && variables.ENVIRONMENT === 'production') {
    problems.push('PIONEER_FLAG_MOCK_OTP_ENABLED is true while ENVIRONMENT is production: everybody would know every code')
  }
  return {
    environment: variables.ENVIRONMENT,
    mockEnabled: variables.PIONEER_FLAG_MOCK_OTP_ENABLED,
    keys: {
      pepper: variables.OTP_PEPPER,
      previousPepper: variables.OTP_PEPPER_PREVIOUS,
      phoneHashKey: variables.PHONE_HASH_KEY ?? variables.OTP_PEPPER,
    },
    phone: {
      defaultRegion: variables.DEFAULT_REGION,
      allowedCountries: variables.ALLOWED_COUNTRIES && new Set(variables.ALLOWED_COUNTRIES),
    },
    code: {
      length: variables.OTP_LENGTH,
      lifetimeSeconds: variables.OTP_EXPIRY_MINUTES && variables.OTP_EXPIRY_MINUTES * 60,
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
    gupshup: readGupshup(variables, problems),
  }
}
