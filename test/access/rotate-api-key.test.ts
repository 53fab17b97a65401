import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { hashOfApiKey, isInForce, previousValidUntil } from '../../src/access/api-key'
import { getApiKey } from '../../src/access/get-api-key'
import { revokeApiKey } from '../../src/access/revoke-api-key'
import { drawSuccessor, rotateApiKey, rotation } from '../../src/access/rotate-api-key'
import type { Log } from '../../src/core/log'
import { createDatabase } from '../../src/db/client'
import { brokenDatabase } from '../support/broken'
import { type ApiKeyChanges, putApiKey } from '../support/keys'
import { T0 } from '../support/pure-gate'

const db = createDatabase(env.DB)
const HOUR_MS = 3_600_000

const aKey = (changes: ApiKeyChanges = {}) => putApiKey({ createdAt: T0, ...changes })
const depsAt = (now: number) => ({ db, keys: { forget: vi.fn<() => void>() }, clock: () => now, log: vi.fn<Log>() })
const rotateAt = (now: number, id: string, overlapSeconds = 3_600) =>
  rotateApiKey(depsAt(now), { id, overlapSeconds }, 'request-1')

/** Which of the keys open what belongs to the id. */
async function working(id: string, keys: readonly string[], now: number): Promise<boolean[]> {
  const row = await getApiKey(db, id)
  return Promise.all(keys.map(async (key) => isInForce(row, (await hashOfApiKey(key))!, now)))
}

describe('a rotation', () => {
  it('gives the id another key, and both work until the overlap is over (R-TOK-06)', async () => {
    const { id, key: first } = await aKey()
    const { key: second, row } = await rotateAt(T0, id)
    expect(second).toMatch(/^evsk_/)
    expect(row).toMatchObject({ id, rotatedAt: T0, hint: second.slice(-4), name: 'A key of a test', createdAt: T0 })
    expect(await working(id, [first, second], T0)).toEqual([true, true])
    expect(await working(id, [first, second], T0 + HOUR_MS - 1)).toEqual([true, true])
    expect(await working(id, [first, second], T0 + HOUR_MS)).toEqual([false, true])
    expect(previousValidUntil(row, T0 + HOUR_MS - 1)).toBe(T0 + HOUR_MS)
    expect(previousValidUntil(row, T0 + HOUR_MS)).toBeNull()
  })

  it('ends the one before at once where there is to be no overlap', async () => {
    const { id, key: first } = await aKey()
    const { key: second, row } = await rotateAt(T0, id, 0)
    expect(await working(id, [first, second], T0)).toEqual([false, true])
    expect(row).toMatchObject({ previousHash: null, previousUntil: null })
  })

  it('ends the oldest at once where there are two already', async () => {
    const { id, key: first } = await aKey()
    const { key: second } = await rotateAt(T0, id)
    const { key: third } = await rotateAt(T0 + 1, id)
    expect(await working(id, [first, second, third], T0 + 1)).toEqual([false, true, true])
  })

  it('keeps the kind, and all else that the key is', async () => {
    const { id } = await aKey({ kind: 'publishable', purposes: ['login'], expiresAt: T0 + 3 * HOUR_MS })
    const { hash: _, hint: __, ...before } = await getApiKey(db, id)
    const { key, row } = await rotateAt(T0 + 1, id)
    expect(key).toMatch(/^evpk_/)
    expect(row).toMatchObject({ ...before, previousHash: row.previousHash, previousUntil: row.previousUntil, rotatedAt: T0 + 1 })
  })

  it('does not outlive the expiry of the id', async () => {
    const { id, key: first } = await aKey({ expiresAt: T0 + 1_000 })
    const { key: second, row } = await rotateAt(T0, id)
    expect(previousValidUntil(row, T0)).toBe(T0 + 1_000)
    expect(await working(id, [first, second], T0 + 999)).toEqual([true, true])
    expect(await working(id, [first, second], T0 + 1_000)).toEqual([false, false])
  })

  it.each<[string, ApiKeyChanges, string]>([
    ['revoked', { revokedAt: T0 - 1 }, 'revoked'],
    ['expired', { expiresAt: T0 }, 'expired'],
  ])('does not bring back a key that is %s', async (_title, changes, status) => {
    const { id } = await aKey(changes)
    const before = await getApiKey(db, id)
    await expect(rotateAt(T0, id)).rejects.toMatchObject({ refusal: { code: 'api_key_not_active', details: { status } } })
    expect(await getApiKey(db, id)).toEqual(before)
  })

  it('does not bring back a key that is revoked while it is being rotated (R-CON-01)', async () => {
    const { id } = await aKey()
    const { key, successor } = await drawSuccessor('secret', { id, overlapSeconds: 3_600, now: T0 })
    await revokeApiKey(depsAt(T0), id, 'request-1')
    expect(await rotation(db, successor).get()).toBeUndefined()
    expect(await working(id, [key], T0)).toEqual([false])
  })

  it('of many at once leaves exactly two keys that work, and none once it is revoked (R-CON-01)', async () => {
    const { id, key: first } = await aKey()
    const rotated = await Promise.all(Array.from({ length: 20 }, () => rotateAt(T0, id)))
    const keys = [first, ...rotated.map(({ key }) => key)]
    expect((await working(id, keys, T0)).filter(Boolean)).toHaveLength(2)

    const mixed = await Promise.allSettled([
      ...Array.from({ length: 10 }, () => rotateAt(T0, id)),
      revokeApiKey(depsAt(T0), id, 'request-1'),
      ...Array.from({ length: 10 }, () => rotateAt(T0, id)),
    ])
    const all = [...keys, ...mixed.flatMap((one) => (one.status === 'fulfilled' && one.value ? [one.value.key] : []))]
    expect(await getApiKey(db, id)).toMatchObject({ revokedAt: T0 })
    expect((await working(id, all, T0)).filter(Boolean)).toHaveLength(0)
  })

  it('leaves other keys alone (R-CFG-04)', async () => {
    const [one, other] = [await aKey(), await aKey()]
    const before = await getApiKey(db, other.id)
    await rotateAt(T0, one.id, 0)
    expect(await getApiKey(db, other.id)).toEqual(before)
  })

  it('is seen in this isolate at once, and told of in the log without the key', async () => {
    const { id } = await aKey()
    const deps = depsAt(T0)
    await rotateApiKey(deps, { id, overlapSeconds: 0 }, 'request-1')
    expect(deps.keys.forget).toHaveBeenCalledOnce()
    expect(deps.log.mock.calls).toEqual([['info', 'api_key.rotated', { request_id: 'request-1', api_key_id: id }]])
  })

  it('refuses an id that is none, and says when D1 does not answer', async () => {
    await expect(rotateAt(T0, 'key_nobodys')).rejects.toMatchObject({ refusal: { code: 'api_key_not_found' } })
    const down = { ...depsAt(T0), db: createDatabase(brokenDatabase as unknown as D1Database) }
    const asked = rotateApiKey(down, { id: 'key_1', overlapSeconds: 0 }, 'request-1')
    await expect(asked).rejects.toMatchObject({ refusal: { code: 'dependency_unavailable' } })
  })
})
