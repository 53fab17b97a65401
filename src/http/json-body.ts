import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import { refuse } from '../core/app-error'
import { decodeUtf8 } from '../core/decode'
import type { HttpEnv, Provide } from './http-env'
import { toIssues } from './issues'
import { type DocumentedBody, REQUEST_BODY, tag } from './operation'
import { readBody } from './read-body'
import { repeatedKeyIn } from './repeated-key'

export interface JsonBodyOptions {
  /** A request without any body is taken as `{}`. */
  readonly optional?: boolean
  /** Of the largest body. Left out: `BODY_LIMIT_BYTES`. */
  readonly limitBytes?: number
  /** Names whose numbers, at any depth, come to the schema as the text that was sent: no floating point on the way. */
  readonly decimals?: readonly string[]
}

/**
 * Makes the validator of JSON bodies for a surface: media type, size, syntax and schema, each refused by a throw, so that
 * the surface's own error handler tells it. The schema is also what the OpenAPI document shows.
 * @throws `unsupported_media_type`, `payload_too_large`, `malformed_json`, `invalid_request`, `misconfigured`
 */
export function createJsonBody(provide: Provide) {
  return function jsonBody<Schema extends z.ZodObject>(schema: Schema, options: JsonBodyOptions = {}) {
    const validate = zValidator('json', schema, (result) => {
      if (!result.success) throw refuse('invalid_request', { issues: toIssues(result.error, result.data) })
    })
    const handler = async (c: Context<HttpEnv>, next: () => Promise<void>) => {
      const limitBytes = options.limitBytes ?? provide(c.env).config.limits.bodyLimitBytes
      c.set('body', await readJson(c, limitBytes, options))
      return (validate as MiddlewareHandler)(c, next)
    }
    const { optional = false, limitBytes: ownLimitBytes } = options
    const documented: DocumentedBody = { schema, optional, ...(ownLimitBytes !== undefined && { limitBytes: ownLimitBytes }) }
    return tag(handler as unknown as typeof validate, REQUEST_BODY, documented)
  }
}

/** The body, which is left for the validator to read once more. */
async function readJson(c: Context<HttpEnv>, limitBytes: number, { optional, decimals }: JsonBodyOptions): Promise<unknown> {
  const sent = decodeUtf8(c.get('bytes') ?? (await readBody(c.req.raw.body, limitBytes)))
  const isLeftOut = optional === true && sent === ''
  if (!isLeftOut && !isJson(c.req.header('content-type'))) throw refuse('unsupported_media_type', {})
  if (sent === undefined) throw refuse('malformed_json', {})
  const text = isLeftOut ? '{}' : sent
  // Where Hono keeps what it has read of a body, so that the validator finds it there: a new Request costs more than the rest.
  const keepForValidator = (kept: string) => Object.assign(c.req.bodyCache, { text: Promise.resolve(kept) })
  const body = parseJson(text, decimals)
  keepForValidator(decimals ? JSON.stringify(body) : text)
  return body
}

/** JSON is UTF-8 (RFC 8259); a charset whose bytes would be read as something else is refused, others are harmless. */
function isJson(contentType = ''): boolean {
  const [mediaType, ...parameters] = contentType.toLowerCase().split(';')
  return mediaType?.trim() === 'application/json' && !parameters.some((one) => /^\s*charset="?utf-(16|32)/.test(one))
}

/** JSON without `__proto__` keys and without keys that stand twice, at any depth: no honest client sends them. */
function parseJson(text: string, decimals: readonly string[] = []): unknown {
  let hasProto = false
  let body: unknown
  const revive = (key: string, value: unknown, { source }: { readonly source?: string } = {}) => {
    hasProto ||= key === '__proto__'
    return typeof value === 'number' && decimals.includes(key) ? source : value
  }
  try {
    body = JSON.parse(text, revive)
  } catch {
    throw refuse('malformed_json', {})
  }
  if (hasProto) throw refuse('invalid_request', { issues: [{ path: '__proto__', message: 'is not allowed' }] })
  const repeated = repeatedKeyIn(text)
  if (repeated !== undefined) throw refuse('invalid_request', { issues: [{ path: repeated, message: 'is there twice' }] })
  return body
}
