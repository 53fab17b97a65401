import { createGupshupStandIn, GUPSHUP_PATH, GUPSHUP_SCENARIOS, gupshupReceipts } from '../../test/support/vendors/gupshup.ts'
import type { OnMessage, VendorStandIn } from './stand-in.ts'

// They open nothing but the stand-in.
const apiKey = 'local-gupshup-key'
const secret = 'local-gupshup-webhook-secret-0000'

export function gupshup(onMessage: OnMessage): VendorStandIn {
  const standIn = createGupshupStandIn({
    apiKey,
    onMessage: (message) =>
      onMessage({
        vendor: 'gupshup',
        to: message.destination,
        code: message.code,
        content: `template ${message.templateId}`,
        receipts: (baseUrl) => gupshupReceipts(message, { baseUrl, secret }),
        eventOf: (body) => (JSON.parse(body) as { payload: { type: string } }).payload.type,
      }),
  })
  return {
    id: 'gupshup',
    paths: /^\/wa\//,
    scenarios: GUPSHUP_SCENARIOS,
    handle: (request) => standIn.handle(request),
    settings: (address) => ({
      GUPSHUP_API_URL: address + GUPSHUP_PATH,
      GUPSHUP_API_KEY: apiKey,
      GUPSHUP_SOURCE: '917834811114',
      GUPSHUP_TEMPLATE_ID: 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b',
      GUPSHUP_SRC_NAME: 'LocalApp',
      GUPSHUP_WEBHOOK_SECRET: secret,
    }),
  }
}
