import type { AbuseConfig } from './abuse'
import type { AccessConfig, TurnstileConfig } from './access'
import type { Limits } from './limits'
import type { MessagePrices } from './prices'
import type { BasicApplicationConfig } from './providers/basic-application'
import type { GupshupConfig } from './providers/gupshup'
import type { Msg91Config } from './providers/msg91'
import type { MshastraConfig } from './providers/mshastra'
import type { TwilioConfig } from './providers/twilio'
import type { TokenConfig } from './tokens'
import type { WhatsappCloudConfig } from './providers/whatsapp-cloud'
import type { VendorOrders } from './vendors'

/** The service's settings, checked once per isolate. Code below `compose.ts` gets slices of it and never the bindings. */
export interface Config {
  readonly environment: 'development' | 'production'
  readonly mockEnabled: boolean
  readonly keys: {
    /** Keys the digests of codes; the previous one is still accepted while rotating. */
    readonly pepper: string
    readonly previousPepper: string | undefined
    /** Keys the hash of phone numbers. It names the gates, so it never rotates. */
    readonly phoneHashKey: string
    /** Encrypts personal data; the previous one still opens while rotating. Undefined: there can be no leads. */
    readonly pii: { readonly current: string; readonly previous: string | undefined } | undefined
  }
  readonly leads: {
    /** Is a lead only for who has proved the number just now? */
    readonly requireVerifiedPhone: boolean
  }
  readonly retention: RetentionConfig
  readonly phone: {
    readonly defaultRegion: string
    /** Undefined: every country. */
    readonly allowedCountries: ReadonlySet<string> | undefined
  }
  readonly code: CodeConfig
  /** Of brief 000, before {@link code}. */
  readonly paymentCode: CodeConfig
  readonly limits: Limits
  /** What messages call the app, where the profile has no name of its own for it. */
  readonly appName: string | undefined
  readonly orders: VendorOrders
  readonly prices: MessagePrices | undefined
  readonly access: AccessConfig
  /** Undefined: browsers cannot be told from programs, and so may not send. */
  readonly turnstile: TurnstileConfig | undefined
  /** Undefined: an approved check brings no token. */
  readonly tokens: TokenConfig | undefined
  readonly abuse: AbuseConfig
  readonly webhooks: WebhookConfig
  readonly gupshup: GupshupConfig | undefined
  readonly msg91: Msg91Config | undefined
  readonly mshastra: MshastraConfig | undefined
  readonly twilio: TwilioConfig | undefined
  readonly whatsappCloud: WhatsappCloudConfig | undefined
  /** Who takes leads. */
  readonly lender: BasicApplicationConfig | undefined
}

/** After how many days what is kept is erased, by kind. */
export interface RetentionConfig {
  readonly leadsDays: number
  /** Verifications with their events, but for those of payments. */
  readonly verificationsDays: number
  /** Verifications that confirm payments, with their events: the evidence. */
  readonly paymentsDays: number
  /** Messages with their logs, and what vendors reported. */
  readonly communicationsDays: number
}

/** What is set of all codes; undefined: as the profile has it. */
export interface CodeConfig {
  readonly length: number | undefined
  readonly lifetimeSeconds: number | undefined
}

/** By what the reports of vendors are known to be theirs. Undefined: none of that vendor's is believed. */
export interface WebhookConfig {
  /** Our own address as the vendors call it, without a trailing slash. */
  readonly publicUrl: string | undefined
  /** The secret part of the address, since this vendor signs nothing. */
  readonly gupshupSecret: string | undefined
  readonly msg91Secret: string | undefined
  /** Meta's app secret, which signs. */
  readonly whatsappSecret: string | undefined
  /** What Meta says when the address is registered. */
  readonly whatsappVerifyToken: string | undefined
}
