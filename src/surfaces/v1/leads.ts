import type { Hono } from 'hono'
import { visibleOwner } from '../../access/principal'
import { toRfc3339 } from '../../core/clock'
import { requireScope } from '../../http/access'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import { requireAdult } from '../../http/lead-input'
import { type createOperation, pathParameters } from '../../http/operation'
import { query } from '../../http/query'
import { LEAD_REFUSALS } from '../../http/refusal-lists'
import { createLead } from '../../leads/create-lead'
import { exportLeads } from '../../leads/reading/export-leads'
import { getLead } from '../../leads/reading/get-lead'
import { listLeads } from '../../leads/reading/list-leads'
import { pushLeadStatus } from '../../leads/status/push-lead-status'
import { resubmitLead } from '../../leads/submission/resubmit-lead'
import { leadAnswers, leadBody, leadSummaryBody, leadViewBody } from './lead-answers'
import { LEAD_COLUMNS } from './lead-columns'
import {
  createLeadBodySchema,
  exportLeadsQuerySchema,
  leadIdSchema,
  leadLocationSchema,
  leadsFileSchema,
  listLeadsQuerySchema,
  pushStatusBodySchema,
  requireNotAhead,
} from './lead-schemas'

const SURFACE = 'v1'
const PATH = '/leads'
const PATH_OF_ONE = `${PATH}/:id`

interface Surface {
  readonly app: Hono<HttpEnv>
  readonly operation: ReturnType<typeof createOperation>
}

/** `/v1/leads`: to ask for one, and what those do with them who have a scope for that. */
export function addLeadRoutes(surface: Surface, provide: Provide): void {
  addCreate(surface, provide)
  // Before the route of one, which would take `export` for an id.
  addExport(surface, provide)
  addReads(surface, provide)
  addChanges(surface, provide)
}

function addCreate({ app, operation }: Surface, provide: Provide): void {
  const jsonBody = createJsonBody(provide)
  const kept = (description: string) => ({
    description,
    schema: () => leadAnswers().lead,
    headers: { Location: { description: 'Where the lead is, for who may read it.', schema: leadLocationSchema } },
  })

  app.post(
    PATH,
    operation({
      operationId: 'createLead',
      summary: 'Create a lead',
      description:
        'It is kept before the lender is asked, so none is lost: where the lender cannot be reached the answer is 202, and it is submitted later. The same request again is the same lead, with the same id and the same statuses. Where `LEADS_REQUIRE_VERIFIED_PHONE` is on, the number has to be verified first, unless the key has the scope `leads:unverified`.',
      responses: { 201: kept('The lender has it.'), 202: kept('It is kept, and will be submitted.') },
      refusals: ['invalid_phone', 'phone_not_verified', 'lead_refused', ...LEAD_REFUSALS],
    }),
    requireScope(provide, 'leads:create'),
    idempotent(provide),
    jsonBody(createLeadBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { loan_type, loan_amount, loan_tenure_years, ...person } = c.req.valid('json')
      const phone = requirePhone(deps, person.phone)
      requireAdult(deps, 'date_of_birth', person.date_of_birth)
      const draft = {
        phone,
        loanType: loan_type,
        loanAmount: loan_amount,
        loanTenureYears: loan_tenure_years,
        personal: {
          firstName: person.first_name,
          lastName: person.last_name,
          gender: person.gender,
          email: person.email,
          pan: person.pan,
          dateOfBirth: person.date_of_birth,
          pinCode: person.pin_code,
        },
      }
      const lead = await createLead(deps.leads, callerOf(c, SURFACE), draft)
      return c.json(leadBody(lead), lead.submission === 'submitted' ? 201 : 202, { Location: `/v1${PATH}/${lead.id}` })
    },
  )
}

