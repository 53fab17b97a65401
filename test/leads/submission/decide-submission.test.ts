import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FIRST_SUBMISSION_PAUSE_MS, LONGEST_SUBMISSION_PAUSE_MS, SUBMISSION_GIVE_UP_MS } from '../../../src/config/limits'
import { afterAttempt, resumed } from '../../../src/leads/submission/decide-submission'
import type { LenderFailure, SubmitOutcome } from '../../../src/leads/lender/lender'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const T0 = Date.UTC(2026, 10, 21)
const FAILURES: readonly LenderFailure[] = [
  'provider_auth',
  'rate_limited',
  'provider_unavailable',
  'timeout',
  'connection_lost',
  'unreadable_reply',
  'unknown',
]

const tried = (
  attempts: number,
  told: { status: string | null; statusAt: number | null } = { status: null, statusAt: null },
) => ({
  attempts,
  waitingSince: T0,
  ...told,
})
const failing = (status: 'failed' | 'unknown', reason: LenderFailure = 'provider_unavailable'): SubmitOutcome => ({
  status,
  reason,
  httpStatus: 503,
})
const accepted = (changes: object = {}): SubmitOutcome => ({
  status: 'accepted',
  application: {
    applicationId: 'B002BJF',
    customerId: 'c-1',
    relationId: 'r-1',
    status: 'Under Review',
    response: { isError: false },
    ...changes,
  },
})

describe('an attempt that the lender accepted', () => {
  it('is over: the lead has the application and its status, and the customer is told', () => {
    expect(afterAttempt(tried(3), accepted(), T0 + 5, 0)).toEqual({
      set: {
        submission: 'submitted',
        nextAttemptAt: null,
        inDoubt: false,
        failure: null,
        applicationId: 'B002BJF',
        customerId: 'c-1',
        relationId: 'r-1',
        status: 'Under Review',
        statusAt: T0 + 5,
        lenderResponse: { isError: false },
      },
      event: {
        kind: 'submission.accepted',
        detail: { attempt: 3, application_id: 'B002BJF', status: 'Under Review' },
      },
      notice: { kind: 'lead_created', status: 'Under Review' },
    })
  })

  it('has the status of brief 001 where the lender has none yet', () => {
    const { set, notice } = afterAttempt(tried(1), accepted({ status: null, response: undefined }), T0, 0)
    expect(set).toMatchObject({ status: 'created', lenderResponse: null })
    expect(notice).toEqual({ kind: 'lead_created', status: 'created' })
  })

  it('keeps the status that the lender told by itself before: it is newer than the answer', () => {
    const told = { status: 'Documents Received', statusAt: T0 + 1 }
    const { set, event, notice } = afterAttempt(tried(1, told), accepted(), T0 + 5, 0)
    expect(set).toMatchObject({ submission: 'submitted', ...told })
    expect([event.detail, notice]).toMatchObject([{ status: told.status }, { kind: 'lead_created', status: told.status }])
  })

  it('is over also when it comes long after the time for it', () => {
    expect(afterAttempt(tried(90), accepted(), T0 + 10 * SUBMISSION_GIVE_UP_MS, 0).set.submission).toBe('submitted')
  })
})

describe('an attempt that the lender refused', () => {
  it('is over, with the reason and what it said, and the customer is told nothing', () => {
    const outcome: SubmitOutcome = { status: 'refused', reason: 'validation_failed', response: { isError: true } }
    expect(afterAttempt(tried(2), outcome, T0, 1)).toEqual({
      set: {
        submission: 'refused',
        nextAttemptAt: null,
        inDoubt: false,
        failure: 'validation_failed',
        status: null,
        statusAt: null,
        lenderResponse: { isError: true },
      },
      event: { kind: 'submission.refused', detail: { attempt: 2, reason: 'validation_failed' } },
    })
  })
})

