import type { Provide } from '../../http/http-env'
import { createSurface } from '../../http/surface'
import { addCommunicationRoutes } from './communications'
import { v1Envelope } from './envelope'
import { addStatsRoutes } from './stats'
import { addTemplateRoutes } from './templates'
import { addVerificationRoutes } from './verifications'

/** Our own API, below `/v1`. */
export function createV1Surface(provide: Provide) {
  const { app, operation, close } = createSurface(v1Envelope)
  addVerificationRoutes({ app, operation }, provide)
  addTemplateRoutes({ app, operation }, provide)
  addCommunicationRoutes({ app, operation }, provide)
  addStatsRoutes({ app, operation }, provide)
  return close()
}
