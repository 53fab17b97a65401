import * as fc from 'fast-check'
import { SignJWT, base64url, exportJWK } from 'jose'
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createIdentityProvider } from '../../src/access/identity-provider'
import { IDENTITY_ALGORITHMS } from '../../src/config/identity-algorithms'
import { JWKS_BELIEVED_MS, JWKS_COOLDOWN_MS, JWKS_FRESH_MS, JWKS_RETRY_MS, JWKS_TIMEOUT_MS } from '../../src/config/limits'
import { loadConfig } from '../../src/config/load-config'
import { createHmacSigner } from '../../src/core/hmac'
import { configuredOrigins } from '../../src/messaging/providers/outgoing'
import { hanging } from '../support/broken'
import {
  IDENTITY_PROVIDER_SETTINGS,
  type IdentityProviderStandIn,
  type ProviderKey,
  type TokenChanges,
  createIdentityProviderStandIn,
  providerKey,
} from '../support/identity-provider'

const { AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE } = IDENTITY_PROVIDER_SETTINGS
const CONFIG = {
  jwksUrl: AUTH_JWKS_URL,
  issuer: AUTH_ISSUER,
  audience: AUTH_AUDIENCE,
  algorithms: ['ES256', 'EdDSA'],
  scopeClaim: 'scope',
  callerClaim: 'sub',
} as const
const unavailable = { refusal: { code: 'dependency_unavailable', details: { dependency: 'identity_provider' } } }

let key: ProviderKey
let provider: IdentityProviderStandIn

beforeAll(async () => {
  key = await providerKey()
})
beforeEach(async () => {
  provider = await createIdentityProviderStandIn(key)
})

/** One isolate, with a clock that stands still unless it is moved. */
function isolate(changes: Partial<Parameters<typeof createIdentityProvider>[0]> = {}) {
  const time = { now: Date.now() }
  const hosts: string[] = []
  const inits: RequestInit[] = []
  const log = vi.fn()
  const identityProvider = createIdentityProvider(
    { ...CONFIG, ...changes },
    {
      fetch: (url, init) => {
        hosts.push(url)
        inits.push(init)
        return provider.handle(new Request(url, init))
      },
      sign: createHmacSigner('a key for tests only, 32 and more characters'),
      clock: () => time.now,
      log,
    },
  )
  const principalOf = (token: string) => identityProvider.principalOf(token)
  const good = (token: TokenChanges = {}) => provider.token(token).then(principalOf)
  return { time, hosts, inits, log, principalOf, good }
}

const seconds = () => Math.floor(Date.now() / 1000)
/** A token of these parts as they are, with a signature over them or another. */
const forged = (header: unknown, payload: unknown, signature = 'AAAA') =>
  [...[header, payload].map((part) => base64url.encode(JSON.stringify(part))), signature].join('.')
const goodClaims = () => ({ iss: AUTH_ISSUER, aud: AUTH_AUDIENCE, sub: 'somebody', exp: seconds() + 300, scope: 'leads:read' })

