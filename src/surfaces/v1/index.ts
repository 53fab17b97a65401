import type { Provide } from '../../http/http-env'
import { createSurface } from '../../http/surface'
import { addApiKeyRoutes } from './api-keys'
import { addCommunicationRoutes } from './communications'
import { addConfirmationRoutes } from './confirmations'
import { v1Envelope } from './envelope'
import { addLeadRoutes } from './leads'
import { addLimitRoutes } from './limits'
import { addLoanContactRoutes } from './loan-contacts'
import { addLoanRoutes } from './loans'
import { addPeopleRoutes } from './people'
import { addRepaymentStoryRoute } from './repayment-story'
import { addStatsRoutes } from './stats'
import { addTemplateRoutes } from './templates'
import { addTokenRoutes } from './tokens'
import { addVerificationRoutes } from './verifications'

/** Our own API, below `/v1`. */
export function createV1Surface(provide: Provide) {
  const { app, operation, close } = createSurface(v1Envelope)
  addVerificationRoutes({ app, operation }, provide)
  addTokenRoutes({ app, operation }, provide)
  addConfirmationRoutes({ app, operation }, provide)
  addLoanRoutes({ app, operation }, provide)
  addLoanContactRoutes({ app, operation }, provide)
  addRepaymentStoryRoute({ app, operation }, provide)
  addLeadRoutes({ app, operation }, provide)
  addTemplateRoutes({ app, operation }, provide)
  addCommunicationRoutes({ app, operation }, provide)
  addStatsRoutes({ app, operation }, provide)
  addPeopleRoutes({ app, operation }, provide)
  addApiKeyRoutes({ app, operation }, provide)
  addLimitRoutes({ app, operation }, provide)
  return close()
}
