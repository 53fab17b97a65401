import type { Hono } from 'hono'
import { toRfc3339 } from '../../core/clock'
import { requireScope } from '../../http/access'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import { requireAdult } from '../../http/lead-input'
import type { createOperation } from '../../http/operation'
import { LEAD_REFUSALS } from '../../http/refusal-lists'
import { createLead } from '../../leads/create-lead'
import { type LeadStatus, getLeadStatus } from '../../leads/status/get-lead-status'
import type { LeadRow } from '../../leads/lead'
import { createLeadBodySchema, leadCreatedSchema, leadSavedSchema, leadStatusBodySchema, leadStatusSchema } from './lead-schemas'

/** `POST /lead_create` and `POST /lead_status` of brief 001. */
export function addLeadRoutes(
  surface: { readonly name: string; readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  const { app, operation, name } = surface
  const jsonBody = createJsonBody(provide)

  app.post(
    '/lead_create',
    operation({
      operationId: `${name}.leadCreate`,
      summary: 'Create a lead',
      description:
        'The lead is kept before the lender is asked, so none is lost: where the lender cannot be reached the answer is 202, and it is submitted later. The same request again is the same lead. Where `LEADS_REQUIRE_VERIFIED_PHONE` is on, the number has to be verified first.',
      responses: {
        200: { description: 'The lender has it.', schema: leadCreatedSchema },
        202: { description: 'It is kept, and will be submitted.', schema: leadSavedSchema },
      },
      refusals: ['invalid_phone', 'phone_not_verified', 'lead_refused', ...LEAD_REFUSALS],
    }),
    requireScope(provide, 'leads:create'),
    idempotent(provide),
    jsonBody(createLeadBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { mobile_number, loan_type, loan_amount, loan_tenure, ...person } = c.req.valid('json')
      const phone = requirePhone(deps, mobile_number)
      requireAdult(deps, 'dob', person.dob)
      const draft = {
        phone,
        loanType: loan_type,
        loanAmount: loan_amount,
        loanTenureYears: loan_tenure,
        personal: {
          firstName: person.first_name,
          lastName: person.last_name,
          gender: person.gender,
          email: person.email,
          pan: person.pan_number,
          dateOfBirth: person.dob,
          pinCode: person.pin_code,
        },
      }
      const lead = await createLead(deps.leads, callerOf(c, name), draft)
      const { applicationId } = lead
      return applicationId === null ? c.json(savedBody(lead), 202) : c.json(createdBody(applicationId))
    },
  )

  app.post(
    '/lead_status',
    operation({
      operationId: `${name}.leadStatus`,
      summary: 'How a lead stands',
      description:
        "By the number, whose newest lead is meant, or by the application's id. The lender is asked; where it cannot be reached, the status is the last that is known, with its time. Where `LEADS_REQUIRE_VERIFIED_PHONE` is on, a number has to be verified first.",
      responses: { 200: { description: 'How it stands.', schema: leadStatusSchema } },
      refusals: ['invalid_phone', 'phone_not_verified', 'lead_not_found', 'dependency_unavailable'],
    }),
    requireScope(provide, 'leads:status'),
    jsonBody(leadStatusBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { mobile_number, basic_application_id } = c.req.valid('json')
      const phone = mobile_number == null ? undefined : requirePhone(deps, mobile_number)
      const id = basic_application_id ?? undefined
      return c.json(statusBody(await getLeadStatus(deps.leads, callerOf(c, name), { phone, id })))
    },
  )
}

function createdBody(applicationId: string) {
  return { basic_application_id: applicationId, message: 'Lead Created Successfully.' }
}

function savedBody({ id }: LeadRow) {
  const message = 'Lead saved. It will be submitted as soon as the lender can be reached.'
  return { basic_application_id: null, lead_id: id, message }
}

function statusBody({ status, lastKnownAt }: LeadStatus) {
  const message = `Your lead status is: ${status}`
  if (lastKnownAt === undefined) return { status, message }
  const at = toRfc3339(lastKnownAt)
  return { status, message: `${message} (the last that is known, of ${at})`, last_known_at: at }
}
