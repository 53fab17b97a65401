import { zValidator } from '@hono/zod-validator'
import type { Context, MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type * as z from 'zod'
import { refuse } from '../core/app-error'
import type { HttpEnv, Provide } from './http-env'
import { type DocumentedBody, REQUEST_BODY, tag } from './operation'

const JSON_MEDIA_TYPE = /^application\/json(;|$)/i

/**
 * Makes the validator of JSON bodies for a surface: media type, size, syntax and schema, each refused by a throw, so that
 * the surface's own error handler tells it. The schema is also what the OpenAPI document shows.
 * @throws `unsupported_media_type`, `payload_too_large`, `malformed_json`, `invalid_request`, `misconfigured`
 */
export function createJsonBody(provide: Provide) {
  /** @param optional a request without any body is taken as `{}` */
  return function jsonBody<Schema extends z.ZodObject>(schema: Schema, { optional = false } = {}) {
    const validate = zValidator('json', schema, (result) => {
      if (!result.success) throw refuse('invalid_request', { issues: result.error.issues.map(toIssue) })
    })
    const handler = async (c: Context<HttpEnv>, next: () => Promise<void>) => {
      const { bodyLimitBytes } = provide(c.env).config.limits
      if (!(optional && isWithoutBody(c.req.raw))) c.set('body', await readJson(c, bodyLimitBytes))
      return (validate as MiddlewareHandler)(c, next)
    }
    return tag(handler as unknown as typeof validate, REQUEST_BODY, { schema, optional } satisfies DocumentedBody)
  }
}

function isWithoutBody(request: Request): boolean {
  return request.body === null || request.headers.get('content-length') === '0'
}

async function readJson(c: Context<HttpEnv>, limitBytes: number): Promise<unknown> {
  if (!JSON_MEDIA_TYPE.test(c.req.header('content-type') ?? '')) throw refuse('unsupported_media_type', {})
  const tooLarge = () => {
    throw refuse('payload_too_large', { limitBytes })
  }
  await bodyLimit({ maxSize: limitBytes, onError: tooLarge })(c, async () => {})
  const text = await c.req.text()
  // The limit above believes the Content-Length header where there is one.
  if (text.length > limitBytes) tooLarge()
  return parseJson(text)
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

function toIssue(issue: z.core.$ZodIssue): { path: string; message: string } {
  const path = issue.path.join('.')
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined
  return { path, message: isMissing ? 'is required' : issue.message }
}
