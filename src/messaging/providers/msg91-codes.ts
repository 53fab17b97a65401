import type { FailureReason } from '../failure-reason'

// What MSG91 says when it refuses. There is no complete list: older endpoints are documented by number, and for the newer
// ones several integrations agree on the texts.

/** Numbers of a refusal, with their leading zeros. */
const CODES: Readonly<Record<string, FailureReason>> = {
  '001': 'provider_unavailable',
  '002': 'provider_unavailable',
  101: 'bad_request', // 101 to 107: a parameter is missing
  102: 'bad_request',
  103: 'bad_request',
  104: 'bad_request',
  105: 'bad_request',
  106: 'bad_request',
  107: 'bad_request',
  201: 'provider_auth', // authkey
  202: 'invalid_recipient',
  203: 'config_error', // sender
  205: 'config_error', // route
  207: 'provider_auth', // authkey
  208: 'config_error', // our address is on a black list
  209: 'config_error', // route
  210: 'config_error', // route
  301: 'insufficient_funds',
  302: 'provider_auth', // account expired
  303: 'provider_auth', // account banned
  306: 'config_error', // a route that is only open by day
  307: 'bad_request', // time of a scheduled message
  308: 'bad_request',
  309: 'bad_request',
  310: 'bad_request', // too long
  418: 'config_error', // our address is not on the list: IP security is on
  505: 'config_error', // demo account
  506: 'config_error', // small campaigns only
  601: 'provider_unavailable',
}

/** The same request came within ten seconds: the first one stands, so the message is on its way. */
export const DUPLICATE_CODE = '311'

/** Texts of a refusal, the narrow ones first. */
const TEXTS: readonly (readonly [RegExp, FailureReason])[] = [
  [/^otp (?:empty|not numeric)/i, 'bad_request'],
  [/\b418\b|whitelist/i, 'config_error'],
  [/auth ?key/i, 'provider_auth'],
  [/at ?least one number|not numeric|^invalid[ _]mobile/i, 'invalid_recipient'],
  [/retry[ _]count/i, 'recipient_rate_limited'],
  [/\bbalance\b/i, 'insufficient_funds'],
  [/template|\bdlt/i, 'template_rejected'],
]

/** What a refusal means by its code, or else by its text. Undefined where neither is known. */
export function reasonOfRefusal(code: string | undefined, text: string | undefined): FailureReason | undefined {
  return (
    (code === undefined ? undefined : CODES[code]) ?? TEXTS.find(([pattern]) => text !== undefined && pattern.test(text))?.[1]
  )
}
