import { createTwilioStandIn, TWILIO_SCENARIOS, twilioReceipts } from '../../test/support/vendors/twilio.ts'
import type { OnMessage, VendorStandIn } from './stand-in.ts'

// They open nothing but the stand-in.
const accountSid = `AC${'local'.padEnd(32, '0')}`
const authToken = 'local-twilio-token'

export function twilio(onMessage: OnMessage): VendorStandIn {
  const standIn = createTwilioStandIn({
    accountSid,
    authToken,
    onMessage: (message) =>
      onMessage({
        vendor: 'twilio',
        to: message.destination.replace('+', ''),
        code: message.code,
        content: JSON.stringify(message.text),
        receipts: (baseUrl) => twilioReceipts(message, { authToken, baseUrl }),
        eventOf: (body) => new URLSearchParams(body).get('MessageStatus') ?? '',
      }),
  })
  return {
    id: 'twilio',
    paths: /^\/2010-04-01\//,
    scenarios: TWILIO_SCENARIOS,
    handle: (request) => standIn.handle(request),
    settings: (address) => ({
      TWILIO_API_URL: address,
      TWILIO_ACCOUNT_SID: accountSid,
      TWILIO_AUTH_TOKEN: authToken,
      TWILIO_PHONE_NUMBER: '+15005550006',
    }),
  }
}
