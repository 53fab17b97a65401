import { describe, expect, it } from 'vitest'
import { EMPTY_GATE_STATE } from '../../../src/otp/gate-state'
import { type SendWindow, nextSendAt, windowsOpenAt } from '../../../src/otp/rules/send-window'

const NOW = 1_000_000
const three: SendWindow = { limit: 3, windowMs: 600 }
const five: SendWindow = { limit: 5, windowMs: 5_000 }

const cases: { name: string; ago: number[]; windows: SendWindow[]; opensIn: number }[] = [
  { name: 'no windows', ago: [1, 1, 1], windows: [], opensIn: 0 },
  { name: 'nothing sent', ago: [], windows: [three, five], opensIn: 0 },
  { name: 'one below the limit', ago: [20, 10], windows: [three], opensIn: 0 },
  { name: 'full: when the oldest slides out', ago: [500, 20, 10], windows: [three], opensIn: 100 },
  { name: 'full, all at once', ago: [0, 0, 0], windows: [three], opensIn: 600 },
  { name: 'a millisecond before the oldest slides out', ago: [599, 20, 10], windows: [three], opensIn: 1 },
  { name: 'the oldest has just slid out', ago: [600, 20, 10], windows: [three], opensIn: 0 },
  { name: 'more than the limit inside: the newest three count', ago: [590, 500, 400, 300], windows: [three], opensIn: 100 },
  { name: 'old ones outside do not count', ago: [4_000, 3_000, 700, 20, 10], windows: [three], opensIn: 0 },
  { name: 'both full: the longer wait', ago: [4_900, 4_000, 300, 200, 100], windows: [three, five], opensIn: 300 },
  { name: 'both full, the other way round', ago: [2_000, 1_900, 300, 200, 100], windows: [three, five], opensIn: 3_000 },
  { name: 'only the wide one full', ago: [4_900, 4_000, 3_000, 2_000, 700], windows: [three, five], opensIn: 100 },
  { name: 'limit of one', ago: [599], windows: [{ limit: 1, windowMs: 600 }], opensIn: 1 },
]

describe('sliding windows', () => {
  it.each(cases)('$name', ({ ago, windows, opensIn }) => {
    const times = ago.map((ms) => NOW - ms)
    expect(windowsOpenAt(times, windows, NOW)).toBe(opensIn === 0 ? 0 : NOW + opensIn)
  })

  it.each(cases.filter(({ opensIn }) => opensIn > 0))('waiting is exact: $name', ({ ago, windows, opensIn }) => {
    const times = ago.map((ms) => NOW - ms)
    expect(windowsOpenAt(times, windows, NOW + opensIn - 1)).toBe(NOW + opensIn)
    expect(windowsOpenAt(times, windows, NOW + opensIn)).toBe(0)
  })
})

describe('the next send', () => {
  const next = (cooldownIn: number, ago: number[]) =>
    nextSendAt({ ...EMPTY_GATE_STATE, cooldownUntil: NOW + cooldownIn, sends: ago.map((ms) => NOW - ms) }, [three], NOW) - NOW

  it.each([
    ['is now when nothing holds', 0, [], 0],
    ['is never in the past', -5_000, [], 0],
    ['waits for the cooldown', 60, [10], 60],
    ['waits for the window', 60, [500, 20, 10], 100],
    ['waits for the longer one', 700, [500, 20, 10], 700],
  ] as const)('%s', (_name, cooldownIn, ago, wait) => {
    expect(next(cooldownIn, [...ago])).toBe(wait)
  })
})
