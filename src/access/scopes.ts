/** What a credential can be for. Each route names the one that it wants; `docs/access.md` says what each opens. */
export const SCOPES = [
  'verifications:send',
  'verifications:check',
  'verifications:read',
  /** To have codes sent that the caller made (brief 003). */
  'caller_codes:send',
  'leads:create',
  /** How a lead stands, for the person whose it is. */
  'leads:status',
  /** Leads for numbers that nobody has proved to have, and their status. */
  'leads:unverified',
  'leads:read',
  /** For a lender that tells of them, and to submit one again. */
  'leads:update',
  'payments:confirm',
  'loans:read',
  'loans:write',
  'templates:read',
  'templates:write',
  'communications:read',
  'people:erase',
  'tokens:redeem',
  /** Beside another scope: what that opens is not only what the same caller made. */
  'callers:all',
] as const

export type Scope = (typeof SCOPES)[number]

/**
 * All that a key for browsers can be for: everybody can read it in the page. All visitors of the page are one caller by it,
 * so what one of them has proved is no reason to show another a lead, or to take one from them.
 */
export const BROWSER_SCOPES = [
  'verifications:send',
  'verifications:check',
  'verifications:read',
] as const satisfies readonly Scope[]

/** What anybody may do in a development deployment that has set a key for its operator. */
export const OPEN_SCOPES = [
  'verifications:send',
  'verifications:check',
  'verifications:read',
  'caller_codes:send',
  'leads:create',
  'leads:status',
  'payments:confirm',
  'tokens:redeem',
] as const satisfies readonly Scope[]

/** The known scopes among these names, each once. */
export function knownScopes(names: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => names.includes(scope))
}
