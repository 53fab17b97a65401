import { refuse } from '../../core/app-error'
import { requireScope } from '../../http/access'
import { type Provide, callerOf } from '../../http/http-env'
import { idempotent } from '../../http/idempotency'
import { requirePhone } from '../../http/input'
import { createJsonBody } from '../../http/json-body'
import { RATE_LIMIT_HEADERS, rateLimitHeaders } from '../../http/rate-limit-headers'
import { CHECK_REFUSALS, SEND_REFUSALS } from '../../http/refusal-lists'
import { createSurface } from '../../http/surface'
import { sendPaymentCode } from '../../payments/send-payment-code'
import { updateRepayment } from '../../payments/update-repayment'
import { verifyPaymentCode } from '../../payments/verify-payment-code'
import { createSendEnvelope, createVerifyEnvelope, sentBody, updatedBody, verifiedBody } from './envelope'
import {
  PAYMENT_DECIMALS,
  sendBodySchema,
  sentSchema,
  updateBodySchema,
  updatedSchema,
  verifiedSchema,
  verifyBodySchema,
} from './schemas'
import { maskedNumber, plainNumber } from './shown-number'

const NAME = 'payment-otp'
const DEFAULT_TEMPLATE_KEY = 'OTP_SEND'
const DEFAULT_CONTACT_TYPE = 'applicant'

/** How the body of an update calls what may be wrong with it. */
const FIELD_NAMES = {
  phone: 'mobile',
  status: 'status_update.repayment_status',
  amount: 'status_update.amount_collected',
  mode: 'status_update.payment_mode_id',
} as const

const CONTACT_REFUSALS = ['loan_not_found', 'repayment_not_found', 'contact_unreachable'] as const

/**
 * The payment endpoints of brief 000, below `/api/v1/otp`: a customer's code confirms the change of a repayment. Its bodies
 * have no room for a code: in mock mode it is `1234`, or as many digits as were set, and shown nowhere.
 */
export function createPaymentOtpSurface(provide: Provide) {
  const { app, operation, close } = createSurface(createSendEnvelope(NAME))

  app.post(
    '/send-otp-payment',
    operation({
      operationId: `${NAME}.send`,
      summary: 'Send a code for a repayment by SMS',
      description: 'To the number of a contact of the loan.',
      responses: { 200: { description: 'The code is on its way.', schema: sentSchema, headers: RATE_LIMIT_HEADERS } },
      refusals: [...CONTACT_REFUSALS, 'repayment_settled', 'template_not_found', ...SEND_REFUSALS],
    }),
    requireScope(provide, 'payments:confirm'),
    idempotent(provide),
    createJsonBody(provide)(sendBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const body = c.req.valid('json')
      const { sent, contact } = await sendPaymentCode(deps, callerOf(c, NAME), {
        loanId: body.loan_id,
        repaymentId: body.repayment_id,
        contactType: body.contact_type ?? DEFAULT_CONTACT_TYPE,
        templateKey: body.template_key ?? DEFAULT_TEMPLATE_KEY,
      })
      const masked = maskedNumber(contact, deps.config.phone.defaultRegion)
      const answer = sentBody(masked, sent.message.communicationId, deps.profiles.payment.lifetimeSeconds)
      return c.json(answer, 200, rateLimitHeaders(sent.quotas, c.get('principal')))
    },
  )

  app.route('/verify-otp-payment', createVerifyRoute(provide))
  app.route('/verify-otp-and-update-status', createUpdateRoute(provide))
  return close()
}

/** By itself, as the next one, since their failures have fields of their own. */
function createVerifyRoute(provide: Provide) {
  const { app, operation, close } = createSurface(createVerifyEnvelope(NAME))

  app.post(
    '/',
    operation({
      operationId: `${NAME}.verify`,
      summary: 'Check a code for a repayment',
      description:
        'Changes nothing. Whoever knows the code may change this repayment with it, once, within the next ten minutes: by the combined call.',
      responses: { 200: { description: 'The code is right.', schema: verifiedSchema } },
      refusals: [...CONTACT_REFUSALS, 'code_incorrect', ...CHECK_REFUSALS],
    }),
    requireScope(provide, 'payments:confirm'),
    createJsonBody(provide)(verifyBodySchema),
    async (c) => {
      const deps = provide(c.env)
      const body = c.req.valid('json')
      const { checked, contact } = await verifyPaymentCode(deps, callerOf(c, NAME), {
        loanId: body.loan_id,
        repaymentId: body.repayment_id,
        contactType: body.contact_type ?? DEFAULT_CONTACT_TYPE,
        code: body.otp_code,
      })
      if (!checked.valid) throw refuse('code_incorrect', { guessesLeft: checked.guessesLeft })
      const mobile = plainNumber(contact, deps.config.phone.defaultRegion)
      return c.json(verifiedBody(mobile, deps.verification.clock()))
    },
  )

  return close()
}

function createUpdateRoute(provide: Provide) {
  const { app, operation, close } = createSurface(createVerifyEnvelope(NAME))

  app.post(
    '/',
    operation({
      operationId: `${NAME}.update`,
      summary: 'Check a code and change the repayment',
      description:
        'In one step, or after the code was checked. The same request again is answered again, until ten minutes after the code would have expired, and changes nothing more.',
      responses: { 200: { description: 'The repayment is changed.', schema: updatedSchema } },
      refusals: [
        'invalid_phone',
        ...CONTACT_REFUSALS,
        'update_refused',
        'repayment_settled',
        'code_incorrect',
        ...CHECK_REFUSALS,
        'confirmation_used',
        'confirmation_expired',
        'repayment_changed',
        'update_pending',
      ],
    }),
    requireScope(provide, 'payments:confirm'),
    idempotent(provide),
    createJsonBody(provide)(updateBodySchema, { decimals: PAYMENT_DECIMALS }),
    async (c) => {
      const deps = provide(c.env)
      const { mobile, status_update: update, ...body } = c.req.valid('json')
      const { checked, contact, change } = await updateRepayment(deps, callerOf(c, NAME), {
        loanId: body.loan_id,
        repaymentId: body.repayment_id,
        phone: requirePhone(deps, mobile).e164,
        contactType: body.contact_type ?? undefined,
        code: body.otp_code,
        wanted: { status: update.repayment_status, amount: update.amount_collected, mode: update.payment_mode_id },
        names: FIELD_NAMES,
      })
      if (!change) throw refuse('code_incorrect', { guessesLeft: checked.guessesLeft })
      return c.json(updatedBody(plainNumber(contact, deps.config.phone.defaultRegion), change.at))
    },
  )

  return close()
}
