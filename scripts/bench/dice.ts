/** A value and how many of a hundred have it. */
export type Shares<Value> = readonly (readonly [value: Value, percent: number])[]

/** Of a day, in hours of UTC: most people are awake in India then, and few of them at the other times. */
const BUSY = { from: 3, until: 18, percent: 92 }

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

/** A moment of the days that end at `now`, in milliseconds since the epoch. */
export function throwTime(dice: () => number, now: number, days: number): number {
  const { from, until, percent } = BUSY
  const day = Math.floor((now - Math.floor(dice() * days) * DAY_MS) / DAY_MS) * DAY_MS
  const isBusy = dice() * 100 < percent
  const hour = isBusy ? from + dice() * (until - from) : dice() * 24
  const time = Math.floor(day + hour * HOUR_MS)
  // What would be later today is put to another day.
  return time <= now ? time : time - (1 + Math.floor(dice() * (days - 1))) * DAY_MS
}

/** One of the values, by its share. */
export function pick<Value>(dice: () => number, shares: Shares<Value>): Value {
  let left = dice() * 100
  const found = shares.find(([, percent]) => (left -= percent) < 0) ?? shares[0]!
  return found[0]
}

/** Numbers from 0 to 1 that are the same in each run (mulberry32), so that two runs read the same rows. */
export function createDice(): () => number {
  let state = 20_261_121
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
