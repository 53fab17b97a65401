import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import { refuse } from '../core/app-error'
import { decodeUtf8 } from '../core/decode'
import type { HttpEnv, Provide } from './http-env'
import { toIssues } from './issues'
import { type DocumentedBody, REQUEST_BODY, tag } from './operation'
import { readBody } from './read-body'

/**
 * Makes the validator of JSON bodies for a surface: media type, size, syntax and schema, each refused by a throw, so that
 * the surface's own error handler tells it. The schema is also what the OpenAPI document shows.
 * @throws `unsupported_media_type`, `payload_too_large`, `malformed_json`, `invalid_request`, `misconfigured`
 */
export function createJsonBody(provide: Provide) {
  /** @param optional a request without any body is taken as `{}` */
  return function jsonBody<Schema extends z.ZodObject>(schema: Schema, { optional = false } = {}) {
    const validate = zValidator('json', schema, (result) => {
      if (!result.success) throw refuse('invalid_request', { issues: toIssues(result.error, result.data) })
    })
    const handler = async (c: Context<HttpEnv>, next: () => Promise<void>) => {
      const { bodyLimitBytes } = provide(c.env).config.limits
      c.set('body', await readJson(c, bodyLimitBytes, optional))
      return (validate as MiddlewareHandler)(c, next)
    }
    return tag(handler as unknown as typeof validate, REQUEST_BODY, { schema, optional } satisfies DocumentedBody)
  }
}

/** The body, which is left for the validator to read once more. */
async function readJson(c: Context<HttpEnv>, limitBytes: number, optional: boolean): Promise<unknown> {
  const sent = decodeUtf8(await readBody(c.req.raw.body, limitBytes))
  const isLeftOut = optional && sent === ''
  if (!isLeftOut && !isJson(c.req.header('content-type'))) throw refuse('unsupported_media_type', {})
  if (sent === undefined) throw refuse('malformed_json', {})
  const text = isLeftOut ? '{}' : sent
  // Where Hono keeps what it has read of a body, so that the validator finds it there: a new Request costs more than the rest.
  Object.assign(c.req.bodyCache, { text: Promise.resolve(text) })
  return parseJson(text)
}

/** JSON is UTF-8 (RFC 8259); a charset whose bytes would be read as something else is refused, others are harmless. */
function isJson(contentType = ''): boolean {
  const [mediaType, ...parameters] = contentType.toLowerCase().split(';')
  return mediaType?.trim() === 'application/json' && !parameters.some((one) => /^\s*charset="?utf-(16|32)/.test(one))
}

/** JSON without `__proto__` keys at any depth: no honest client sends one, whatever its schema ignores. */
function parseJson(text: string): unknown {
  let hasProto = false
  let body: unknown
  try {
    body = JSON.parse(text, (key, value: unknown) => {
      hasProto ||= key === '__proto__'
      return value
    })
  } catch {
    throw refuse('malformed_json', {})
  }
  if (hasProto) throw refuse('invalid_request', { issues: [{ path: '__proto__', message: 'is not allowed' }] })
  return body
}
