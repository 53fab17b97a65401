import * as z from 'zod'
import { refuse } from '../../core/app-error'
import { ERROR_STATUSES } from '../../http/error-status'
import type { Provide } from '../../http/http-env'
import { pathParameters } from '../../http/operation'
import { refusalText } from '../../http/refusal-text'
import { createSurface } from '../../http/surface'
import { addWhatsappWebhook, byVendor, receiveReport, webhookOperation } from '../../http/webhook'

const NAME = 'webhooks'

const failureSchema = z
  .object({ error: z.string().meta({ description: 'Stable code of the refusal.' }), message: z.string(), request_id: z.string() })
  .meta({ id: 'WebhookFailure' })

const secretParameter = pathParameters(
  z.object({ secret: z.string().meta({ description: 'The secret part of the address, which stands for a signature.' }) }),
)

/** Where vendors report what became of their messages, below `/webhooks`. */
export function createWebhooksSurface(provide: Provide) {
  const { app, operation, close } = createSurface({
    surface: NAME,
    statuses: ERROR_STATUSES,
    failureSchema,
    failure: (refusal, { requestId }) => ({ error: refusal.code, message: refusalText(refusal), request_id: requestId }),
  })

  addWhatsappWebhook({ name: NAME, app, operation }, provide, '/whatsapp_cloud')

  app.post(
    '/twilio',
    operation(
      webhookOperation(
        `${NAME}.twilio`,
        'Reports of Twilio',
        'Signed by Twilio with the auth token over the address and the parameters (`X-Twilio-Signature`).',
      ),
    ),
    byVendor,
    (c) => receiveReport(c, provide, { surface: NAME, vendor: 'twilio' }),
  )

  app.post(
    '/gupshup/:secret',
    operation(
      webhookOperation(
        `${NAME}.gupshup`,
        'Reports of Gupshup',
        'Gupshup signs nothing: the path ends with `GUPSHUP_WEBHOOK_SECRET`.',
      ),
    ),
    byVendor,
    secretParameter,
    (c) => receiveReport(c, provide, { surface: NAME, vendor: 'gupshup', pathSecret: c.req.param('secret') }),
  )

  app.post(
    '/msg91/:secret',
    operation(
      webhookOperation(`${NAME}.msg91`, 'Reports of MSG91', 'MSG91 signs nothing: the path ends with `MSG91_WEBHOOK_SECRET`.'),
    ),
    byVendor,
    secretParameter,
    (c) => receiveReport(c, provide, { surface: NAME, vendor: 'msg91', pathSecret: c.req.param('secret') }),
  )

  // Without its secret an address is no webhook: what is there and what is not is nobody's business.
  app.all('*', (c, next) => {
    if (c.req.method === 'POST') throw refuse('webhook_forbidden', {})
    return next()
  })
  return close()
}
