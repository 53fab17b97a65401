import {
  createWhatsappCloudStandIn,
  WHATSAPP_CLOUD_SCENARIOS,
  whatsappCloudReceipts,
} from '../../test/support/vendors/whatsapp-cloud.ts'
import type { OnMessage, VendorStandIn } from './stand-in.ts'

// They open nothing but the stand-in.
const accessToken = 'local-whatsapp-token'
const phoneNumberId = '106540352242922'
const appSecret = 'local-whatsapp-app-secret'

export function whatsappCloud(onMessage: OnMessage): VendorStandIn {
  const standIn = createWhatsappCloudStandIn({
    accessToken,
    phoneNumberId,
    onMessage: (message) =>
      onMessage({
        vendor: 'whatsapp_cloud',
        to: message.to.replace('+', ''),
        code: message.buttonParameter ?? '',
        content: `template ${message.template}:${message.language} ${JSON.stringify(message.bodyParameters)}`,
        receipts: (baseUrl) => whatsappCloudReceipts(message, { baseUrl, appSecret }),
        eventOf: (body) =>
          body
            .matchAll(/"status":"(\w+)"/g)
            .map(([, status]) => status)
            .toArray()
            .join(', '),
      }),
  })
  return {
    id: 'whatsapp_cloud',
    paths: /^\/v\d+\.\d+\//,
    scenarios: WHATSAPP_CLOUD_SCENARIOS,
    handle: (request) => standIn.handle(request),
    settings: (address) => ({
      WHATSAPP_API_URL: `${address}/v26.0`,
      WHATSAPP_ACCESS_TOKEN: accessToken,
      WHATSAPP_PHONE_NUMBER_ID: phoneNumberId,
      WHATSAPP_OTP_TEMPLATE: 'login_code',
      WHATSAPP_WEBHOOK_SECRET: appSecret,
      WHATSAPP_VERIFY_TOKEN: 'local-whatsapp-verify-token',
    }),
  }
}