describe('a good token', () => {
  it('is who it says, without saying who that is', async () => {
    const principal = await isolate().good({ claims: { scope: 'verifications:send leads:read' } })
    expect(principal).toEqual({
      kind: 'server',
      id: expect.stringMatching(/^jwt_[\w-]{22}$/),
      scopes: new Set(['verifications:send', 'leads:read']),
    })
    expect(JSON.stringify(principal)).not.toContain('somebody')
  })

  it('is of one owner for an issuer and a caller, and of another for another (R-CFG-04)', async () => {
    const { good } = isolate()
    const id = async (changes: TokenChanges = {}) => (await good(changes))!.id
    const other = isolate({ issuer: 'https://other.example.com/' })
    const ofOther = (await other.good({ claims: { iss: 'https://other.example.com/' } }))!.id
    expect(await id()).toBe(await id({ claims: { scope: '' } }))
    expect(
      new Set([await id(), await id({ claims: { sub: 'somebody ' } }), await id({ claims: { sub: 'Somebody' } }), ofOther]).size,
    ).toBe(4)
  })

  it.each(['JWT', 'jwt', 'at+jwt', 'application/at+jwt', undefined])('may be of the type %s', async (typ) => {
    expect(await isolate().good({ header: { typ } })).toBeDefined()
  })

  it('may be for several audiences, of which we are one', async () => {
    expect(await isolate().good({ claims: { aud: ['https://elsewhere.example.com', AUTH_AUDIENCE] } })).toBeDefined()
  })

  it.each([
    ['a text', 'scope', 'leads:read  leads:create', ['leads:create', 'leads:read']],
    ['a list', 'scope', ['leads:read', 'leads:create'], ['leads:create', 'leads:read']],
    ['a claim of another name', 'scp', 'leads:read', ['leads:read']],
    ['names that are none', 'scope', 'admin * leads:read leads:everything openid', ['leads:read']],
    ['things that are no names', 'scope', ['leads:read', 1, null, ['callers:all'], { a: 1 }], ['leads:read']],
    ['one text in a list', 'scope', ['leads:read callers:all'], []],
    ['an object', 'scope', { 'leads:read': true }, []],
    ['nothing', 'scope', undefined, []],
    ['a number', 'scope', 1, []],
  ] as const)('may have its scopes in %s', async (_in, scopeClaim, scope, scopes) => {
    const { good } = isolate({ scopeClaim })
    const principal = await good({ claims: { scope: 'loans:write', [scopeClaim]: scope } })
    expect([...principal!.scopes].toSorted()).toEqual(scopes)
  })

  it('may tell callers apart by another claim', async () => {
    const { good } = isolate({ callerClaim: 'client_id' })
    const [one, same, other] = await Promise.all([
      good({ claims: { client_id: 'a' } }),
      good({ claims: { client_id: 'a', sub: undefined } }),
      good({ claims: { client_id: 'b' } }),
    ])
    expect(one!.id).toBe(same!.id)
    expect(one!.id).not.toBe(other!.id)
    expect(await good()).toBeUndefined()
  })

  it.each(['EdDSA', 'RS256'])('may be signed by %s where that is allowed', async (alg) => {
    await provider.rotate({ alg })
    expect(await isolate({ algorithms: [alg as 'EdDSA'] }).good()).toBeDefined()
  })
})

describe('the algorithm is ours to say (R-TOK-01)', () => {
  it.each(['none', 'None', 'NONE', '', 'HS256', 'HS512', 'RS256', 'PS256', 'ES384', 'es256', 'dir', 'ECDH-ES'])(
    'no token that says %s is taken, and nobody is asked for a key',
    async (alg) => {
      const { principalOf, hosts } = isolate()
      for (const signature of ['', 'AAAA', base64url.encode(new Uint8Array(64))]) {
        expect(await principalOf(forged({ alg, kid: key.jwk.kid, typ: 'JWT' }, goodClaims(), signature))).toBeUndefined()
      }
      expect(hosts).toEqual([])
    },
  )

  it('takes no token without one', async () => {
    expect(await isolate().principalOf(forged({ kid: key.jwk.kid }, goodClaims()))).toBeUndefined()
  })

  it('takes none that is signed with the public key for a shared secret', async () => {
    const { principalOf } = isolate({ algorithms: ['ES256', 'RS256'] })
    const publicParts = { ...key.jwk }
    for (const secret of [
      JSON.stringify(publicParts),
      JSON.stringify({ keys: [publicParts] }),
      publicParts.x!,
      publicParts.kid,
    ]) {
      const token = await new SignJWT(goodClaims())
        .setProtectedHeader({ alg: 'HS256', kid: key.jwk.kid })
        .sign(new TextEncoder().encode(secret.padEnd(32, '=')))
      expect(await principalOf(token)).toBeUndefined()
    }
  })

  it('takes none of a key that is there but for another algorithm', async () => {
    await provider.rotate({ alg: 'RS256' })
    const { good } = isolate()
    expect(await good()).toBeUndefined()
    expect(await good({ key })).toBeDefined()
  })

  it('can be none of those with a shared secret, whatever is configured', () => {
    expect(IDENTITY_ALGORITHMS.filter((alg) => !/^(ES|RS|PS)(256|384|512)$|^EdDSA$/.test(alg))).toEqual([])
  })
})