describe('an attempt that came to nothing', () => {
  it.each([
    ['failed', false],
    ['unknown', true],
  ] as const)('%s: waits on, in doubt: %s', (status, inDoubt) => {
    for (const reason of FAILURES) {
      const change = afterAttempt(tried(1), failing(status, reason), T0, 1)
      expect(change).toEqual({
        set: { nextAttemptAt: T0 + MINUTE_MS, inDoubt, failure: reason },
        event: { kind: `submission.${status}`, detail: { attempt: 1, reason, http_status: 503, in_doubt: inDoubt } },
      })
    }
  })

  it('is followed by pauses that double from a minute to an hour', () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 8, 50, 100_000].map(
      (attempts) => afterAttempt(tried(attempts), failing('failed'), T0, 1).set.nextAttemptAt! - T0,
    )
    expect(pauses).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60, 60].map((minutes) => minutes * MINUTE_MS))
  })

  it('waits a fifth less at most, so that leads do not come back all at once', () => {
    for (const attempts of [1, 4, 7]) {
      const pauseOf = (jitter: number) => afterAttempt(tried(attempts), failing('failed'), T0, jitter).set.nextAttemptAt! - T0
      expect(pauseOf(0)).toBe(0.8 * pauseOf(1))
      expect(pauseOf(0.5)).toBe(0.9 * pauseOf(1))
    }
  })

  it('is made once more when the 48 hours are up, and not a pause before', () => {
    expect(SUBMISSION_GIVE_UP_MS).toBe(48 * HOUR_MS)
    const deadline = T0 + SUBMISSION_GIVE_UP_MS
    expect(afterAttempt(tried(50), failing('failed'), deadline - 10 * MINUTE_MS, 1).set.nextAttemptAt).toBe(deadline)
    expect(afterAttempt(tried(50), failing('failed'), deadline - 1, 1).set.nextAttemptAt).toBe(deadline)
    expect(afterAttempt(tried(50), failing('failed'), deadline - HOUR_MS, 1).set.nextAttemptAt).toBe(deadline)
  })

  it.each([
    ['failed', false],
    ['unknown', true],
  ] as const)('%s at the end of the 48 hours is given up, in doubt: %s', (status, inDoubt) => {
    for (const late of [0, 1, 30 * 24 * HOUR_MS]) {
      const change = afterAttempt(tried(60), failing(status, 'timeout'), T0 + SUBMISSION_GIVE_UP_MS + late, 1)
      expect(change).toEqual({
        set: { submission: 'given_up', nextAttemptAt: null, inDoubt, failure: 'timeout' },
        event: {
          kind: 'submission.given_up',
          detail: { attempt: 60, reason: 'timeout', http_status: 503, in_doubt: inDoubt },
        },
      })
    }
  })
})

describe('whatever comes of attempts', () => {
  const outcome = fc.record({
    status: fc.constantFrom('failed' as const, 'unknown' as const),
    reason: fc.constantFrom(...FAILURES),
    httpStatus: fc.option(fc.integer({ min: 200, max: 599 })),
  })
  const jitter = fc.double({ min: 0, max: 1, noNaN: true })

  it('each pause is at least what is due, none is over an hour, the last attempt is at 48 hours, and it ends there', () => {
    fc.assert(
      fc.property(fc.infiniteStream(outcome), fc.infiniteStream(jitter), fc.nat(90_000), (outcomes, jitters, delay) => {
        let now = T0
        let last = T0
        for (let attempts = 1; ; attempts++) {
          // The job may come late, and a lender takes its time.
          const heardAt = now + (attempts % 3 === 0 ? delay : 0)
          const one = outcomes.next().value!
          const { set, event, notice } = afterAttempt(tried(attempts), one, heardAt, jitters.next().value)
          expect(notice).toBeUndefined()
          expect(set.inDoubt).toBe(one.status === 'unknown')
          expect(event.detail).toMatchObject({ attempt: attempts, reason: one.reason })
          last = now
          if (set.submission === 'given_up') {
            expect(heardAt).toBeGreaterThanOrEqual(T0 + SUBMISSION_GIVE_UP_MS)
            expect(set.nextAttemptAt).toBeNull()
            break
          }
          const pause = set.nextAttemptAt! - heardAt
          const usual = Math.min(LONGEST_SUBMISSION_PAUSE_MS, FIRST_SUBMISSION_PAUSE_MS * 2 ** (attempts - 1))
          const left = T0 + SUBMISSION_GIVE_UP_MS - heardAt
          expect(pause).toBeGreaterThanOrEqual(Math.min(Math.floor(0.8 * usual), left))
          expect(pause).toBeLessThanOrEqual(Math.min(usual, left))
          expect(pause).toBeGreaterThan(0)
          now = set.nextAttemptAt!
          expect(attempts).toBeLessThan(80)
        }
        // The last one was not made before the time was up, but for what the lender took for its answer.
        expect(last).toBeGreaterThanOrEqual(T0 + SUBMISSION_GIVE_UP_MS - delay)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a lead that is asked for once more', () => {
  it('waits from now on, and is due; what is in doubt stays so', () => {
    const { set, event, notice } = resumed(T0)
    expect(set).toEqual({ submission: 'waiting', attempts: 0, waitingSince: T0, nextAttemptAt: T0 })
    expect(event).toEqual({ kind: 'submission.resumed', detail: {} })
    expect(notice).toBeUndefined()
  })
})
