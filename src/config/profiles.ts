import type { Config } from './config'
import { SHORT_CODE_BELOW_DIGITS, SHORT_CODE_GUESSES_PER_VERIFICATION, SHORT_CODE_WRONG_GUESSES_PER_24_HOURS } from './limits'
import type { Channel, VendorId } from './vendors'

/** The policy of a surface: which code, for how long, on which channels, by which providers in which order, in which words. */
export interface Profile {
  readonly name: ProfileName
  readonly codeLength: number
  readonly lifetimeSeconds: number
  /** In order of preference; `providers` has the vendors of each, in order too. */
  readonly channels: readonly Channel[]
  readonly providers: Readonly<Record<Channel, readonly VendorId[]>>
  readonly guessesPerVerification: number
  readonly wrongGuessesPer24Hours: number
  /** The text of its messages where no template is stored for them; with the variables of `messaging/templates`. */
  readonly text: string
  /** What its messages call the app. */
  readonly appName: string
}

/** For codes that their caller made (brief 003), and for no other: they prove nothing to whoever did not make them. */
export const CALLER_CODE_PURPOSE = 'external'

/** The shortest code that a caller may make. Digits. */
export const SHORTEST_CALLER_CODE = 4

export type ProfileName = 'whatsapp' | 'v1' | 'user' | 'external_sms' | 'external_whatsapp' | 'payment' | 'confirmation'

export interface Profiles extends Readonly<Record<ProfileName, Profile>> {
  /** Briefs 001 and 004. */
  readonly whatsapp: Profile
  readonly v1: Profile
  /** Brief 002. */
  readonly user: Profile
  /** Brief 003, by the channel that its path names. */
  readonly external_sms: Profile
  readonly external_whatsapp: Profile
  /** Brief 000. */
  readonly payment: Profile
  /** Payments of `/v1`, whose messages show what is confirmed. */
  readonly confirmation: Profile
}

const OWN_TEXT =
  '{{otp_code}} is your {{app_name}} code for {{purpose}}. It is valid for {{expires_in_minutes}} minutes. Do not share it with anyone.'
const USER_TEXT =
  'Welcome To {{app_name}}!\nThank you for using our service.\nYour OTP is {{otp_code}}\nValid for {{expires_in_minutes}} minutes. Do not share it.'
/** Brief 003 shows this text, to the letter, in the answers of mock mode. */
const EXTERNAL_TEXT = 'Your {{app_name}} verification code is: {{otp_code}}. Valid for {{expires_in_minutes}} minutes.'
/** Brief 000's, with the lifetime that is in force and without the name of one app. */
const PAYMENT_TEXT = 'Your OTP for payment verification is {{otp_code}}. Valid for {{expires_in_minutes}} minutes. - {{app_name}}'
/** Whoever types the code has seen what for: amount and payee (PSD2 RTS, article 5). */
const CONFIRMATION_TEXT =
  '{{otp_code}} confirms your payment of {{amount}} to {{payee}} for loan {{loan}}. It is valid for {{expires_in_minutes}} minutes. Do not share it unless you made this payment.'

/** The profiles under this configuration. */
export function createProfiles(config: Pick<Config, 'code' | 'paymentCode' | 'limits' | 'appName' | 'orders'>): Profiles {
  const { appName, orders } = config
  const paymentCode = {
    length: config.paymentCode.length ?? config.code.length,
    lifetimeSeconds: config.paymentCode.lifetimeSeconds ?? config.code.lifetimeSeconds,
  }
  const external = { text: EXTERNAL_TEXT, appName: appName ?? 'Agent Mitra', ...codePolicy(config, 6, 300) }
  return {
    whatsapp: {
      name: 'whatsapp',
      channels: ['whatsapp'],
      providers: { sms: [], whatsapp: orders.whatsapp },
      text: OWN_TEXT,
      appName: appName ?? 'verification',
      ...codePolicy(config, 6, 180),
    },
    v1: {
      name: 'v1',
      channels: orders.v1Channels,
      providers: {
        sms: orders.v1Sms,
        whatsapp: orders.v1Whatsapp,
      },
      text: OWN_TEXT,
      appName: appName ?? 'verification',
      ...codePolicy(config, 6, 300),
    },
    user: {
      name: 'user',
      channels: ['sms'],
      providers: { sms: orders.userSms, whatsapp: [] },
      text: USER_TEXT,
      appName: appName ?? 'Your App',
      ...codePolicy(config, 4, 300),
    },
    external_sms: {
      name: 'external_sms',
      channels: ['sms'],
      providers: { sms: orders.externalSms, whatsapp: [] },
      ...external,
    },
    external_whatsapp: {
      name: 'external_whatsapp',
      channels: ['whatsapp'],
      providers: { sms: [], whatsapp: orders.externalWhatsapp },
      ...external,
    },
    payment: {
      name: 'payment',
      channels: ['sms'],
      providers: { sms: orders.paymentSms, whatsapp: [] },
      text: PAYMENT_TEXT,
      appName: appName ?? 'Prosparity',
      ...codePolicy({ limits: config.limits, code: paymentCode }, 4, 300),
    },
    confirmation: {
      name: 'confirmation',
      // WhatsApp's templates for codes have no place for an amount.
      channels: ['sms'],
      providers: { sms: orders.v1Sms, whatsapp: [] },
      text: CONFIRMATION_TEXT,
      appName: appName ?? 'verification',
      ...codePolicy(config, 6, 300),
    },
  }
}

/** The profile for codes of another length than its own: short ones get fewer guesses. */
export function withCodeLength(profile: Profile, codeLength: number, limits: Config['limits']): Profile {
  return { ...profile, codeLength, ...guessPolicy(limits, codeLength) }
}

function codePolicy({ code, limits }: Pick<Config, 'code' | 'limits'>, defaultLength: number, defaultLifetimeSeconds: number) {
  const codeLength = code.length ?? defaultLength
  const lifetimeSeconds = code.lifetimeSeconds ?? defaultLifetimeSeconds
  return { codeLength, lifetimeSeconds, ...guessPolicy(limits, codeLength) }
}

function guessPolicy(limits: Config['limits'], codeLength: number) {
  const { guessesPerVerification, wrongGuessesPer24Hours } = limits
  if (codeLength >= SHORT_CODE_BELOW_DIGITS) return { guessesPerVerification, wrongGuessesPer24Hours }
  return {
    guessesPerVerification: Math.min(guessesPerVerification, SHORT_CODE_GUESSES_PER_VERIFICATION),
    wrongGuessesPer24Hours: Math.min(wrongGuessesPer24Hours, SHORT_CODE_WRONG_GUESSES_PER_24_HOURS),
  }
}
