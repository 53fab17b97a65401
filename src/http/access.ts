import type { Context, MiddlewareHandler } from 'hono'
import { authenticate, isOperator } from '../access/authenticate'
import type { Principal } from '../access/principal'
import type { Scope } from '../access/scopes'
import { type AppError, refuse } from '../core/app-error'
import type { Deps, HttpEnv, Provide } from './http-env'
import { ACCESS, tag } from './operation'

/** Who may use a route. */
export type Access =
  /** Who has all of these. */
  | { readonly kind: 'scopes'; readonly scopes: readonly Scope[] }
  /** Who holds `ADMIN_API_KEY`. */
  | { readonly kind: 'operator' }
  /** Everybody, for this reason. */
  | { readonly kind: 'open'; readonly why: string }

const BEARER = /^Bearer +(\S+) *$/i

/**
 * Lets only those in whose credential has the scopes.
 * @throws `unauthorized`, `insufficient_scope`, `origin_not_allowed`, `dependency_unavailable`, `misconfigured`
 */
export function requireScope(provide: Provide, ...scopes: readonly [Scope, ...Scope[]]): MiddlewareHandler<HttpEnv> {
  return restrict(provide, { kind: 'scopes', scopes }, (_deps, principal) => {
    requireScopes(principal, scopes)
  })
}

/**
 * For what is seen only in the request itself, behind {@link requireScope}: that the credential has this scope as well.
 * @throws `unauthorized`, `insufficient_scope`
 */
export function requireScopeToo(c: Context<HttpEnv>, scope: Scope): void {
  requireScopes(c.get('principal')!, [scope])
}

function requireScopes(principal: Principal, scopes: readonly Scope[]): void {
  const missing = scopes.find((scope) => !principal.scopes.has(scope))
  if (missing !== undefined) throw refuseTo(principal, missing)
}

/**
 * Lets only the operator in. In development everybody is, unless there is an `ADMIN_API_KEY`.
 * @throws `unauthorized`, `insufficient_scope`, `dependency_unavailable`, `misconfigured`
 */
export function operatorOnly(provide: Provide): MiddlewareHandler<HttpEnv> {
  return restrict(provide, { kind: 'operator' }, (deps, principal) => {
    if (!isOperator(deps.access, principal)) throw refuseTo(principal, 'ADMIN_API_KEY')
  })
}

/** Lets everybody in. Every route says who may use it, so that none is open by mistake. @param why it is */
export function openToAll(why: string): MiddlewareHandler<HttpEnv> {
  const handler: MiddlewareHandler<HttpEnv> = (_c, next) => next()
  return tag(handler, ACCESS, { kind: 'open', why } satisfies Access)
}

function restrict(
  provide: Provide,
  access: Access,
  check: (deps: Deps, principal: Principal) => void,
): MiddlewareHandler<HttpEnv> {
  const handler: MiddlewareHandler<HttpEnv> = async (c, next) => {
    const deps = provide(c.env)
    if (access.kind === 'scopes') c.set('scopes', access.scopes)
    const principal = await authenticate(deps.access, credentialOf(c), (work) => c.executionCtx.waitUntil(work))
    c.set('principal', principal)
    requireOrigin(c, principal)
    check(deps, principal)
    return next()
  }
  return tag(handler, ACCESS, access)
}

/** Who has shown no credential is asked for one. */
function refuseTo({ kind }: Principal, wanted: string): AppError {
  return kind === 'anyone' ? refuse('unauthorized', {}) : refuse('insufficient_scope', { scope: wanted })
}

/**
 * The credential: a bearer token (RFC 6750) or `X-API-Key`.
 * @throws `unauthorized` where there are two that differ: nobody can tell which is meant
 */
function credentialOf(c: Context<HttpEnv>): string | undefined {
  const bearer = BEARER.exec(c.req.header('authorization') ?? '')?.[1]
  const key = c.req.header('x-api-key')?.trim() || undefined
  if (bearer !== undefined && key !== undefined && bearer !== key) throw refuse('unauthorized', {})
  return bearer ?? key
}

/** A key that everybody can read in a page is good from that page only, which a browser says truly. */
function requireOrigin(c: Context<HttpEnv>, { kind, origins = [] }: Principal): void {
  if (kind !== 'browser') return
  if (!origins.includes(c.req.header('origin') ?? '')) throw refuse('origin_not_allowed', {})
}
