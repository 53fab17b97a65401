import type { AccessConfig } from '../config/access'
import { refuse } from '../core/app-error'
import { sameSecret } from '../core/same-secret'
import { hashOfApiKey, isInForce, looksLikeApiKey, principalOf } from './api-key'
import type { IdentityProvider } from './identity-provider'
import type { KnownKeys } from './known-keys'
import { OPERATOR, type Principal, anyone } from './principal'
import { OPEN_SCOPES, SCOPES } from './scopes'
import type { Clock } from '../core/clock'

/** What authentication works with. Built once per isolate in `compose.ts`. */
export interface AccessDeps {
  readonly config: AccessConfig
  readonly keys: KnownKeys
  /** Undefined: tokens of none are taken. */
  readonly identityProvider: IdentityProvider | undefined
  readonly clock: Clock
}

/**
 * Who brings this credential.
 * @param credential undefined where there is none
 * @param defer lets work go on after the answer
 * @throws `unauthorized` where there has to be one, and it is not good; `dependency_unavailable`
 */
export async function authenticate(
  deps: AccessDeps,
  credential: string | undefined,
  defer: (work: Promise<unknown>) => void,
): Promise<Principal> {
  const { config, keys, identityProvider, clock } = deps
  if (credential !== undefined) {
    if (await isAdminKey(config, credential)) return OPERATOR
    if (looksLikeApiKey(credential)) {
      const hash = await hashOfApiKey(credential)
      const row = hash === undefined ? undefined : await keys.find(hash, defer)
      // Also where access is open: who sends a key wants to be who it is of.
      if (!row || !isInForce(row, hash!, clock())) throw refuse('unauthorized', {})
      return principalOf(row)
    }
    const principal = await identityProvider?.principalOf(credential)
    if (principal) return principal
    if (identityProvider) throw refuse('unauthorized', {})
  }
  if (config.required) throw refuse('unauthorized', {})
  return anyone(config.adminApiKey === undefined ? SCOPES : OPEN_SCOPES)
}

/** The one of now, and while that is being replaced the one before. */
async function isAdminKey({ adminApiKey, previousAdminApiKey }: AccessConfig, credential: string): Promise<boolean> {
  const isApiKey = looksLikeApiKey(credential)
  for (const key of [adminApiKey, previousAdminApiKey]) {
    // Comparing costs as much as knowing an API key does, which mostly comes.
    if (key !== undefined && looksLikeApiKey(key) === isApiKey && (await sameSecret(credential, key))) return true
  }
  return false
}

/** May it manage keys, and what else is the operator's alone? In development everybody may, unless there is a key for it. */
export function isOperator({ config }: Pick<AccessDeps, 'config'>, { kind }: Principal): boolean {
  return kind === 'operator' || (kind === 'anyone' && config.adminApiKey === undefined)
}
