import type { Hono } from 'hono'
import type * as z from 'zod'
import { refuse } from '../../core/app-error'
import { toRfc3339 } from '../../core/clock'
import { requireScope } from '../../http/access'
import { type HttpEnv, type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { createJsonBody } from '../../http/json-body'
import { type createOperation, pathParameters } from '../../http/operation'
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from '../../http/rate-limit-headers'
import { CHECK_REFUSALS, SEND_REFUSALS } from '../../http/refusal-lists'
import type { VerificationView } from '../../otp/get-verification'
import type { IntentFacts } from '../../otp/intent'
import type { ChangeFacts } from '../../payments/change'
import { checkConfirmation } from '../../payments/check-confirmation'
import { createConfirmation } from '../../payments/create-confirmation'
import { getConfirmation } from '../../payments/get-confirmation'
import type { RepaymentChangeRow } from '../../payments/loan'
import { formatAmount, parseAmount } from '../../payments/money'
import type { RepaymentContext } from '../../payments/read-repayment'
import { confirmationAnswers } from './confirmation-answers'
import {
  CONFIRMATION_DECIMALS,
  checkConfirmationBodySchema,
  confirmationIdSchema,
  confirmationLocationSchema,
  createConfirmationBodySchema,
} from './confirmation-schemas'
import { checkedBody, verificationBody } from './envelope'
import { referenceBody } from './references'

const SURFACE = 'v1'
const PATH = '/payments/confirmations'
const PATH_OF_ONE = `${PATH}/:id`

/** `/v1/payments/confirmations`. */
export function addConfirmationRoutes(
  { app, operation }: { readonly app: Hono<HttpEnv>; readonly operation: ReturnType<typeof createOperation> },
  provide: Provide,
): void {
  const jsonBody = createJsonBody(provide)
  const id = pathParameters(confirmationIdSchema)
  const mayConfirm = requireScope(provide, 'payments:confirm')

  app.post(
    PATH,
    operation({
      operationId: 'createConfirmation',
      summary: 'Send a code that confirms one payment',
      description:
        'Amount, currency and payee are fixed now and shown in the message; the code confirms these and nothing else. Sent again, the code before it is worth nothing. It is a verification as well: below `/v1/verifications` its id can be looked at and canceled, but neither checked nor sent again.',
      responses: {
        201: {
          description: 'The code is on its way to the contact of the loan.',
          schema: () => confirmationAnswers().confirmation,
          headers: {
            Location: { description: 'Where the confirmation is.', schema: confirmationLocationSchema },
            ...RATE_LIMIT_HEADERS,
          },
        },
      },
      refusals: [
        'loan_not_found',
        'repayment_not_found',
        'repayment_settled',
        'contact_unreachable',
        'update_refused',
        ...SEND_REFUSALS,
      ],
    }),
    mayConfirm,
    idempotent(provide),
    jsonBody(createConfirmationBodySchema, { decimals: CONFIRMATION_DECIMALS }),
    async (c) => {
      const body = c.req.valid('json')
      const { sent, facts, context } = await createConfirmation(provide(c.env), callerOf(c, SURFACE), {
        loanId: body.loan_id,
        repaymentId: body.repayment_id,
        contactType: body.contact_type ?? 'applicant',
        amount: body.amount,
        currency: body.currency,
        payee: body.payee,
        mode: body.payment_mode,
        status: body.repayment_status,
        locale: body.locale ?? 'en',
        templateId: body.template,
        requestedBy: body.requested_by,
      })
      const view = {
        ...sent,
        status: 'pending',
        completedAt: null,
        communicationId: sent.message.communicationId,
        intent: null,
      } as const
      const headers = { Location: `/v1${PATH}/${sent.id}`, ...rateLimitHeaders(sent.quotas, c.get('principal')) }
      return c.json(confirmationBody(view, facts, context, undefined), 201, headers)
    },
  )

  app.get(
    PATH_OF_ONE,
    operation({
      operationId: 'getConfirmation',
      summary: 'The state of a confirmation',
      responses: { 200: { description: 'The confirmation.', schema: () => confirmationAnswers().confirmation } },
      refusals: ['verification_not_found', 'loan_not_found', 'repayment_not_found', 'dependency_unavailable'],
    }),
    mayConfirm,
    id,
    async (c) => {
      const { verification, facts, context, change } = await getConfirmation(
        provide(c.env),
        callerOf(c, SURFACE),
        c.req.param('id'),
      )
      return c.json(confirmationBody(verification, facts, context, change))
    },
  )

  app.post(
    `${PATH_OF_ONE}/check`,
    operation({
      operationId: 'checkConfirmation',
      summary: 'Confirm a payment by its code',
      description:
        'The right code changes the repayment, once. Amount, currency and payee may be given: where one is not what the code was sent for, the code is worth nothing from then on. The same request again is answered again, until ten minutes after the code would have expired.',
      responses: { 200: { description: 'Right or wrong: `valid` tells.', schema: () => confirmationAnswers().checked } },
      refusals: [
        ...CHECK_REFUSALS,
        'confirmation_changed',
        'confirmation_used',
        'confirmation_expired',
        'repayment_changed',
        'update_pending',
      ],
    }),
    mayConfirm,
    idempotent(provide, { keeps: isRight }),
    id,
    jsonBody(checkConfirmationBodySchema, { decimals: CONFIRMATION_DECIMALS }),
    async (c) => {
      const { code, ...rest } = c.req.valid('json')
      const input = { id: c.req.param('id'), code, presented: toFacts(rest) }
      const { checked, change } = await checkConfirmation(provide(c.env), callerOf(c, SURFACE), input)
      return c.json({ ...checkedBody(checked), recorded_at: timeOf(change) })
    },
  )
}

/** A wrong guess is no end: the code of the next message may be the same digits. */
function isRight(body: unknown): boolean {
  return (body as { readonly valid: boolean }).valid
}

/** @throws `invalid_request` */
function toFacts(given: Omit<z.infer<typeof checkConfirmationBodySchema>, 'code'>): IntentFacts {
  const { amount: text, currency, payee } = given
  const amount = text === undefined ? undefined : parseAmount(text, currency ?? '')
  if (typeof amount === 'object') throw refuse('invalid_request', { issues: [{ path: 'amount', message: amount.problem }] })
  return {
    ...(amount !== undefined && { amount }),
    ...(currency !== undefined && { currency }),
    ...(payee !== undefined && { payee }),
  }
}

function confirmationBody(
  view: VerificationView,
  facts: ChangeFacts,
  { statuses, modes, repayment }: RepaymentContext,
  change: RepaymentChangeRow | undefined,
) {
  return {
    ...verificationBody(view),
    loan_id: facts.loan_id,
    repayment_id: facts.repayment_id,
    contact_type: facts.contact_type,
    amount: formatAmount(facts.amount, facts.currency),
    currency: facts.currency,
    payee: facts.payee,
    repayment_status: referenceBody(statuses, facts.repayment_status),
    payment_mode: referenceBody(modes, facts.payment_mode_id),
    requested_by: facts.requested_by,
    recorded_at: timeOf(change),
    outcome: view.status === 'approved' ? outcomeOf(change, repayment.version > facts.basis_version) : null,
  }
}

/** What came of the right code. It is recorded by the gate at the latest, unless another change was first. */
function outcomeOf(change: RepaymentChangeRow | undefined, isOver: boolean): 'recorded' | 'recording' | 'overtaken' {
  if (change) return 'recorded'
  return isOver ? 'overtaken' : 'recording'
}

function timeOf(change: RepaymentChangeRow | undefined): string | null {
  return change ? toRfc3339(change.at) : null
}
