import { Hono } from 'hono'
import { requestId } from 'hono/request-id'
import { secureHeaders } from 'hono/secure-headers'
import { consoleLog } from './core/log'
import { accessLog } from './http/access-log'
import { corsForPages } from './http/cors'
import type { HttpEnv, Provide } from './http/http-env'
import { noStore } from './http/no-store'
import { API_CONTENT_SECURITY_POLICY } from './http/security-policy'
import { createExternalOtpSurface } from './surfaces/external-otp'
import { createHomiSurface } from './surfaces/homi'
import { createOperationsRoutes } from './surfaces/operations'
import { createPaymentOtpSurface } from './surfaces/payment-otp'
import { createUserOtpSurface } from './surfaces/user-otp'
import { createV1Surface } from './surfaces/v1'
import { createWebhooksSurface } from './surfaces/webhooks'
import { createWhatsappOtpSurface } from './surfaces/whatsapp-otp'

/**
 * The whole HTTP side: what every request passes, then a table of contents of surfaces.
 * @param provide bindings to what the handlers work with
 * @param isConfigured for the liveness answers, which must come even when nothing else can
 */
export function createApp(provide: Provide, isConfigured: (env: Env) => boolean): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>({ strict: false })

  // None of these can fail: an error here would be told by no surface.
  app.use(requestId())
  app.use(noStore)
  app.use(secureHeaders({ contentSecurityPolicy: API_CONTENT_SECURITY_POLICY }))
  app.use(accessLog(consoleLog))
  app.use(corsForPages(provide))

  app.route('/v1', createV1Surface(provide))
  app.route('/api_v1', createHomiSurface(provide, isConfigured))
  app.route('/api/users', createUserOtpSurface(provide))
  app.route('/api/v1/external', createExternalOtpSurface(provide))
  app.route('/api/v1/otp', createPaymentOtpSurface(provide))
  app.route('/webhooks', createWebhooksSurface(provide))
  // Last: it has the root, and so every path that is nobody else's.
  app.route('/', createWhatsappOtpSurface(provide, isConfigured, createOperationsRoutes(provide)))
  return app
}
