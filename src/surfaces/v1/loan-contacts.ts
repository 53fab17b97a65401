import type { Hono } from 'hono'
import * as z from 'zod'
import { toRfc3339 } from '../../core/clock'
import { once } from '../../core/once'
import { requireScope } from '../../http/access'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { phoneInputSchema, requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import { type createOperation, pathParameters } from '../../http/operation'
import { changeContact } from '../../payments/change-contact'
import { type ContactWithHistory, listContacts } from '../../payments/list-contacts'
import { CONTACT_TYPES, type ContactType } from '../../payments/loan'
import { requestedByInput } from './references'

const SURFACE = 'v1'
const PATH = '/loans/:id/contacts'

const bodySchema = z
  .strictObject({
    phone: phoneInputSchema.nullable().meta({
      description: 'The number, in any usual spelling; null: the contact has none any more.',
      example: '+919876543210',
    }),
    requested_by: requestedByInput,
  })
  .meta({ id: 'ChangeContact', example: { phone: '+919876543210', requested_by: 'agent-17' } })

const loanIdSchema = z.object({ id: z.string().max(64).meta({ description: 'The id of the loan.', example: '123' }) })
const contactSchema = loanIdSchema.extend({
  contact_type: z.enum(CONTACT_TYPES).meta({ description: 'Which contact.', example: 'applicant' }),
})

const contactAnswers = once(() => {
  const masked = z.string().nullable().meta({ description: 'Masked; null: no number.', example: '+91********10' })
  const change = z.object({
    version: z.int(),
    at: z.iso.datetime(),
    from: masked,
    to: masked,
    surface: z.string(),
    request_id: z.string(),
    requested_by: z.string().nullable(),
  })
  const contact = z.object({
    contact_type: z.enum(CONTACT_TYPES),
    phone: masked,
    version: z.int(),
    history: z.array(change).meta({ description: 'Its changes, oldest first.' }),
  })
  return z.object({ loan_id: z.string(), contacts: z.array(contact) }).meta({ id: 'LoanContacts' })
})

/** `/v1/loans/{id}/contacts`. */
export function addLoanContactRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  const mayRead = requireScope(provide, 'loans:read')
  const mayWrite = requireScope(provide, 'loans:write')
  const responses = { 200: { description: 'The contacts of the loan.', schema: contactAnswers } }

  app.get(
    PATH,
    operation({
      operationId: 'listLoanContacts',
      summary: 'Who can confirm for a loan, and since when',
      responses,
      refusals: ['loan_not_found', 'dependency_unavailable'],
    }),
    mayRead,
    pathParameters(loanIdSchema),
    async (c) => c.json(contactsBody(c.req.param('id'), await listContacts(provide(c.env).db, c.req.param('id')))),
  )

  app.put(
    `${PATH}/:contact_type{applicant|co_applicant}`,
    operation({
      operationId: 'changeLoanContact',
      summary: 'Give a contact of a loan another number',
      description:
        'The history keeps when it was changed, from which number and by whom. Codes sent before are not good any more.',
      responses,
      refusals: ['loan_not_found', 'invalid_phone', 'dependency_unavailable'],
    }),
    mayWrite,
    pathParameters(contactSchema),
    createJsonBody(provide)(bodySchema),
    async (c) => {
      const deps = provide(c.env)
      const { phone, requested_by: requestedBy } = c.req.valid('json')
      const { id: loanId, contact_type: contactType } = c.req.param()
      const number = phone === null ? null : requirePhone(deps, phone)
      const change = { loanId, contactType: contactType as ContactType, phone: number, requestedBy }
      return c.json(contactsBody(loanId, await changeContact(deps, callerOf(c, SURFACE), change)))
    },
  )
}

function contactsBody(loanId: string, contacts: readonly ContactWithHistory[]) {
  return {
    loan_id: loanId,
    contacts: contacts.map(({ contactType, phoneMasked, version, history }) => ({
      contact_type: contactType,
      phone: phoneMasked,
      version,
      history: history.map((change) => ({
        version: change.version,
        at: toRfc3339(change.at),
        from: change.fromPhoneMasked,
        to: change.toPhoneMasked,
        surface: change.surface,
        request_id: change.requestId,
        requested_by: change.requestedBy,
      })),
    })),
  }
}
