import { env } from 'cloudflare:workers'
import type { createService, StandIns } from './service'
import {
  GUPSHUP_WEBHOOK,
  MSG91_SETTINGS,
  MSG91_WEBHOOK,
  TWILIO_SETTINGS,
  WHATSAPP_CLOUD_SETTINGS,
  WHATSAPP_CLOUD_WEBHOOK,
} from './service'
import { gupshupReceipts } from './vendors/gupshup'
import { msg91Receipts } from './vendors/msg91'
import { twilioReceipts } from './vendors/twilio'
import { whatsappCloudReceipts } from './vendors/whatsapp-cloud'

type Service = ReturnType<typeof createService>

/** A call of a vendor to one of our webhooks. */
export interface Webhook {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A vendor that reports, with all that a test needs to play it. */
export interface Reporter {
  readonly vendor: 'gupshup' | 'msg91' | 'twilio' | 'whatsapp_cloud'
  readonly channel: 'sms' | 'whatsapp'
  /** With these the service has this vendor, and this vendor alone. */
  readonly settings: Readonly<Record<string, string>>
  readonly lastCode: (vendors: StandIns, phone: string) => string | undefined
  /** The calls that the vendor makes about its newest message. */
  readonly report: (vendors: StandIns) => Promise<readonly Webhook[]>
}

const ORIGIN = 'http://service.test'
const NO_GUPSHUP = { GUPSHUP_API_KEY: '', GUPSHUP_SOURCE: '', GUPSHUP_TEMPLATE_ID: '', GUPSHUP_SRC_NAME: '' }

export const REPORTERS: readonly Reporter[] = [
  {
    vendor: 'gupshup',
    channel: 'whatsapp',
    settings: { GUPSHUP_API_KEY: env.GUPSHUP_API_KEY, GUPSHUP_WEBHOOK_SECRET: GUPSHUP_WEBHOOK },
    lastCode: ({ gupshup }, phone) => gupshup.lastCode(phone),
    report: ({ gupshup }) => gupshupReceipts(gupshup.messages.at(-1)!, { baseUrl: ORIGIN, secret: GUPSHUP_WEBHOOK }),
  },
  {
    vendor: 'msg91',
    channel: 'sms',
    settings: { ...NO_GUPSHUP, ...MSG91_SETTINGS, MSG91_WEBHOOK_SECRET: MSG91_WEBHOOK },
    lastCode: ({ msg91 }, phone) => msg91.lastCode(phone),
    report: ({ msg91 }) => msg91Receipts(msg91.messages.at(-1)!, { baseUrl: ORIGIN, secret: MSG91_WEBHOOK }),
  },
  {
    vendor: 'twilio',
    channel: 'sms',
    settings: { ...NO_GUPSHUP, ...TWILIO_SETTINGS, PUBLIC_URL: 'https://otp.example.test' },
    lastCode: ({ twilio }, phone) => twilio.lastCode(phone),
    report: ({ twilio }) =>
      twilioReceipts(twilio.messages.at(-1)!, { baseUrl: ORIGIN, authToken: TWILIO_SETTINGS.TWILIO_AUTH_TOKEN }),
  },
  {
    vendor: 'whatsapp_cloud',
    channel: 'whatsapp',
    settings: { ...NO_GUPSHUP, ...WHATSAPP_CLOUD_SETTINGS, WHATSAPP_WEBHOOK_SECRET: WHATSAPP_CLOUD_WEBHOOK },
    lastCode: ({ whatsappCloud }, phone) => whatsappCloud.lastCode(phone),
    report: ({ whatsappCloud }) =>
      whatsappCloudReceipts(whatsappCloud.messages.at(-1)!, { baseUrl: ORIGIN, appSecret: WHATSAPP_CLOUD_WEBHOOK }),
  },
]

export function reporterOf(vendor: Reporter['vendor']): Reporter {
  return REPORTERS.find((one) => one.vendor === vendor)!
}

/** Makes the calls, one after another. */
export async function deliverWebhooks(service: Service, webhooks: readonly Webhook[]): Promise<Response[]> {
  const responses: Response[] = []
  for (const webhook of webhooks) responses.push(await callWebhook(service, webhook))
  return responses
}

export function callWebhook({ request }: Service, { url, method, headers, body }: Webhook): Promise<Response> {
  const { pathname, search } = new URL(url)
  return request(pathname + search, { method, headers: { ...headers }, body })
}
