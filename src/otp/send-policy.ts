import type { Limits } from '../config/limits'
import type { Profile } from '../config/profiles'
import { DAY_MS } from './gate-state'
import type { SendPolicy } from './rules/reserve'
import type { SendWindow } from './rules/send-window'

const TEN_MINUTES_MS = 10 * 60 * 1000

/** The sliding windows that bound the sends to a number. */
export function sendWindows(limits: Limits): readonly SendWindow[] {
  return [
    { limit: limits.sendsPer10Minutes, windowMs: TEN_MINUTES_MS },
    { limit: limits.sendsPer24Hours, windowMs: DAY_MS },
  ]
}

/** The numbers that a gate decides a send by, in milliseconds. */
export function sendPolicy(profile: Profile, limits: Limits): SendPolicy {
  return {
    cooldownMs: limits.cooldownSeconds * 1000,
    windows: sendWindows(limits),
    lifetimeMs: profile.lifetimeSeconds * 1000,
    guessLimit: profile.guessesPerVerification,
    wrongGuessLimit: profile.wrongGuessesPer24Hours,
  }
}
