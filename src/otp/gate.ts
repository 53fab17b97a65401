import { DurableObject } from 'cloudflare:workers'
import { writeAudit } from '../audit/write-audit'
import { type Log, errorName } from '../core/log'
import { randomFraction } from '../core/random-fraction'
import { withTimeout } from '../core/with-timeout'
import type { Database } from '../db/client'
import { type CodeDigester, digestsEqual } from './code-digest'
import type { CodeStore } from './code-store'
import { type Decision, EMPTY_GATE_STATE, type GateState, type Verification } from './gate-state'
import type { Fulfil } from './intent'
import { type CancelReply, type CancelRequest, cancel } from './rules/cancel'
import { type Carrier, carrierOf } from './rules/carrier'
import { type Weighing, beginCheck, endCheck } from './rules/check'
import { type Description, describe } from './rules/describe'
import { type FoundMessage, type MessageTarget, findMessage } from './rules/find-message'
import type { CheckAnswer, CheckRequest } from './rules/guess'
import { dropBatch, dropFulfilled, isQuiet, isWaiting, nextAlarmAt, takeBatch, unfulfilledIn } from './rules/outbox'
import { codeIdsIn, provenAt } from './rules/person'
import { quotasOf } from './rules/quotas'
import { type RedeemReply, type RedeemRequest, redeem } from './rules/redeem'
import { type ReserveReply, type ReserveRequest, reserve } from './rules/reserve'
import type { SendWindow } from './rules/send-window'
import { type CheckTarget, isOfTarget } from './rules/target'
import { type SettleReply, type SettleRequest, settle } from './rules/settle'

export interface GateDeps {
  readonly codes: CodeStore
  /** Asked for when a code is weighed, since it throws while the configuration is wrong: the audit must be carried even then. */
  readonly digester: () => CodeDigester
  readonly db: Database
  /** What right codes were given for; throws where D1 does not answer. */
  readonly fulfil: Fulfil
  readonly log: Log
}

const STATE_KEY = 'state'
const FLUSH_TIMEOUT_MS = 10_000
/** Of one `flush`: a batch each. */
const FLUSH_ROUNDS = 5
/** An alarm this long overdue was lost: the next call sets a new one. */
const ALARM_OVERDUE_MS = 5 * 60_000

/**
 * The gate of one number: it alone decides, and it only decides. Every decision is a pure rule (`rules/`) applied to the
 * stored state in one synchronous block; the reply leaves when the write is durable (the platform's output gate). Replies
 * are tagged unions, since error classes do not survive the call. It never calls a provider.
 */
export class Gate extends DurableObject<Env> {
  readonly #deps: GateDeps
  /** What D1 was given and may still write, though nobody waits for it any more. */
  #underWay: Promise<unknown> = Promise.resolve()

  constructor(ctx: DurableObjectState, env: Env, deps: GateDeps) {
    super(ctx, env)
    this.#deps = deps
  }

