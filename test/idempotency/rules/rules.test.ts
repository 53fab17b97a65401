import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IDEMPOTENCY_LEASE_MS, IDEMPOTENCY_RETENTION_MS } from '../../../src/config/limits'
import { begin } from '../../../src/idempotency/rules/begin'
import { giveBack } from '../../../src/idempotency/rules/give-back'
import { keep } from '../../../src/idempotency/rules/keep'
import type { RecordState } from '../../../src/idempotency/rules/record-state'

const NOW = Date.UTC(2026, 10, 21, 6, 30)
const SECOND_MS = 1_000
const first = { fingerprint: 'one thing', attempt: 'first' }
const again = { fingerprint: 'one thing', attempt: 'again' }
const other = { fingerprint: 'another thing', attempt: 'again' }

const begun = begin(undefined, first, NOW).state!
const answered = keep(begun, { attempt: 'first', sealed: 'the answer' }).state!

describe('beginning', () => {
  it('lets the first do it, for the lease and with the day of the key', () => {
    const { state, reply } = begin(undefined, first, NOW)
    expect(reply).toEqual({ status: 'begun' })
    expect(state).toEqual({
      version: 1,
      ...first,
      begunAt: NOW,
      leasedUntil: NOW + IDEMPOTENCY_LEASE_MS,
      expiresAt: NOW + IDEMPOTENCY_RETENTION_MS,
    })
  })

  it('lets the first go on whose reply was lost', () => {
    expect(begin(begun, first, NOW + 10)).toEqual({ state: begun, reply: { status: 'begun' } })
  })

  it.each([
    [0, SECOND_MS],
    [400, SECOND_MS],
    [5_000, 5_000],
    [44_000, 44_000],
    [60_000, 30_000],
    [89_999, 1],
  ])('has others wait after %i ms for %i ms', (after, waitMs) => {
    expect(begin(begun, again, NOW + after)).toEqual({ state: begun, reply: { status: 'in_use', waitMs } })
  })

  it('is for one thing: another is told so while it runs, and when it is answered', () => {
    expect(begin(begun, other, NOW + 1)).toEqual({ state: begun, reply: { status: 'reused' } })
    expect(begin(answered, other, NOW + 1)).toEqual({ state: answered, reply: { status: 'reused' } })
  })

  it('tells the answer, to the last millisecond of the day', () => {
    const kept = { state: answered, reply: { status: 'kept', sealed: 'the answer' } }
    expect(begin(answered, again, NOW + 1)).toEqual(kept)
    expect(begin(answered, again, NOW + IDEMPOTENCY_LEASE_MS)).toEqual(kept)
    expect(begin(answered, again, NOW + IDEMPOTENCY_RETENTION_MS - 1)).toEqual(kept)
  })

  it.each([
    ['a day is over', answered, IDEMPOTENCY_RETENTION_MS],
    ['the first has died', begun, IDEMPOTENCY_LEASE_MS],
  ])('begins anew when %s, for anything', (_when, state, after) => {
    for (const request of [again, other]) {
      const anew = begin(state, request, NOW + after)
      expect(anew.reply).toEqual({ status: 'begun' })
      expect(anew.state).toEqual(begin(undefined, request, NOW + after).state)
    }
  })
})

describe('keeping', () => {
  it('keeps the answer of who began, once', () => {
    expect(keep(begun, { attempt: 'first', sealed: 'the answer' })).toEqual({
      state: { ...begun, sealed: 'the answer' },
      reply: true,
    })
    expect(keep(answered, { attempt: 'first', sealed: 'the same, sealed again' })).toEqual({ state: answered, reply: true })
  })

  it('keeps none of who was taken for dead, and none for nobody', () => {
    const { state } = begin(begun, again, NOW + IDEMPOTENCY_LEASE_MS)
    expect(keep(state, { attempt: 'first', sealed: 'late' })).toEqual({ state, reply: false })
    expect(keep(undefined, { attempt: 'first', sealed: 'late' })).toEqual({ state: undefined, reply: false })
  })
})

describe('giving back', () => {
  it('forgets the key', () => {
    expect(giveBack(begun, 'first')).toEqual({ state: undefined, reply: true })
  })

  it('leaves what is of others, and what is answered', () => {
    expect(giveBack(begun, 'again')).toEqual({ state: begun, reply: false })
    expect(giveBack(answered, 'first')).toEqual({ state: answered, reply: false })
    expect(giveBack(undefined, 'first')).toEqual({ state: undefined, reply: false })
  })
})

it('lets, whatever comes in which order, one at a time do it, and nobody after an answer (R-HTTP-04)', () => {
  const step = fc.record({
    event: fc.constantFrom('begin', 'keep', 'giveBack'),
    attempt: fc.constantFrom('a', 'b', 'c'),
    fingerprint: fc.constantFrom('one', 'two'),
    afterMs: fc.constantFrom(0, 1, 1_000, 45_000, IDEMPOTENCY_LEASE_MS),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let state: RecordState | undefined
      let now = NOW
      let running: { readonly attempt: string; readonly until: number } | undefined
      let kept: { readonly fingerprint: string; readonly sealed: string; readonly until: number } | undefined
      for (const [index, { event, attempt, fingerprint, afterMs }] of steps.entries()) {
        now += afterMs
        if (event === 'begin') {
          const { state: next, reply } = begin(state, { attempt, fingerprint }, now)
          if (kept && now < kept.until) {
            expect(reply).toEqual(
              kept.fingerprint === fingerprint ? { status: 'kept', sealed: kept.sealed } : { status: 'reused' },
            )
          } else if (reply.status === 'begun') {
            expect(!running || now >= running.until || running.attempt === attempt).toBe(true)
            if (next !== state) [running, kept] = [{ attempt, until: now + IDEMPOTENCY_LEASE_MS }, undefined]
          } else {
            expect(running && now < running.until).toBe(true)
            if (reply.status === 'in_use') expect(now + reply.waitMs).toBeLessThanOrEqual(running!.until)
          }
          state = next
        } else if (event === 'keep') {
          const { state: next, reply } = keep(state, { attempt, sealed: `answer ${index}` })
          expect(reply).toBe(state?.attempt === attempt)
          if (next !== state) {
            kept = { fingerprint: next!.fingerprint, sealed: next!.sealed!, until: next!.expiresAt }
            running = undefined
          }
          state = next
        } else {
          const { state: next, reply } = giveBack(state, attempt)
          if (reply) running = undefined
          if (kept && now < kept.until) expect(next).toBe(state)
          state = next
        }
      }
    }),
  )
})
