import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { STRIKE_MS, giveBackSend } from '../../../src/limits/rules/usage'
import { loadConfig } from '../../../src/config/load-config'
import { PureLimiter, randomNumbers } from '../../support/limits'
import { HOUR_MS, MINUTE_MS, SECOND_MS, T0 } from '../../support/pure-gate'
import { aSecret } from '../../support/secrets'

const DAY_MS = 24 * HOUR_MS

/** The configuration with these variables. */
function loadedFor(variables: Record<string, string>) {
  const result = loadConfig({ OTP_PEPPER: aSecret('p'), ...variables })
  if (!result.ok) throw new Error(result.problems.join())
  return result.config
}

const refused = (waitMs: number) => ({ status: 'refused', waitMs })

describe('a rule about unverified sends', () => {
  it('lets so many through as the limit says, and refuses the next (R-AUT-10)', () => {
    const limiter = new PureLimiter({ limit: 50 })
    const replies = Array.from({ length: 100 }, () => limiter.send())
    expect(replies.filter(({ status }) => status === 'counted')).toHaveLength(50)
    expect(replies[49]).toMatchObject({ status: 'counted', struck: false })
    expect(replies[50]).toEqual(refused(15 * MINUTE_MS))
  })

  it('does not strike where enough of them were verified, however many were not', () => {
    const limiter = new PureLimiter({ limit: 10, share: 0.8 })
    for (let round = 0; round < 40; round++) {
      const [first] = limiter.sends(4)
      limiter.verify(first!)
    }
    expect(limiter.send().status).toBe('counted')
  })

  it('strikes by a share above the figure, and not by the figure itself', () => {
    const limiter = new PureLimiter({ limit: 8, share: 0.8 })
    const [first, second] = limiter.sends(7)
    limiter.verify(first!, second!)
    // 8 of 10 came to nothing, and then 9 of 11.
    limiter.sends(4)
    expect(limiter.send().status).toBe('refused')
  })

  it('counts in a window that slides: 3 just before its middle leave no room for 3 after it (R-AUT-03)', () => {
    const limiter = new PureLimiter({ limit: 3, windowMs: 10 * MINUTE_MS })
    limiter.now = T0 + 9 * MINUTE_MS + 59 * SECOND_MS
    const before = [1, 2, 3].map(() => limiter.send().status)
    limiter.now = T0 + 10 * MINUTE_MS + SECOND_MS
    const after = [1, 2, 3].map(() => limiter.send().status)
    expect([...before, ...after]).toEqual(['counted', 'counted', 'counted', 'refused', 'refused', 'refused'])
  })

  it('forgets what has slid out, a sixtieth of the window late at most', () => {
    const limiter = new PureLimiter({ limit: 3 })
    limiter.sends(2)
    limiter.wait(HOUR_MS + 2 * MINUTE_MS)
    limiter.sends(3)
    expect(limiter.send().status).toBe('refused')
  })

  it('never lets more than the limit through in a time as long as the shortest strike, whenever they come', () => {
    const pauses = fc.array(fc.nat({ max: 20 * MINUTE_MS }), { minLength: 10, maxLength: 200 })
    fc.assert(
      fc.property(pauses, fc.integer({ min: 1, max: 6 }), (waits, limit) => {
        const limiter = new PureLimiter({ limit })
        const through: number[] = []
        for (const wait of waits) {
          limiter.wait(wait)
          const isCounted = limiter.send().status === 'counted'
          if (isCounted) through.push(limiter.now)
        }
        // A strike lasts as long at least, and there are no two sides of it.
        for (const at of through) {
          const inside = through.filter((one) => one >= at && one < at + 15 * MINUTE_MS)
          expect(inside.length).toBeLessThanOrEqual(limit)
        }
      }),
    )
  })
})

