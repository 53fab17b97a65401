import type { Hono } from 'hono'
import { findTargetHandler } from 'hono/utils/handler'
import type * as z from 'zod'
import type { ErrorCode } from '../core/app-error'
import type { HttpEnv } from './http-env'
import type { Access } from './access'
import { IDEMPOTENCY_REFUSALS, type IdempotentOptions } from './idempotency'
import {
  ACCESS,
  CHALLENGED,
  type DocumentedBody,
  type DocumentedOperation,
  IDEMPOTENT,
  OPERATION,
  PATH_PARAMETERS,
  QUERY_PARAMETERS,
  REQUEST_BODY,
} from './operation'

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const

/** A route together with what its middlewares say of it. */
export interface DocumentedRoute {
  readonly method: (typeof METHODS)[number]
  /** As OpenAPI writes it: `/v1/verifications/{id}`. */
  readonly path: string
  readonly operation: DocumentedOperation
  readonly body?: DocumentedBody
  readonly pathParameters?: z.ZodObject
  readonly queryParameters?: z.ZodObject
  /** Who may use it. */
  readonly access: Access
  /** Absent: it takes no `Idempotency-Key`. */
  readonly idempotent?: IdempotentOptions
  /** Has a browser to show that a person uses it? */
  readonly isChallenged: boolean
}

/** What every route that reads a JSON body can refuse (`json-body.ts`). */
const BODY_REFUSALS = ['invalid_request', 'malformed_json', 'unsupported_media_type', 'payload_too_large'] as const
/** What a route can refuse by who asks. */
const ACCESS_REFUSALS = {
  scopes: ['unauthorized', 'insufficient_scope', 'origin_not_allowed', 'dependency_unavailable'],
  operator: ['unauthorized', 'insufficient_scope', 'origin_not_allowed', 'dependency_unavailable'],
  open: [],
} as const satisfies Record<Access['kind'], readonly ErrorCode[]>
/** What every route that uses the service can answer, whatever it does. */
const WORK_REFUSALS = ['misconfigured', 'internal'] as const

/**
 * Every route of the app, in its order, with its documentation. Middleware and catch-alls (any method, a path that ends in
 * `*`) are no routes.
 * @throws for a route without an operation, for one that does not say who may use it, and for path parameters that are not the documented ones
 */
export function collectRoutes(app: Pick<Hono<HttpEnv>, 'routes'>): DocumentedRoute[] {
  const handlers = new Map<string, unknown[]>()
  for (const { method, path, handler } of app.routes) {
    if (method === 'ALL' && path.endsWith('*')) continue
    const key = `${method} ${path}`
    // A sub-app with its own error handler has wrapped what was given to it.
    handlers.set(key, [...(handlers.get(key) ?? []), findTargetHandler(handler)])
  }
  return [...handlers].map(([key, tagged]) => toRoute(key, tagged))
}

/** The {@link refusalsOf} a route, by the statuses that its surface has for them. */
export function failuresOf(route: DocumentedRoute): Partial<Record<number, ErrorCode[]>> {
  return Object.groupBy(refusalsOf(route), (code) => route.operation.surface.statuses[code])
}

/**
 * The refusals that a route can give: its own, those of its body, and those of any work. A route that declares none and
 * takes no body says that it always answers (`/health`, `/ready`).
 */
export function refusalsOf({ operation, body, queryParameters, access, idempotent }: DocumentedRoute): ErrorCode[] {
  const ofInput: readonly ErrorCode[] = [
    ...(body ? BODY_REFUSALS : []),
    ...(queryParameters ? (['invalid_request'] as const) : []),
    ...ACCESS_REFUSALS[access.kind],
    ...(idempotent ? IDEMPOTENCY_REFUSALS : []),
  ]
  if (operation.refusals.length === 0 && ofInput.length === 0) return []
  return [...new Set([...ofInput, ...operation.refusals, ...WORK_REFUSALS])]
}

function toRoute(key: string, tagged: readonly unknown[]): DocumentedRoute {
  const [verb, pattern] = key.split(' ') as [string, string]
  const method = METHODS.find((known) => known === verb.toLowerCase())
  const operation = findTag(tagged, OPERATION) as DocumentedOperation | undefined
  if (method === undefined || operation === undefined) throw new Error(`${key} has no operation for the OpenAPI document`)

  const body = findTag(tagged, REQUEST_BODY) as DocumentedBody | undefined
  const pathParameters = findTag(tagged, PATH_PARAMETERS) as z.ZodObject | undefined
  const queryParameters = findTag(tagged, QUERY_PARAMETERS) as z.ZodObject | undefined
  const access = findTag(tagged, ACCESS) as Access | undefined
  const idempotent = findTag(tagged, IDEMPOTENT) as IdempotentOptions | undefined
  if (access === undefined) throw new Error(`${key} does not say who may use it`)
  const path = pattern.replaceAll(/:(\w+)(\{[^}]*\})?/g, '{$1}')
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  const documented = Object.keys(pathParameters?.shape ?? {})
  if (names.join() !== documented.join()) throw new Error(`${key}: the documented path parameters are others`)
  return {
    method,
    path,
    operation,
    access,
    isChallenged: findTag(tagged, CHALLENGED) === true,
    ...(idempotent && { idempotent }),
    ...(body && { body }),
    ...(pathParameters && { pathParameters }),
    ...(queryParameters && { queryParameters }),
  }
}

function findTag(tagged: readonly unknown[], symbol: symbol): unknown {
  const carrier = tagged.find((handler) => symbol in (handler as object)) as Record<symbol, unknown> | undefined
  return carrier?.[symbol]
}
