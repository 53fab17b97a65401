import { completeGroup } from '../groups'
import type { Variables } from '../variables'

/** Meta's WhatsApp Business Cloud API. Present only when token, phone number id and template are. */
export interface WhatsappCloudConfig {
  readonly accessToken: string
  /** Meta's id of our number, which is not the number and not the business account's id. */
  readonly phoneNumberId: string
  /** The name of the approved authentication template. */
  readonly template: string
  /** The language it was approved in, as Meta writes it: `en_US`. */
  readonly templateLanguage: string
  /** Origin and version, without a trailing slash. */
  readonly apiUrl: string
}

/** The WhatsApp Cloud group (brief 003, which forgets the phone number id and the template). */
export function readWhatsappCloud(variables: Variables, problems: string[]): WhatsappCloudConfig | undefined {
  const { WHATSAPP_ACCESS_TOKEN, WHATSAPP_PHONE_NUMBER_ID, WHATSAPP_OTP_TEMPLATE } = variables
  const group = completeGroup(
    'WhatsApp Cloud',
    { WHATSAPP_ACCESS_TOKEN, WHATSAPP_PHONE_NUMBER_ID, WHATSAPP_OTP_TEMPLATE },
    problems,
  )
  return (
    group && {
      accessToken: group.WHATSAPP_ACCESS_TOKEN,
      phoneNumberId: group.WHATSAPP_PHONE_NUMBER_ID,
      template: group.WHATSAPP_OTP_TEMPLATE,
      templateLanguage: variables.WHATSAPP_OTP_TEMPLATE_LANG,
      apiUrl: variables.WHATSAPP_API_URL,
    }
  )
}
