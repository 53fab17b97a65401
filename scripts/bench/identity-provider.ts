import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT } from 'jose'
import type { Settings } from './settings.ts'

/** Algorithms of the tokens, and the keys that they are signed with. */
const KEYS = {
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
} as const
export type Algorithm = keyof typeof KEYS

/** A stand-in for an identity provider, whose tokens the service takes for credentials. */
export interface IdentityProvider {
  /** The variables by which the service knows it. */
  readonly settings: Settings
  /** A token that is good for the run, for sending and checking codes. */
  tokenOf(algorithm: Algorithm): Promise<string>
  stop(): void
}

const ISSUER = 'https://identity.example.com/'
const AUDIENCE = 'https://verify.example.com'
const HOST = '127.0.0.1'

/** Starts it on loopback. It is asked for its keys once by each service. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const pairs = Object.fromEntries(Object.entries(KEYS).map(([algorithm, make]) => [algorithm, make()])) as Readonly<
    Record<Algorithm, { readonly publicKey: KeyObject; readonly privateKey: KeyObject }>
  >
  const keys = Object.entries(pairs).map(([alg, { publicKey }]) => {
    return { ...publicKey.export({ format: 'jwk' }), kid: alg, alg, use: 'sig' }
  })
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve))
  const { port } = server.address() as AddressInfo
  return {
    settings: {
      AUTH_JWKS_URL: `http://${HOST}:${port}/.well-known/jwks.json`,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
    },
    tokenOf: (algorithm) =>
      new SignJWT({ scope: 'verifications:send verifications:check' })
        .setProtectedHeader({ alg: algorithm, kid: algorithm, typ: 'at+jwt' })
        .setIssuer(ISSUER)
        .setAudience(AUDIENCE)
        .setSubject('a back end')
        .setIssuedAt()
        .setExpirationTime('3 hours')
        .sign(pairs[algorithm].privateKey),
    stop: () => void server.close(),
  }
}
