import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { API_KEY_STATUSES, type ApiKeyRow, statusOf } from '../../src/access/api-key'
import { type ApiKeyFilter, listApiKeys } from '../../src/access/list-api-keys'
import { createDatabase } from '../../src/db/client'
import { apiKeys } from '../../src/db/schema'
import { brokenDatabase } from '../support/broken'
import { apiKeyRow } from '../support/keys'
import { T0 } from '../support/pure-gate'

const db = createDatabase(env.DB)
const NOW = T0 + 60_000

const CHANGES: readonly Partial<Pick<ApiKeyRow, 'createdAt' | 'expiresAt' | 'revokedAt'>>[] = [
  { createdAt: T0 },
  // Three at once: the id tells which comes first, always the same.
  { createdAt: T0 + 1, expiresAt: NOW + 1 },
  { createdAt: T0 + 1, expiresAt: NOW },
  { createdAt: T0 + 1, revokedAt: NOW },
  { createdAt: T0 + 2, expiresAt: NOW - 1, revokedAt: NOW },
  { createdAt: T0 + 3, expiresAt: NOW - 1 },
  { createdAt: T0 + 4 },
]

let rows: readonly ApiKeyRow[]
beforeAll(async () => {
  const made = await Promise.all(CHANGES.map((change) => apiKeyRow(change)))
  await db.insert(apiKeys).values(made.map(({ row }) => row))
  const isBefore = (a: ApiKeyRow, b: ApiKeyRow) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1)
  rows = made.map(({ row }) => row).toSorted(isBefore)
})

const list = (filter: Partial<ApiKeyFilter> = {}) => listApiKeys(db, { limit: 100, now: NOW, ...filter })
const idsOf = (some: readonly ApiKeyRow[]) => some.map(({ id }) => id)

describe('the list of keys', () => {
  it('is newest first, and all of it', async () => {
    const { page, nextCursor } = await list()
    expect(page).toEqual(rows)
    expect(nextCursor).toBeNull()
  })

  it.each([1, 2, 3, 6, 7])('comes whole in pages of %i, each key once', async (limit) => {
    const ids: string[] = []
    let cursor: string | null | undefined
    do {
      const { page, nextCursor } = await list({ limit, cursor: cursor ?? undefined })
      expect(page.length).toBeLessThanOrEqual(limit)
      ids.push(...idsOf(page))
      cursor = nextCursor
    } while (cursor !== null)
    expect(ids).toEqual(idsOf(rows))
  })

  it.each(API_KEY_STATUSES)('has those that are %s, as each says of itself', async (status) => {
    const expected = idsOf(rows.filter((row) => statusOf(row, NOW) === status))
    expect(expected.length).toBeGreaterThan(1)
    expect(idsOf((await list({ status })).page)).toEqual(expected)
    const first = await list({ status, limit: 1 })
    const rest = await list({ status, cursor: first.nextCursor! })
    expect(idsOf([...first.page, ...rest.page])).toEqual(expected)
  })

  it('refuses a cursor that is none of its own, and says when D1 does not answer', async () => {
    await expect(list({ cursor: 'key_nobodys' })).rejects.toMatchObject({
      refusal: { code: 'invalid_request', details: { issues: [{ path: 'cursor' }] } },
    })
    const down = createDatabase(brokenDatabase as unknown as D1Database)
    await expect(listApiKeys(down, { limit: 1, now: NOW })).rejects.toMatchObject({ refusal: { code: 'dependency_unavailable' } })
  })
})
