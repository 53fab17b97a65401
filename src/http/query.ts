import { zValidator } from '@hono/zod-validator'
import type * as z from 'zod'
import { refuse } from '../core/app-error'
import { toIssues } from './issues'
import { QUERY_PARAMETERS, tag } from './operation'

/**
 * The validator of a route's query. The schema is also what the OpenAPI document shows; a parameter that is given twice is
 * a list, and so refused where a text is wanted.
 * @throws `invalid_request`
 */
export function query<Schema extends z.ZodObject>(schema: Schema) {
  const validate = zValidator('query', schema, (result) => {
    if (!result.success) throw refuse('invalid_request', { issues: toIssues(result.error, result.data) })
  })
  return tag(validate, QUERY_PARAMETERS, schema)
}
