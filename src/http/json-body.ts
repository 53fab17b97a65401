import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import type * as z from 'zod'
import { refuse } from '../core/app-error'
import type { HttpEnv, Provide } from './http-env'
import { type DocumentedBody, REQUEST_BODY, tag } from './operation'

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
  const sent = await readText(c.req.raw.body, limitBytes)
  const isLeftOut = optional && sent === ''
  if (!isLeftOut && !isJson(c.req.header('content-type'))) throw refuse('unsupported_media_type', {})
  const text = isLeftOut ? '{}' : sent
  c.req.raw = new Request(c.req.raw, { method: c.req.method, body: text })
  return parseJson(text)
}

/** Counts the bytes as they come: a Content-Length header can lie, and Hono's body limit believes it. */
async function readText(body: ReadableStream<Uint8Array> | null, limitBytes: number): Promise<string> {
  if (!body) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    size += value.byteLength
    if (size > limitBytes) {
      await reader.cancel()
      throw refuse('payload_too_large', { limitBytes })
    }
    text += decoder.decode(value, { stream: true })
  }
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

/** One issue a field, the first: a value of the wrong type breaks its other rules, too. */
function toIssues({ issues }: z.core.$ZodError, body: unknown): { path: string; message: string }[] {
  const byPath = new Map<string, string>()
  for (const { code, path, message } of issues) {
    const isMissing = code === 'invalid_type' && valueAt(body, path) === undefined
    const field = path.join('.')
    if (!byPath.has(field)) byPath.set(field, isMissing ? 'is required' : message)
  }
  return Array.from(byPath, ([path, message]) => ({ path, message }))
}

function valueAt(body: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null | undefined)?.[key], body)
}
