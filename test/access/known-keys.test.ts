import { describe, expect, it, vi } from 'vitest'
import { type ApiKeyRow, hashOfApiKey, isInForce, newApiKey } from '../../src/access/api-key'
import { createKnownKeys } from '../../src/access/known-keys'
import {
  API_KEYS_KNOWN,
  API_KEY_BELIEVED_MS,
  API_KEY_FRESH_MS,
  API_KEY_UNKNOWN_MS,
  DEPENDENCY_TIMEOUT_MS,
} from '../../src/config/limits'
import type { Database } from '../../src/db/client'
import { planOf, watchedDatabase } from '../support/audit'
import { failing, hanging } from '../support/broken'
import { apiKeyRow, putApiKey } from '../support/keys'
import { T0 } from '../support/pure-gate'

type Read = () => Promise<ApiKeyRow | undefined>

/** One isolate that asks D1 by `read`, with a clock of its own. What it defers is done by `settled`. */
function isolate(read: Read) {
  const time = { now: T0 }
  const d1 = { read: vi.fn<Read>(read) }
  const db = { select: () => ({ from: () => ({ where: () => ({ get: () => d1.read() }) }) }) } as unknown as Database
  const log = vi.fn()
  const keys = createKnownKeys({ db, clock: () => time.now, log })
  const deferred: Promise<unknown>[] = []
  return {
    time,
    d1,
    log,
    keys,
    find: (hash: string) => keys.find(hash, (work) => void deferred.push(work)),
    settled: () => Promise.all(deferred),
    reads: () => d1.read.mock.calls.length,
  }
}

const HASH = 'hash'
const aRow = async () => ({ ...(await apiKeyRow()).row, hash: HASH })

describe('a key in D1', () => {
  it('is found by its hash and by the one before its rotation, along an index (R-TOK-06)', async () => {
    const previousKey = await newApiKey('secret')
    const { key, id } = await putApiKey({ previousKey, previousUntil: Date.now() + 60_000 })
    await putApiKey()
    const { db, done } = watchedDatabase()
    const keys = createKnownKeys({ db, clock: Date.now, log: vi.fn() })
    for (const one of [key, previousKey]) {
      expect(await keys.find((await hashOfApiKey(one))!, () => undefined)).toMatchObject({ id })
    }
    expect(done).toHaveLength(2)
    const plan = await planOf(done[0]!)
    expect(plan.filter((step) => step.startsWith('SEARCH'))).toHaveLength(2)
    expect(plan.some((step) => step.startsWith('SCAN'))).toBe(false)
  })
})

describe('a warm isolate', () => {
  it('reads nothing of a key that it knows', async () => {
    const { find, time, reads } = isolate(aRow)
    for (let request = 0; request < 100; request++) {
      expect(await find(HASH)).toMatchObject({ hash: HASH })
      time.now += API_KEY_FRESH_MS / 101
    }
    expect(reads()).toBe(1)
  })

  it('asks anew beside the request, once however many come, and nobody waits', async () => {
    const { find, time, d1, reads, settled } = isolate(aRow)
    await find(HASH)
    time.now += API_KEY_FRESH_MS
    const answer = Promise.withResolvers<ApiKeyRow>()
    d1.read.mockReturnValue(answer.promise)
    const found = await Promise.all(Array.from({ length: 20 }, () => find(HASH)))
    expect(found.every((row) => row?.hash === HASH)).toBe(true)
    expect(reads()).toBe(2)
    answer.resolve({ ...(await aRow()), revokedAt: time.now })
    await settled()
    expect(await find(HASH)).toMatchObject({ revokedAt: time.now })
    expect(reads()).toBe(2)
  })

  it('asks again when the work beside a request was broken off without a word', async () => {
    const { find, time, d1, reads } = isolate(aRow)
    await find(HASH)
    time.now += API_KEY_FRESH_MS
    d1.read.mockImplementation(hanging)
    await find(HASH)
    time.now += DEPENDENCY_TIMEOUT_MS - 1
    await find(HASH)
    expect(reads()).toBe(2)
    time.now += 1
    await find(HASH)
    expect(reads()).toBe(3)
  })

  it('lets a revoked key in for less than 60 seconds, at every hour of its knowledge', async () => {
    for (const knownFor of [0, 1, API_KEY_FRESH_MS - 1, API_KEY_FRESH_MS, 35_000, API_KEY_BELIEVED_MS - 1]) {
      const { find, time, d1 } = isolate(aRow)
      await find(HASH)
      time.now += knownFor
      const revokedAt = time.now
      const revoked = { ...(await aRow()), revokedAt }
      // The refreshing beside requests never comes to an end in this isolate: what it was told is what it has.
      d1.read.mockImplementation(hanging)
      let last = -Infinity
      for (; time.now < revokedAt + 120_000; time.now += 500) {
        if (time.now - T0 >= API_KEY_BELIEVED_MS) d1.read.mockImplementation(async () => revoked)
        const row = await find(HASH)
        if (row && isInForce(row, HASH, time.now)) last = time.now
      }
      expect(last - revokedAt).toBeLessThanOrEqual(API_KEY_BELIEVED_MS)
      expect(last - revokedAt).toBeLessThan(60_000)
    }
    // A read that began before the revocation may end after it.
    expect(API_KEY_BELIEVED_MS + DEPENDENCY_TIMEOUT_MS).toBeLessThan(60_000)
  })

  it('takes an answer that comes late for no newer than it is', async () => {
    const { find, time, d1, settled } = isolate(aRow)
    await find(HASH)
    time.now += API_KEY_FRESH_MS
    const slow = Promise.withResolvers<ApiKeyRow>()
    d1.read.mockReturnValueOnce(slow.promise)
    await find(HASH)
    time.now += DEPENDENCY_TIMEOUT_MS
    d1.read.mockResolvedValueOnce({ ...(await aRow()), revokedAt: time.now })
    await find(HASH)
    await new Promise((done) => setTimeout(done))
    slow.resolve(await aRow())
    await settled()
    expect(await find(HASH)).toMatchObject({ revokedAt: time.now })
  })

  it('forgets all at once, with what is being read just now', async () => {
    const { find, time, d1, keys, settled, reads } = isolate(aRow)
    await find(HASH)
    time.now += API_KEY_FRESH_MS
    const slow = Promise.withResolvers<ApiKeyRow>()
    d1.read.mockReturnValueOnce(slow.promise)
    await find(HASH)
    keys.forget()
    slow.resolve(await aRow())
    await settled()
    d1.read.mockResolvedValue({ ...(await aRow()), revokedAt: time.now })
    expect(await find(HASH)).toMatchObject({ revokedAt: time.now })
    expect(reads()).toBe(3)
  })
})

