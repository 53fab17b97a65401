import { createMsg91StandIn, MSG91_SCENARIOS, msg91Receipts } from '../../test/support/vendors/msg91.ts'
import type { OnMessage, VendorStandIn } from './stand-in.ts'

// They open nothing but the stand-in.
const authKey = 'local-msg91-key'
const secret = 'local-msg91-webhook-secret-000000'

export function msg91(onMessage: OnMessage): VendorStandIn {
  const standIn = createMsg91StandIn({
    authKey,
    onMessage: (message) =>
      onMessage({
        vendor: 'msg91',
        to: message.destination,
        code: message.code,
        content: `template ${message.templateId} ${JSON.stringify(message.variables)}`,
        receipts: (baseUrl) => msg91Receipts(message, { baseUrl, secret }),
        // Its reports have three forms, one of them JSON in a field of a form.
        eventOf: (body) =>
          (/"(?:desc|event)":"(\w+)"/.exec(new URLSearchParams(body).get('data') ?? body)?.[1] ?? '').toLowerCase(),
      }),
  })
  return {
    id: 'msg91',
    paths: /^\/api\/v5\//,
    scenarios: MSG91_SCENARIOS,
    handle: (request) => standIn.handle(request),
    settings: (address) => ({
      MSG91_API_URL: address,
      MSG91_AUTH_KEY: authKey,
      MSG91_TEMPLATE_ID: 'local-otp-template',
      MSG91_WEBHOOK_SECRET: secret,
    }),
  }
}
