import * as z from 'zod'
import { toRfc3339 } from '../../core/clock'
import { ERROR_STATUSES } from '../../http/error-status'
import type { Provide } from '../../http/http-env'
import { createSurface } from '../../http/surface'
import { createPhoneOtpEnvelope } from '../phone-otp/envelope'
import { LIVENESS_IS_OPEN, healthOperation } from '../phone-otp/health'
import { addOtpRoutes } from '../phone-otp/routes'
import { addLeadRoutes } from './leads'

const NAME = 'homi'

/** Brief 001 documents 409 for "already sent" and 422 for a number in a bad format. */
const statuses = { ...ERROR_STATUSES, cooldown_active: 409, code_expired: 400 } as const

const healthSchema = z
  .object({ status: z.enum(['healthy', 'misconfigured']), timestamp: z.iso.datetime() })
  .meta({ id: 'HomiHealth' })

/** The HOM-i API (brief 001), below `/api_v1`: codes by WhatsApp, and leads. */
export function createHomiSurface(provide: Provide, isConfigured: (env: Env) => boolean) {
  const { app, operation, close } = createSurface(createPhoneOtpEnvelope(NAME, statuses))

  addOtpRoutes({ name: NAME, app, operation }, provide, { send: '/otp_send', resend: '/otp_resend', verify: '/otp_verify' })

  addLeadRoutes({ name: NAME, app, operation }, provide)

  app.get('/health', operation(healthOperation('homi.health', healthSchema)), LIVENESS_IS_OPEN, (c) =>
    c.json({ status: isConfigured(c.env) ? 'healthy' : 'misconfigured', timestamp: toRfc3339(Date.now()) }),
  )

  return close()
}
