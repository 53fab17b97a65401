import { completeGroup } from '../groups'
import type { Variables } from '../variables'

/** MSG91. Present only when its key and template are. */
export interface Msg91Config {
  readonly authKey: string
  /** MSG91's id of the OTP template, which is tied to the DLT registration there. */
  readonly templateId: string
  /** The registered 6-character header; undefined: the template's own. */
  readonly senderId: string | undefined
  /** The origin, without a trailing slash. */
  readonly apiUrl: string
  /** Is MSG91 asked about a code as well, beside our own check? */
  readonly verifiesToo: boolean
}

/** The MSG91 group (brief 000). */
export function readMsg91(variables: Variables, problems: string[]): Msg91Config | undefined {
  const { MSG91_AUTH_KEY, MSG91_TEMPLATE_ID } = variables
  const group = completeGroup('MSG91', { MSG91_AUTH_KEY, MSG91_TEMPLATE_ID }, problems)
  return (
    group && {
      authKey: group.MSG91_AUTH_KEY,
      templateId: group.MSG91_TEMPLATE_ID,
      senderId: variables.MSG91_SENDER_ID,
      apiUrl: variables.MSG91_API_URL,
      verifiesToo: variables.MSG91_VERIFY_MODE === 'provider',
    }
  )
}
