import { describe, expect, it } from 'vitest'
import { DEFAULT_LIMITS, KV_MIN_TTL_SECONDS, type Limits } from '../../src/config/limits'
import { loadConfig } from '../../src/config/load-config'
import { createProfiles, type Profile, type Profiles, withCodeLength } from '../../src/config/profiles'
import { aSecret } from '../support/secrets'

function profilesOf(variables: Record<string, string> = {}): Profiles {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  if (!result.ok) throw new Error(result.problems.join())
  return createProfiles(result.config)
}

function profiles(code: { length?: number; lifetimeSeconds?: number } = {}, limits: Partial<Limits> = {}): Profile[] {
  const { length, lifetimeSeconds } = code
  const result = loadConfig({ OTP_PEPPER: aSecret('p') })
  if (!result.ok) throw new Error(result.problems.join())
  const config = { ...result.config, code: { length, lifetimeSeconds }, limits: { ...DEFAULT_LIMITS, ...limits } }
  return Object.values(createProfiles(config))
}

describe('profiles', () => {
  it('have six digits, for three minutes on WhatsApp alone and for five on v1', () => {
    const { whatsapp, v1, external_sms: sms, external_whatsapp: byWhatsapp } = profilesOf()

    expect(whatsapp).toMatchObject({ codeLength: 6, lifetimeSeconds: 180, channels: ['whatsapp'] })
    expect(v1).toMatchObject({ codeLength: 6, lifetimeSeconds: 300 })
    for (const profile of [sms, byWhatsapp]) expect(profile).toMatchObject({ codeLength: 6, lifetimeSeconds: 300 })
    for (const profile of [whatsapp, v1, sms, byWhatsapp]) {
      expect(profile).toMatchObject({ guessesPerVerification: 5, wrongGuessesPer24Hours: 25 })
    }
  })

  it('of brief 002 has four digits for five minutes, and the few guesses of a short code', () => {
    expect(profilesOf().user).toMatchObject({
      codeLength: 4,
      lifetimeSeconds: 300,
      channels: ['sms'],
      guessesPerVerification: 3,
      wrongGuessesPer24Hours: 10,
    })
  })

  it('of brief 000 has four digits for five minutes, or what its own settings say, or those of all codes', () => {
    const usual = { codeLength: 4, lifetimeSeconds: 300, guessesPerVerification: 3, wrongGuessesPer24Hours: 10 }
    const ofAll = { OTP_LENGTH: '7', OTP_EXPIRY_MINUTES: '2' }
    const own = { MSG91_OTP_LENGTH: '6', MSG91_OTP_EXPIRE_MINUTES: '10' }

    expect(profilesOf().payment).toMatchObject({ ...usual, channels: ['sms'] })
    expect(profilesOf(ofAll).payment).toMatchObject({ codeLength: 7, lifetimeSeconds: 120, guessesPerVerification: 5 })
    expect(profilesOf({ ...ofAll, ...own }).payment).toMatchObject({
      codeLength: 6,
      lifetimeSeconds: 600,
      guessesPerVerification: 5,
      wrongGuessesPer24Hours: 25,
    })
    // They are nobody else's.
    expect(profilesOf(own).user).toMatchObject({ codeLength: 4, lifetimeSeconds: 300 })
    expect(profilesOf(own).confirmation).toMatchObject({ codeLength: 6, lifetimeSeconds: 300 })
  })

  it('for payments go by SMS, and those that fix an amount show it with the payee', () => {
    const { payment, confirmation } = profilesOf()

    for (const { channels, providers } of [payment, confirmation]) {
      expect([channels, providers.whatsapp]).toEqual([['sms'], []])
    }
    expect(confirmation).toMatchObject({ codeLength: 6, lifetimeSeconds: 300, guessesPerVerification: 5 })
    for (const name of ['amount', 'payee', 'otp_code']) expect(confirmation.text).toContain(`{{${name}}}`)
  })

  it('try first the vendors that their briefs name', () => {
    const { whatsapp, user, payment, external_sms: sms, external_whatsapp: byWhatsapp } = profilesOf()

    expect(whatsapp.providers.whatsapp[0]).toBe('gupshup')
    expect(user.providers.sms[0]).toBe('mshastra')
    expect(payment.providers.sms[0]).toBe('msg91')
    expect(sms.providers.sms[0]).toBe('twilio')
    expect(byWhatsapp.providers.whatsapp[0]).toBe('whatsapp_cloud')
  })

  it('have the channels and vendors in the order that was set, and no other', () => {
    const { v1, user, payment, confirmation } = profilesOf({
      V1_CHANNELS: 'whatsapp, sms',
      V1_SMS_PROVIDERS: 'msg91',
      USER_OTP_SMS_PROVIDERS: 'msg91,mshastra',
      PAYMENT_OTP_SMS_PROVIDERS: 'twilio',
    })

    expect(v1.channels).toEqual(['whatsapp', 'sms'])
    expect(v1.providers).toEqual({ sms: ['msg91'], whatsapp: ['whatsapp_cloud', 'gupshup'] })
    expect(user.providers.sms).toEqual(['msg91', 'mshastra'])
    expect(payment.providers.sms).toEqual(['twilio'])
    expect(confirmation.providers.sms).toEqual(['msg91'])
  })

  it.for([
    ['V1_SMS_PROVIDERS', 'gupshup'],
    ['V1_WHATSAPP_PROVIDERS', 'twilio'],
    ['USER_OTP_SMS_PROVIDERS', 'mock'],
    ['PAYMENT_OTP_SMS_PROVIDERS', 'whatsapp_cloud'],
    ['V1_CHANNELS', 'sms,voice'],
    ['V1_SMS_PROVIDERS', ','],
  ])('refuse %s=%s: it cannot carry that', ([name, value]) => {
    expect(() => profilesOf({ [name!]: value! })).toThrow(new RegExp(`^${name}: must be`))
  })

  it('call the app what the setting says', () => {
    const names = Object.values(profilesOf({ APP_NAME: 'Sheba' })).map(({ appName }) => appName)

    expect(new Set(names)).toEqual(new Set(['Sheba']))
  })

  it('with another length of code than their own have the guesses of that length', () => {
    const six = profilesOf().external_sms

    expect(withCodeLength(six, 4, DEFAULT_LIMITS)).toMatchObject({
      codeLength: 4,
      guessesPerVerification: 3,
      wrongGuessesPer24Hours: 10,
    })
    expect(withCodeLength(six, 8, DEFAULT_LIMITS)).toMatchObject({
      codeLength: 8,
      guessesPerVerification: 5,
      wrongGuessesPer24Hours: 25,
    })
  })

  it('carry their own names, which are those they are found under', () => {
    for (const [name, profile] of Object.entries(profilesOf())) expect(profile.name).toBe(name)
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
