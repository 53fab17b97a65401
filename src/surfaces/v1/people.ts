import type { Hono } from 'hono'
import { toRfc3339 } from '../../core/clock'
import { requireScope } from '../../http/access'
import { type Deps, type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import type { createOperation } from '../../http/operation'
import { erasePerson } from '../../privacy/erase-person'
import { erasePersonBodySchema, peopleAnswers } from './people-schemas'

const SURFACE = 'v1'

/** `/v1/people`. */
export function addPeopleRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  app.post(
    '/people/erase',
    operation({
      operationId: 'erasePerson',
      summary: 'Erase a person',
      description: [
        'Erases what is stored of a number, everywhere: its leads, its verifications with all that happened to them, the messages',
        'to it, its codes and its limits, and the number of every contact of a loan that has it. Changes of repayments that were',
        'confirmed with it stay, and name the verification by its id alone; one that is confirmed and not yet made is made first.',
        'It is kept that a person was erased, when, by whose request and how much, and nothing by which the person could be found.',
        'After a 503 ask again: that goes on where it stopped, and erases what has come meanwhile.',
        'What the lender and the vendors of messages have of the person is with them, and requests that are being answered end',
        'with what they have in memory.',
      ].join(' '),
      responses: { 200: { description: 'The person is erased.', schema: peopleAnswers } },
      refusals: ['invalid_phone', 'dependency_unavailable'],
    }),
    requireScope(provide, 'people:erase', 'callers:all'),
    idempotent(provide),
    createJsonBody(provide)(erasePersonBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { phone, requested_by: requestedBy } = c.req.valid('json')
      const { e164 } = requirePhone(ofAllCountries(deps), phone)
      const { id, erasedAt, erased } = await erasePerson(deps.verification, callerOf(c, SURFACE), { phone: e164, requestedBy })
      return c.json({ id, erased_at: toRfc3339(erasedAt), erased })
    },
  )
}

/** A country that is not sent to any more has its people, too. */
function ofAllCountries(deps: Deps): Deps {
  return { ...deps, config: { ...deps.config, phone: { ...deps.config.phone, allowedCountries: undefined } } }
}
