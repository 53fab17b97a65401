import type { Context } from 'hono'
import type { Config } from '../config/config'
import type { Sealer } from '../core/seal'
import type { Profiles } from '../config/profiles'
import type { LeadDeps } from '../leads/deps'
import type { Database } from '../db/client'
import type { ReceiptReaders } from '../messaging/receipts/readers'
import type { Templates } from '../messaging/templates/template'
import type { Caller, VerificationDeps } from '../otp/deps'
import type { PhoneHasher } from '../phone/phone-hash'

/** What Hono's context carries in this project. */
export interface HttpEnv {
  Bindings: Env
  Variables: {
    requestId: string
    /** The operation id of the route that answers, for the log. */
    operation?: string
    /** The parsed JSON body, for envelopes that tell the caller what they sent. */
    body?: unknown
  }
}

/** What the handlers work with. Built once per isolate in `compose.ts`. */
export interface Deps {
  readonly config: Config
  readonly profiles: Profiles
  readonly verification: VerificationDeps
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
  return { surface, requestId: c.get('requestId'), defer: (work) => c.executionCtx.waitUntil(work) }
}
