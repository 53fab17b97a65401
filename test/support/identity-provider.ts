import { vi } from 'vitest'
import { type JWK, SignJWT, type CryptoKey as JoseKey, exportJWK, generateKeyPair } from 'jose'

/** What configures the stand-in. */
export const IDENTITY_PROVIDER_SETTINGS = {
  AUTH_JWKS_URL: 'http://identity.test/.well-known/jwks.json',
  AUTH_ISSUER: 'https://identity.example.com/',
  AUTH_AUDIENCE: 'https://verify.example.com',
} as const

/** A pair of keys of the provider. */
export interface ProviderKey {
  readonly alg: string
  readonly privateKey: JoseKey
  /** As it is published. */
  readonly jwk: JWK & { readonly kid: string }
}

let keys = 0

export async function providerKey(alg = 'ES256'): Promise<ProviderKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid: `key-${++keys}`, alg, use: 'sig' } }
}

export interface TokenChanges {
  /** Undefined leaves a claim out. */
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  readonly key?: ProviderKey
}

/** A local stand-in for an identity provider: it publishes its keys at one address, and signs tokens. */
export async function createIdentityProviderStandIn(first?: ProviderKey) {
  const current = first ?? (await providerKey())
  const state = { published: [current.jwk] as readonly JWK[], signing: current }
  const calls: Request[] = []
  const usual = async (): Promise<Response> => Response.json({ keys: state.published })
  const standIn = {
    /** Whoever asked for the keys. */
    calls,
    /** What it answers them; a test puts another in its place. */
    answer: usual,
    /** @param keeps whether the key before it stays published */
    async rotate({ alg = 'ES256', keeps = true } = {}): Promise<ProviderKey> {
      const next = await providerKey(alg)
      state.published = keeps ? [...state.published, next.jwk] : [next.jwk]
      state.signing = next
      return next
    },
    publish(published: readonly JWK[]): void {
      state.published = published
    },
    works(): void {
      standIn.answer = usual
    },
    async handle(request: Request): Promise<Response> {
      calls.push(request)
      return standIn.answer()
    },
    /** A good token of somebody, but for the changes. */
    token({ claims = {}, header = {}, key = state.signing }: TokenChanges = {}): Promise<string> {
      const now = Math.floor(Date.now() / 1000)
      const { AUTH_ISSUER: iss, AUTH_AUDIENCE: aud } = IDENTITY_PROVIDER_SETTINGS
      const payload = { iss, aud, sub: 'somebody', iat: now, exp: now + 300, scope: 'verifications:send', ...claims }
      return new SignJWT(payload)
        .setProtectedHeader({ alg: key.alg, kid: key.jwk.kid, typ: 'at+jwt', ...header })
        .sign(key.privateKey, header['crit'] ? { crit: { 'urn:test': true } } : {})
    },
  }
  return standIn
}

export type IdentityProviderStandIn = Awaited<ReturnType<typeof createIdentityProviderStandIn>>

/** Puts it behind `fetch`, beside the vendors (`standInForVendors`, which comes first). */
export function standInForIdentityProvider(provider: IdentityProviderStandIn): void {
  const fetch = vi.mocked(globalThis.fetch)
  const others = fetch.getMockImplementation()!
  fetch.mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    return request.url === IDENTITY_PROVIDER_SETTINGS.AUTH_JWKS_URL ? provider.handle(request) : others(request)
  })
}
