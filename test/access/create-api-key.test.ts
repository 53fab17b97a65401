import { env } from 'cloudflare:workers'
import { describe, expect, it, vi } from 'vitest'
import { hashOfApiKey, isInForce, principalOf, statusOf } from '../../src/access/api-key'
import { type ApiKeyDraft, checkApiKeyDraft, isPageOrigin } from '../../src/access/api-key-draft'
import { apiKeyRow, createApiKey, issueApiKey } from '../../src/access/create-api-key'
import { getApiKey } from '../../src/access/get-api-key'
import { BROWSER_SCOPES, SCOPES } from '../../src/access/scopes'
import { KEY_LIFETIME_MAX_MS } from '../../src/config/limits'
import type { Log } from '../../src/core/log'
import { createDatabase } from '../../src/db/client'
import { brokenDatabase } from '../support/broken'
import { T0 } from '../support/pure-gate'

const db = createDatabase(env.DB)
const DRAFT: ApiKeyDraft = {
  name: 'web shop',
  kind: 'secret',
  scopes: ['verifications:send', 'verifications:check'],
  purposes: null,
  origins: null,
  expiresAt: null,
}
const PUBLISHABLE: ApiKeyDraft = { ...DRAFT, kind: 'publishable', origins: ['https://shop.example.com'] }

const depsAt = (now: number) => ({ db, keys: { forget: vi.fn<() => void>() }, clock: () => now, log: vi.fn<Log>() })

describe('a new key', () => {
  it('opens what its draft says, and only its hash is kept (R-TOK-06)', async () => {
    const draft: ApiKeyDraft = { ...PUBLISHABLE, purposes: ['login'], expiresAt: T0 + 1_000 }
    const { key, row } = await createApiKey(depsAt(T0), draft, 'request-1')
    const kept = await getApiKey(db, row.id)
    expect(kept).toEqual(row)
    expect(JSON.stringify(kept)).not.toContain(key.slice(5, -8))
    expect(isInForce(kept, (await hashOfApiKey(key))!, T0)).toBe(true)
    expect(principalOf(kept)).toEqual({
      kind: 'browser',
      id: row.id,
      scopes: new Set(draft.scopes),
      purposes: new Set(['login']),
      origins: draft.origins,
    })
    expect(statusOf(kept, T0 + 999)).toBe('active')
    expect(statusOf(kept, T0 + 1_000)).toBe('expired')
  })

  it('has 160 random bits and an id of its own, however many are made at once (R-TOK-06)', async () => {
    const issued = await Promise.all(Array.from({ length: 200 }, () => issueApiKey(DRAFT, T0)))
    expect(new Set(issued.map(({ key }) => key)).size).toBe(200)
    expect(new Set(issued.map(({ row }) => row.id)).size).toBe(200)
    for (const { key, row } of issued) {
      expect(key).toMatch(/^evsk_[0-9a-f]{48}$/)
      expect(row.id).toMatch(/^key_[\w-]{22}$/)
    }
    // Each of the 160 bits is one about half the time.
    const bits = issued.map(({ key }) => BigInt(`0x${key.slice(5, 45)}`))
    for (let place = 0n; place < 160n; place += 1n) {
      const ones = bits.filter((value) => (value >> place) & 1n).length
      expect(ones).toBeGreaterThan(50)
      expect(ones).toBeLessThan(150)
    }
  })

  it('is the same row for the same draft, key and time', async () => {
    const about = { id: 'key_1', key: (await issueApiKey(DRAFT, T0)).key, now: T0 }
    expect(await apiKeyRow(DRAFT, about)).toEqual(await apiKeyRow(DRAFT, about))
    expect(await apiKeyRow({ ...DRAFT, scopes: DRAFT.scopes.toReversed() }, about)).toEqual(await apiKeyRow(DRAFT, about))
  })

  it('is told of in the log by its id, never by itself', async () => {
    const deps = depsAt(T0)
    const { row } = await createApiKey(deps, DRAFT, 'request-1')
    expect(deps.log.mock.calls).toEqual([['info', 'api_key.created', { request_id: 'request-1', api_key_id: row.id }]])
  })

  it('is not made where the draft is wrong, or D1 does not answer', async () => {
    const deps = depsAt(T0)
    const wrong = createApiKey(deps, { ...PUBLISHABLE, origins: null }, 'request-1')
    await expect(wrong).rejects.toMatchObject({ refusal: { code: 'invalid_request' } })
    const down = { ...deps, db: createDatabase(brokenDatabase as unknown as D1Database) }
    await expect(createApiKey(down, DRAFT, 'request-1')).rejects.toMatchObject({ refusal: { code: 'dependency_unavailable' } })
    expect(deps.log).not.toHaveBeenCalled()
  })
})

