import { gupshupReceipts } from '../../test/support/vendors/gupshup.ts'
import { msg91Receipts } from '../../test/support/vendors/msg91.ts'
import { twilioReceipts } from '../../test/support/vendors/twilio.ts'
import { whatsappCloudReceipts } from '../../test/support/vendors/whatsapp-cloud.ts'
import type { Call } from './client.ts'
import { messageId, type MessageRow, phoneHash, phoneMasked } from './message-rows.ts'
import { nthPhone } from './phones.ts'
import { WEBHOOKS } from './settings.ts'

/** A vendor's report on a message, and the row of the message before it. */
export interface Report {
  readonly vendor: ReportingVendor
  readonly row: MessageRow
  readonly call: Call
  /** What the message must be afterwards. */
  readonly status: string
}

interface Sent {
  readonly id: string
  readonly providerMessageId: string
  /** E.164. */
  readonly to: string
}

interface Webhook {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const { publicUrl, twilioAccount, twilioToken, gupshupSecret, msg91Secret, whatsappSecret } = WEBHOOKS
const HERE = { baseUrl: publicUrl }

/** The ids as each vendor writes them, its reports on a message, and its word for one that is lost. */
const VENDORS = {
  twilio: {
    channel: 'sms',
    idOf: (nth: number) => `SM${hex(nth, 32)}`,
    reports: ({ id, providerMessageId, to }: Sent): Promise<readonly Webhook[]> =>
      twilioReceipts(
        {
          messageId: providerMessageId,
          accountSid: twilioAccount,
          destination: to,
          from: '+15005550006',
          messagingServiceSid: null,
          text: '',
          validityPeriod: null,
          statusCallback: `${publicUrl}/webhooks/twilio?communication_id=${id}`,
          code: '',
        },
        { authToken: twilioToken },
      ),
    lost: 'undelivered',
  },
  gupshup: {
    channel: 'whatsapp',
    idOf: (nth: number) => `${hex(nth, 8)}-0000-4000-8000-${hex(nth, 12)}`,
    reports: ({ providerMessageId, to }: Sent): Promise<readonly Webhook[]> =>
      gupshupReceipts({ messageId: providerMessageId, destination: to.slice(1) }, { ...HERE, secret: gupshupSecret }),
    lost: 'failed',
  },
  msg91: {
    channel: 'sms',
    idOf: (nth: number) => hex(nth, 24),
    reports: ({ providerMessageId, to }: Sent): Promise<readonly Webhook[]> =>
      msg91Receipts({ requestId: providerMessageId, destination: to.slice(1) }, { ...HERE, secret: msg91Secret }),
    lost: 'undelivered',
  },
  whatsapp_cloud: {
    channel: 'whatsapp',
    idOf: (nth: number) => `wamid.${hex(nth, 40)}=`,
    reports: ({ id, providerMessageId, to }: Sent): Promise<readonly Webhook[]> =>
      whatsappCloudReceipts(
        { id: providerMessageId, to, phoneNumberId: '100000000000000', callbackData: id },
        { ...HERE, appSecret: whatsappSecret },
      ),
    lost: 'failed',
  },
} as const

export type ReportingVendor = keyof typeof VENDORS
export const REPORTING_VENDORS = Object.keys(VENDORS) as readonly ReportingVendor[]

/** The last digits of a number whose messages all stand-ins report as lost. */
const LOST = '0002'
const LOST_EVERY = 20

/**
 * The last report on the nth message of the run, signed as the vendor's: that it arrived, or for one message of twenty that
 * it is lost. The vendors take turns.
 */
export async function nthReport(nth: number): Promise<Report> {
  const vendor = REPORTING_VENDORS[nth % REPORTING_VENDORS.length]!
  // Shifted by a turn of the vendors each time, so that each of them loses some.
  const isLost = (nth + Math.floor(nth / LOST_EVERY)) % LOST_EVERY === 0
  const { channel, idOf, reports, lost } = VENDORS[vendor]
  const to = isLost ? nthPhone(nth).slice(0, -LOST.length) + LOST : nthPhone(nth)
  const createdAt = Date.now() - 10_000
  const sent: Sent = { id: messageId(createdAt, nth), providerMessageId: idOf(nth), to }
  const { url, method, headers, body } = (await reports(sent)).at(-1)!
  const { pathname, search } = new URL(url)
  return {
    vendor,
    row: {
      id: sent.id,
      verification_id: `bench-${nth}`,
      surface: 'v1',
      channel,
      purpose: 'login',
      phone_hash: phoneHash(to),
      phone_masked: phoneMasked(to),
      country: 'IN',
      provider: vendor,
      provider_message_id: sent.providerMessageId,
      status: 'queued',
      status_rank: 2,
      status_at: createdAt,
      reason: null,
      provider_code: null,
      segments: 1,
      cost_micros: 83_200,
      currency: 'USD',
      verified: 0,
      created_at: createdAt,
    },
    call: { method, path: pathname + search, headers, body },
    status: isLost ? lost : 'delivered',
  }
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0')
}
