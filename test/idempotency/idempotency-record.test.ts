import { evictDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { IDEMPOTENCY_LEASE_MS, IDEMPOTENCY_RETENTION_MS } from '../../src/config/limits'
import { type RecordStub, alarmOf, fireAlarm, storedIn } from './records'

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())

const first = { fingerprint: 'one thing', attempt: 'first' }
const again = { fingerprint: 'one thing', attempt: 'again' }

let names = 0
const newRecord = (): RecordStub => env.IDEMPOTENCY.getByName(`a record of this test ${(names += 1)}`)

it('lets one of twenty begin', async () => {
  const record = newRecord()
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, index) => record.begin({ fingerprint: 'one thing', attempt: `${index}` })),
  )
  expect(replies.filter(({ status }) => status === 'begun')).toHaveLength(1)
  expect(replies.filter(({ status }) => status === 'in_use')).toHaveLength(19)
})

it('remembers through a restart, while it runs and when it is answered (R-CON-04)', async () => {
  const record = newRecord()
  await record.begin(first)
  await evictDurableObject(record)
  expect(await record.begin(again)).toMatchObject({ status: 'in_use' })
  expect(await record.keep({ attempt: 'first', sealed: 'v1.sealed' })).toBe(true)
  await evictDurableObject(record)
  expect(await record.begin(again)).toEqual({ status: 'kept', sealed: 'v1.sealed' })
})

it('gives a key back, with all that it has stored', async () => {
  const record = newRecord()
  await record.begin(first)
  expect(await storedIn(record)).not.toEqual({})
  expect(await record.giveBack('first')).toBe(true)
  expect(await storedIn(record)).toEqual({})
  expect(await alarmOf(record)).toBeNull()
  expect(await record.begin({ ...again, fingerprint: 'another thing' })).toEqual({ status: 'begun' })
})

it('gives nothing back that somebody else has, and nothing that is answered', async () => {
  const record = newRecord()
  await record.begin(first)
  expect(await record.giveBack('again')).toBe(false)
  await record.keep({ attempt: 'first', sealed: 'v1.sealed' })
  expect(await record.giveBack('first')).toBe(false)
  expect(await record.begin(again)).toEqual({ status: 'kept', sealed: 'v1.sealed' })
})

it('keeps nothing of a Worker that was taken for dead', async () => {
  const record = newRecord()
  await record.begin(first)
  vi.advanceTimersByTime(IDEMPOTENCY_LEASE_MS)
  expect(await record.begin(again)).toEqual({ status: 'begun' })
  expect(await record.keep({ attempt: 'first', sealed: 'late' })).toBe(false)
  expect(await record.begin(first)).toMatchObject({ status: 'in_use' })
})

it('deletes itself when its day is over, and not before', async () => {
  const record = newRecord()
  const begunAt = Date.now()
  await record.begin(first)
  await record.keep({ attempt: 'first', sealed: 'v1.sealed' })
  const due = begunAt + IDEMPOTENCY_RETENTION_MS
  expect(await alarmOf(record)).toBe(due)

  vi.setSystemTime(due - 1)
  await fireAlarm(record)
  expect(await record.begin(again)).toEqual({ status: 'kept', sealed: 'v1.sealed' })
  expect(await alarmOf(record)).toBe(due)

  vi.setSystemTime(due)
  await fireAlarm(record)
  expect(await storedIn(record)).toEqual({})
  expect(await alarmOf(record)).toBeNull()
})

it('is as good as new when its day is over and the alarm is late, and has another day', async () => {
  const record = newRecord()
  await record.begin(first)
  await record.keep({ attempt: 'first', sealed: 'v1.sealed' })
  vi.advanceTimersByTime(IDEMPOTENCY_RETENTION_MS)
  expect(await record.begin({ fingerprint: 'another thing', attempt: 'again' })).toEqual({ status: 'begun' })
  expect(await alarmOf(record)).toBe(Date.now() + IDEMPOTENCY_RETENTION_MS)
})

it('writes nothing where it only tells what is with the key', async () => {
  const record = newRecord()
  const stored = async () => JSON.stringify([await storedIn(record), await alarmOf(record)])
  await record.begin(first)
  await record.keep({ attempt: 'first', sealed: 'v1.sealed' })
  const before = await stored()
  vi.advanceTimersByTime(1_000)
  await record.begin(again)
  await record.begin({ ...again, fingerprint: 'another thing' })
  await record.keep({ attempt: 'first', sealed: 'v1.other' })
  expect(await stored()).toBe(before)
})
