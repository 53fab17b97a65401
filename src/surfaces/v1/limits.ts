import type { Hono } from 'hono'
import { toRfc3339 } from '../../core/clock'
import { operatorOnly } from '../../http/access'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { createJsonBody } from '../../http/json-body'
import type { createOperation } from '../../http/operation'
import { query } from '../../http/query'
import { liftStrike } from '../../limits/decisions/lift-strike'
import { listDecisions } from '../../limits/decisions/list-decisions'
import type { DecisionRow } from '../../limits/limiter-state'
import { limitAnswers } from './limit-answers'
import { decisionsQuerySchema, liftBodySchema } from './limit-schemas'

const SURFACE = 'v1'

/** `/v1/limits`: what the rules against abuse have decided. For the operator only. */
export function addLimitRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  const byOperator = operatorOnly(provide)

  app.get(
    '/limits/decisions',
    operation({
      operationId: 'listLimitDecisions',
      summary: 'What the rules against abuse have refused',
      description:
        'Newest first: one for each strike of a rule, with the requests that it met. It is here a few seconds after the first of them, and counts on within a minute.',
      responses: { 200: { description: 'A page of them.', schema: () => limitAnswers().page } },
      refusals: ['dependency_unavailable'],
    }),
    byOperator,
    query(decisionsQuerySchema),
    async (c) => {
      const { rows, nextCursor } = await listDecisions(provide(c.env).db, c.req.valid('query'))
      return c.json({ decisions: rows.map(decisionBody), next_cursor: nextCursor })
    },
  )

  app.post(
    '/limits/lift',
    operation({
      operationId: 'liftLimit',
      summary: 'Let a subject in again that a rule has struck',
      description:
        'Ends the strike, forgets those before it, and counts anew. With the rule `spend`, whose subject is `deployment`: what may be spent on a day may be spent once more today.',
      responses: { 200: { description: 'Nothing is in its way any more.', schema: () => limitAnswers().lifted } },
      refusals: ['dependency_unavailable'],
    }),
    byOperator,
    createJsonBody(provide)(liftBodySchema),
    async (c) => {
      const { rule, subject } = c.req.valid('json')
      const lifted = await liftStrike(provide(c.env).verification.limits, callerOf(c, SURFACE), { rule, subject })
      return c.json({ rule, subject, lifted })
    },
  )
}

function decisionBody(row: DecisionRow) {
  return {
    id: row.id,
    rule: row.rule,
    mode: row.mode,
    subject: row.subject,
    first_at: toRfc3339(row.firstAt),
    last_at: toRfc3339(row.lastAt),
    count: row.count,
    request_id: row.requestId,
    until: toRfc3339(row.until),
    lifted_at: row.liftedAt === null ? null : toRfc3339(row.liftedAt),
  }
}
