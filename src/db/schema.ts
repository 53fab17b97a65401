export { auditEvents } from './audit-events'
export { verifications } from './verifications'