describe('a strike', () => {
  it('grows: 15 minutes, 1, 4 and 12 hours, and 12 from then on (R-AUT-09)', () => {
    const limiter = new PureLimiter({ limit: 8 })
    limiter.sends(8)
    for (const ms of [...STRIKE_MS, 12 * HOUR_MS]) {
      expect(limiter.send()).toEqual(refused(ms))
      limiter.wait(ms - 1)
      expect(limiter.send()).toEqual(refused(1))
      limiter.wait(1)
      // Who goes on is stopped by a quarter of the figure.
      limiter.sends(2)
    }
  })

  it('is over by itself, and does not come back without new sends', () => {
    const limiter = new PureLimiter({ limit: 8, windowMs: DAY_MS })
    limiter.sends(8)
    limiter.send()
    limiter.wait(15 * MINUTE_MS)
    const [at] = limiter.sends(1)
    limiter.verify(at!)
    limiter.wait(MINUTE_MS)
    expect(limiter.sends(1)).toHaveLength(1)
  })

  it('is forgotten after 7 quiet days: the next is the first again, at the whole figure (R-AUT-09)', () => {
    const limiter = new PureLimiter({ limit: 8 })
    limiter.sends(8)
    limiter.send()
    limiter.wait(15 * MINUTE_MS + 7 * DAY_MS - 1)
    limiter.sends(2)
    expect(limiter.send()).toEqual(refused(HOUR_MS))

    limiter.wait(HOUR_MS + 7 * DAY_MS)
    limiter.sends(8)
    expect(limiter.send()).toEqual(refused(15 * MINUTE_MS))
  })

  it('ends, and was none, when the codes are typed that it was for (R-AUT-11)', () => {
    const limiter = new PureLimiter({ limit: 60 })
    const crowd = limiter.sends(60)
    expect(limiter.send().status).toBe('refused')
    limiter.wait(30 * SECOND_MS)
    limiter.verify(...crowd.slice(0, 11))
    expect(limiter.send().status).toBe('refused')
    limiter.verify(crowd[11]!)
    expect(limiter.send().status).toBe('counted')
    expect(limiter.state.strikes).toBe(0)
  })

  it('is not ended by a few of them', () => {
    const limiter = new PureLimiter({ limit: 60 })
    const [first] = limiter.sends(60)
    limiter.send()
    limiter.verify(first!)
    expect(limiter.send().status).toBe('refused')
  })

  it('ends, and was none, when the sends are given back that it was for: many at once to one number (R-AUT-13)', () => {
    const limiter = new PureLimiter({ limit: 8, windowMs: DAY_MS })
    const [, ...refusedByGate] = limiter.sends(8)
    expect(limiter.send().status).toBe('refused')
    for (const at of refusedByGate) limiter.giveBack(at)
    expect(limiter.send().status).toBe('counted')
    expect(limiter.state.strikes).toBe(0)
    expect(limiter.state.outbox).toHaveLength(1)
  })

  it('stays when there are enough left', () => {
    const limiter = new PureLimiter({ limit: 8 })
    limiter.sends(8)
    limiter.send()
    limiter.giveBack(limiter.state.slices[0]!.at + 1)
    expect(limiter.send().status).toBe('refused')
  })

  it('is one row, which counts the requests that it met', () => {
    const limiter = new PureLimiter({ limit: 2 })
    limiter.sends(2)
    for (let nth = 0; nth < 500; nth++) {
      limiter.send()
      limiter.wait(SECOND_MS)
    }
    expect(limiter.state.outbox).toEqual([
      {
        id: 'decision-3',
        rule: 'address',
        mode: 'enforce',
        subject: 'network',
        firstAt: T0,
        lastAt: T0 + 499 * SECOND_MS,
        count: 500,
        requestId: 'req-3',
        until: T0 + 15 * MINUTE_MS,
        liftedAt: null,
      },
    ])
  })

  it('is another row after it was over', () => {
    const limiter = new PureLimiter({ limit: 4 })
    limiter.sends(4)
    limiter.send()
    limiter.wait(15 * MINUTE_MS)
    limiter.sends(1)
    limiter.send()
    expect(limiter.state.outbox.map(({ id, until }) => [id, until])).toEqual([
      ['decision-5', T0 + 15 * MINUTE_MS],
      ['decision-7', T0 + 75 * MINUTE_MS],
    ])
  })
})

describe('a send that is only weighed', () => {
  it('is refused while a strike is in force, met by it, and counted nowhere', () => {
    const limiter = new PureLimiter({ limit: 2 })
    limiter.sends(2)
    const { state } = limiter
    for (let nth = 0; nth < 5; nth++) expect(limiter.send({ counts: false })).toMatchObject({ status: 'counted', struck: false })
    expect(limiter.state).toBe(state)

    limiter.send()
    expect(limiter.send({ counts: false })).toEqual(refused(15 * MINUTE_MS))
    expect(limiter.state).toMatchObject({ slices: state.slices, strikes: 1, outbox: [{ count: 2 }] })
    limiter.wait(15 * MINUTE_MS)
    expect(limiter.send({ counts: false })).toMatchObject({ status: 'counted', struck: false })
  })

  it('is let through where the rule observes, and recorded', () => {
    const limiter = new PureLimiter({ limit: 2, mode: 'observe' })
    limiter.sends(3)
    const { slices } = limiter.state
    expect(limiter.send({ counts: false })).toMatchObject({ status: 'counted', struck: true })
    expect(limiter.state.slices).toEqual(slices)
    expect(limiter.state.outbox).toMatchObject([{ count: 2 }])
  })
})

