import { redeemTokenBodySchema } from '../../../src/surfaces/v1/token-schemas'

/** What the requests of a sequence are about: what it has made, or what stands for nothing. */
export interface Things {
  readonly phone: string
  readonly verification: string
  readonly communication: string
  readonly message: string
  readonly template: string
  readonly vendorMessage: string
  /** The phone as brief 000 writes it. */
  readonly mobile: string
  readonly loan: string
  readonly repayment: string
  readonly confirmation: string
  readonly lead: string
  /** The lender's id of the lead. */
  readonly application: string
  /** Where a list or a story goes on. */
  readonly cursor: string
  /** The id of an API key. */
  readonly apiKey: string
  /** What proves a verification to other back ends. */
  readonly token: string
}

const { token: shownToken } = redeemTokenBodySchema.meta()!['example'] as { readonly token: string }

/** Where a thing goes: what the document's examples have in its place, else a mark. */
export const PLACES: Readonly<Record<keyof Things, string>> = {
  phone: '+917888888888',
  verification: '{verification}',
  communication: '{communication}',
  message: '{message}',
  template: 'login_sms',
  vendorMessage: '{vendorMessage}',
  mobile: '9876543210',
  loan: '123',
  repayment: '456',
  confirmation: '{confirmation}',
  lead: '{lead}',
  application: 'APP123456789',
  cursor: '{cursor}',
  apiKey: '{apiKey}',
  token: shownToken,
}

/** Digits that are also in other things: a place only where they stand alone, as a text, a number or a part of a path. */
const ALONE: Readonly<Partial<Record<keyof Things, RegExp>>> = {
  loan: /(?<![\w.+-])123(?![\w.])/g,
  repayment: /(?<![\w.+-])456(?![\w.])/g,
}

/** Of the service under test, so that reports can be genuine and the challenge met. */
export const SECRETS = {
  path: 'fuzzed-webhook-secret-0123456789abcdef',
  whatsappApp: 'fuzzed-app-secret',
  twilio: 'fuzzed-twilio-token',
} as const

/** A text with the things of a sequence in their places, and those that are encoded there encoded. */
export function fillIn(text: string, things: Things): string {
  return fill(text, things, (thing) => thing)
}

/** {@link fillIn} for an address, in which everything is encoded but a `+`, which is left as it is. */
export function fillInAddress(address: string, things: Things): string {
  return fill(address, things, (thing) => encodeURIComponent(thing).replaceAll('%2B', '+'))
}

function fill(text: string, things: Things, write: (thing: string) => string): string {
  const names = Object.keys(PLACES) as (keyof Things)[]
  return names.reduce((filled, name) => {
    const alone = ALONE[name]
    if (alone) return filled.replaceAll(alone, () => write(things[name]))
    return filled
      .replaceAll(PLACES[name], () => write(things[name]))
      .replaceAll(encodeURIComponent(PLACES[name]), () => encodeURIComponent(things[name]))
  }, text)
}
