import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { hashOfApiKey, isInForce } from '../../src/access/api-key'
import { getApiKey } from '../../src/access/get-api-key'
import { revokeApiKey } from '../../src/access/revoke-api-key'
import { rotateApiKey } from '../../src/access/rotate-api-key'
import type { Log } from '../../src/core/log'
import { createDatabase } from '../../src/db/client'
import { brokenDatabase } from '../support/broken'
import { putApiKey } from '../support/keys'
import { T0 } from '../support/pure-gate'

const db = createDatabase(env.DB)
const depsAt = (now: number) => ({ db, keys: { forget: vi.fn<() => void>() }, clock: () => now, log: vi.fn<Log>() })

describe('a revocation', () => {
  it('ends the key and the one before it, and keeps what is known of them', async () => {
    const { id, key: first } = await putApiKey({ createdAt: T0 })
    const { key: second, row } = await rotateApiKey(depsAt(T0), { id, overlapSeconds: 3_600 }, 'request-1')
    await revokeApiKey(depsAt(T0 + 1), id, 'request-2')
    const kept = await getApiKey(db, id)
    expect(kept).toEqual({ ...row, revokedAt: T0 + 1 })
    for (const key of [first, second]) expect(isInForce(kept, (await hashOfApiKey(key))!, T0 + 1)).toBe(false)
  })

  it('is no error once more, and keeps the time of the first', async () => {
    const { id } = await putApiKey({ createdAt: T0, expiresAt: T0 + 1 })
    await revokeApiKey(depsAt(T0 + 1), id, 'request-1')
    await Promise.all([2, 3, 4].map((later) => revokeApiKey(depsAt(T0 + later), id, 'request-2')))
    expect(await getApiKey(db, id)).toMatchObject({ revokedAt: T0 + 1 })
  })

  it('leaves other keys alone (R-CFG-04)', async () => {
    const [one, other] = [await putApiKey({ createdAt: T0 }), await putApiKey({ createdAt: T0 })]
    await revokeApiKey(depsAt(T0), one.id, 'request-1')
    expect(await getApiKey(db, other.id)).toMatchObject({ revokedAt: null })
  })

  it('is seen in this isolate at once, and told of in the log', async () => {
    const { id } = await putApiKey({ createdAt: T0 })
    const deps = depsAt(T0)
    await revokeApiKey(deps, id, 'request-1')
    expect(deps.keys.forget).toHaveBeenCalledOnce()
    expect(deps.log.mock.calls).toEqual([['info', 'api_key.revoked', { request_id: 'request-1', api_key_id: id }]])
  })

  it('refuses an id that is none', async () => {
    await expect(revokeApiKey(depsAt(T0), 'key_nobodys', 'request-1')).rejects.toMatchObject({
      refusal: { code: 'api_key_not_found' },
    })
  })

  it('is seen in this isolate also where D1 did not say that it was made', async () => {
    const deps = { ...depsAt(T0), db: createDatabase(brokenDatabase as unknown as D1Database) }
    await expect(revokeApiKey(deps, 'key_1', 'request-1')).rejects.toMatchObject({ refusal: { code: 'dependency_unavailable' } })
    expect(deps.keys.forget).toHaveBeenCalledOnce()
  })
})