  /** Lets a send through or refuses it, and tells what is left of the number's limits. */
  reserve(request: ReserveRequest): ReserveReply {
    const reply = this.#decide((state, now) => reserve(state, request, now))
    if (reply.status !== 'reserved' && reply.status !== 'refused') return reply
    return { ...reply, quotas: quotasOf(this.#read(), request.policy, Date.now()) }
  }

  /** Takes the outcome of a send. */
  settle(request: SettleRequest): SettleReply {
    return this.#decide((state, now) => settle(state, request, now))
  }

  /** Weighs one guess: counts it, reads KV, compares, and approves at most one of any number of right ones. */
  async check(
    request: CheckRequest & {
      readonly code: string
      readonly presentedBindingHash: string | null
    },
  ): Promise<CheckAnswer> {
    const begun = this.#decide((state, now) => beginCheck(state, request, now))
    if (begun.status !== 'weigh') return begun
    const right = (await this.#isRight(begun, request)) && request.vetoed !== true
    const weighed = { request, verificationId: begun.verificationId, codeId: begun.code.id, right }
    return this.#decide((state, now) => endCheck(state, weighed, now))
  }

  /** Ends a pending verification. */
  cancel(request: CancelRequest): CancelReply {
    return this.#decide((state, now) => cancel(state, request, now))
  }

  /** Takes the token of an approved verification, once. */
  redeem(request: RedeemRequest): RedeemReply {
    return this.#decide((state, now) => redeem(state, request, now))
  }

  /** Tells of one verification. */
  describe(id: string, windows: readonly SendWindow[]): Description | null {
    return describe(this.#read(), id, windows, Date.now())
  }

  /** Tells who carried the code that a check is about to be for. */
  carrier(target: CheckTarget): Carrier | null {
    return carrierOf(this.#read(), target, Date.now())
  }

  /** Tells which of these bindings the newest verification of an owner for a purpose has. */
  newest(purpose: string, bindingHashes: readonly string[], owner = ''): string | null {
    const isAsked = (one: Verification) => bindingHashes.some((bindingHash) => isOfTarget(one, { purpose, bindingHash, owner }))
    return this.#read().verifications.findLast(isAsked)?.bindingHash ?? null
  }

  /** Tells when the person last proved to have the number, in milliseconds since the epoch. @param owner to whom */
  provenAt(owner?: string): number | null {
    return provenAt(this.#read(), owner)
  }

  /**
   * Forgets the number: its codes in KV, and all that is stored here. What waits for D1 is carried there first, since it is
   * the only copy; nothing is forgotten while D1 does not take it.
   * @returns whether it is forgotten
   */
  async erase(): Promise<boolean> {
    if (!(await this.flush())) return false
    // A write that was given up and comes late would bring back what is erased from D1 after this.
    await this.#underWay
    await this.#deps.codes.delete(codeIdsIn(this.#read()))
    // Sends and checks went on meanwhile: their records are carried by the next call.
    if (isWaiting(this.#read())) return false
    await this.ctx.storage.deleteAll()
    return true
  }

  /** Tells of a message that D1 may not have yet. */
  message(target: MessageTarget): FoundMessage | null {
    return findMessage(this.#read(), target)
  }

  /** For `/ready`: that objects can be reached. Stores nothing. */
  ping(): 'pong' {
    return 'pong'
  }

  /**
   * Carries all that waits for D1, for whoever wants to read there what just happened. The alarm does so by itself.
   * @returns whether nothing waits any more
   */
  async flush(): Promise<boolean> {
    for (let round = 0; round < FLUSH_ROUNDS && isWaiting(this.#read()); round++) {
      if (!(await this.#carry('flush'))) break
    }
    return !isWaiting(this.#read())
  }

  /** Carries what waits for D1, or deletes the storage of a number that has been quiet for a day. Never throws. */
  override async alarm(): Promise<void> {
    const now = Date.now()
    const state = this.#read()
    if (isQuiet(state, now)) return this.ctx.storage.deleteAll()
    if (!isWaiting(state)) return this.#save({ ...state, alarmAt: 0 }, now)
    await this.#carry('alarm')
  }

  /** Events and intents are carried side by side, so that neither waits for the other. @returns whether D1 took both */
  async #carry(by: 'alarm' | 'flush'): Promise<boolean> {
    const { fulfil, db, log } = this.#deps
    const state = this.#read()
    const batch = takeBatch(state, Date.now())
    const approvals = unfulfilledIn(state)
    const writing = batch.events.length > 0 ? writeAudit(db, batch) : undefined
    const fulfilling = approvals.length > 0 ? fulfil(approvals) : undefined
    this.#underWay = Promise.allSettled([this.#underWay, writing, fulfilling])
    const [written, fulfilled] = await Promise.allSettled([
      writing && withTimeout(writing, FLUSH_TIMEOUT_MS),
      fulfilling ? withTimeout(fulfilling, FLUSH_TIMEOUT_MS) : [],
    ])
    // Read again: the gate went on deciding while D1 wrote.
    const now = Date.now()
    let after = this.#read()
    if (written.status === 'fulfilled') after = dropBatch(after, batch, now)
    if (fulfilled.status === 'fulfilled') after = dropFulfilled(after, approvals, fulfilled.value, now)
    const failure = [written, fulfilled].find((one) => one.status === 'rejected')
    if (failure) {
      log('error', 'audit.flush_failed', {
        dependency: 'd1',
        error_name: errorName(failure.reason),
        attempt: state.flushFailures + 1,
        count: after.outbox.length,
      })
    }
    // Who only wants to read must not put off the alarm, whose pauses grow.
    if (failure && by === 'flush') this.#save({ ...after, flushFailures: this.#read().flushFailures }, now)
    else this.#save({ ...after, flushFailures: failure ? state.flushFailures + 1 : 0, alarmAt: 0 }, now)
    return !failure
  }

  async #isRight(
    weighing: Weighing,
    request: { readonly code: string; readonly presentedBindingHash: string | null },
  ): Promise<boolean> {
    const { code, phone, purpose } = weighing
    const bindingHash = request.presentedBindingHash ?? weighing.bindingHash
    const [stored, candidate] = await Promise.all([
      this.#deps.codes.get(code.id),
      this.#deps.digester().digestWith(code.keyVersion, { codeId: code.id, phone, purpose, bindingHash, code: request.code }),
    ])
    if (stored && stored.digest !== code.digest) this.#deps.log('warn', 'code_store.mismatch', { dependency: 'kv' })
    // The copy is the net under KV and its judge: missing, late, stale, altered or the same, KV changes no answer.
    return candidate !== undefined && digestsEqual(candidate, code.digest)
  }

  #decide<Reply>(rule: (state: GateState, now: number) => Decision<Reply>): Reply {
    const now = Date.now()
    const before = this.#read()
    const { state, reply } = rule(before, now)
    if (state !== before) this.#save(state, now)
    return reply
  }

  #read(): GateState {
    return this.ctx.storage.kv.get<GateState>(STATE_KEY) ?? EMPTY_GATE_STATE
  }

  /** Writes the state and, where none is due in time, sets the alarm: no `await` in between, so both or neither. */
  #save(state: GateState, now: number): void {
    const due = nextAlarmAt(state, now, randomFraction())
    const isArmed = state.alarmAt > now - ALARM_OVERDUE_MS && state.alarmAt <= due
    this.ctx.storage.kv.put(STATE_KEY, isArmed ? state : { ...state, alarmAt: due })
    // Not awaited: the platform holds the reply back until the write and the alarm are durable.
    if (!isArmed) void this.ctx.storage.setAlarm(due)
  }
}
