import type { Hono } from 'hono'
import { visibleOwner } from '../../access/principal'
import { refuse } from '../../core/app-error'
import { toRfc3339 } from '../../core/clock'
import { requireScope } from '../../http/access'
import type { HttpEnv, Provide } from '../../http/http-env'
import type { createOperation } from '../../http/operation'
import { query } from '../../http/query'
import { type DeliveryFigures, deliveryStats } from '../../messaging/communications/delivery-stats'
import { communicationAnswers } from './communication-answers'
import { statsQuerySchema } from './communication-schemas'

const DAY_MS = 24 * 60 * 60 * 1000
/** Every message of the period is read: this bounds what one request can cost. */
const LONGEST_PERIOD_MS = 31 * DAY_MS

/** `/v1/stats`. */
export function addStatsRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  app.get(
    '/stats/delivery',
    operation({
      operationId: 'getDeliveryStats',
      summary: 'Delivery, verification and cost over a period',
      description:
        'Of the messages that were sent in it, whenever they arrived. Messages are counted a few seconds after they were sent.',
      responses: {
        200: { description: 'In all, and by provider, channel and country.', schema: () => communicationAnswers().stats },
      },
      refusals: ['dependency_unavailable'],
    }),
    requireScope(provide, 'communications:read'),
    query(statsQuerySchema),
    async (c) => {
      const deps = provide(c.env)
      const period = requirePeriod(c.req.valid('query'), deps.verification.clock())
      const { totals, groups } = await deliveryStats(deps.db, period, visibleOwner(c.get('principal')))
      return c.json({
        from: toRfc3339(period.from),
        until: toRfc3339(period.until),
        totals: figuresBody(totals),
        groups: groups.map(({ provider, channel, country, ...figures }) => ({
          provider,
          channel,
          country,
          ...figuresBody(figures),
        })),
      })
    },
  )
}

function requirePeriod(asked: { readonly from?: number | undefined; readonly until?: number | undefined }, now: number) {
  const { until = now } = asked
  const { from = until - DAY_MS } = asked
  const problem = from >= until ? 'must be before until' : 'must be at most 31 days before until'
  if (from >= until || until - from > LONGEST_PERIOD_MS) {
    throw refuse('invalid_request', { issues: [{ path: 'from', message: problem }] })
  }
  return { from, until }
}

function figuresBody({ deliveryRate, verificationRate, cost, ...counts }: DeliveryFigures) {
  return { ...counts, delivery_rate: deliveryRate, verification_rate: verificationRate, cost }
}
