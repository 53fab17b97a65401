import { completeGroup, eitherName } from '../groups'
import type { NoticeKind, NoticeTemplate } from '../notices'
import type { Variables } from '../variables'

/** Gupshup WhatsApp, self-serve API. Present only when all of it is. */
export interface GupshupConfig {
  readonly apiKey: string
  /** Our registered WhatsApp number: digits with country code. */
  readonly source: string
  /** The full address of the template send call. */
  readonly apiUrl: string
  readonly templateId: string
  /** Gupshup's app name for `source`. */
  readonly srcName: string
  /** The templates of messages without a code, by what they tell; one that is not there is not sent. */
  readonly notices: Readonly<Partial<Record<NoticeKind, NoticeTemplate & { readonly srcName: string }>>>
}

/** The Gupshup group. Briefs 001 and 004 name its template and app differently; both names work. */
export function readGupshup(variables: Variables, problems: string[]): GupshupConfig | undefined {
  const group = completeGroup(
    'Gupshup',
    {
      GUPSHUP_API_KEY: variables.GUPSHUP_API_KEY,
      GUPSHUP_SOURCE: variables.GUPSHUP_SOURCE,
      GUPSHUP_TEMPLATE_ID: eitherName(variables, 'GUPSHUP_TEMPLATE_ID', 'GUPSHUP_WHATSAPP_OTP_TEMPLATE_ID', problems),
      GUPSHUP_SRC_NAME: eitherName(variables, 'GUPSHUP_SRC_NAME', 'GUPSHUP_WHATSAPP_OTP_SRC_NAME', problems),
    },
    problems,
  )
  const notices = readNotices(variables, problems)
  if (!group && Object.keys(notices).length > 0) {
    problems.push('Gupshup has templates for leads, and is not configured')
  }
  return (
    group && {
      apiKey: group.GUPSHUP_API_KEY,
      source: group.GUPSHUP_SOURCE.replace('+', ''),
      apiUrl: variables.GUPSHUP_API_URL,
      templateId: group.GUPSHUP_TEMPLATE_ID,
      srcName: group.GUPSHUP_SRC_NAME,
      notices,
    }
  )
}

function readNotices(variables: Variables, problems: string[]): GupshupConfig['notices'] {
  const { GUPSHUP_LEAD_CREATION_TEMPLATE_ID, GUPSHUP_LEAD_CREATION_SRC_NAME } = variables
  const { GUPSHUP_LEAD_STATUS_TEMPLATE_ID, GUPSHUP_LEAD_STATUS_SRC_NAME } = variables
  const created = completeGroup(
    'The Gupshup template for new leads',
    { GUPSHUP_LEAD_CREATION_TEMPLATE_ID, GUPSHUP_LEAD_CREATION_SRC_NAME },
    problems,
  )
  const status = completeGroup(
    'The Gupshup template for the status of leads',
    { GUPSHUP_LEAD_STATUS_TEMPLATE_ID, GUPSHUP_LEAD_STATUS_SRC_NAME },
    problems,
  )
  return {
    ...(created && {
      lead_created: {
        templateId: created.GUPSHUP_LEAD_CREATION_TEMPLATE_ID,
        srcName: created.GUPSHUP_LEAD_CREATION_SRC_NAME,
        values: variables.GUPSHUP_LEAD_CREATION_VALUES,
      },
    }),
    ...(status && {
      lead_status: {
        templateId: status.GUPSHUP_LEAD_STATUS_TEMPLATE_ID,
        srcName: status.GUPSHUP_LEAD_STATUS_SRC_NAME,
        values: variables.GUPSHUP_LEAD_STATUS_VALUES,
      },
    }),
  }
}