describe('while D1 fails', () => {
  it('a known key works on until nothing is believed any more, then nobody is let in', async () => {
    const { find, time, d1, log } = isolate(aRow)
    await find(HASH)
    d1.read.mockImplementation(failing)
    time.now += API_KEY_BELIEVED_MS - 1
    expect(await find(HASH)).toMatchObject({ hash: HASH })
    await vi.waitFor(() =>
      expect(log).toHaveBeenCalledWith('warn', 'api_key.not_read', { dependency: 'd1', error_name: 'Error' }),
    )
    time.now += 1
    await expect(find(HASH)).rejects.toMatchObject({ refusal: { code: 'dependency_unavailable', details: { dependency: 'd1' } } })
  })

  it('a key that nobody knows is let in nowhere, and asked for again at once', async () => {
    const { find, d1, reads } = isolate(failing)
    for (let request = 0; request < 3; request++) {
      await expect(find(HASH)).rejects.toMatchObject({ refusal: { code: 'dependency_unavailable' } })
    }
    expect(reads()).toBe(3)
    d1.read.mockImplementation(aRow)
    expect(await find(HASH)).toMatchObject({ hash: HASH })
  })

  it('nobody waits for an answer that does not come', async () => {
    const { find } = isolate(hanging)
    await expect(find(HASH)).rejects.toMatchObject({ refusal: { code: 'dependency_unavailable' } })
  })
})

describe('a key that is not there', () => {
  it('is known soon after it is', async () => {
    const { find, time, d1, reads } = isolate(async () => undefined)
    expect(await find(HASH)).toBeUndefined()
    d1.read.mockImplementation(aRow)
    time.now += API_KEY_UNKNOWN_MS - 1
    expect(await find(HASH)).toBeUndefined()
    expect(reads()).toBe(1)
    time.now += 1
    expect(await find(HASH)).toMatchObject({ hash: HASH })
    expect(API_KEY_UNKNOWN_MS).toBeLessThanOrEqual(5_000)
  })

  it('is asked for in vain by a flood without the real ones being forgotten, or memory without end', async () => {
    const { find, d1, reads } = isolate(aRow)
    await find(HASH)
    d1.read.mockImplementation(async () => undefined)
    for (let nth = 0; nth < 3 * API_KEYS_KNOWN; nth++) await find(`made-up-${nth}`)
    const before = reads()
    expect(await find(HASH)).toMatchObject({ hash: HASH })
    expect(reads()).toBe(before)
    // The newest are kept, the others are not.
    await find(`made-up-${3 * API_KEYS_KNOWN - 1}`)
    await find(`made-up-${2 * API_KEYS_KNOWN}`)
    expect(reads()).toBe(before)
    await find(`made-up-${2 * API_KEYS_KNOWN - 1}`)
    expect(reads()).toBe(before + 1)
  })
})

it('knows so many keys and no more: those asked for longest ago are forgotten', async () => {
  const { find, reads } = isolate(aRow)
  for (let nth = 0; nth <= API_KEYS_KNOWN; nth++) await find(`key-${nth}`)
  expect(reads()).toBe(API_KEYS_KNOWN + 1)
  await find('key-1')
  expect(reads()).toBe(API_KEYS_KNOWN + 1)
  await find('key-0')
  expect(reads()).toBe(API_KEYS_KNOWN + 2)
})

it('asks for each of the first requests by itself, since one that waits for another may wait for ever', async () => {
  const first = Promise.withResolvers<ApiKeyRow>()
  const { find, d1, reads } = isolate(() => first.promise)
  const brokenOff = find(HASH)
  d1.read.mockImplementation(aRow)
  expect(await find(HASH)).toMatchObject({ hash: HASH })
  expect(reads()).toBe(2)
  first.resolve(await aRow())
  await brokenOff
})
