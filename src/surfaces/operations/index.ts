import { Hono } from 'hono'
import * as z from 'zod'
import { DEPENDENCY_TIMEOUT_MS } from '../../config/limits'
import { AppError } from '../../core/app-error'
import { withTimeout } from '../../core/with-timeout'
import { openToAll } from '../../http/access'
import { ERROR_STATUSES } from '../../http/error-status'
import type { Deps, HttpEnv, Provide } from '../../http/http-env'
import { createOperation } from '../../http/operation'
import { addJwksRoute } from './jwks'

const outcomeSchema = z.enum(['ok', 'failing'])
const readySchema = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.object({ config: outcomeSchema, d1: outcomeSchema, kv: outcomeSchema, gate: outcomeSchema }),
    problems: z
      .array(z.string())
      .optional()
      .meta({ description: 'What is wrong with the configuration, by names of variables.' }),
  })
  .meta({ id: 'Ready' })

type Checks = z.infer<typeof readySchema>['checks']

/** What operators ask of a deployment. Not a surface: no catch-all of its own. */
export function createOperationsRoutes(provide: Provide): Hono<HttpEnv> {
  const operation = createOperation({
    tag: 'operations',
    statuses: ERROR_STATUSES,
    failureSchema: readySchema,
    failureMediaType: 'application/json',
  })
  const app = new Hono<HttpEnv>({ strict: false })
  addJwksRoute(app, provide)
  return app.get(
    '/ready',
    operation({
      operationId: 'ready',
      summary: 'Can the service do its work?',
      description: 'Asks the configuration, D1, KV and the gate, each for two seconds at most.',
      responses: {
        200: { description: 'It can.', schema: readySchema },
        503: { description: 'Something fails, or the configuration is wrong.', schema: readySchema },
      },
      refusals: [],
    }),
    openToAll('says nothing but whether the service works, for load balancers'),
    async (c) => {
      const ready = await checkReadiness(provide, c.env)
      return c.json(ready, ready.status === 'ready' ? 200 : 503)
    },
  )
}

async function checkReadiness(provide: Provide, env: Env): Promise<z.infer<typeof readySchema>> {
  let deps: Deps
  try {
    deps = provide(env)
    // Whether a key is one cannot be told without using it.
    await deps.tokens?.keys()
  } catch (error) {
    const problems = error instanceof AppError && error.refusal.code === 'misconfigured' ? error.refusal.details.problems : []
    const checks: Checks = { config: 'failing', d1: 'failing', kv: 'failing', gate: 'failing' }
    return { status: 'not_ready', checks, problems: [...problems] }
  }
  const [d1, kv, gate] = await Promise.all([deps.probes.d1, deps.probes.kv, deps.probes.gate].map(outcomeOf))
  const checks = { config: 'ok', d1: d1!, kv: kv!, gate: gate! } as const
  return { status: Object.values(checks).includes('failing') ? 'not_ready' : 'ready', checks }
}

async function outcomeOf(probe: () => Promise<unknown>): Promise<'ok' | 'failing'> {
  try {
    await withTimeout(probe(), DEPENDENCY_TIMEOUT_MS)
    return 'ok'
  } catch {
    return 'failing'
  }
}
