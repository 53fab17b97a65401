import type { Config } from './config'
import { SHORT_CODE_BELOW_DIGITS, SHORT_CODE_GUESSES_PER_VERIFICATION, SHORT_CODE_WRONG_GUESSES_PER_24_HOURS } from './limits'

/** The policy of a surface: which code, for how long, on which channels, by which providers in which order. */
export interface Profile {
  readonly name: 'whatsapp' | 'v1'
  readonly codeLength: number
  readonly lifetimeSeconds: number
  /** In order of preference; `providers` has the vendors of each, in order too. */
  readonly channels: readonly ('sms' | 'whatsapp')[]
  readonly providers: { readonly sms: readonly 'gupshup'[]; readonly whatsapp: readonly 'gupshup'[] }
  readonly guessesPerVerification: number
  readonly wrongGuessesPer24Hours: number
}

export interface Profiles {
  /** Briefs 001 and 004. */
  readonly whatsapp: Profile
  readonly v1: Profile
}

/** The profiles under this configuration. */
export function createProfiles(config: Pick<Config, 'code' | 'limits'>): Profiles {
  return {
    whatsapp: {
      name: 'whatsapp',
      channels: ['whatsapp'],
      providers: { sms: [], whatsapp: ['gupshup'] },
      ...codePolicy(config, 6, 180),
    },
    v1: {
      name: 'v1',
      channels: ['sms', 'whatsapp'],
      providers: { sms: [], whatsapp: ['gupshup'] },
      ...codePolicy(config, 6, 300),
    },
  }
}

function codePolicy({ code, limits }: Pick<Config, 'code' | 'limits'>, defaultLength: number, defaultLifetimeSeconds: number) {
  const codeLength = code.length ?? defaultLength
  const isShort = codeLength < SHORT_CODE_BELOW_DIGITS
  return {
    codeLength,
    lifetimeSeconds: code.lifetimeSeconds ?? defaultLifetimeSeconds,
    guessesPerVerification: isShort
      ? Math.min(limits.guessesPerVerification, SHORT_CODE_GUESSES_PER_VERIFICATION)
      : limits.guessesPerVerification,
    wrongGuessesPer24Hours: isShort
      ? Math.min(limits.wrongGuessesPer24Hours, SHORT_CODE_WRONG_GUESSES_PER_24_HOURS)
      : limits.wrongGuessesPer24Hours,
  }
}
