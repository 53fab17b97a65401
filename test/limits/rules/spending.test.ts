import { describe, expect, it } from 'vitest'
import { EMPTY_LIMITER_STATE, type LimiterState } from '../../../src/limits/limiter-state'
import { lift } from '../../../src/limits/rules/lift'
import { type SpendReply, correctSpend, reserveSpend } from '../../../src/limits/rules/spending'
import { PureLimiter } from '../../support/limits'
import { HOUR_MS, MINUTE_MS, T0 } from '../../support/pure-gate'

const DAY_MS = 24 * HOUR_MS
const MIDNIGHT = Date.UTC(2026, 10, 22)

/** A cap of 100 a day, with a clock that only the test moves. */
class PureBudget {
  state: LimiterState = EMPTY_LIMITER_STATE
  now = T0
  #asked = 0

  spend(micros: number, mode: 'enforce' | 'observe' = 'enforce'): SpendReply {
    this.#asked += 1
    const ids = { requestId: `req-${this.#asked}`, decisionId: `decision-${this.#asked}` }
    const asked = { rule: 'spend', subject: 'deployment', mode, micros, capMicros: 100, ...ids } as const
    const { state, reply } = reserveSpend(this.state, asked, this.now)
    this.state = state
    return reply
  }

  correct(change: number, day = Date.UTC(2026, 10, 21)): void {
    this.state = correctSpend(this.state, { day, change })
  }

  lift(): boolean {
    const { state, reply } = lift(this.state, this.now)
    this.state = state
    return reply
  }
}

describe('the cap of a day (R-AUT-05)', () => {
  it('can be spent to the last millionth, and not crossed', () => {
    const budget = new PureBudget()
    expect(budget.spend(60)).toMatchObject({ status: 'reserved', struck: false })
    expect(budget.spend(41)).toEqual({ status: 'refused', waitMs: MIDNIGHT - T0, alerts: true })
    expect(budget.spend(40)).toMatchObject({ status: 'reserved' })
    expect(budget.spend(1)).toEqual({ status: 'refused', waitMs: MIDNIGHT - T0, alerts: false })
    expect(budget.spend(0)).toMatchObject({ status: 'reserved' })
  })

  it('begins anew at midnight UTC, and so does the alert', () => {
    const budget = new PureBudget()
    budget.now = MIDNIGHT - 1
    budget.spend(100)
    expect(budget.spend(1)).toEqual({ status: 'refused', waitMs: 1, alerts: true })
    budget.now = MIDNIGHT
    expect(budget.spend(100)).toMatchObject({ status: 'reserved', day: MIDNIGHT })
    expect(budget.spend(1)).toMatchObject({ status: 'refused', waitMs: DAY_MS, alerts: true })
    expect(budget.state.outbox.map(({ until, count }) => [until, count])).toEqual([
      [MIDNIGHT, 1],
      [MIDNIGHT + DAY_MS, 1],
    ])
  })

  it('gets back what was not spent, and counts what was spent beyond', () => {
    const budget = new PureBudget()
    budget.spend(90)
    budget.correct(-90)
    expect(budget.spend(100)).toMatchObject({ status: 'reserved' })
    budget.correct(-20)
    budget.correct(15)
    expect(budget.spend(6)).toMatchObject({ status: 'refused' })
    expect(budget.spend(5)).toMatchObject({ status: 'reserved' })
  })

  it('of yesterday is not corrected any more', () => {
    const budget = new PureBudget()
    budget.spend(100)
    budget.now = MIDNIGHT + MINUTE_MS
    budget.spend(50)
    budget.correct(-100)
    expect(budget.state.spending).toMatchObject({ day: MIDNIGHT, micros: 50 })
  })

  it('that is only observed refuses nothing, and is told', () => {
    const budget = new PureBudget()
    expect(budget.spend(101, 'observe')).toMatchObject({ status: 'reserved', struck: true, alerts: true })
    expect(budget.spend(1, 'observe')).toMatchObject({ status: 'reserved', struck: true, alerts: false })
    expect(budget.state.outbox).toMatchObject([{ mode: 'observe', rule: 'spend', subject: 'deployment', count: 2 }])
  })

  it('may be spent once more when it is lifted, on that day', () => {
    const budget = new PureBudget()
    budget.spend(100)
    expect(budget.lift()).toBe(false)
    budget.spend(1)
    expect(budget.lift()).toBe(true)
    expect(budget.state.outbox).toMatchObject([{ liftedAt: T0 }])
    expect(budget.spend(100)).toMatchObject({ status: 'reserved' })
    expect(budget.spend(1)).toMatchObject({ status: 'refused', alerts: false })
    budget.now = MIDNIGHT
    budget.spend(100)
    expect(budget.spend(1)).toMatchObject({ status: 'refused' })
  })
})

describe('lifting a strike', () => {
  it('ends it, forgets those before it, and counts anew', () => {
    const limiter = new PureLimiter({ limit: 4 })
    limiter.sends(4)
    limiter.send()
    limiter.wait(15 * MINUTE_MS)
    limiter.sends(1)
    expect(limiter.send()).toEqual({ status: 'refused', waitMs: HOUR_MS })

    const { state, reply } = lift(limiter.state, limiter.now)
    limiter.state = state

    expect(reply).toBe(true)
    expect(state.outbox.map(({ liftedAt }) => liftedAt)).toEqual([null, limiter.now])
    limiter.sends(4)
    expect(limiter.send()).toEqual({ status: 'refused', waitMs: 15 * MINUTE_MS })
  })

  it('where there is none changes nothing, and writes nothing', () => {
    expect(lift(EMPTY_LIMITER_STATE, T0)).toEqual({ state: EMPTY_LIMITER_STATE, reply: false })
    const limiter = new PureLimiter()
    limiter.sends(3)
    expect(lift(limiter.state, T0).state).toBe(limiter.state)
  })

  it('that is over takes nothing down of it, and forgets it', () => {
    const limiter = new PureLimiter({ limit: 1 })
    limiter.sends(1)
    limiter.send()
    const { state, reply } = lift(limiter.state, T0 + 20 * MINUTE_MS)
    expect(reply).toBe(true)
    expect(state).toMatchObject({ strikes: 0, outbox: [{ liftedAt: null }] })
  })
})
