import type { Config } from '../../config/config'
import type { VendorId } from '../../config/vendors'
import { createGupshupReceipts } from './gupshup'
import { createMsg91Receipts } from './msg91'
import type { ReceiptReader } from './receipt'
import { createTwilioReceipts } from './twilio'
import { createWhatsappCloudReceipts } from './whatsapp-cloud'

/** The vendors that report on their messages. mShastra pushes none. */
export type ReportingVendor = Exclude<VendorId, 'mshastra'>

export type ReceiptReaders = Readonly<Record<ReportingVendor, ReceiptReader>>

/** A reader for every vendor that reports; one whose secrets are not set believes nobody. */
export function createReceiptReaders({ webhooks, twilio }: Pick<Config, 'webhooks' | 'twilio'>): ReceiptReaders {
  return {
    gupshup: createGupshupReceipts(webhooks.gupshupSecret),
    msg91: createMsg91Receipts(webhooks.msg91Secret),
    twilio: createTwilioReceipts({
      authToken: twilio?.authToken,
      accountSid: twilio?.accountSid,
      publicUrl: webhooks.publicUrl,
    }),
    whatsapp_cloud: createWhatsappCloudReceipts({ appSecret: webhooks.whatsappSecret }),
  }
}
