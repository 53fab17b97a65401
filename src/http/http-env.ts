import type { Context } from 'hono'
import type { AccessDeps } from '../access/authenticate'
import type { KnownOrigins } from '../access/known-origins'
import type { Principal } from '../access/principal'
import type { Scope } from '../access/scopes'
import type { Turnstile } from '../access/turnstile'
import type { Config } from '../config/config'
import type { ErrorCode } from '../core/app-error'
import type { Sealer } from '../core/seal'
import type { Profiles } from '../config/profiles'
import type { LeadDeps } from '../leads/deps'
import type { Database } from '../db/client'
import type { IdempotencyKeys } from '../idempotency/idempotency-keys'
import type { ReceiptReaders } from '../messaging/receipts/readers'
import type { Templates } from '../messaging/templates/template'
import type { Caller, VerificationDeps } from '../otp/deps'
import type { PhoneHasher } from '../phone/phone-hash'
import type { TokenDeps } from '../tokens/deps'

/** What Hono's context carries in this project. */
export interface HttpEnv {
  Bindings: Env
  Variables: {
    requestId: string
    /** The operation id of the route that answers, for the log. */
    operation?: string
    /** Who asks, once that is known. */
    principal?: Principal
    /** What the route wants of a credential. */
    scopes?: readonly Scope[]
    /** The parsed JSON body, for envelopes that tell the caller what they sent. */
    body?: unknown
    /** The body's bytes, where something needed them before the body was parsed. */
    bytes?: Uint8Array<ArrayBuffer>
    /** What was refused, once that is known. */
    refusal?: ErrorCode
  }
}

/** What the handlers work with. Built once per isolate in `compose.ts`. */
export interface Deps {
  readonly config: Config
  readonly profiles: Profiles
  readonly access: AccessDeps
  readonly idempotency: IdempotencyKeys
  /** Of the pages that may read answers. */
  readonly origins: KnownOrigins
  /** Undefined: nobody can tell people from programs. */
  readonly turnstile: Turnstile | undefined
  readonly verification: VerificationDeps
  /** Undefined: no tokens are signed, and none redeemed. */
  readonly tokens: TokenDeps | undefined
  readonly db: Database
  readonly hashPhone: PhoneHasher
  /** For the numbers of loan contacts, which have to be read again to send to them. */
  readonly contactSealer: Sealer
  /** `forget` makes a change seen at once, in this isolate. */
  readonly templates: Templates & { forget(): void }
  readonly leads: LeadDeps
  readonly receiptReaders: ReceiptReaders
  /** For `/ready`: each resolves when its dependency answers. */
  readonly probes: Readonly<Record<'d1' | 'kv' | 'gate', () => Promise<unknown>>>
}

/**
 * Bindings to {@link Deps}. Called inside the surface's own handlers, so that a configuration that is wrong is told in the
 * surface's own envelope.
 * @throws `misconfigured`
 */
export type Provide = (env: Env) => Deps

/** The {@link Caller} of a request to a surface. */
export function callerOf(c: Context<HttpEnv>, surface: string): Caller {
  const principal = c.get('principal')
  // Set by Cloudflare, whatever a client sends; absent where there is no Cloudflare in front.
  const address = c.req.header('cf-connecting-ip')
  return {
    surface,
    requestId: c.get('requestId'),
    defer: (work) => c.executionCtx.waitUntil(work),
    ...(principal && { principal }),
    ...(address !== undefined && { address }),
  }
}
