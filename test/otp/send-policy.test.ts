import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, type Limits } from '../../src/config/limits'
import { loadConfig } from '../../src/config/load-config'
import { createProfiles } from '../../src/config/profiles'
import { sendPolicy, sendWindows } from '../../src/otp/send-policy'
import { POLICY } from '../support/pure-gate'
import { aSecret } from '../support/secrets'

function profiles(code: { length?: number; lifetimeSeconds?: number }, limits: Limits = DEFAULT_LIMITS) {
  const result = loadConfig({ OTP_PEPPER: aSecret('p') })
  if (!result.ok) throw new Error(result.problems.join())
  return createProfiles({ ...result.config, code: { length: undefined, lifetimeSeconds: undefined, ...code }, limits })
}

describe('the policy of a send', () => {
  it('has the limits of DESIGN section 5, in milliseconds', () => {
    expect(sendPolicy(profiles({}).v1, DEFAULT_LIMITS)).toEqual(POLICY)
  })

  it('takes the lifetime from the profile', () => {
    expect(sendPolicy(profiles({}).whatsapp, DEFAULT_LIMITS).lifetimeMs).toBe(180_000)
    expect(sendPolicy(profiles({ lifetimeSeconds: 600 }).whatsapp, DEFAULT_LIMITS).lifetimeMs).toBe(600_000)
  })

  it.each([
    [4, 3, 10],
    [5, 3, 10],
    [6, 5, 25],
    [10, 5, 25],
  ])('for codes of %i digits: %i guesses, %i wrong ones a day', (length, guessLimit, wrongGuessLimit) => {
    expect(sendPolicy(profiles({ length }).v1, DEFAULT_LIMITS)).toMatchObject({ guessLimit, wrongGuessLimit })
  })

  it('takes every limit that is set', () => {
    const limits: Limits = {
      ...DEFAULT_LIMITS,
      cooldownSeconds: 90,
      sendsPer10Minutes: 2,
      sendsPer24Hours: 7,
      guessesPerVerification: 4,
      wrongGuessesPer24Hours: 11,
    }
    expect(sendPolicy(profiles({}, limits).v1, limits)).toEqual({
      cooldownMs: 90_000,
      windows: [
        { limit: 2, windowMs: 600_000 },
        { limit: 7, windowMs: 86_400_000 },
      ],
      lifetimeMs: 300_000,
      guessLimit: 4,
      wrongGuessLimit: 11,
    })
  })

  it('gives a short code no more than a stricter setting', () => {
    const limits = { ...DEFAULT_LIMITS, guessesPerVerification: 2, wrongGuessesPer24Hours: 5 }
    expect(sendPolicy(profiles({ length: 4 }, limits).v1, limits)).toMatchObject({ guessLimit: 2, wrongGuessLimit: 5 })
  })

  it('tells checks and descriptions the same windows', () => {
    expect(sendWindows(DEFAULT_LIMITS)).toEqual(POLICY.windows)
  })
})
