import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { AbuseRule } from '../../src/config/abuse'
import { createHmacSigner } from '../../src/core/hmac'
import { clientNetwork } from '../../src/limits/client-network'
import { type DecisionRow, EMPTY_LIMITER_STATE, type LimiterState } from '../../src/limits/limiter-state'
import type { LimiterObject } from '../../src/limits/limiter'
import { type CountReply, type CountRequest, countSend, giveBackSend, verifySends } from '../../src/limits/rules/usage'
import { T0 } from './pure-gate'

/** Settings that have every rule about unverified sends refuse. */
export const ENFORCED = {
  LIMIT_KEY_MODE: 'enforce',
  LIMIT_ADDRESS_MODE: 'enforce',
  LIMIT_PREFIX_MODE: 'enforce',
  LIMIT_COUNTRY_MODE: 'enforce',
} as const

/** Settings in which only this rule is on. */
export const only = (rule: 'key' | 'address' | 'prefix' | 'country') => ({
  ...Object.fromEntries(Object.keys(ENFORCED).map((name) => [name, 'off'])),
  [`LIMIT_${rule.toUpperCase()}_MODE`]: 'enforce',
})

export type LimiterStub = DurableObjectStub<LimiterObject>

/** The real object of a rule and a subject. */
export const limiterOf = (name: string): LimiterStub => env.LIMITER.get(env.LIMITER.idFromName(name))

/** What an address is counted by. */
export async function addressSubject(address: string): Promise<string> {
  return (await createHmacSigner(env.PHONE_HASH_KEY)(`address:v1:${clientNetwork(address)}`)).slice(0, 22)
}

/** What a limiter has stored. */
export async function limiterState(name: string): Promise<LimiterState | undefined> {
  return runInDurableObject(limiterOf(name), (_limiter, state) => state.storage.kv.get<LimiterState>('state'))
}

/** Sends that a limiter counts just now, and those of them whose code was typed. */
export async function countedBy(name: string): Promise<{ sends: number; verified: number }> {
  const { slices = [] } = (await limiterState(name)) ?? {}
  return slices.reduce((sum, one) => ({ sends: sum.sends + one.sends, verified: sum.verified + one.verified }), {
    sends: 0,
    verified: 0,
  })
}

/** Has what a limiter decided carried to D1, as its alarm does. */
export const carry = (name: string) => runDurableObjectAlarm(limiterOf(name))

/** The decisions of a rule in D1, the oldest first. */
export async function decisionsOf(rule: AbuseRule, subject: string): Promise<DecisionRow[]> {
  const { results } = await env.DB.prepare(
    `SELECT id, rule, mode, subject, first_at AS firstAt, last_at AS lastAt, count, request_id AS requestId, until,
      lifted_at AS liftedAt FROM limit_decision WHERE rule = ? AND subject = ? ORDER BY id`,
  )
    .bind(rule, subject)
    .all<DecisionRow>()
  return results
}

/** The rules of one limiter, run one after another, with a clock that only the test moves. */
export class PureLimiter {
  state: LimiterState = EMPTY_LIMITER_STATE
  now = T0
  #asked = 0
  readonly figures: Omit<CountRequest, 'requestId' | 'decisionId'>

  constructor(changes: Partial<CountRequest> = {}) {
    const figures = { rule: 'address', subject: 'network', mode: 'enforce', limit: 60, windowMs: 3_600_000, share: 0.8 } as const
    this.figures = { ...figures, ...changes }
  }

  wait(ms: number): void {
    this.now += ms
  }

  send(changes: Partial<CountRequest> = {}): CountReply {
    this.#asked += 1
    const ids = { requestId: `req-${this.#asked}`, decisionId: `decision-${this.#asked}` }
    const { state, reply } = countSend(this.state, { ...this.figures, ...ids, ...changes }, this.now)
    this.state = state
    return reply
  }

  /** So many sends, all of which have to be counted. @returns their slices */
  sends(count: number): number[] {
    return Array.from({ length: count }, () => {
      const reply = this.send()
      if (reply.status !== 'counted') throw new Error(`expected it to be counted, got ${JSON.stringify(reply)}`)
      return reply.at
    })
  }

  verify(...at: number[]): void {
    this.state = verifySends(this.state, { at, share: this.figures.share }, this.now)
  }

  giveBack(at: number): void {
    this.state = giveBackSend(this.state, { at, limit: this.figures.limit, share: this.figures.share }, this.now)
  }
}

/** Numbers from 0 to 1 that are the same in every run. */
export function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
