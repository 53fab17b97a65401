import { CODE_STORE_READ_TIMEOUT_MS, KV_MIN_TTL_SECONDS } from '../config/limits'
import { wholeSeconds } from '../core/clock'
import { type Log, errorName } from '../core/log'
import { withTimeout } from '../core/with-timeout'

/** What KV holds for one code. The code itself is nowhere. */
export interface StoredCode {
  readonly digest: string
  /** Milliseconds since the epoch. This decides; the TTL only cleans up. */
  readonly expiresAt: number
  readonly keyVersion: string
}

export interface CodeStore {
  /** Puts a new code. Never throws: the gate's copy is the net under a KV that fails. */
  put(codeId: string, code: StoredCode, now: number): Promise<void>
  /** The stored code, or undefined where KV has none yet, fails or takes longer than 150 ms. Never throws. */
  get(codeId: string): Promise<StoredCode | undefined>
  /** Takes codes away at once. @throws where KV fails */
  delete(codeIds: readonly string[]): Promise<void>
}

/** The OTP store in Workers KV, under a key that is new for every code: no stale or cached answer can be had. */
export function createCodeStore(kv: KVNamespace, log: Log): CodeStore {
  return {
    async put(codeId, code, now) {
      const expirationTtl = Math.max(KV_MIN_TTL_SECONDS, wholeSeconds(code.expiresAt - now))
      try {
        await kv.put(keyOf(codeId), JSON.stringify(code), { expirationTtl })
      } catch (error) {
        log('warn', 'code_store.put_failed', { dependency: 'kv', error_name: errorName(error) })
      }
    },
    async get(codeId) {
      try {
        const stored = await withTimeout(kv.get<StoredCode>(keyOf(codeId), 'json'), CODE_STORE_READ_TIMEOUT_MS)
        return stored && typeof stored.digest === 'string' ? stored : undefined
      } catch (error) {
        log('warn', 'code_store.get_failed', { dependency: 'kv', error_name: errorName(error) })
        return undefined
      }
    },
    async delete(codeIds) {
      await Promise.all(codeIds.map((codeId) => kv.delete(keyOf(codeId))))
    },
  }
}

const keyOf = (codeId: string) => `otp:v1:${codeId}`
