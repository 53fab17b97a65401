import { refuse } from '../core/app-error'
import { SCOPES, type Scope } from './scopes'

/** Who asks, as far as access goes. */
export interface Principal {
  /**
   * `operator` holds `ADMIN_API_KEY`; `server` a secret key, or a token of the identity provider; `browser` a publishable
   * key, which everybody can read; `anyone` nothing, where access is not controlled.
   */
  readonly kind: 'operator' | 'server' | 'browser' | 'anyone'
  /** Whose things they make, and see: the id of a key stays the same when it is rotated. Empty: nobody's. */
  readonly id: string
  readonly scopes: ReadonlySet<Scope>
  /** Undefined: every purpose. */
  readonly purposes?: ReadonlySet<string>
  /** The origins of the pages that it is for. Undefined: it is for no page. */
  readonly origins?: readonly string[]
}

export const OPERATOR: Principal = { kind: 'operator', id: 'operator', scopes: new Set(SCOPES) }

/** Where access is not controlled. @param scopes what is open to them */
export function anyone(scopes: readonly Scope[]): Principal {
  return { kind: 'anyone', id: '', scopes: new Set(scopes) }
}

/** Whose things a request makes. Undefined stands for the service itself, whose things are nobody's. */
export function ownerOf(principal: Principal | undefined): string {
  return principal?.id ?? ''
}

/** Does it see what others made? The service itself does. */
export function seesAll(principal: Principal | undefined): boolean {
  return principal === undefined || principal.scopes.has('callers:all')
}

/** Does it see what this owner made? */
export function sees(principal: Principal | undefined, owner: string): boolean {
  return seesAll(principal) || ownerOf(principal) === owner
}

/** Whose things it sees: undefined for everybody's. */
export function visibleOwner(principal: Principal | undefined): string | undefined {
  return seesAll(principal) ? undefined : ownerOf(principal)
}

/** May it ask for leads of numbers that nobody has proved to have? Who shows no credential is as strange in development. */
export function isTrustedWithLeads(principal: Principal | undefined): boolean {
  return principal === undefined || (principal.kind !== 'anyone' && principal.scopes.has('leads:unverified'))
}

/**
 * That it is for codes of this purpose.
 * @throws `purpose_not_allowed`
 */
export function requirePurpose(principal: Principal | undefined, purpose: string): void {
  if (principal?.purposes?.has(purpose) === false) throw refuse('purpose_not_allowed', { purpose })
}