function addExport({ app, operation }: Surface, provide: Provide): void {
  app.get(
    `${PATH}/export`,
    operation({
      operationId: 'exportLeads',
      summary: 'The leads of a period as CSV',
      description:
        'Oldest first, with a line of titles. It comes as it is read: an answer that breaks off is not whole. A text that a spreadsheet would take for a formula has an apostrophe in front.',
      responses: {
        200: {
          description: 'All of them.',
          schema: () => leadAnswers().csv,
          mediaType: 'text/csv',
          headers: {
            'Content-Disposition': {
              description: 'As what it is kept, with the days of the period.',
              schema: leadsFileSchema,
            },
          },
        },
      },
      refusals: ['dependency_unavailable'],
    }),
    requireScope(provide, 'leads:read'),
    query(exportLeadsQuerySchema),
    async (c) => {
      const { created_after: createdAfter, created_before: createdBefore, submission, loan_type: loanType } = c.req.valid('query')
      const owner = visibleOwner(c.get('principal'))
      const filter = { createdAfter, createdBefore, submission, loanType, owner }
      const csv = await exportLeads(provide(c.env).leads, callerOf(c, SURFACE), filter, LEAD_COLUMNS)
      const [from, until] = [createdAfter, createdBefore].map((moment) => toRfc3339(moment).slice(0, 10))
      return c.body(csv, 200, {
        'Content-Type': 'text/csv; charset=utf-8',
        'Content-Disposition': `attachment; filename="leads-${from}-${until}.csv"`,
      })
    },
  )
}

function addReads({ app, operation }: Surface, provide: Provide): void {
  const mayRead = requireScope(provide, 'leads:read')

  app.get(
    PATH,
    operation({
      operationId: 'listLeads',
      summary: 'The leads',
      description: 'Newest first.',
      responses: { 200: { description: 'A page of them.', schema: () => leadAnswers().page } },
      refusals: ['invalid_phone', 'dependency_unavailable'],
    }),
    mayRead,
    query(listLeadsQuerySchema),
    async (c) => {
      const deps = provide(c.env)
      const { phone, loan_type, created_after, created_before, ...filter } = c.req.valid('query')
      const { leads, nextCursor } = await listLeads(deps.leads, {
        ...filter,
        phoneHash: phone === undefined ? undefined : await deps.hashPhone(requirePhone(deps, phone).e164),
        loanType: loan_type,
        owner: visibleOwner(c.get('principal')),
        createdAfter: created_after,
        createdBefore: created_before,
      })
      return c.json({ leads: leads.map(leadSummaryBody), next_cursor: nextCursor })
    },
  )

  app.get(
    PATH_OF_ONE,
    operation({
      operationId: 'getLead',
      summary: 'A lead, with who it is of and all that happened to it',
      responses: { 200: { description: 'The lead and its history.', schema: () => leadAnswers().view } },
      refusals: ['lead_not_found', 'dependency_unavailable'],
    }),
    mayRead,
    pathParameters(leadIdSchema),
    async (c) => c.json(leadViewBody(await getLead(provide(c.env).leads, callerOf(c, SURFACE), c.req.param('id')))),
  )
}

function addChanges({ app, operation }: Surface, provide: Provide): void {
  const mayUpdate = requireScope(provide, 'leads:update')
  const responses = { 200: { description: 'The lead as it is now.', schema: () => leadAnswers().lead } }

  app.post(
    `${PATH_OF_ONE}/status`,
    operation({
      operationId: 'pushLeadStatus',
      summary: 'Tell the status of a lead',
      description:
        'For a lender that tells of it by itself. A status that is new is kept, and the customer is told once; the same again, and older news than what is known, change nothing.',
      responses,
      refusals: ['lead_not_found', 'dependency_unavailable'],
    }),
    mayUpdate,
    idempotent(provide),
    pathParameters(leadIdSchema),
    createJsonBody(provide)(pushStatusBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { status, changed_at: changedAt } = c.req.valid('json')
      requireNotAhead(deps, 'changed_at', changedAt)
      const news = { status, changedAt }
      return c.json(leadBody(await pushLeadStatus(deps.leads, callerOf(c, SURFACE), c.req.param('id'), news)))
    },
  )

  app.post(
    `${PATH_OF_ONE}/submit`,
    operation({
      operationId: 'submitLead',
      summary: 'Submit a lead now',
      description:
        'One that waits, that the lender refused, or that was given up; `submission` says what came of it. One that the lender has stays as it is, and so does one that is being submitted at this moment.',
      responses,
      refusals: ['lead_not_found', ...LEAD_REFUSALS],
    }),
    mayUpdate,
    idempotent(provide),
    pathParameters(leadIdSchema),
    async (c) => c.json(leadBody(await resubmitLead(provide(c.env).leads, callerOf(c, SURFACE), c.req.param('id')))),
  )
}
