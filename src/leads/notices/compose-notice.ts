import type { NoticeKind, NoticeValue } from '../../config/notices'
import type { NoticeMessage } from '../../messaging/message'
import type { NoticeCarrier } from '../deps'
import { LOAN_TYPES, type LeadNoticeRow, type LeadRow } from '../lead'
import { toLoanType } from '../loan-type'
import type { Personal } from '../personal'

/** What is said, for the record and where nobody has a template: vendors send the words of theirs. */
const TEXTS: Readonly<Record<NoticeKind, (values: Readonly<Record<NoticeValue, string>>) => string>> = {
  lead_created: ({ first_name, loan_type, application_id }) =>
    `Dear ${first_name}, we have received your application for a ${loan_type}. Its number is ${application_id}.`,
  lead_status: ({ first_name, application_id, status }) =>
    `Dear ${first_name}, the status of your application ${application_id} is now: ${status}.`,
}

/** The message that tells a customer what became of a lead, in the words of a carrier's template. */
export function composeNotice(
  lead: LeadRow,
  notice: Pick<LeadNoticeRow, 'kind' | 'status' | 'communicationId'>,
  personal: Personal,
  { provider, template }: NoticeCarrier,
): NoticeMessage {
  const loanType = toLoanType(lead.loanType)
  const values: Readonly<Record<NoticeValue, string>> = {
    first_name: personal.firstName,
    application_id: lead.applicationId ?? lead.id,
    loan_type: loanType ? LOAN_TYPES[loanType] : lead.loanType,
    status: notice.status ?? lead.status ?? '',
  }
  return {
    kind: 'notice',
    to: personal.phone,
    channel: 'whatsapp',
    purpose: notice.kind,
    locale: 'en',
    communicationId: notice.communicationId,
    text: TEXTS[notice.kind as NoticeKind](values),
    // Their order is that of the places in the template.
    variables: Object.fromEntries(template.values.map((name) => [name, values[name]])),
    dltTemplateId: null,
    vendorTemplates: provider.id === 'mock' ? {} : { [provider.id]: template.templateId },
  }
}
