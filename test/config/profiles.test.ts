import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, KV_MIN_TTL_SECONDS, type Limits } from '../../src/config/limits'
import { createProfiles, type Profile } from '../../src/config/profiles'

function profiles(code: { length?: number; lifetimeSeconds?: number } = {}, limits: Partial<Limits> = {}): Profile[] {
  const { length, lifetimeSeconds } = code
  return Object.values(createProfiles({ code: { length, lifetimeSeconds }, limits: { ...DEFAULT_LIMITS, ...limits } }))
}

describe('profiles', () => {
  it('have six digits, for three minutes on WhatsApp alone and for five on v1', () => {
    const { whatsapp, v1 } = createProfiles({ code: { length: undefined, lifetimeSeconds: undefined }, limits: DEFAULT_LIMITS })

    expect(whatsapp).toMatchObject({ codeLength: 6, lifetimeSeconds: 180, channels: ['whatsapp'] })
    expect(v1).toMatchObject({ codeLength: 6, lifetimeSeconds: 300 })
    for (const profile of [whatsapp, v1]) {
      expect(profile).toMatchObject({ guessesPerVerification: 5, wrongGuessesPer24Hours: 25 })
    }
  })

  it('carry their own names, which are those they are found under', () => {
    const all = createProfiles({ code: { length: undefined, lifetimeSeconds: undefined }, limits: DEFAULT_LIMITS })

    for (const [name, profile] of Object.entries(all)) expect(profile.name).toBe(name)
  })

  it.for([4, 5])('with %i digits are guessed at less', (length) => {
    for (const profile of profiles({ length })) {
      expect(profile).toMatchObject({ codeLength: length, guessesPerVerification: 3, wrongGuessesPer24Hours: 10 })
    }
  })

  it.for([6, 10])('with %i digits keep the limits that were set', (length) => {
    for (const profile of profiles({ length }, { guessesPerVerification: 4, wrongGuessesPer24Hours: 99 })) {
      expect(profile).toMatchObject({ codeLength: length, guessesPerVerification: 4, wrongGuessesPer24Hours: 99 })
    }
  })

  it('with short codes keep limits that are stricter still', () => {
    for (const profile of profiles({ length: 4 }, { guessesPerVerification: 1, wrongGuessesPer24Hours: 2 })) {
      expect(profile).toMatchObject({ guessesPerVerification: 1, wrongGuessesPer24Hours: 2 })
    }
  })

  it('take the lifetime that was set', () => {
    for (const profile of profiles({ lifetimeSeconds: 60 })) expect(profile.lifetimeSeconds).toBe(60)
  })

  it('never let a code live shorter than KV can keep it', () => {
    for (const profile of profiles()) expect(profile.lifetimeSeconds).toBeGreaterThanOrEqual(KV_MIN_TTL_SECONDS)
  })

  it('have a provider for at least one of their channels', () => {
    for (const { channels, providers } of profiles()) {
      expect(channels.flatMap((channel) => providers[channel])).not.toEqual([])
    }
  })
})
