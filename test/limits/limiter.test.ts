import { evictDurableObject, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { writeDecisions } from '../../src/limits/decisions/write-decisions'
import { createDatabase } from '../../src/db/client'
import type { DecisionRow } from '../../src/limits/limiter-state'
import { failing } from '../support/broken'
import { carry, decisionsOf, limiterOf, limiterState } from '../support/limits'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
const FIGURES = { rule: 'address', mode: 'enforce', limit: 2, windowMs: 60 * MINUTE_MS, share: 0.8 } as const

let subjects = 0
const uniqueSubject = () => `network-${(subjects += 1)}`
const count = (subject: string, requestId = 'req-1') => limiterOf(`address:${subject}`).count({ ...FIGURES, subject, requestId })
const alarmOf = (subject: string) =>
  runInDurableObject(limiterOf(`address:${subject}`), (_limiter, state) => state.storage.getAlarm())
/** D1 as the object has it. */
const databaseOf = (subject: string) =>
  runInDurableObject(limiterOf(`address:${subject}`), (limiter) => (limiter as unknown as { env: Env }).env.DB)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Two sends, and one that is refused. */
async function strike(subject: string): Promise<void> {
  for (let nth = 1; nth <= 3; nth++) await count(subject, `req-${nth}`)
}

describe('the object of a limiter', () => {
  it('keeps what it has counted when it is evicted', async () => {
    const subject = uniqueSubject()
    await count(subject)
    await evictDurableObject(limiterOf(`address:${subject}`))
    await count(subject)
    await evictDurableObject(limiterOf(`address:${subject}`))
    expect(await count(subject)).toMatchObject({ status: 'refused' })
  })

  it('carries a strike to D1 within seconds, as one row, and counts on once a minute', async () => {
    const subject = uniqueSubject()
    await strike(subject)
    expect(await alarmOf(subject)).toBe(Date.now() + 4_000)
    await carry(`address:${subject}`)
    expect(await decisionsOf('address', subject)).toMatchObject([{ count: 1, requestId: 'req-3', liftedAt: null }])

    for (let nth = 0; nth < 100; nth++) await count(subject)
    expect(await alarmOf(subject)).toBe(Date.now() + MINUTE_MS)
    await carry(`address:${subject}`)
    expect(await decisionsOf('address', subject)).toMatchObject([{ count: 101, requestId: 'req-3' }])
  })

  it('loses nothing while D1 is down, asks less and less often, and never gives up', async () => {
    const subject = uniqueSubject()
    await strike(subject)
    const database = await databaseOf(subject)
    const prepare = vi.spyOn(database, 'prepare').mockImplementation(() => {
      throw new Error('injected')
    })
    const batch = vi.spyOn(database, 'batch').mockImplementation(failing)
    const pauses: number[] = []
    for (let nth = 0; nth < 14; nth++) {
      expect(await carry(`address:${subject}`)).toBe(true)
      pauses.push((await alarmOf(subject))! - Date.now())
    }
    expect(pauses[0]).toBeLessThan(2_500)
    expect(pauses.at(-1)).toBeGreaterThan(11 * MINUTE_MS)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(18 * MINUTE_MS)

    prepare.mockRestore()
    batch.mockRestore()
    await carry(`address:${subject}`)
    expect(await decisionsOf('address', subject)).toHaveLength(1)
    expect((await limiterState(`address:${subject}`))?.flushFailures).toBe(0)
  })

  it('deletes its storage when nothing in it decides any more, and not before', async () => {
    const [quiet, struck] = [uniqueSubject(), uniqueSubject()]
    await count(quiet)
    await strike(struck)
    await carry(`address:${struck}`)
    vi.advanceTimersByTime(62 * MINUTE_MS)
    await carry(`address:${quiet}`)
    await carry(`address:${struck}`)
    expect(await limiterState(`address:${quiet}`)).toBeUndefined()
    expect(await limiterState(`address:${struck}`)).toMatchObject({ strikes: 1 })

    vi.advanceTimersByTime(7 * DAY_MS)
    await carry(`address:${struck}`)
    expect(await limiterState(`address:${struck}`)).toBeUndefined()
  })

  it('goes on keeping what came after its alarm was set', async () => {
    const subject = uniqueSubject()
    await count(subject)
    vi.advanceTimersByTime(40 * MINUTE_MS)
    await count(subject)
    vi.advanceTimersByTime(22 * MINUTE_MS)
    await carry(`address:${subject}`)
    expect(await count(subject)).toMatchObject({ status: 'counted' })
    expect(await count(subject)).toMatchObject({ status: 'refused' })
  })

  it('stores nothing for what it does not know', async () => {
    const subject = uniqueSubject()
    const limiter = limiterOf(`address:${subject}`)
    await limiter.giveBack({ at: 0, limit: 2, share: 0.8 })
    await limiter.verify({ at: [0], share: 0.8 })
    await limiter.correct({ day: 0, change: 1 })
    expect(await limiter.lift()).toBe(false)
    expect(await limiterState(`address:${subject}`)).toBeUndefined()
  })
})

describe('a row in D1', () => {
  const db = createDatabase(env.DB)
  const row = (changes: Partial<DecisionRow>): DecisionRow => ({
    id: '0199e9a0-5a4e-7c8e-9d0c-2f6b1f0c7d11',
    rule: 'address',
    mode: 'enforce',
    subject: 'written',
    firstAt: 1,
    lastAt: 5,
    count: 3,
    requestId: 'req-1',
    until: 900,
    liftedAt: null,
    ...changes,
  })

  it('takes nothing back when a write comes late, or again', async () => {
    await writeDecisions(db, [row({ count: 7, lastAt: 9, until: 400, liftedAt: 10 })])
    await writeDecisions(db, [row({})])
    await writeDecisions(db, [row({})])
    expect(await decisionsOf('address', 'written')).toEqual([row({ count: 7, lastAt: 9, until: 400, liftedAt: 10 })])
    await writeDecisions(db, [row({ count: 8, lastAt: 11, until: 500, liftedAt: null })])
    expect(await decisionsOf('address', 'written')).toEqual([row({ count: 8, lastAt: 11, until: 500, liftedAt: 10 })])
  })
})
