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
        // What a notice says stands in its parameters.
        content: `template ${message.templateId}${message.code === '' ? ` ${JSON.stringify(message.params)}` : ''}`,
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
      GUPSHUP_LEAD_CREATION_TEMPLATE_ID: '5f2b7c1e-3a44-4d0b-9c57-0e6d1a8f4b21',
      GUPSHUP_LEAD_CREATION_SRC_NAME: 'LocalApp',
      GUPSHUP_LEAD_STATUS_TEMPLATE_ID: '8d90e3a6-71c2-4f5e-b1d8-2c4f7e9a6b35',
      GUPSHUP_LEAD_STATUS_SRC_NAME: 'LocalApp',
      GUPSHUP_WEBHOOK_SECRET: secret,
    }),
  }
}
