export { auditEvents } from './audit-events'
export { communicationTemplates } from './communication-templates'
export { communicationLog, communicationReceipts, communications } from './communications'
export { verifications } from './verifications'
