import { env } from 'cloudflare:workers'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Log } from '../../src/core/log'
import { type StoredCode, createCodeStore } from '../../src/otp/code-store'

const NOW = Date.UTC(2026, 10, 21, 6, 30)
const CODE: StoredCode = { digest: 'digest-that-no-log-may-have', expiresAt: NOW + 180_000, keyVersion: 'key-1' }

const log = vi.fn<Log>()
const failing = () => Promise.reject(new TypeError('KV put failed: digest-that-no-log-may-have otp:v1:code-1'))
const throwing = () => {
  throw new RangeError('no such binding: digest-that-no-log-may-have')
}

/** A store over a KV of which one method is replaced. */
const storeWith = (replaced: Partial<Record<'get' | 'put', unknown>>) => createCodeStore(replaced as unknown as KVNamespace, log)

afterEach(() => {
  vi.restoreAllMocks()
  log.mockReset()
})

describe('putting a code', () => {
  it('and getting it back, through the real KV', async () => {
    const store = createCodeStore(env.OTP_KV, log)
    await store.put('code-1', CODE, NOW)
    expect(await store.get('code-1')).toEqual(CODE)
    expect(await store.get('code-2')).toBeUndefined()
    expect(await env.OTP_KV.get('otp:v1:code-1', 'json')).toEqual(CODE)
    expect(log).not.toHaveBeenCalled()
  })

  it.each([
    [180_000, 180],
    [180_001, 181],
    [300_000, 300],
    [61_000, 61],
    [60_000, 60],
    [59_999, 60],
    [1, 60],
    [0, 60],
    [-5_000, 60],
  ])('that lives %i ms more: kept %i seconds', async (lifetimeMs, expirationTtl) => {
    const put = vi.fn<() => Promise<void>>(() => Promise.resolve())
    const code = { ...CODE, expiresAt: NOW + lifetimeMs }
    await storeWith({ put }).put('code-1', code, NOW)
    expect(put.mock.calls).toEqual([['otp:v1:code-1', JSON.stringify(code), { expirationTtl }]])
  })

  it('for the shortest lifetime is something that the real KV takes', async () => {
    await createCodeStore(env.OTP_KV, log).put('code-short', { ...CODE, expiresAt: NOW + 1 }, NOW)
    expect(await env.OTP_KV.get('otp:v1:code-short')).not.toBeNull()
    expect(log).not.toHaveBeenCalled()
  })

  it.each([
    ['fails', failing, 'TypeError'],
    ['throws', throwing, 'RangeError'],
  ])('where KV %s is no error, and a log line without key or digest', async (_name, put, error_name) => {
    await expect(storeWith({ put }).put('code-1', CODE, NOW)).resolves.toBeUndefined()
    expect(log.mock.calls).toEqual([['warn', 'code_store.put_failed', { dependency: 'kv', error_name }]])
  })
})

describe('getting a code', () => {
  it.each([
    ['fails', failing, 'TypeError'],
    ['throws', throwing, 'RangeError'],
  ])('where KV %s is undefined, and a log line without key or digest', async (_name, get, error_name) => {
    await expect(storeWith({ get }).get('code-1')).resolves.toBeUndefined()
    expect(log.mock.calls).toEqual([['warn', 'code_store.get_failed', { dependency: 'kv', error_name }]])
  })

  it('where KV hangs is undefined after 150 ms', async () => {
    const start = performance.now()
    const get = () => new Promise<never>(() => {})
    await expect(storeWith({ get }).get('code-1')).resolves.toBeUndefined()
    expect(performance.now() - start).toBeGreaterThanOrEqual(140)
    expect(performance.now() - start).toBeLessThan(1_500)
    expect(log.mock.calls).toEqual([['warn', 'code_store.get_failed', { dependency: 'kv', error_name: 'TimeoutError' }]])
  })

  it('where KV fails only after it was given up on is no unhandled rejection', async () => {
    const late = Promise.withResolvers<never>()
    const unhandled = vi.fn<() => void>()
    addEventListener('unhandledrejection', unhandled)
    expect(await storeWith({ get: () => late.promise }).get('code-1')).toBeUndefined()
    late.reject(new Error('too late'))
    await scheduler.wait(10)
    removeEventListener('unhandledrejection', unhandled)
    expect(unhandled).not.toHaveBeenCalled()
  })

  it.each([null, 'garbage', 7, true, [], {}, { digest: 7 }, { digest: null, expiresAt: 1 }, { keyVersion: 'k' }])(
    'that is %j is undefined',
    async (value) => {
      expect(await storeWith({ get: () => Promise.resolve(value) }).get('code-1')).toBeUndefined()
    },
  )

  it('that is no JSON is undefined', async () => {
    await env.OTP_KV.put('otp:v1:code-broken', '{"digest":')
    expect(await createCodeStore(env.OTP_KV, log).get('code-broken')).toBeUndefined()
    expect(log.mock.calls).toEqual([['warn', 'code_store.get_failed', { dependency: 'kv', error_name: expect.any(String) }]])
  })
})
