import { beforeAll, describe, expect, it } from 'vitest'
import { exportJWK, generateKeyPair, type JWK } from 'jose'
import { loadConfig } from '../../src/config/load-config'
import { aSecret } from '../support/secrets'

const ISSUER = 'https://verify.example.com'

function problemsOf(variables: Record<string, unknown>): readonly string[] {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  return result.ok ? [] : result.problems
}

function load(variables: Record<string, unknown>) {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  if (!result.ok) throw new Error(result.problems.join('; '))
  return result.config.tokens
}

async function privateKey(algorithm: string): Promise<JWK> {
  const { privateKey: key } = await generateKeyPair(algorithm, { extractable: true })
  return exportJWK(key)
}

const UNUSABLE = [
  'SIGNING_KEYS: must be a JSON array of 1 to 5 private JWKs, P-256 or Ed25519; `npm run key -- signing` makes one',
]

describe('SIGNING_KEYS', () => {
  let curve: JWK
  let edwards: JWK
  let others: JWK[]
  beforeAll(async () => {
    ;[curve, edwards, ...others] = (await Promise.all(['ES256', 'EdDSA', 'ES384', 'ES512', 'RS256'].map(privateKey))) as [
      JWK,
      JWK,
      ...JWK[],
    ]
  })

  it('are none by default: then there are no tokens', () => {
    expect(load({})).toBeUndefined()
  })

  it('are kept in their order, since the first one signs', () => {
    const settings = { PUBLIC_URL: ISSUER }
    expect(load({ ...settings, SIGNING_KEYS: JSON.stringify([curve, edwards]) })?.keys).toEqual([curve, edwards])
    expect(load({ ...settings, SIGNING_KEYS: JSON.stringify([edwards, curve]) })?.keys).toEqual([edwards, curve])
    // As a variable of the type JSON, which the dashboard has.
    expect(load({ ...settings, SIGNING_KEYS: [curve] })?.keys).toEqual([curve])
  })

  it('are refused whole where one of them is of no use, and nothing of them is told', () => {
    const { d: _, ...publicKey } = curve
    const secret: JWK = { kty: 'oct', k: aSecret('k') }
    const unusable: unknown[] = [
      'no JSON',
      '[]',
      JSON.stringify(curve),
      JSON.stringify({ keys: [curve] }),
      ...[publicKey, secret, ...others, { ...curve, d: `${curve.d}A` }, { ...edwards, crv: 'X25519' }, null, 'text'].map((key) =>
        JSON.stringify([edwards, key]),
      ),
      JSON.stringify(Array.from({ length: 6 }, () => curve)),
    ]
    for (const text of unusable) expect(problemsOf({ PUBLIC_URL: ISSUER, SIGNING_KEYS: text }), String(text)).toEqual(UNUSABLE)
    expect(unusable).toHaveLength(14)
  })

  it('that a standard prints are known to anybody (R-TOK-07)', () => {
    const printed = [
      {
        kty: 'OKP',
        crv: 'Ed25519',
        x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
        d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      },
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
      },
      {
        kty: 'EC',
        crv: 'P-256',
        x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
        y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
        d: '870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE',
      },
    ]
    for (const key of printed) {
      const settings = { PUBLIC_URL: ISSUER, SIGNING_KEYS: JSON.stringify([curve, key]) }
      expect(problemsOf(settings)).toEqual(['SIGNING_KEYS has a key that a standard prints, with which anybody can sign'])
      expect(problemsOf({ ...settings, ENVIRONMENT: 'development' })).toEqual([])
    }
  })

  it('sign in the name of TOKEN_ISSUER, else of PUBLIC_URL, and for the issuer unless it is said for whom', () => {
    const settings = { SIGNING_KEYS: JSON.stringify([curve]) }
    expect(load({ ...settings, PUBLIC_URL: `${ISSUER}/` })).toMatchObject({
      issuer: ISSUER,
      audience: ISSUER,
      lifetimeSeconds: 300,
    })
    const named = { ...settings, PUBLIC_URL: ISSUER, TOKEN_ISSUER: 'us', TOKEN_AUDIENCE: 'them', TOKEN_LIFETIME_SECONDS: '60' }
    expect(load(named)).toMatchObject({ issuer: 'us', audience: 'them', lifetimeSeconds: 60 })
  })

  it('sign in the name of somebody', () => {
    expect(problemsOf({ SIGNING_KEYS: JSON.stringify([curve]) })).toEqual([
      'TOKEN_ISSUER is missing: tokens that SIGNING_KEYS sign have to say whose they are (PUBLIC_URL would do)',
    ])
  })

  it.each(['29', '901', '1.5', 'ever'])('sign for no lifetime of %s', (lifetime) => {
    expect(problemsOf({ TOKEN_LIFETIME_SECONDS: lifetime })).toEqual([expect.stringMatching(/^TOKEN_LIFETIME_SECONDS: /)])
  })
})
