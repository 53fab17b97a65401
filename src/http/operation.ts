import type { MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import type { ErrorCode, Refusal } from '../core/app-error'
import type { ErrorStatuses } from './error-status'
import type { HttpEnv } from './http-env'

/** A schema, or what makes it when the document is made: answers are not validated, so that the Worker needs none of them. */
export type LazySchema = z.ZodType | (() => z.ZodType)

/** The schema, made if it was not yet. */
export function schemaOf(schema: LazySchema): z.ZodType {
  return typeof schema === 'function' ? schema() : schema
}

/** An answer as the OpenAPI document shows it. */
export interface ResponseSpec {
  readonly description: string
  /** Absent for an answer without a body. */
  readonly schema?: LazySchema
  /** Left out: JSON. */
  readonly mediaType?: 'application/json' | 'text/plain' | 'text/csv'
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: z.ZodType }>>
}

/** What a route says of itself. Path, method and request body are not here: they come from the router and the validator. */
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly responses: Readonly<Record<number, ResponseSpec>>
  /** The refusals that this route can give, beside those that every route with a body can. */
  readonly refusals: readonly ErrorCode[]
}

/** How a surface tells refusals: by which statuses, in which body, as which media type. */
export interface SurfaceSpec {
  readonly tag: string
  readonly statuses: ErrorStatuses
  readonly failureSchema: LazySchema
  readonly failureMediaType: string
  /** The body of a refusal, for the examples in the document. */
  readonly failure?: (
    refusal: Refusal,
    about: { readonly requestId: string; readonly status: number; readonly body: unknown },
  ) => object
}

export interface DocumentedOperation extends Operation {
  readonly surface: SurfaceSpec
}

/** A JSON body that a route takes. */
export interface DocumentedBody {
  readonly schema: z.ZodObject
  /** May the request come without one? */
  readonly optional: boolean
  /** Of the largest. Left out: `BODY_LIMIT_BYTES`. */
  readonly limitBytes?: number
}

export const OPERATION = Symbol('operation')
export const REQUEST_BODY = Symbol('request body')
export const PATH_PARAMETERS = Symbol('path parameters')
export const QUERY_PARAMETERS = Symbol('query parameters')
export const ACCESS = Symbol('access')
export const CHALLENGED = Symbol('challenged')
export const IDEMPOTENT = Symbol('idempotent')

/** Pins a fact for the OpenAPI document on a middleware, where `openapi.ts` finds it by walking the routes. */
export function tag<Handler extends object>(handler: Handler, symbol: symbol, value: unknown): Handler {
  return Object.assign(handler, { [symbol]: value })
}

/** Makes the route documentation of one surface: a middleware that carries it, and names the operation for the log. */
export function createOperation(surface: SurfaceSpec) {
  return (operation: Operation): MiddlewareHandler<HttpEnv> => {
    const handler: MiddlewareHandler<HttpEnv> = (c, next) => {
      c.set('operation', operation.operationId)
      return next()
    }
    return tag(handler, OPERATION, { ...operation, surface } satisfies DocumentedOperation)
  }
}

/** Documents the parameters in a route's path. */
export function pathParameters(schema: z.ZodObject): MiddlewareHandler {
  const handler: MiddlewareHandler = (_c, next) => next()
  return tag(handler, PATH_PARAMETERS, schema)
}
