import { errors, jwtVerify } from 'jose'
import type { IdentityProviderConfig } from '../config/access'
import { TOKEN_CLOCK_TOLERANCE_SECONDS } from '../config/limits'
import { AppError, refuse } from '../core/app-error'
import type { Clock } from '../core/clock'
import type { HmacSigner } from '../core/hmac'
import { type Log, errorName } from '../core/log'
import type { Principal } from './principal'
import { createProviderKeys } from './provider-keys'
import { knownScopes } from './scopes'

/** Tokens of the identity provider. */
export interface IdentityProvider {
  /**
   * Who comes with the token; undefined where it is not a good one.
   * @throws `dependency_unavailable` where the provider's keys cannot be had
   */
  principalOf(token: string): Promise<Principal | undefined>
}

/** Longer than any honest token: nothing of it is decoded. */
const LONGEST_TOKEN = 8_192
/** Of access tokens (RFC 9068), and of those that do not say. Ours that prove a verification have another. */
const TYPES = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt'])
const CALLER_ID_CHARACTERS = 22

/**
 * Takes JWTs by the rules of RFC 8725: the algorithms are ours to say, the keys come from the configured address alone
 * (what a token says of keys is not looked at but for the id), issuer, audience and expiry have to be there.
 * @param sign makes the id of the caller, so that D1 has none of the provider's names for people
 */
export function createIdentityProvider(
  config: IdentityProviderConfig,
  {
    fetch,
    sign,
    clock,
    log,
  }: {
    readonly fetch: (url: string, init: RequestInit) => Promise<Response>
    readonly sign: HmacSigner
    readonly clock: Clock
    readonly log: Log
  },
): IdentityProvider {
  const keys = createProviderKeys({ url: config.jwksUrl, fetch, clock, log })
  const { issuer, audience, scopeClaim, callerClaim } = config
  const rules = {
    issuer,
    audience,
    algorithms: [...config.algorithms],
    requiredClaims: ['exp', callerClaim],
    clockTolerance: TOKEN_CLOCK_TOLERANCE_SECONDS,
  }
  return {
    async principalOf(token) {
      if (token.length > LONGEST_TOKEN) return undefined
      const verified = await jwtVerify(token, keys, { ...rules, currentDate: new Date(clock()) }).catch(toOutcome(log))
      if (!verified || !TYPES.has(verified.protectedHeader.typ?.toLowerCase())) return undefined
      const caller = verified.payload[callerClaim]
      if (typeof caller !== 'string' || caller === '') return undefined
      const id = (await sign(`caller:v1:${JSON.stringify([issuer, caller])}`)).slice(0, CALLER_ID_CHARACTERS)
      return { kind: 'server', id: `jwt_${id}`, scopes: new Set(scopesIn(verified.payload[scopeClaim])) }
    },
  }
}

/** What is wrong with the token is its sender's affair; that the keys cannot be had, or used, is not. */
function toOutcome(log: Log): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof errors.JOSEError) return undefined
    if (error instanceof AppError) throw error
    log('error', 'identity_provider.unusable_key', { dependency: 'identity_provider', error_name: errorName(error) })
    throw refuse('dependency_unavailable', { dependency: 'identity_provider' }, error)
  }
}

/** A text with blanks between (RFC 8693), or a list. */
function scopesIn(claim: unknown) {
  const names = typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []
  return knownScopes(names.filter((name) => typeof name === 'string'))
}
