import type { Limits } from './limits'

/** Gupshup WhatsApp, self-serve API. Present only when all of it is. */
export interface GupshupConfig {
  readonly apiKey: string
  /** Our registered WhatsApp number: digits with country code. */
  readonly source: string
  /** The full address of the template send call. */
  readonly apiUrl: string
  readonly templateId: string
  /** Gupshup's app name for `source`. */
  readonly srcName: string
}

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
  }
  readonly phone: {
    readonly defaultRegion: string
    /** Undefined: every country. */
    readonly allowedCountries: ReadonlySet<string> | undefined
  }
  readonly code: {
    readonly length: number | undefined
    readonly lifetimeSeconds: number | undefined
  }
  readonly limits: Limits
  readonly gupshup: GupshupConfig | undefined
}
