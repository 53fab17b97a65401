import { requireScope } from '../../http/access'
import { type Provide, callerOf } from '../../http/http-env'
import { pathParameters } from '../../http/operation'
import { createSurface } from '../../http/surface'
import { addWhatsappWebhook } from '../../http/webhook'
import { findSentMessage } from '../../otp/find-message'
import { createExternalOtpEnvelope, statusBody } from './envelope'
import { messageIdParameterSchema, statusSchema } from './schemas'
import { addSendRoute } from './send'

const NAME = 'external-otp'

/** The OTP and external services of brief 003, below `/api/v1/external`: codes by SMS and WhatsApp, and what became of them. */
export function createExternalOtpSurface(provide: Provide) {
  const { app, operation, close } = createSurface(createExternalOtpEnvelope(NAME))
  const surface = { name: NAME, app, operation }

  addSendRoute(surface, provide, 'sms')
  addSendRoute(surface, provide, 'whatsapp')

  app.get(
    '/status/:message_id',
    operation({
      operationId: `${NAME}.status`,
      summary: 'What became of a message',
      description: 'Known at once; the reports of the vendors follow.',
      responses: { 200: { description: 'How far it has come.', schema: statusSchema } },
      refusals: ['communication_not_found', 'dependency_unavailable'],
    }),
    requireScope(provide, 'verifications:read'),
    pathParameters(messageIdParameterSchema),
    async (c) => {
      const messageId = c.req.param('message_id')
      return c.json(statusBody(messageId, await findSentMessage(provide(c.env).verification, callerOf(c, NAME), messageId)))
    },
  )

  addWhatsappWebhook(surface, provide, '/whatsapp/webhook')
  return close()
}
