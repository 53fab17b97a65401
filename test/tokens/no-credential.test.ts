import { expect, it, vi } from 'vitest'
import { createIdentityProvider } from '../../src/access/identity-provider'
import { createHmacSigner } from '../../src/core/hmac'
import { TOKEN_TYPE } from '../../src/tokens/claims'
import { issueToken } from '../../src/tokens/issue-token'
import { createSigningKeys } from '../../src/tokens/signing-keys'
import { AUDIENCE, ISSUER, forge, kidOf, newSigningKey, partsOf } from '../support/tokens'

// The worst case: an operator who has his identity provider sign with the same keys, for the same audience.

const NOW = Date.UTC(2026, 10, 21)
const sign = createHmacSigner('a phone hash key for tests only, 32 characters')

it('a verification token is no credential, even where the keys, the issuer and the audience are those of one (R-TOK-03)', async () => {
  const key = await newSigningKey('ES256')
  const keys = createSigningKeys([key])
  const provider = createIdentityProvider(
    {
      jwksUrl: 'https://verify.example.com/.well-known/jwks.json',
      issuer: ISSUER,
      audience: AUDIENCE,
      algorithms: ['ES256', 'EdDSA'],
      scopeClaim: 'scope',
      callerClaim: 'sub',
    },
    {
      fetch: async () => Response.json({ keys: (await keys()).map(({ published }) => published) }),
      sign,
      clock: () => NOW,
      log: vi.fn(),
    },
  )
  const config = { keys: [key], issuer: ISSUER, audience: AUDIENCE, lifetimeSeconds: 300 }
  const attestation = { phone: '+917888888888', purpose: 'login', bindingHash: '', owner: '', at: NOW }
  const { token } = await issueToken({ config, keys, sign }, 'ver_1', attestation, undefined)
  const { claims } = partsOf(token)
  const typed = async (typ?: string) => {
    const header = { alg: 'ES256', kid: await kidOf(key), ...(typ !== undefined && { typ }) }
    return provider.principalOf(await forge(key, header, claims))
  }

  expect(await provider.principalOf(token)).toBeUndefined()
  for (const typ of [TOKEN_TYPE, `application/${TOKEN_TYPE}`, TOKEN_TYPE.toUpperCase()]) expect(await typed(typ)).toBeUndefined()
  // It is the type that does it: the same claims are a credential under that of one.
  for (const typ of ['at+jwt', 'JWT', undefined]) expect(await typed(typ)).toMatchObject({ kind: 'server' })
})