describe('one number alone, in its range (R-AUT-13)', () => {
  const { abuse, limits } = loadedFor({})

  /** A limiter of ranges, which has struck so many times before. */
  function rangeLimiter({ prefix } = abuse, strikes = 0) {
    const { windowSeconds, mode: _, ...figures } = prefix
    const limiter = new PureLimiter({ ...figures, rule: 'prefix', windowMs: windowSeconds * 1000 })
    if (strikes > 0) {
      limiter.sends(figures.limit)
      limiter.send()
      limiter.wait(STRIKE_MS[0])
      limiter.state = { ...limiter.state, strikes }
    }
    const giveBack = (at: number) => {
      limiter.state = giveBackSend(limiter.state, { at, ...figures }, limiter.now)
    }
    return { limiter, giveBack }
  }

  /** Has it asked for codes after these pauses, as fast as its own limits let it. @returns how often its range refused it */
  function askAlone(pauses: readonly number[], { limiter, giveBack }: ReturnType<typeof rangeLimiter>, own = limits) {
    const sent: number[] = []
    const within = (ms: number) => sent.filter((at) => at > limiter.now - ms).length
    let refusals = 0
    for (const pause of pauses) {
      limiter.wait(pause)
      const reply = limiter.send()
      if (reply.status === 'refused') {
        refusals += 1
        continue
      }
      const isRefusedByNumber =
        within(own.cooldownSeconds * 1000) >= 1 ||
        within(10 * MINUTE_MS) >= own.sendsPer10Minutes ||
        within(DAY_MS) >= own.sendsPer24Hours
      if (isRefusedByNumber) giveBack(reply.at)
      else sent.push(limiter.now)
    }
    return { refusals, sent: sent.length }
  }

  const daysOf = (days: number, everyMs: number) => Array.from({ length: (days * DAY_MS) / everyMs }, () => everyMs)

  it.each([0, 1, 2, 4])('strikes it never, asked every minute for four days, after %i strikes', (strikes) => {
    const { refusals, sent } = askAlone(daysOf(4, MINUTE_MS), rangeLimiter(abuse, strikes))
    expect([refusals, sent]).toEqual([0, 4 * limits.sendsPer24Hours])
  })

  it.each(['1', '25', '300'])('nor where SEND_LIMIT_24_HOURS is %s', (value) => {
    const set = loadedFor({ SEND_LIMIT_24_HOURS: value, SEND_LIMIT_10_MINUTES: '10' })
    for (const strikes of [0, 1]) {
      const { refusals, sent } = askAlone(daysOf(3, MINUTE_MS), rangeLimiter(set.abuse, strikes), set.limits)
      expect([refusals, sent]).toEqual([0, 3 * Number(value)])
    }
  })

  it('nor at whatever times', () => {
    const pause = fc.oneof(fc.nat({ max: 90 * SECOND_MS }), fc.nat({ max: 12 * MINUTE_MS }), fc.nat({ max: 20 * HOUR_MS }))
    fc.assert(
      fc.property(fc.array(pause, { minLength: 20, maxLength: 120 }), fc.nat({ max: 4 }), (pauses, strikes) => {
        expect(askAlone(pauses, rangeLimiter(abuse, strikes)).refusals).toBe(0)
      }),
    )
  })

  it('strikes it together with a second one, also after a strike', () => {
    for (const [strikes, through] of [
      [0, 12],
      [1, 11],
    ] as const) {
      const { limiter } = rangeLimiter(abuse, strikes)
      limiter.sends(through)
      expect(limiter.send().status).toBe('refused')
    }
  })

  it('has its strike taken back that its requests at once were for, also after a strike', () => {
    const { limiter, giveBack } = rangeLimiter(abuse, 1)
    const at = limiter.sends(11)
    expect(limiter.send().status).toBe('refused')
    giveBack(at[10]!)
    expect(limiter.send().status).toBe('counted')
    expect(limiter.state.strikes).toBe(1)
  })

  it('strikes by what the operator chose, however little that is', () => {
    const { limiter } = rangeLimiter(loadedFor({ LIMIT_PREFIX_UNVERIFIED_24_HOURS: '4' }).abuse, 1)
    limiter.sends(4)
    expect(limiter.send().status).toBe('refused')
  })
})