describe('keys come from the one address (R-TOK-02)', () => {
  it('takes no token of a key that the token itself brings or points to, and asks no other host', async () => {
    const { principalOf, hosts } = isolate()
    const theirs = await providerKey()
    const jwk = await exportJWK(theirs.privateKey).then(({ d: _d, ...rest }) => rest)
    const headers = [
      { jwk },
      { jku: 'https://attacker.example/jwks.json' },
      { x5u: 'https://attacker.example/cert.pem' },
      { x5c: ['MIIB'] },
      { jku: AUTH_JWKS_URL, jwk, kid: theirs.jwk.kid },
    ]
    for (const header of headers) {
      for (const kid of [undefined, key.jwk.kid, theirs.jwk.kid]) {
        expect(await principalOf(await provider.token({ key: theirs, header: { kid, ...header } }))).toBeUndefined()
      }
    }
    expect(new Set(hosts)).toEqual(new Set([AUTH_JWKS_URL]))
    expect(hosts.length).toBeLessThanOrEqual(2)
  })

  it.each([
    '../../../etc/passwd',
    '/dev/null',
    "' OR 1=1 --",
    "key-1' UNION SELECT hash FROM api_key --",
    'k'.repeat(5_000),
    '',
    '\u0000',
    '__proto__',
    'http://attacker.example/',
  ])('takes no token whose kid is %j', async (kid) => {
    const { good, hosts } = isolate()
    expect(await good({ header: { kid } })).toBeUndefined()
    expect(hosts).toEqual([AUTH_JWKS_URL])
  })

  it.each([1, null, true, ['key-1'], { a: 1 }])('takes no token whose kid is %j, which is no text', async (kid) => {
    expect(await isolate().good({ header: { kid } })).toBeUndefined()
  })

  it('takes no token that is longer than any honest one, whatever is in it, and looks at nothing in it', async () => {
    const { good, principalOf, hosts } = isolate()
    expect(await good({ header: { kid: 'k'.repeat(10_240) } })).toBeUndefined()
    expect(await good({ claims: { padding: 'x'.repeat(8_192) } })).toBeUndefined()
    expect(await principalOf('x'.repeat(1_000_000))).toBeUndefined()
    expect(hosts).toEqual([])
  })

  it('takes a token of one of our own kinds of keys only with the right signature', async () => {
    const { principalOf } = isolate()
    const token = await provider.token()
    const [header, payload, signature] = token.split('.') as [string, string, string]
    const other = await provider.token({ claims: { sub: 'somebody else' } })
    for (const bad of [
      `${header}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.${other.split('.')[2]}`,
      `${header}.${other.split('.')[1]}.${signature}`,
      `.${payload}.${signature}`,
      `${token}.`,
      `${token}=`,
    ]) {
      expect(await principalOf(bad), bad).toBeUndefined()
    }
    expect(await principalOf(token)).toBeDefined()
  })

  it('goes by what the provider publishes, if it can be used', async () => {
    const { d: _d, ...ec } = await exportJWK((await providerKey()).privateKey)
    provider.publish([{ ...ec, kid: 'other' }, { kty: 'oct', k: 'AAAA', kid: 'shared' }, key.jwk])
    const { good, principalOf } = isolate()
    expect(await good()).toBeDefined()
    expect(await principalOf(forged({ alg: 'ES256', kid: 'shared' }, goodClaims()))).toBeUndefined()
  })
})

describe('what a token has to say (R-TOK-03)', () => {
  it.each<[string, TokenChanges]>([
    ['of another issuer', { claims: { iss: 'https://attacker.example/' } }],
    ['of an issuer that is nearly ours', { claims: { iss: AUTH_ISSUER.slice(0, -1) } }],
    ['of no issuer', { claims: { iss: undefined } }],
    ['of a list of issuers', { claims: { iss: [AUTH_ISSUER] } }],
    ['for another audience', { claims: { aud: 'https://elsewhere.example.com' } }],
    ['for a list of others', { claims: { aud: ['https://elsewhere.example.com', `${AUTH_AUDIENCE}/`] } }],
    ['for no audience', { claims: { aud: undefined } }],
    ['for an empty list', { claims: { aud: [] } }],
    ['without an end', { claims: { exp: undefined } }],
    ['with an end that is text', { claims: { exp: String(2 ** 40) } }],
    ['without a subject', { claims: { sub: undefined } }],
    ['with an empty subject', { claims: { sub: '' } }],
    ['with a subject that is a number', { claims: { sub: 1 } }],
    ['with a subject that is a list', { claims: { sub: ['somebody'] } }],
    ['of the type of our proofs of a verification', { header: { typ: 'otp-verification+jwt' } }],
    ['of the type of an identity token of another kind', { header: { typ: 'dpop+jwt' } }],
    ['of the type of a logout', { header: { typ: 'logout+jwt' } }],
    ['with an extension that has to be understood', { header: { crit: ['urn:test'], 'urn:test': true } }],
  ])('takes none %s', async (_what, changes) => {
    expect(await isolate().good(changes)).toBeUndefined()
  })

  it('bears clocks that are off by less than 60 seconds, and no more', async () => {
    const { good, time } = isolate()
    const now = Math.floor(time.now / 1000)
    time.now = now * 1000
    expect(await good({ claims: { exp: now - 59 } })).toBeDefined()
    expect(await good({ claims: { exp: now - 60 } })).toBeUndefined()
    expect(await good({ claims: { nbf: now + 60 } })).toBeDefined()
    expect(await good({ claims: { nbf: now + 61 } })).toBeUndefined()
    expect(await good({ claims: { nbf: 'soon' } })).toBeUndefined()
  })
})

