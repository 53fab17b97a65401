import type { Hono } from 'hono'
import * as z from 'zod'
import { ERROR_STATUSES } from '../../http/error-status'
import type { HttpEnv, Provide } from '../../http/http-env'
import { createSurface } from '../../http/surface'
import { createPhoneOtpEnvelope } from '../phone-otp/envelope'
import { LIVENESS_IS_OPEN, healthOperation } from '../phone-otp/health'
import { addOtpRoutes } from '../phone-otp/routes'
import { addDebugRoutes } from './debug'

const NAME = 'whatsapp-otp'

/** Brief 004 documents 400 for a bad number; an expired code is an "appropriate error message", 400 like a wrong one. */
const statuses = { ...ERROR_STATUSES, invalid_phone: 400, code_expired: 400 } as const

const healthSchema = z.object({ status: z.enum(['healthy', 'misconfigured']), message: z.string() }).meta({ id: 'Health' })

/**
 * The WhatsApp OTP Verification API (brief 004), at the root: mounted last, since its catch-all answers every other path.
 * @param atRoot further routes at the root; wrong methods on them are told in this envelope, like all else here
 */
export function createWhatsappOtpSurface(provide: Provide, isConfigured: (env: Env) => boolean, atRoot: Hono<HttpEnv>) {
  const { app, operation, close } = createSurface(createPhoneOtpEnvelope(NAME, statuses))

  addOtpRoutes({ name: NAME, app, operation }, provide, { send: '/send-otp', resend: '/resend-otp', verify: '/verify-otp' })
  addDebugRoutes({ app, operation }, provide)
  app.route('/', atRoot)

  app.get('/health', operation(healthOperation('whatsapp-otp.health', healthSchema)), LIVENESS_IS_OPEN, (c) =>
    c.json(
      isConfigured(c.env)
        ? { status: 'healthy', message: 'WhatsApp OTP API is running' }
        : {
            status: 'misconfigured',
            message: 'WhatsApp OTP API is running, but its configuration is not complete: see /ready',
          },
    ),
  )

  return close()
}
