import { messageId, type MessageRow, phoneHash, phoneMasked } from './message-rows.ts'
import { nthPhone } from './phones.ts'

/** A value and how many of a hundred have it. */
type Shares<Value> = readonly (readonly [value: Value, percent: number])[]

const PURPOSES: Shares<string> = [
  ['login', 70],
  ['registration', 18],
  ['payment', 9],
  ['password_reset', 3],
]
const PROVIDERS: Shares<string | null> = [
  ['twilio', 40],
  ['msg91', 20],
  ['gupshup', 20],
  ['mshastra', 11],
  ['whatsapp_cloud', 8],
  // Nobody took it.
  [null, 1],
]
const SETTLED: Shares<string> = [
  ['delivered', 82],
  ['read', 6],
  ['sent', 6],
  ['undelivered', 3.8],
  ['failed', 2],
  ['unknown', 0.2],
]
const RANKS: Readonly<Record<string, number>> = {
  unknown: 1,
  queued: 2,
  sent: 3,
  failed: 4,
  undelivered: 4,
  delivered: 5,
  read: 6,
}
const WHATSAPP: ReadonlySet<string | null> = new Set(['gupshup', 'whatsapp_cloud'])
/** Of a day, in hours of UTC: most people are awake in India then, and few of them at the other times. */
const BUSY = { from: 3, until: 18, percent: 92 }

const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS
/** Messages younger than this are still on their way. */
const SETTLING_MS = 20 * 60 * 1000

export interface SampleOptions {
  readonly count: number
  /** They are spread over these days, which end at `now`. */
  readonly days: number
  readonly now: number
  /** To how many numbers; some of them get many more messages than others. */
  readonly numbers: number
}

/** Messages as a service has them after some weeks, oldest first. The same options give the same messages. */
export function sampleMessages({ count, days, now, numbers }: SampleOptions): MessageRow[] {
  const dice = createDice()
  const phones = Array.from({ length: numbers }, (_, nth) => nthPhone(nth)).map((e164) => ({
    phone_hash: phoneHash(e164),
    phone_masked: phoneMasked(e164),
  }))
  const times = Array.from({ length: count }, () => throwTime(dice, now, days)).toSorted((a, b) => a - b)
  return times.map((createdAt, nth) => {
    const provider = pick(dice, PROVIDERS)
    const status = throwStatus(dice, provider, now - createdAt)
    const isLost = status === 'failed' || status === 'undelivered'
    return {
      id: messageId(createdAt, nth),
      verification_id: `bench-${nth}`,
      surface: 'v1',
      channel: WHATSAPP.has(provider) ? 'whatsapp' : 'sms',
      purpose: pick(dice, PURPOSES),
      // The square makes the first numbers come far more often than the last.
      ...phones[Math.floor(dice() ** 2 * numbers)]!,
      country: 'IN',
      provider,
      provider_message_id: provider === null ? null : `${provider}-${nth}`,
      status,
      status_rank: RANKS[status]!,
      status_at: Math.min(now, createdAt + 5_000),
      reason: isLost ? 'unreachable' : null,
      provider_code: isLost ? '30003' : null,
      segments: 1,
      cost_micros: provider === null ? null : 83_200,
      currency: provider === null ? null : 'USD',
      verified: status === 'delivered' && dice() < 0.9 ? 1 : 0,
      created_at: createdAt,
    }
  })
}

function throwTime(dice: () => number, now: number, days: number): number {
  const { from, until, percent } = BUSY
  const day = Math.floor((now - Math.floor(dice() * days) * DAY_MS) / DAY_MS) * DAY_MS
  const isBusy = dice() * 100 < percent
  const hour = isBusy ? from + dice() * (until - from) : dice() * 24
  const time = Math.floor(day + hour * HOUR_MS)
  // What would be later today is put to another day.
  return time <= now ? time : time - (1 + Math.floor(dice() * (days - 1))) * DAY_MS
}

function throwStatus(dice: () => number, provider: string | null, ageMs: number): string {
  if (provider === null) return 'failed'
  const status = ageMs < SETTLING_MS ? 'queued' : pick(dice, SETTLED)
  return status === 'read' && !WHATSAPP.has(provider) ? 'delivered' : status
}

function pick<Value>(dice: () => number, shares: Shares<Value>): Value {
  let left = dice() * 100
  const found = shares.find(([, percent]) => (left -= percent) < 0) ?? shares[0]!
  return found[0]
}

/** Numbers from 0 to 1 that are the same in each run (mulberry32), so that two runs read the same rows. */
function createDice(): () => number {
  let state = 20_261_121
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
