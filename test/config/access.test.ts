import { describe, expect, it } from 'vitest'
import type { Config } from '../../src/config/config'
import { isDevelopment, loadConfig } from '../../src/config/load-config'
import { aSecret } from '../support/secrets'

function load(variables: Record<string, unknown>): Config {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  if (!result.ok) throw new Error(result.problems.join('; '))
  return result.config
}

function problemsOf(variables: Record<string, unknown>): readonly string[] {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  return result.ok ? [] : result.problems
}

const DEVELOPMENT = { ENVIRONMENT: 'development' }
const PRODUCTION = { ENVIRONMENT: 'production' }

describe('AUTH_REQUIRED', () => {
  it.each([
    ['production', PRODUCTION, true],
    ['no environment', {}, true],
    ['development', DEVELOPMENT, false],
    ['development that says so', { ...DEVELOPMENT, AUTH_REQUIRED: 'true' }, true],
    ['development that says no', { ...DEVELOPMENT, AUTH_REQUIRED: 'false' }, false],
    ['production that says so', { ...PRODUCTION, AUTH_REQUIRED: 'true' }, true],
    ['an empty value', { ...PRODUCTION, AUTH_REQUIRED: '' }, true],
  ])('is right in %s', (_, settings, required) => {
    expect(load(settings).access.required).toBe(required)
  })

  it.each(['false', '0', 'no', false])('cannot be %j in production', (value) => {
    for (const environment of [PRODUCTION, {}]) {
      expect(problemsOf({ ...environment, AUTH_REQUIRED: value })).toEqual([
        'AUTH_REQUIRED is false while ENVIRONMENT is production: anybody could have codes sent, at your cost',
      ])
    }
  })

  it('is no other word', () => {
    expect(problemsOf({ ...DEVELOPMENT, AUTH_REQUIRED: 'perhaps' })).toEqual([expect.stringMatching(/^AUTH_REQUIRED: /)])
  })
})

describe('ADMIN_API_KEY', () => {
  it('is the one of now, and the one before where it is being replaced', () => {
    expect(load({}).access).toMatchObject({ adminApiKey: undefined, previousAdminApiKey: undefined })
    const both = { ADMIN_API_KEY: aSecret('now'), ADMIN_API_KEY_PREVIOUS: aSecret('before') }
    expect(load(both).access).toMatchObject({ adminApiKey: aSecret('now'), previousAdminApiKey: aSecret('before') })
  })

  it('has to be there where there is one before it', () => {
    expect(problemsOf({ ADMIN_API_KEY_PREVIOUS: aSecret('before') })).toEqual([
      'ADMIN_API_KEY is missing: ADMIN_API_KEY_PREVIOUS only stands beside it while it is replaced',
    ])
  })

  it.each(['ADMIN_API_KEY', 'ADMIN_API_KEY_PREVIOUS'])('is long, and fit for a header: %s', (name) => {
    const now = { ADMIN_API_KEY: aSecret('now') }
    expect(problemsOf({ ...now, [name]: aSecret('a', 31) })).toEqual([`${name}: must be at least 32 characters`])
    expect(problemsOf({ ...now, [name]: `${aSecret('a')} ${aSecret('b')}` })).toEqual([`${name}: must have no blanks inside`])
    expect(problemsOf({ ...now, [name]: `${aSecret('a')}é` })).toEqual([`${name}: must have no blanks inside`])
  })
})

