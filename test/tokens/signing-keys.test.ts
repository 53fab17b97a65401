import { calculateJwkThumbprint } from 'jose'
import { afterEach, expect, it, vi } from 'vitest'
import type { SigningKey } from '../../src/config/tokens'
import { loadConfig } from '../../src/config/load-config'
import { createSigningKeys } from '../../src/tokens/signing-keys'
import { aSecret } from '../support/secrets'
import { newSigningKey, tokenSettings } from '../support/tokens'

afterEach(() => vi.restoreAllMocks())

/** RFC 8037, appendix A. */
const RFC_KEY: SigningKey = {
  kty: 'OKP',
  crv: 'Ed25519',
  x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
  d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
}

it('names a key by its thumbprint (R-TOK-08)', async () => {
  const [{ published }] = await createSigningKeys([RFC_KEY])()
  expect(published).toEqual({
    kty: 'OKP',
    crv: 'Ed25519',
    x: RFC_KEY.x,
    use: 'sig',
    alg: 'EdDSA',
    kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
  })
})

it('keeps the order, knows the algorithm by the kind of key, and publishes nothing secret', async () => {
  const keys = [await newSigningKey('ES256'), await newSigningKey('EdDSA')]
  const pairs = await createSigningKeys(keys)()
  expect(pairs.map(({ published }) => published.alg)).toEqual(['ES256', 'EdDSA'])
  for (const [index, { published, privateKey, publicKey }] of pairs.entries()) {
    const { d: _, ...publicPart } = keys[index]!
    expect(published).toEqual({ ...publicPart, use: 'sig', alg: published.alg, kid: await calculateJwkThumbprint(publicPart) })
    expect(privateKey).toMatchObject({ type: 'private', extractable: false })
    expect(publicKey.type).toBe('public')
  }
})

it('imports nothing before it is asked, and nothing twice', async () => {
  const importKey = vi.spyOn(crypto.subtle, 'importKey')
  const keys = createSigningKeys([RFC_KEY])
  expect(importKey).not.toHaveBeenCalled()
  const [first, second] = await Promise.all([keys(), keys()])
  const { length } = importKey.mock.calls
  expect(length).toBeGreaterThan(0)
  expect(second).toBe(first)
  expect(await keys()).toBe(first)
  expect(importKey.mock.calls).toHaveLength(length)
})

it.each(['EdDSA', 'ES256'] as const)('refuses a key for %s whose parts are of two keys, and says which', async (algorithm) => {
  const [one, other] = [await newSigningKey(algorithm), await newSigningKey(algorithm)]
  await expect(createSigningKeys([RFC_KEY, { ...one, d: other.d }])()).rejects.toMatchObject({
    refusal: {
      code: 'misconfigured',
      details: { problems: ['SIGNING_KEYS: key 2 is no pair, what it signs cannot be verified with its public part'] },
    },
  })
})

it('are set once each: a key that stands twice is one that somebody forgot to change', async () => {
  const [key, other] = [await newSigningKey('ES256'), await newSigningKey('ES256')]
  const load = (keys: readonly SigningKey[]) => loadConfig({ OTP_PEPPER: aSecret('p'), ...tokenSettings(keys) })
  expect(load([key, other])).toMatchObject({ ok: true })
  expect(load([key, other, key])).toMatchObject({ ok: false, problems: ['SIGNING_KEYS has the same key twice'] })
})
