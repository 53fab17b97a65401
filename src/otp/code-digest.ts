import { fromBase64Url } from '../core/encoding'
import { createHmacSigner } from '../core/hmac'

/** What a code is tied to: a code that was made for other facts has another digest, and is wrong here. */
export interface CodeFacts {
  /** The random id of this one code; the salt. */
  readonly codeId: string
  /** E.164. */
  readonly phone: string
  readonly purpose: string
  /** Hash of the binding, empty for none. */
  readonly bindingHash: string
  readonly code: string
}

export interface KeyedDigest {
  readonly digest: string
  /** Which pepper made it. */
  readonly keyVersion: string
}

export interface CodeDigester {
  /** The digest under the current pepper. */
  digest(facts: CodeFacts): Promise<KeyedDigest>
  /** The digest under the pepper of that version, or undefined when it is no longer held. */
  digestWith(keyVersion: string, facts: CodeFacts): Promise<string | undefined>
  /**
   * By what a code is known again after it was right, under each pepper, the current one first.
   * @param gateId of the number's gate
   * @param asked about which verification or binding
   */
  proofs(gateId: string, asked: string, code: string): Promise<readonly string[]>
  /** Ties a repeated check to the first one: same request id, code and binding (see `rules/check.ts`). */
  attemptKey(requestId: string, code: string, presented: string | null): Promise<string>
}

/**
 * HMAC-SHA-256 with a secret pepper: without it the million possible codes cannot be tried against a stolen store.
 * @param previous the pepper before this one, still accepted while rotating
 */
export function createCodeDigester(current: string, previous?: string): CodeDigester {
  const currentKey = pepperKey(current)
  const keys = previous === undefined ? [currentKey] : [currentKey, pepperKey(previous)]
  return {
    async digest(facts) {
      return { digest: await currentKey.sign(message(facts)), keyVersion: await currentKey.version() }
    },
    async digestWith(keyVersion, facts) {
      for (const key of keys) {
        if ((await key.version()) === keyVersion) return key.sign(message(facts))
      }
      return undefined
    },
    proofs: (gateId, asked, code) => Promise.all(keys.map((key) => key.sign(['proof:v1', gateId, asked, code]))),
    attemptKey: (requestId, code, presented) => currentKey.sign(['attempt:v1', requestId, code, presented]),
  }
}

/** Whether two digests are the same, in a time that does not tell where they differ. */
export function digestsEqual(one: string, other: string): boolean {
  const [a, b] = [fromBase64Url(one), fromBase64Url(other)]
  return a !== undefined && b !== undefined && a.length === b.length && crypto.subtle.timingSafeEqual(a, b)
}

const message = (facts: CodeFacts) => ['code:v1', facts.codeId, facts.phone, facts.purpose, facts.bindingHash, facts.code]

function pepperKey(pepper: string) {
  const signText = createHmacSigner(pepper)
  // JSON keeps the parts apart: no two lists of texts have one form.
  const sign = (parts: readonly (string | null)[]) => signText(JSON.stringify(parts))
  let version: Promise<string> | undefined
  // A fingerprint of the pepper names its version, so that there is no number to keep in step by hand.
  return { sign, version: () => (version ??= sign(['version:v1']).then((fingerprint) => fingerprint.slice(0, 8))) }
}
