import { describe, expect, it, vi } from 'vitest'
import type { Config } from '../../src/config/config'
import { loadConfig } from '../../src/config/load-config'
import { createProfiles } from '../../src/config/profiles'
import { VENDOR_CHANNELS, type VendorId } from '../../src/config/vendors'
import { confirmersOf, createProviders, providersFor, type ProviderRegistry } from '../../src/messaging/providers'
import { otpMessage } from './providers/contract'
import { aSecret } from '../support/secrets'

function configOf(variables: Record<string, string> = {}): Config {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  if (!result.ok) throw new Error(result.problems.join())
  return result.config
}

const GUPSHUP = {
  GUPSHUP_API_KEY: 'key',
  GUPSHUP_SOURCE: '917834811114',
  GUPSHUP_API_URL: 'http://gupshup.test/wa/api/v1/template/msg',
  GUPSHUP_TEMPLATE_ID: 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b',
  GUPSHUP_SRC_NAME: 'HomiAi',
}
const EVERY_VENDOR = {
  ...GUPSHUP,
  MSG91_AUTH_KEY: 'key',
  MSG91_TEMPLATE_ID: 'template',
  SMS_USERNAME: '20012345',
  SMS_PASSWORD: 'password',
  SMS_SENDER: 'MYBRAND',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  TWILIO_PHONE_NUMBER: '+15005550006',
  WHATSAPP_ACCESS_TOKEN: 'token',
  WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
  WHATSAPP_OTP_TEMPLATE: 'login_code',
}
const MOCK = { PIONEER_FLAG_MOCK_OTP_ENABLED: 'true', ENVIRONMENT: 'development' }
const HTTP = { fetch: () => Promise.reject(new Error('nobody may be called')), timeoutMs: 20 }
const { whatsapp, v1 } = createProfiles(configOf())

const ids = (registry: ProviderRegistry) => Object.keys(registry)
const idsFor = (...args: Parameters<typeof providersFor>) => providersFor(...args).map(({ id }) => id)

describe('createProviders', () => {
  it('builds the providers that have their settings', () => {
    expect(ids(createProviders(configOf(GUPSHUP), HTTP))).toStrictEqual(['gupshup'])
    expect(ids(createProviders(configOf(), HTTP))).toStrictEqual([])
  })

  it('builds only the mock in mock mode, whatever else is configured', () => {
    expect(ids(createProviders(configOf({ ...GUPSHUP, ...MOCK }), HTTP))).toStrictEqual(['mock'])
  })

  it('files each provider under its own id', () => {
    const registry = createProviders(configOf(EVERY_VENDOR), HTTP)

    expect(ids(registry).toSorted()).toEqual(Object.keys(VENDOR_CHANNELS).toSorted())
    for (const [id, provider] of Object.entries(registry)) expect(provider?.id).toBe(id)
  })

  it('builds providers of the channels that the configuration knows them for', () => {
    for (const provider of Object.values(createProviders(configOf(EVERY_VENDOR), HTTP))) {
      expect(provider.channels).toEqual(VENDOR_CHANNELS[provider.id as VendorId])
    }
  })

  it('gives the mock the clock, and the vendors the means to call', async () => {
    const fetch = vi.fn(async () => Response.json({ status: 'submitted', messageId: 'm-1' }))
    const message = otpMessage('+919876543210', 'whatsapp')

    const mock = createProviders(configOf({ ...GUPSHUP, ...MOCK }), HTTP, () => 5_000).mock
    const gupshup = createProviders(configOf(GUPSHUP), { fetch, timeoutMs: 20 }).gupshup

    expect(await mock?.send(message)).toMatchObject({ providerMessageId: 'mock_+919876543210_5' })
    expect(await gupshup?.send(message)).toMatchObject({ providerMessageId: 'm-1' })
    expect(fetch).toHaveBeenCalledOnce()
  })
})

describe('confirmersOf', () => {
  it('has MSG91 where its word is wanted, and else nobody', () => {
    const wanted = createProviders(configOf({ ...EVERY_VENDOR, MSG91_VERIFY_MODE: 'provider' }), HTTP)

    expect([...confirmersOf(wanted).keys()]).toEqual(['msg91'])
    expect(confirmersOf(createProviders(configOf(EVERY_VENDOR), HTTP)).size).toBe(0)
  })
})

describe('providersFor', () => {
  const live = createProviders(configOf(GUPSHUP), HTTP)
  const mocked = createProviders(configOf({ ...GUPSHUP, ...MOCK }), HTTP)

  it('gives the providers of the channel', () => {
    expect(idsFor(whatsapp, 'whatsapp', live, 6)).toStrictEqual(['gupshup'])
    expect(idsFor(v1, 'whatsapp', live, 6)).toStrictEqual(['gupshup'])
    expect(idsFor(v1, 'sms', live, 6)).toStrictEqual([])
  })

  it('gives only the mock in mock mode, on every channel', () => {
    expect(idsFor(whatsapp, 'whatsapp', mocked, 6)).toStrictEqual(['mock'])
    expect(idsFor(v1, 'sms', mocked, 6)).toStrictEqual(['mock'])
  })

  it('skips those without credentials', () => {
    expect(idsFor(whatsapp, 'whatsapp', {}, 6)).toStrictEqual([])
  })

  it('skips those that do not serve the channel, even where a profile names them', () => {
    expect(idsFor({ providers: { sms: ['gupshup'], whatsapp: [] } }, 'sms', live, 6)).toStrictEqual([])
  })

  it.each([
    [4, ['gupshup']],
    [8, ['gupshup']],
    [9, []],
    [10, []],
  ])('at %d digits leaves those whose messages can carry the code', (codeLength, expected) => {
    expect(idsFor(whatsapp, 'whatsapp', live, codeLength)).toStrictEqual(expected)
  })

  it("keeps the profile's order", () => {
    const gupshup = live.gupshup!
    const second = { ...gupshup, facts: { maxCodeLength: 10, textIsOurs: false } }
    const profile = { providers: { sms: [], whatsapp: ['gupshup', 'gupshup'] as const } }

    expect(providersFor(profile, 'whatsapp', { gupshup: second }, 9)).toStrictEqual([second, second])
  })
})
