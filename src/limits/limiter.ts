import { DurableObject } from 'cloudflare:workers'
import { uuidv7 } from '../core/ids'
import { type Log, errorName } from '../core/log'
import { randomFraction } from '../core/random-fraction'
import { withTimeout } from '../core/with-timeout'
import type { Database } from '../db/client'
import { writeDecisions } from './decisions/write-decisions'
import { type Decision, EMPTY_LIMITER_STATE, type LimiterState } from './limiter-state'
import { lift } from './rules/lift'
import { dropCarried, isQuiet, nextAlarmAt } from './rules/outbox'
import { type SpendReply, type SpendRequest, correctSpend, reserveSpend } from './rules/spending'
import { type CountReply, type CountRequest, countSend, giveBackSend, verifySends } from './rules/usage'

export interface LimiterDeps {
  readonly db: Database
  readonly log: Log
}

const STATE_KEY = 'state'
const FLUSH_TIMEOUT_MS = 10_000
/** An alarm this long overdue was lost: the next call sets a new one. */
const ALARM_OVERDUE_MS = 5 * 60_000

/**
 * Counts for one rule and one subject, such as a client's address. It decides as the gate of a number does: a pure rule
 * (`rules/`) applied to the stored state in one synchronous block, and the reply leaves when the write is durable. A call
 * that is repeated because its reply was lost counts once more, which errs on the strict side.
 */
export class LimiterObject extends DurableObject<Env> {
  readonly #deps: LimiterDeps

  constructor(ctx: DurableObjectState, env: Env, deps: LimiterDeps) {
    super(ctx, env)
    this.#deps = deps
  }

  /** Counts one send, or refuses it. */
  count(request: Omit<CountRequest, 'decisionId'>): CountReply {
    return this.#decide((state, now) => countSend(state, { ...request, decisionId: uuidv7(now) }, now))
  }

  /** Takes one send back. */
  giveBack(given: Parameters<typeof giveBackSend>[1]): void {
    this.#decide((state, now) => ({ state: giveBackSend(state, given, now), reply: undefined }))
  }

  /** Takes down that the codes of sends were typed. */
  verify(verified: Parameters<typeof verifySends>[1]): void {
    this.#decide((state, now) => ({ state: verifySends(state, verified, now), reply: undefined }))
  }

  /** Reserves an amount of what may be spent today, or refuses it. Tells once a day that the cap is reached. */
  spend(request: Omit<SpendRequest, 'decisionId'>): SpendReply {
    const reply = this.#decide((state, now) => reserveSpend(state, { ...request, decisionId: uuidv7(now) }, now))
    if (reply.alerts) {
      this.#deps.log('error', 'spend.cap_reached', { request_id: request.requestId, reason: 'spend', outcome: request.mode })
    }
    return reply
  }

  /** Takes down what was really spent of it. */
  correct(spent: Parameters<typeof correctSpend>[1]): void {
    this.#decide((state) => ({ state: correctSpend(state, spent), reply: undefined }))
  }

  /** Ends what is in force. @returns whether there was anything to end */
  async lift(): Promise<boolean> {
    const isLifted = this.#decide(lift)
    // So that who looks sees it: the alarm does so too, if this fails.
    if (isLifted) await this.#carry()
    return isLifted
  }

  /** Carries what waits for D1, or deletes the storage where nothing is left to decide. Never throws. */
  override async alarm(): Promise<void> {
    const now = Date.now()
    const state = this.#read()
    if (isQuiet(state, now)) return this.ctx.storage.deleteAll()
    if (state.outbox.length === 0) return this.#save({ ...state, alarmAt: 0 }, now)
    await this.#carry()
  }

  async #carry(): Promise<void> {
    const { db, log } = this.#deps
    const { outbox, flushFailures } = this.#read()
    try {
      if (outbox.length > 0) await withTimeout(writeDecisions(db, outbox), FLUSH_TIMEOUT_MS)
      // Read again: the object went on deciding while D1 wrote.
      this.#save({ ...dropCarried(this.#read(), outbox), alarmAt: 0 }, Date.now())
    } catch (error) {
      log('error', 'limits.flush_failed', {
        dependency: 'd1',
        error_name: errorName(error),
        attempt: flushFailures + 1,
        count: outbox.length,
      })
      this.#save({ ...this.#read(), flushFailures: flushFailures + 1, alarmAt: 0 }, Date.now())
    }
  }

  #decide<Reply>(rule: (state: LimiterState, now: number) => Decision<Reply>): Reply {
    const now = Date.now()
    const before = this.#read()
    const { state, reply } = rule(before, now)
    if (state !== before) this.#save(state, now)
    return reply
  }

  #read(): LimiterState {
    return this.ctx.storage.kv.get<LimiterState>(STATE_KEY) ?? EMPTY_LIMITER_STATE
  }

  /** Writes the state and, where none is due in time, sets the alarm: no `await` in between, so both or neither. */
  #save(state: LimiterState, now: number): void {
    const due = nextAlarmAt(state, now, randomFraction())
    const isArmed = state.alarmAt > now - ALARM_OVERDUE_MS && state.alarmAt <= due
    this.ctx.storage.kv.put(STATE_KEY, isArmed ? state : { ...state, alarmAt: due })
    // Not awaited: the platform holds the reply back until the write and the alarm are durable.
    if (!isArmed) void this.ctx.storage.setAlarm(due)
  }
}