describe('the identity provider', () => {
  const PROVIDER = {
    AUTH_JWKS_URL: 'https://id.example.com/jwks.json',
    AUTH_ISSUER: 'https://id.example.com',
    AUTH_AUDIENCE: 'edge-verify',
  }

  it('is none by default, and one where all three are there', () => {
    expect(load({}).access.tokens).toBeUndefined()
    expect(load(PROVIDER).access.tokens).toEqual({
      jwksUrl: 'https://id.example.com/jwks.json',
      issuer: 'https://id.example.com',
      audience: 'edge-verify',
      algorithms: ['ES256', 'EdDSA', 'RS256'],
      scopeClaim: 'scope',
      callerClaim: 'sub',
    })
  })

  it.each(Object.keys(PROVIDER))('is not there by half: without %s', (name) => {
    for (const environment of [PRODUCTION, DEVELOPMENT]) {
      expect(problemsOf({ ...environment, ...PROVIDER, [name]: '' })).toEqual([
        `The identity provider is configured in part, missing: ${name}`,
      ])
    }
  })

  it('has its keys fetched over https in production', () => {
    const plain = { ...PROVIDER, AUTH_JWKS_URL: 'http://id.example.com/jwks.json' }
    expect(problemsOf({ ...DEVELOPMENT, ...plain })).toEqual([])
    expect(problemsOf({ ...PRODUCTION, ...plain })).toEqual([
      'AUTH_JWKS_URL has to be https in production: whoever can change its answer on the way can let anybody in',
    ])
    expect(problemsOf({ ...PRODUCTION, ...PROVIDER, AUTH_JWKS_URL: 'HTTPS://ID.EXAMPLE.COM/jwks.json' })).toEqual([])
    expect(problemsOf({ ...PROVIDER, AUTH_JWKS_URL: 'file:///etc/jwks.json' })).toEqual([
      expect.stringMatching(/^AUTH_JWKS_URL: /),
    ])
  })

  it('signs with a pair of keys: none and HS256 cannot be allowed (R-TOK-01)', () => {
    expect(load({ ...PROVIDER, AUTH_ALGORITHMS: 'PS256, ES384' }).access.tokens?.algorithms).toEqual(['PS256', 'ES384'])
    for (const algorithms of ['none', 'HS256', 'ES256,HS256', 'RS256;ES256', 'es256', '*']) {
      expect(problemsOf({ ...PROVIDER, AUTH_ALGORITHMS: algorithms }), algorithms).toEqual([
        expect.stringMatching(/^AUTH_ALGORITHMS: must be names of /),
      ])
    }
  })

  it('may have other claims for scopes and callers', () => {
    const claims = { AUTH_SCOPE_CLAIM: 'permissions', AUTH_CALLER_CLAIM: 'client_id' }
    expect(load({ ...PROVIDER, ...claims }).access.tokens).toMatchObject({ scopeClaim: 'permissions', callerClaim: 'client_id' })
  })
})

describe('Turnstile', () => {
  it('is off without its secret, and asks Cloudflare unless a stand-in is named', () => {
    expect(load({}).turnstile).toBeUndefined()
    expect(load({ TURNSTILE_SECRET_KEY: '0x4AAAAAAAkey' }).turnstile).toEqual({
      secretKey: '0x4AAAAAAAkey',
      apiUrl: 'https://challenges.cloudflare.com',
    })
    const standIn = { TURNSTILE_SECRET_KEY: '0x4AAAAAAAkey', TURNSTILE_API_URL: 'http://localhost:8890/' }
    expect(load(standIn).turnstile?.apiUrl).toBe('http://localhost:8890')
  })

  it.each(['1x0000000000000000000000000000000AA', '2x0000000000000000000000000000000AA', '3x0000000000000000000000000000000AA'])(
    'has no secret for tests in production: %s',
    (secretKey) => {
      expect(problemsOf({ ...DEVELOPMENT, TURNSTILE_SECRET_KEY: secretKey })).toEqual([])
      expect(problemsOf({ ...PRODUCTION, TURNSTILE_SECRET_KEY: secretKey })).toEqual([
        'TURNSTILE_SECRET_KEY is one of the keys for tests, which answer the same to everybody',
      ])
    },
  )
})

it.each([
  [{ ENVIRONMENT: 'development' }, true],
  [{ ENVIRONMENT: ' development\n' }, true],
  [{ ENVIRONMENT: 'production' }, false],
  [{ ENVIRONMENT: 'Development' }, false],
  [{ ENVIRONMENT: 'staging' }, false],
  [{ ENVIRONMENT: '' }, false],
  [{}, false],
])('with %j it is a development deployment: %s', (env, is) => expect(isDevelopment(env)).toBe(is))
