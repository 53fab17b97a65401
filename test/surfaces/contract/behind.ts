import { MSHASTRA_SETTINGS, TWILIO_SETTINGS, WHATSAPP_CLOUD_SETTINGS } from '../../support/service'
import { GUPSHUP_SCENARIOS } from '../../support/vendors/gupshup'
import { MSHASTRA_SCENARIOS } from '../../support/vendors/mshastra'
import { TWILIO_SCENARIOS } from '../../support/vendors/twilio'
import { WHATSAPP_CLOUD_SCENARIOS } from '../../support/vendors/whatsapp-cloud'
import { NOT_CONFIGURED } from './settings'
import type { ContractVendor, SurfaceUnderTest, VendorAnswers } from './surface'

// By which vendor a surface sends in the contract, and what that vendor's stand-in can answer.

type Behind = Pick<SurfaceUnderTest, 'settings' | 'withoutVendor' | 'vendorOf' | 'vendorAnswers'>
type Scenarios = Readonly<Record<string, { readonly what: string; readonly taken: boolean }>>

/** @param perhapsSent the scenarios without a usable answer; whatever is not taken is refused */
function answersOf(scenarios: Scenarios, perhapsSent: readonly string[]): VendorAnswers {
  const refused = Object.keys(scenarios).filter((suffix) => !scenarios[suffix]!.taken)
  const named = (suffix: string) => [scenarios[suffix]!.what, suffix] as const
  return { nothingSent: refused.map(named), perhapsSent: perhapsSent.map(named) }
}

function cleared<Name extends string>(settings: Readonly<Record<Name, string>>): Record<Name, ''> {
  const names = Object.keys(settings) as Name[]
  return Object.fromEntries(names.filter((name) => !name.endsWith('_API_URL')).map((name) => [name, ''])) as Record<Name, ''>
}

export const BEHIND_GUPSHUP: Behind = {
  settings: {},
  withoutVendor: NOT_CONFIGURED,
  vendorOf: ({ gupshup }) => gupshup,
  vendorAnswers: answersOf(GUPSHUP_SCENARIOS, ['0008', '0021', '0022', '0023', '0027']),
}

export const BEHIND_MSHASTRA: Behind = {
  settings: MSHASTRA_SETTINGS,
  withoutVendor: cleared(MSHASTRA_SETTINGS),
  vendorOf: ({ mshastra }) => mshastra,
  vendorAnswers: answersOf(MSHASTRA_SCENARIOS, ['0008', '0009', '0021', '0022', '0023', '0027']),
}

export const BEHIND_TWILIO: Behind = {
  settings: TWILIO_SETTINGS,
  withoutVendor: cleared(TWILIO_SETTINGS),
  vendorOf: ({ twilio }) => withDigits(twilio, ({ destination }) => destination),
  vendorAnswers: answersOf(TWILIO_SCENARIOS, ['0008', '0021', '0022', '0023', '0027']),
}

export const BEHIND_WHATSAPP_CLOUD: Behind = {
  // Gupshup is there in all tests, and would take over.
  settings: { ...WHATSAPP_CLOUD_SETTINGS, EXTERNAL_OTP_WHATSAPP_PROVIDERS: 'whatsapp_cloud' },
  withoutVendor: cleared(WHATSAPP_CLOUD_SETTINGS),
  vendorOf: ({ whatsappCloud }) => withDigits(whatsappCloud, ({ to }) => to),
  vendorAnswers: answersOf(WHATSAPP_CLOUD_SCENARIOS, ['0008', '0009', '0021', '0022', '0023']),
}

function withDigits<Message extends { readonly code: string }>(
  standIn: Omit<ContractVendor, 'messages'> & { readonly messages: readonly Message[] },
  numberOf: (message: Message) => string,
): ContractVendor {
  return {
    requests: standIn.requests,
    lastCode: (phone) => standIn.lastCode(phone),
    get messages() {
      return standIn.messages.map((message) => ({ destination: numberOf(message).replace('+', ''), code: message.code }))
    },
  }
}
