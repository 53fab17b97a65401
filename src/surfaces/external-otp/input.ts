import type { MiddlewareHandler } from 'hono'
import { refuse } from '../../core/app-error'
import type { HttpEnv } from '../../http/http-env'
import { withPlus } from './schemas'

interface OtpInput {
  readonly to_phone?: string | undefined
  readonly otp?: string | undefined
}

/** Keeps the number of the query for the envelope, which otherwise knows only the body's. */
export const rememberQuery: MiddlewareHandler<HttpEnv> = (c, next) => {
  const phone = c.req.query('to_phone')
  c.set('body', { to_phone: phone && withPlus(phone) })
  return next()
}

/**
 * The one input of a request that may have it in its body, in its query, or in both: then they have to agree, since
 * nobody can tell which of two numbers was meant.
 * @throws `invalid_request`
 */
export function mergeInputs(body: OtpInput, query: OtpInput): { readonly toPhone: string; readonly otp: string | undefined } {
  const fields = ['to_phone', 'otp'] as const
  const issues = fields
    .filter((field) => body[field] !== undefined && query[field] !== undefined && body[field] !== query[field])
    .map((path) => ({ path, message: 'is not the same in the body and in the query' }))
  const toPhone = body.to_phone ?? query.to_phone
  if (toPhone === undefined) issues.push({ path: 'to_phone', message: 'is required' })
  if (toPhone === undefined || issues.length > 0) throw refuse('invalid_request', { issues })
  return { toPhone, otp: body.otp ?? query.otp }
}
