import { LENDER_VARIABLES } from '../../config/providers/basic-application'
import { refuse } from '../../core/app-error'
import type { LeadDeps, ReadyLeadDeps } from '../deps'

/**
 * That leads can be kept, and handed in.
 * @throws `leads_not_configured`
 */
export function requireLender(deps: LeadDeps): ReadyLeadDeps {
  const { personalKeys, lender } = deps
  if (personalKeys && lender) return { ...deps, personalKeys, lender }
  const missing = [...(personalKeys ? [] : ['PII_ENCRYPTION_KEY']), ...(lender ? [] : LENDER_VARIABLES)]
  throw refuse('leads_not_configured', { missing })
}
