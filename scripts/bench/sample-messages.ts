import { createDice, pick, type Shares, throwTime } from './dice.ts'
import { messageId, type MessageRow, phoneHash, phoneMasked } from './message-rows.ts'
import { nthPhone } from './phones.ts'

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

function throwStatus(dice: () => number, provider: string | null, ageMs: number): string {
  if (provider === null) return 'failed'
  const status = ageMs < SETTLING_MS ? 'queued' : pick(dice, SETTLED)
  return status === 'read' && !WHATSAPP.has(provider) ? 'delivered' : status
}