describe('what a draft can be', () => {
  const pathsOf = (draft: ApiKeyDraft) => checkApiKeyDraft(draft, T0).map(({ path }) => path)

  it.each<[string, ApiKeyDraft, string[]]>([
    ['a secret key for anything', { ...DRAFT, scopes: SCOPES }, []],
    ['a publishable one for all that pages may do', { ...PUBLISHABLE, scopes: BROWSER_SCOPES }, []],
    ['a publishable one for more', { ...PUBLISHABLE, scopes: ['verifications:send', 'leads:read'] }, ['scopes']],
    ['a publishable one that sees what others made', { ...PUBLISHABLE, scopes: ['callers:all'] }, ['scopes']],
    ['a publishable one of no page', { ...PUBLISHABLE, origins: null }, ['origins']],
    ['a secret one in pages', { ...DRAFT, origins: ['https://shop.example.com'] }, ['origins']],
    ['one that ends now', { ...DRAFT, expiresAt: T0 }, ['expires_at']],
    ['one that ends in a moment', { ...DRAFT, expiresAt: T0 + 1 }, []],
    ['one that ends in ten years', { ...DRAFT, expiresAt: T0 + KEY_LIFETIME_MAX_MS }, []],
    ['one that ends after that', { ...DRAFT, expiresAt: T0 + KEY_LIFETIME_MAX_MS + 1 }, ['expires_at']],
    [
      'all that is wrong at once',
      { ...PUBLISHABLE, scopes: ['loans:write'], origins: null, expiresAt: 0 },
      ['scopes', 'origins', 'expires_at'],
    ],
  ])('%s', (_title, draft, paths) => {
    expect(pathsOf(draft)).toEqual(paths)
  })

  it('names the scopes that are too much', () => {
    const [issue] = checkApiKeyDraft({ ...PUBLISHABLE, scopes: ['leads:read', 'leads:create', 'loans:write'] }, T0)
    expect(issue!.message).toMatch(/cannot have leads:read, leads:create, loans:write$/)
  })

  it.each([
    'https://shop.example.com',
    'https://shop.example.com:8443',
    'https://xn--bcher-kva.example',
    'https://my_shop.example.com',
    'https://192.0.2.7',
    'https://[2001:db8::7]',
    'http://localhost',
    'http://localhost:3000',
  ])('takes the page %s', (origin) => {
    expect(isPageOrigin(origin)).toBe(true)
  })

  it.each([
    '',
    'null',
    '*',
    'https://*.example.com',
    'https://shop.example.com/',
    'https://shop.example.com/path',
    'https://shop.example.com?x',
    'https://shop.example.com#x',
    'https://shop.example.com:443',
    'https://Shop.example.com',
    'HTTPS://shop.example.com',
    'https://bücher.example',
    'https://user@shop.example.com',
    ' https://shop.example.com',
    'https://shop.example.com https://other.example.com',
    'http://shop.example.com',
    'http://localhost.example.com',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
    'chrome-extension://abcdef',
    'file://',
    'data:text/html,x',
    'shop.example.com',
    '//shop.example.com',
  ])('does not take the page %j', (origin) => {
    expect(isPageOrigin(origin)).toBe(false)
  })
})
