import { IDEMPOTENCY_CALL_TIMEOUT_MS } from '../config/limits'
import { refuse } from '../core/app-error'
import { type RemoteMethods, callObject } from '../core/call-object'
import { wholeSeconds } from '../core/clock'
import { toBase64Url } from '../core/encoding'
import { createHmacSigner } from '../core/hmac'
import { randomId } from '../core/ids'
import type { Log } from '../core/log'
import { createSealer } from '../core/seal'
import type { IdempotencyRecord } from './idempotency-record'

/** A request that brings a key. */
export interface KeyedRequest {
  /** Whose key it is: those of others are others. */
  readonly owner: string
  readonly key: string
  readonly method: string
  readonly path: string
  readonly query: string
  readonly body: Uint8Array<ArrayBuffer>
}

/** An answer as it is kept. */
export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Begun =
  | { readonly status: 'kept'; readonly answer: KeptAnswer }
  /** The request is to be answered now, and then one of the two. Each throws `dependency_unavailable`. */
  | { readonly status: 'begun'; keep(answer: KeptAnswer): Promise<boolean>; giveBack(): Promise<boolean> }

/** The `Idempotency-Key`s of all callers. */
export interface IdempotencyKeys {
  /**
   * What is with the key of a request, which begins where it is the first.
   * @throws `idempotency_key_reused`, `idempotency_key_in_use`, `dependency_unavailable`
   */
  begin(request: KeyedRequest): Promise<Begun>
}

type RecordMethods = RemoteMethods<IdempotencyRecord, 'begin' | 'keep' | 'giveBack'>

const USE = 'idempotent_answer'

/**
 * Keeps each key in an object of its own. Its name and what it knows of the request are keyed hashes, and the answer is
 * encrypted under a key that is made of the secret and of the request: who reads the storage cannot open it, and we can
 * only while somebody sends the same request.
 * @param secret `PHONE_HASH_KEY`; changing it forgets every key
 */
export function createIdempotencyKeys({
  namespace,
  secret,
  log,
}: {
  readonly namespace: DurableObjectNamespace<IdempotencyRecord>
  readonly secret: string
  readonly log: Log
}): IdempotencyKeys {
  const sign = createHmacSigner(secret)
  // Fails closed: what may have been done is not done again.
  const reach = { dependency: 'idempotency', timeoutMs: IDEMPOTENCY_CALL_TIMEOUT_MS, log }
  return {
    async begin(request) {
      const facts = await factsOf(request)
      const [name, fingerprint, sealingKey] = await Promise.all([
        sign(`idempotency key:v1:${JSON.stringify([request.owner, request.key])}`),
        sign(`idempotency request:v1:${facts}`),
        sign(`idempotency answer:v1:${facts}`),
      ])
      const sealer = createSealer(sealingKey, USE)
      const attempt = randomId()
      const call = <Reply>(method: (record: RecordMethods) => Promise<Reply>) =>
        callObject(() => method(namespace.get(namespace.idFromName(name)) as unknown as RecordMethods), reach)

      const reply = await call((record) => record.begin({ fingerprint, attempt }))
      switch (reply.status) {
        case 'begun':
          return {
            status: 'begun',
            async keep(answer) {
              const sealed = await sealer.seal(JSON.stringify(answer), name)
              return call((record) => record.keep({ attempt, sealed }))
            },
            giveBack: () => call((record) => record.giveBack(attempt)),
          }
        case 'kept': {
          const text = await sealer.open(reply.sealed, name)
          // Somebody has changed the storage. It was done, so it is not done again.
          if (text === undefined) throw refuse('dependency_unavailable', { dependency: 'idempotency' })
          return { status: 'kept', answer: JSON.parse(text) as KeptAnswer }
        }
        case 'reused':
          throw refuse('idempotency_key_reused', {})
        case 'in_use':
          throw refuse('idempotency_key_in_use', { retryAfterSeconds: wholeSeconds(reply.waitMs) })
      }
    },
  }
}

/** All that makes a request the same, as one text: JSON keeps the parts apart. */
async function factsOf({ owner, key, method, path, query, body }: KeyedRequest): Promise<string> {
  const bodyHash = toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', body)))
  return JSON.stringify([owner, key, method, path, query, bodyHash])
}
