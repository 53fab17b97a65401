import type { Provide } from '../../http/http-env'
import { createSurface } from '../../http/surface'
import { v1Envelope } from './envelope'
import { addVerificationRoutes } from './verifications'

/** Our own API, below `/v1`. */
export function createV1Surface(provide: Provide) {
  const { app, operation, close } = createSurface(v1Envelope)
  addVerificationRoutes({ app, operation }, provide)
  return close()
}
