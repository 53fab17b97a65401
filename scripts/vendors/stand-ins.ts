import { basicApplication } from './basic-application.ts'
import { gupshup } from './gupshup.ts'
import { msg91 } from './msg91.ts'
import { mshastra } from './mshastra.ts'
import type { OnMessage, VendorStandIn } from './stand-in.ts'
import { twilio } from './twilio.ts'
import { whatsappCloud } from './whatsapp-cloud.ts'

/** Every vendor that the service has an adapter for, the lender too, each with a memory of its own. */
export function createStandIns(onMessage: OnMessage): readonly VendorStandIn[] {
  return [gupshup, msg91, mshastra, twilio, whatsappCloud, basicApplication].map((create) => create(onMessage))
}
