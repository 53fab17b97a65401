import { completeGroup } from '../groups'
import type { Variables } from '../variables'

/** Twilio Programmable Messaging. Present only when account, token and a sender are. */
export interface TwilioConfig {
  readonly accountSid: string
  /** Signs our calls and, as the key of the HMAC, Twilio's callbacks. */
  readonly authToken: string
  readonly sender: { readonly kind: 'number'; readonly e164: string } | { readonly kind: 'service'; readonly sid: string }
  /** The origin, without a trailing slash. */
  readonly apiUrl: string
}

/** The Twilio group (brief 003). Of the two senders the Messaging Service wins: the number is one of its pool. */
export function readTwilio(variables: Variables, problems: string[]): TwilioConfig | undefined {
  const { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_MESSAGING_SERVICE_SID: sid, TWILIO_PHONE_NUMBER: e164 } = variables
  const sender = sid ? ({ kind: 'service', sid } as const) : e164 && ({ kind: 'number', e164 } as const)
  const anySender = sid ?? e164
  const group = completeGroup(
    'Twilio',
    { TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, 'TWILIO_PHONE_NUMBER or TWILIO_MESSAGING_SERVICE_SID': anySender },
    problems,
  )
  if (!group || !sender) return undefined
  return { accountSid: group.TWILIO_ACCOUNT_SID, authToken: group.TWILIO_AUTH_TOKEN, sender, apiUrl: variables.TWILIO_API_URL }
}
