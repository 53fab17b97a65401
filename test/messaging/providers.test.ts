import { describe, expect, it, vi } from 'vitest'
import { createProfiles } from '../../src/config/profiles'
import { DEFAULT_LIMITS } from '../../src/config/limits'
import { PROVIDER_IDS } from '../../src/messaging/provider'
import { createProviders, providersFor, type ProviderRegistry } from '../../src/messaging/providers'
import { otpMessage } from './providers/contract'

const GUPSHUP = {
  apiKey: 'key',
  source: '917834811114',
  apiUrl: 'http://gupshup.test/wa/api/v1/template/msg',
  templateId: 'c6aecef6-bcb0-4fb1-8100-28c094e3bc6b',
  srcName: 'HomiAi',
}
const HTTP = { fetch: () => Promise.reject(new Error('nobody may be called')), timeoutMs: 20 }
const { whatsapp, v1 } = createProfiles({ code: { length: undefined, lifetimeSeconds: undefined }, limits: DEFAULT_LIMITS })

const ids = (registry: ProviderRegistry) => Object.keys(registry)
const idsFor = (...args: Parameters<typeof providersFor>) => providersFor(...args).map(({ id }) => id)

describe('createProviders', () => {
  it('builds the providers that have their settings', () => {
    expect(ids(createProviders({ mockEnabled: false, gupshup: GUPSHUP }, HTTP))).toStrictEqual(['gupshup'])
    expect(ids(createProviders({ mockEnabled: false, gupshup: undefined }, HTTP))).toStrictEqual([])
  })

  it('builds only the mock in mock mode, whatever else is configured', () => {
    expect(ids(createProviders({ mockEnabled: true, gupshup: GUPSHUP }, HTTP))).toStrictEqual(['mock'])
  })

  it('files each provider under its own id', () => {
    for (const mockEnabled of [true, false]) {
      const registry = createProviders({ mockEnabled, gupshup: GUPSHUP }, HTTP)
      for (const id of PROVIDER_IDS) expect(registry[id]?.id ?? id).toBe(id)
    }
  })

  it('gives the mock the clock, and the vendors the means to call', async () => {
    const fetch = vi.fn(async () => Response.json({ status: 'submitted', messageId: 'm-1' }))
    const message = otpMessage('+919876543210', 'whatsapp')

    const mock = createProviders({ mockEnabled: true, gupshup: GUPSHUP }, HTTP, () => 5_000).mock
    const gupshup = createProviders({ mockEnabled: false, gupshup: GUPSHUP }, { fetch, timeoutMs: 20 }).gupshup

    expect(await mock?.send(message)).toMatchObject({ providerMessageId: 'mock_+919876543210_5' })
    expect(await gupshup?.send(message)).toMatchObject({ providerMessageId: 'm-1' })
    expect(fetch).toHaveBeenCalledOnce()
  })
})

describe('providersFor', () => {
  const live = createProviders({ mockEnabled: false, gupshup: GUPSHUP }, HTTP)
  const mocked = createProviders({ mockEnabled: true, gupshup: GUPSHUP }, HTTP)

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
    const second = { ...gupshup, facts: { maxCodeLength: 10 } }
    const profile = { providers: { sms: [], whatsapp: ['gupshup', 'gupshup'] as const } }

    expect(providersFor(profile, 'whatsapp', { gupshup: second }, 9)).toStrictEqual([second, second])
  })
})