describe('what is no token', () => {
  it.each(['', '.', '..', '...', 'a.b.c', 'e30.e30.e30', `${'a'.repeat(100)}.${'b'.repeat(100)}.c`, '{"alg":"ES256"}', 'é.é.é'])(
    'is nobody: %j',
    async (text) => {
      expect(await isolate().principalOf(text)).toBeUndefined()
    },
  )

  it('is nobody’s, and no outage, however a good one is spoilt', async () => {
    const { principalOf, log } = isolate()
    const token = await provider.token()
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.string({ maxLength: 3 }), async (at, text) => {
        const spoilt = token.slice(0, at) + text + token.slice(at + 1)
        // The last character of a signature has bits that mean nothing.
        if (spoilt === token || at === token.length - 1) return
        expect(await principalOf(spoilt)).toBeUndefined()
      }),
      { numRuns: 300 },
    )
    expect(log).not.toHaveBeenCalled()
  })
})

describe('the keys of the provider', () => {
  it('are asked for once in ten minutes', async () => {
    const { good, time, hosts } = isolate()
    for (let request = 0; request < 30; request++) expect(await good()).toBeDefined()
    time.now += JWKS_FRESH_MS - 1
    await good({ claims: { exp: seconds() + 3_600 } })
    expect(hosts).toHaveLength(1)
    time.now += 1
    await good({ claims: { exp: seconds() + 3_600 } })
    await good({ claims: { exp: seconds() + 3_600 } })
    expect(hosts).toHaveLength(2)
  })

  it('are followed when they change: a new one works at once, one that was taken back no longer', async () => {
    const { good, time, hosts } = isolate()
    expect(await good()).toBeDefined()
    time.now += JWKS_COOLDOWN_MS
    const next = await provider.rotate()
    expect(await good({ key: next })).toBeDefined()
    expect(await good({ key })).toBeDefined()
    expect(hosts).toHaveLength(2)

    provider.publish([next.jwk])
    time.now += JWKS_FRESH_MS
    const late = { exp: seconds() + 3_600 }
    expect(await good({ key: next, claims: late })).toBeDefined()
    expect(await good({ key, claims: late })).toBeUndefined()
  })

  it('are asked for once in 30 seconds at most, however many tokens with other keys come (R-TOK-02)', async () => {
    const { principalOf, time, hosts } = isolate()
    const theirs = await providerKey()
    const flood = await Promise.all(
      Array.from({ length: 50 }, (_, nth) => provider.token({ key: theirs, header: { kid: `made-up-${nth}` } })),
    )
    for (const token of flood) expect(await principalOf(token)).toBeUndefined()
    expect(hosts).toHaveLength(1)
    for (let round = 1; round <= 4; round++) {
      time.now += JWKS_COOLDOWN_MS
      await Promise.allSettled(flood.map(principalOf))
      expect(hosts).toHaveLength(1 + round)
    }
    expect(await principalOf(await provider.token())).toBeDefined()
  })

  it('say no for good only when the answer under way is there', async () => {
    const { good, time, principalOf } = isolate()
    await good()
    time.now += JWKS_COOLDOWN_MS
    const next = await provider.rotate()
    const answer = Promise.withResolvers<Response>()
    provider.answer = () => answer.promise
    const first = good({ key: next })
    await vi.waitFor(() => expect(provider.calls).toHaveLength(2))
    await expect(good({ key: next })).rejects.toMatchObject(unavailable)
    expect(await good({ key })).toBeDefined()
    answer.resolve(Response.json({ keys: [key.jwk, next.jwk] }))
    expect(await first).toBeDefined()
    expect(await principalOf(await provider.token({ header: { kid: 'nobodys' } }))).toBeUndefined()
  })

  it('say no when whoever asked was broken off', async () => {
    const { good, time } = isolate()
    await good()
    time.now += JWKS_COOLDOWN_MS
    provider.answer = hanging
    void good({ header: { kid: 'other' } }).catch(() => undefined)
    await vi.waitFor(() => expect(provider.calls).toHaveLength(2))
    time.now += JWKS_TIMEOUT_MS
    expect(await good({ header: { kid: 'other' } })).toBeUndefined()
  })
})

