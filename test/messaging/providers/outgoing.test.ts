import { afterEach, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../../src/config/load-config'
import type { Log } from '../../../src/core/log'
import type { Fetch } from '../../../src/messaging/providers/http'
import { configuredOrigins, createOutgoing } from '../../../src/messaging/providers/outgoing'
import { NO_LENDER, TWILIO_SETTINGS, WHATSAPP_CLOUD_SETTINGS, createService, uniquePhone } from '../../support/service'
import { aSecret } from '../../support/secrets'

const sources = import.meta.glob<string>('../../../src/**/*.ts', { query: '?raw', import: 'default', eager: true })
const PEPPER = { OTP_PEPPER: aSecret('p') }

const originsUnder = (settings: Record<string, string>) => {
  const result = loadConfig({ ...PEPPER, ...settings })
  if (!result.ok) expect.unreachable(result.problems.join())
  return configuredOrigins(result.config)
}

afterEach(() => vi.restoreAllMocks())

describe('outgoing calls (R-CFG-02)', () => {
  it('go to the vendors that are set up, and to nobody else', () => {
    expect(originsUnder({})).toEqual([])
    expect(originsUnder({ ...TWILIO_SETTINGS, ...WHATSAPP_CLOUD_SETTINGS })).toEqual(['http://twilio.test', 'http://graph.test'])
  })

  it('go to the identity provider and to Turnstile where they are set up, also in mock mode', () => {
    const access = {
      AUTH_JWKS_URL: 'https://identity.test/keys',
      AUTH_ISSUER: 'https://issuer.test',
      AUTH_AUDIENCE: 'edge-verify',
      TURNSTILE_SECRET_KEY: aSecret('t'),
      TURNSTILE_API_URL: 'https://turnstile.test',
    }
    const mock = { ...TWILIO_SETTINGS, ENVIRONMENT: 'development', PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' }

    expect(originsUnder(access)).toEqual(['https://identity.test', 'https://turnstile.test'])
    expect(originsUnder({ ...access, ...mock })).toEqual(['https://identity.test', 'https://turnstile.test'])
  })

  it('go nowhere in mock mode', () => {
    const settings = { ...TWILIO_SETTINGS, ENVIRONMENT: 'development', PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' }
    expect(originsUnder(settings)).toEqual([])
  })

  it.each([
    'http://elsewhere.test/',
    'https://vendor.test/path',
    'http://vendor.test:8080/path',
    'http://vendor.test.elsewhere.test/',
    'http://vendor.test@elsewhere.test/',
    'http://elsewhere.test/?http://vendor.test',
  ])('are refused before they leave for %s, and logged without the address', async (url) => {
    const fetch = vi.fn<Fetch>(async () => new Response())
    const log = vi.fn<Log>()
    const outgoing = createOutgoing(['http://vendor.test'], fetch, log)

    await expect(outgoing(url, {})).rejects.toThrow('not in the configuration')
    expect(fetch).not.toHaveBeenCalled()
    expect(log.mock.calls).toEqual([['error', 'outgoing.refused', { reason: 'not_configured' }]])
  })

  it('leave as they are for a host that is', async () => {
    const fetch = vi.fn<Fetch>(async () => new Response('x'))
    const init = { method: 'POST', body: 'y' }
    await createOutgoing(['http://vendor.test'], fetch, vi.fn<Log>())('http://vendor.test/a?b', init)
    expect(fetch).toHaveBeenCalledExactlyOnceWith('http://vendor.test/a?b', init)
  })

  it('are made in one place', () => {
    const callers = Object.entries(sources).filter(([, source]) =>
      /\b(?:globalThis\.)?fetch\(/.test(source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
    )
    expect(callers.map(([path]) => path.replace(/^.*\/src\//, '')).toSorted()).toEqual([
      // The one that is handed to it, for the keys of the identity provider.
      'access/provider-keys.ts',
      'messaging/providers/http.ts',
      'messaging/providers/outgoing.ts',
    ])
    const ofRuntime = Object.entries(sources).filter(([, source]) => source.includes('globalThis.fetch'))
    expect(ofRuntime.map(([path]) => path.replace(/^.*\/src\//, ''))).toEqual(['messaging/providers/http.ts'])
  })

  it('follow no redirect, so that credentials go to nobody whom the configuration does not name', async () => {
    const asked: string[] = []
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
      asked.push(new URL(input as string).host)
      expect(init?.redirect).toBe('manual')
      return new Response(null, { status: 302, headers: { location: 'http://elsewhere.test/' } })
    })
    const response = await createService({ ...NO_LENDER }).post('/send-otp', { phone_number: uniquePhone() })
    expect(response.status).toBe(502)
    expect(asked).toEqual(['gupshup.test'])
  })
})
