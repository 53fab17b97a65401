import { completeGroup } from './groups'
import type { IdentityAlgorithm } from './identity-algorithms'
import type { Variables } from './variables'

/** Who may use the service. */
export interface AccessConfig {
  /** Is nothing open to who brings no credential? */
  readonly required: boolean
  /** Opens everything to the operator. Undefined: nobody has it. */
  readonly adminApiKey: string | undefined
  /** The one before it, which opens the same while it is being replaced where it is used. */
  readonly previousAdminApiKey: string | undefined
  /** Undefined: tokens of no identity provider are taken. */
  readonly tokens: IdentityProviderConfig | undefined
}

/** Whose JWTs are taken for credentials. */
export interface IdentityProviderConfig {
  readonly jwksUrl: string
  readonly issuer: string
  readonly audience: string
  readonly algorithms: readonly IdentityAlgorithm[]
  /** The claim with the scopes: a text with blanks between, or a list. */
  readonly scopeClaim: string
  /** The claim that tells callers apart. */
  readonly callerClaim: string
}

/** Cloudflare Turnstile, which tells people from programs. */
export interface TurnstileConfig {
  readonly secretKey: string
  /** The origin, without a trailing slash. */
  readonly apiUrl: string
}

/** Secrets that Cloudflare publishes for tests: they let everybody pass, or nobody. */
const TURNSTILE_TEST_SECRET = /^[123]x0+AA$/

export function readAccess(variables: Variables, problems: string[]): AccessConfig {
  const isDevelopment = variables.ENVIRONMENT === 'development'
  const required = variables.AUTH_REQUIRED ?? !isDevelopment
  if (!required && !isDevelopment) {
    problems.push('AUTH_REQUIRED is false while ENVIRONMENT is production: anybody could have codes sent, at your cost')
  }
  const { ADMIN_API_KEY: adminApiKey, ADMIN_API_KEY_PREVIOUS: previousAdminApiKey } = variables
  if (previousAdminApiKey !== undefined && adminApiKey === undefined) {
    problems.push('ADMIN_API_KEY is missing: ADMIN_API_KEY_PREVIOUS only stands beside it while it is replaced')
  }
  return { required, adminApiKey, previousAdminApiKey, tokens: readIdentityProvider(variables, problems) }
}

function readIdentityProvider(variables: Variables, problems: string[]): IdentityProviderConfig | undefined {
  const { AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE, ENVIRONMENT } = variables
  if (ENVIRONMENT === 'production' && AUTH_JWKS_URL !== undefined && !/^https:/i.test(AUTH_JWKS_URL)) {
    problems.push('AUTH_JWKS_URL has to be https in production: whoever can change its answer on the way can let anybody in')
  }
  const group = completeGroup('The identity provider', { AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE }, problems)
  return (
    group && {
      jwksUrl: group.AUTH_JWKS_URL,
      issuer: group.AUTH_ISSUER,
      audience: group.AUTH_AUDIENCE,
      algorithms: variables.AUTH_ALGORITHMS,
      scopeClaim: variables.AUTH_SCOPE_CLAIM,
      callerClaim: variables.AUTH_CALLER_CLAIM,
    }
  )
}

export function readTurnstile(variables: Variables, problems: string[]): TurnstileConfig | undefined {
  const { TURNSTILE_SECRET_KEY: secretKey, TURNSTILE_API_URL: apiUrl, ENVIRONMENT } = variables
  if (secretKey === undefined) return undefined
  if (ENVIRONMENT === 'production' && TURNSTILE_TEST_SECRET.test(secretKey)) {
    problems.push('TURNSTILE_SECRET_KEY is one of the keys for tests, which answer the same to everybody')
  }
  return { secretKey, apiUrl }
}
