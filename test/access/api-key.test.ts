import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  API_KEY_KINDS,
  KEY_PREFIXES,
  hashOfApiKey,
  hintOf,
  isInForce,
  looksLikeApiKey,
  newApiKey,
  principalOf,
} from '../../src/access/api-key'
import { BROWSER_SCOPES, SCOPES } from '../../src/access/scopes'
import { createDatabase } from '../../src/db/client'
import { apiKeys } from '../../src/db/schema'
import { PAGE, apiKeyRow, putApiKey } from '../support/keys'
import { T0 } from '../support/pure-gate'

const BODY = /^ev[sp]k_([0-9a-f]{40})([0-9a-f]{8})$/

describe.each(API_KEY_KINDS)('a %s key (R-TOK-06)', (kind) => {
  it('begins with what secret scanners know it by, and ends with a checksum', async () => {
    const key = await newApiKey(kind)
    expect(key).toMatch(BODY)
    expect(key.startsWith(KEY_PREFIXES[kind])).toBe(true)
    expect(looksLikeApiKey(key)).toBe(true)
    expect(hintOf(key)).toBe(key.slice(-4))
  })

  it('has 160 random bits: none comes twice, and every bit is on as often as off', async () => {
    const many = 4_000
    const keys = await Promise.all(Array.from({ length: many }, () => newApiKey(kind)))
    expect(new Set(keys).size).toBe(many)
    const bits = keys.map((key) => Array.from(Uint8Array.fromHex(BODY.exec(key)![1]!), (byte) => byte))
    const ones = Array.from({ length: 160 }, (_, bit) => bits.filter((bytes) => (bytes[bit >> 3]! >> (bit & 7)) & 1).length)
    // Six standard deviations: one of 160 bits is beyond that once in millions of runs.
    const spread = 6 * Math.sqrt(many / 4)
    expect(Math.min(...ones)).toBeGreaterThan(many / 2 - spread)
    expect(Math.max(...ones)).toBeLessThan(many / 2 + spread)
  })

  it('has a hash that tells nothing of it, and is the same each time', async () => {
    const key = await newApiKey(kind)
    const hash = await hashOfApiKey(key)
    expect(hash).toMatch(/^[\w-]{43}$/)
    expect(await hashOfApiKey(key)).toBe(hash)
    expect(key).not.toContain(hash!.slice(0, 8))
    expect(await hashOfApiKey(await newApiKey(kind))).not.toBe(hash)
  })

  it('is none with any one character changed, left out or put in', async () => {
    const key = await newApiKey(kind)
    for (let at = 0; at < key.length; at++) {
      const other = key[at] === '0' ? '1' : '0'
      expect(await hashOfApiKey(key.slice(0, at) + other + key.slice(at + 1)), `changed at ${at}`).toBeUndefined()
      expect(await hashOfApiKey(key.slice(0, at) + key.slice(at + 1)), `without ${at}`).toBeUndefined()
      expect(await hashOfApiKey(key.slice(0, at) + other + key.slice(at)), `more at ${at}`).toBeUndefined()
    }
    for (const text of [key.toUpperCase(), ` ${key}`, `${key} `, `${key}\n`, `${key}é`, key.repeat(200), '']) {
      expect(await hashOfApiKey(text)).toBeUndefined()
    }
  })
})

it('is none of the other kind: its checksum is of its prefix, too', async () => {
  const secret = await newApiKey('secret')
  expect(await hashOfApiKey(secret.replace('evsk_', 'evpk_'))).toBeUndefined()
})

it('is nowhere in D1 as it is sent (R-TOK-06)', async () => {
  const { key, id } = await putApiKey()
  const dump = JSON.stringify(await createDatabase(env.DB).select().from(apiKeys).all())
  expect(dump).toContain(id)
  expect(dump).not.toContain(key)
  const [, random] = BODY.exec(key)!
  expect(dump).not.toContain(random)
  expect(dump).not.toContain(random!.slice(0, 12))
})

describe('a key in force', () => {
  const inForce = async (changes: Parameters<typeof apiKeyRow>[0], now: number) => {
    const { row } = await apiKeyRow(changes)
    return isInForce(row, row.hash, now)
  }

  it('is one without an end, or before it', async () => {
    expect(await inForce({}, T0)).toBe(true)
    expect(await inForce({ expiresAt: T0 + 1 }, T0)).toBe(true)
    expect(await inForce({ expiresAt: T0 }, T0)).toBe(false)
    expect(await inForce({ expiresAt: T0 - 1 }, T0)).toBe(false)
  })

  it('is none that was revoked, whenever', async () => {
    expect(await inForce({ revokedAt: T0 - 1 }, T0)).toBe(false)
    expect(await inForce({ revokedAt: T0 + 1 }, T0)).toBe(false)
    expect(await inForce({ revokedAt: 0 }, T0)).toBe(false)
  })

  it('is the one before the rotation too, for as long as they overlap (R-TOK-06)', async () => {
    const previousKey = await newApiKey('secret')
    const { row } = await apiKeyRow({ previousKey, previousUntil: T0 })
    const previous = (await hashOfApiKey(previousKey))!
    expect(isInForce(row, row.hash, T0 - 1)).toBe(true)
    expect(isInForce(row, previous, T0 - 1)).toBe(true)
    expect(isInForce(row, previous, T0)).toBe(false)
    expect(isInForce(row, row.hash, T0)).toBe(true)
    expect(isInForce({ ...row, previousUntil: null }, previous, T0 - 1)).toBe(false)
    expect(isInForce({ ...row, revokedAt: T0 - 2 }, previous, T0 - 1)).toBe(false)
    expect(isInForce({ ...row, expiresAt: T0 - 1 }, previous, T0 - 1)).toBe(false)
  })

  it('is none by the hash of another', async () => {
    const { row } = await apiKeyRow()
    expect(isInForce(row, (await hashOfApiKey(await newApiKey('secret')))!, T0)).toBe(false)
  })
})

describe('who comes with a key', () => {
  it('is a server with the scopes and purposes of the key', async () => {
    const { row } = await apiKeyRow({ scopes: ['leads:read', 'callers:all'], purposes: ['login'] })
    expect(principalOf(row)).toEqual({
      kind: 'server',
      id: row.id,
      scopes: new Set(['leads:read', 'callers:all']),
      purposes: new Set(['login']),
    })
  })

  it('is a page with its origins', async () => {
    const { row } = await apiKeyRow({ kind: 'publishable' })
    expect(principalOf(row)).toEqual({ kind: 'browser', id: row.id, scopes: new Set(BROWSER_SCOPES), origins: [PAGE] })
  })

  it('has no scope that is unknown, or not for pages, whatever D1 says (R-TOK-06)', async () => {
    const { row } = await apiKeyRow({ scopes: ['leads:read', 'everything', 'LEADS:CREATE', 'constructor', ''] })
    expect([...principalOf(row).scopes]).toEqual(['leads:read'])
    const page = await apiKeyRow({ kind: 'publishable', scopes: SCOPES })
    expect([...principalOf(page.row).scopes]).toEqual([...BROWSER_SCOPES])
    expect(principalOf({ ...page.row, kind: 'another' })).toMatchObject({ kind: 'browser', scopes: new Set(BROWSER_SCOPES) })
  })
})