describe('a rule that observes', () => {
  it('counts all, refuses nothing, and records what it would have refused', () => {
    const limiter = new PureLimiter({ limit: 3, mode: 'observe' })
    const struck = Array.from({ length: 10 }, () => limiter.send()).map((reply) => reply.status === 'counted' && reply.struck)
    expect(struck).toEqual([false, false, false, true, true, true, true, true, true, true])
    expect(limiter.state.outbox).toMatchObject([{ mode: 'observe', count: 7 }])
    expect(limiter.state.slices.reduce((sum, { sends }) => sum + sends, 0)).toBe(10)
  })

  it('has a row of its own when it is enforced from then on', () => {
    const limiter = new PureLimiter({ limit: 1, mode: 'observe' })
    limiter.send()
    limiter.send()
    expect(limiter.send({ mode: 'enforce' }).status).toBe('refused')
    expect(limiter.state.outbox.map(({ mode }) => mode)).toEqual(['observe', 'enforce'])
  })
})

describe('what a limiter is told', () => {
  it('of sends that it does not know, or knows no more, changes nothing', () => {
    const limiter = new PureLimiter()
    limiter.sends(1)
    const { state } = limiter
    limiter.verify(1)
    limiter.giveBack(1)
    expect(limiter.state).toBe(state)
  })

  it('more often than there were sends leaves no debt', () => {
    const limiter = new PureLimiter({ limit: 2 })
    const [at] = limiter.sends(1)
    for (let nth = 0; nth < 5; nth++) limiter.verify(at!)
    for (let nth = 0; nth < 5; nth++) limiter.giveBack(at!)
    expect(limiter.state.slices).toEqual([{ at, sends: 1, verified: 1 }])
  })
})

/** An hour behind one address: when people ask, how long they take, and how many give up. */
function honestHour(
  seed: number,
  { people, givingUp, medianSeconds }: { people: number; givingUp: number; medianSeconds: number },
) {
  const random = randomNumbers(seed)
  const normal = () => Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random())
  const limiter = new PureLimiter({ limit: 60, share: 0.8 })
  type Deed = { readonly at: number; readonly who: number; readonly kind: 'send' | 'type' }
  const slicesOf = new Map<number, number[]>()
  const deeds: Deed[] = Array.from({ length: people }, (_, who) => ({ at: T0 + random() * HOUR_MS, who, kind: 'send' as const }))
  let refusedCount = 0
  while (deeds.length > 0) {
    deeds.sort((a, b) => b.at - a.at)
    const { at, who, kind } = deeds.pop()!
    limiter.now = at
    if (kind === 'type') {
      limiter.verify(...slicesOf.get(who)!)
      continue
    }
    const reply = limiter.send()
    if (reply.status === 'refused') {
      refusedCount += 1
      continue
    }
    const before = slicesOf.get(who) ?? []
    slicesOf.set(who, [...before, reply.at])
    // One in twelve asks for another code first, since the message is late.
    if (before.length === 0 && random() < 1 / 12) deeds.push({ at: at + 75 * SECOND_MS, who, kind: 'send' })
    else if (random() >= givingUp)
      deeds.push({ at: at + medianSeconds * SECOND_MS * Math.exp(0.6 * normal()), who, kind: 'type' })
  }
  return refusedCount
}

describe('2,000 honest people behind one address in an hour (R-AUT-11)', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('are not stopped, by the figures of every deployment (day %d)', (seed) => {
    expect(honestHour(seed, { people: 2_000, givingUp: 0.15, medianSeconds: 45 })).toBeLessThanOrEqual(2)
  })

  it.each([9, 10, 11])('nor where they are slow, or few (day %d)', (seed) => {
    expect(honestHour(seed, { people: 2_000, givingUp: 0.15, medianSeconds: 75 })).toBeLessThanOrEqual(2)
    expect(honestHour(seed, { people: 100, givingUp: 0.3, medianSeconds: 60 })).toBe(0)
  })

  it('but a program is, which types no codes', () => {
    expect(honestHour(1, { people: 2_000, givingUp: 1, medianSeconds: 45 })).toBeGreaterThan(1_700)
  })
})