const outages: [string, () => Promise<Response>][] = [
  ['cannot be reached', () => Promise.reject(new Error('connection lost'))],
  ['answers 500', async () => new Response('no', { status: 500 })],
  ['answers 404', async () => Response.json({ keys: [key.jwk] }, { status: 404 })],
  ['answers HTML', async () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ['answers with no keys', async () => Response.json({ message: 'hello' })],
  ['answers null', async () => Response.json(null)],
  [
    'sends elsewhere',
    async () => new Response(null, { status: 302, headers: { location: 'https://attacker.example/jwks.json' } }),
  ],
]

describe.each(outages)('a provider that %s', (_what, answer) => {
  it('is an outage and no fault of the token, where no key is known', async () => {
    const { good, hosts, log } = isolate()
    provider.answer = answer
    await expect(good()).rejects.toMatchObject(unavailable)
    expect(hosts).toEqual([AUTH_JWKS_URL])
    expect(log).toHaveBeenCalledWith('error', 'identity_provider.unavailable', expect.anything())
  })

  it('is left alone for a moment, and asked again then', async () => {
    const { good, hosts, time } = isolate()
    provider.answer = answer
    for (let request = 0; request < 20; request++) await expect(good()).rejects.toMatchObject(unavailable)
    expect(hosts).toHaveLength(1)
    provider.works()
    time.now += JWKS_RETRY_MS
    expect(await good()).toBeDefined()
  })

  it('is gone by as it was for an hour, where it is known', async () => {
    const { good, hosts, time } = isolate()
    await good()
    provider.answer = answer
    const late = { exp: seconds() + 86_400 }
    time.now += JWKS_FRESH_MS
    for (let request = 0; request < 10; request++) expect(await good({ claims: late })).toBeDefined()
    expect(hosts).toHaveLength(2)
    time.now += JWKS_BELIEVED_MS - JWKS_FRESH_MS - 1
    expect(await good({ claims: late })).toBeDefined()
    time.now += 1 + JWKS_RETRY_MS
    await expect(good({ claims: late })).rejects.toMatchObject(unavailable)
    provider.works()
    time.now += JWKS_RETRY_MS
    expect(await good({ claims: late })).toBeDefined()
  })
})

it('waits for nobody who does not answer', async () => {
  provider.answer = hanging
  await expect(isolate().good()).rejects.toMatchObject(unavailable)
})

it('follows no redirect of the provider, and takes no other way to it (R-CFG-02)', async () => {
  const { good, inits } = isolate()
  await good()
  expect(inits).toEqual([expect.objectContaining({ redirect: 'manual' })])
  expect(inits[0]!.signal).toBeInstanceOf(AbortSignal)
})

it('has its host among those that may be called, also in mock mode, and no other for it (R-CFG-02)', () => {
  const settings = {
    ENVIRONMENT: 'development',
    OTP_PEPPER: 'a pepper for tests only, 32 and more characters',
    PIONEER_FLAG_MOCK_OTP_ENABLED: 'true',
  }
  const originsWith = (changes: object) => {
    const result = loadConfig({ ...settings, ...changes })
    return result.ok ? configuredOrigins(result.config) : result.problems
  }
  const others = originsWith({})
  expect(originsWith(IDENTITY_PROVIDER_SETTINGS).filter((origin) => !others.includes(origin))).toEqual(['http://identity.test'])
})
