import { type Decision, EMPTY_GATE_STATE, type GateState, type Verification } from '../../src/otp/gate-state'
import type { Approval, Intent, IntentFacts } from '../../src/otp/intent'
import { type CancelReply, cancel } from '../../src/otp/rules/cancel'
import { type Weighing, beginCheck, endCheck } from '../../src/otp/rules/check'
import type { CheckAnswer, CheckRequest } from '../../src/otp/rules/guess'
import type { CheckTarget } from '../../src/otp/rules/target'
import { dropBatch, dropFulfilled, takeBatch, unfulfilledIn } from '../../src/otp/rules/outbox'
import { type ReserveReply, type ReserveRequest, type SendPolicy, reserve } from '../../src/otp/rules/reserve'
import { type SettleReply, type SettleRequest, settle } from '../../src/otp/rules/settle'

export const SECOND_MS = 1000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS

/** Where every story begins. */
export const T0 = Date.UTC(2026, 10, 21, 6, 30)

export const PHONE = { e164: '+917888888888', hash: 'hash-of-the-number', masked: '+91******8888', country: 'IN' } as const

/** The defaults of DESIGN section 5. */
export const POLICY: SendPolicy = {
  cooldownMs: MINUTE_MS,
  windows: [
    { limit: 3, windowMs: 10 * MINUTE_MS },
    { limit: 10, windowMs: 24 * HOUR_MS },
  ],
  lifetimeMs: 5 * MINUTE_MS,
  guessLimit: 5,
  wrongGuessLimit: 25,
}

/** As the defaults, but nothing bounds the sends: for stories about guesses. */
export const FREE_POLICY: SendPolicy = { ...POLICY, cooldownMs: 0, windows: [] }

/** How long an intent may follow the right code, in these stories. */
export const WINDOW_MS = 10 * MINUTE_MS

/** Something that a right code can be given for. */
export const anIntent = (name: string, facts: IntentFacts = {}): Intent => ({ key: `key-of-${name}`, facts: { name, ...facts } })

/**
 * The rules of one number, run one after another over a state that is frozen through and through (a rule that changed its
 * input would throw), with a clock that only the test moves.
 */
export class PureGate {
  state: GateState = deepFreeze(EMPTY_GATE_STATE)
  now = T0
  #codes = 0
  #attempts = 0
  readonly policy: SendPolicy

  constructor(policy: SendPolicy = POLICY) {
    this.policy = policy
  }

  wait(ms: number): void {
    this.now += ms
  }

  /** The id of the newest code that was asked for. */
  get codeId(): string {
    return `code-${this.#codes}`
  }

  verification(id: string): Verification {
    return this.state.verifications.find((one) => one.id === id)!
  }

  request(changes: Partial<ReserveRequest> = {}): ReserveRequest {
    const codeId = changes.code?.id ?? `code-${++this.#codes}`
    return {
      verificationId: `ver-${codeId}`,
      resendOf: null,
      phone: PHONE,
      purpose: 'login',
      bindingHash: '',
      surface: 'v1',
      channel: 'sms',
      locale: 'en',
      code: { id: codeId, digest: `digest-of-${codeId}`, keyVersion: 'k1' },
      communicationId: `com-${codeId}`,
      requestId: `req-${codeId}`,
      policy: this.policy,
      ...changes,
    }
  }

  reserve(changes: Partial<ReserveRequest> = {}): ReserveReply {
    return this.#apply(reserve(this.state, this.request(changes), this.now))
  }

  /** A send that has to be let through. */
  send(changes: Partial<ReserveRequest> = {}): Extract<ReserveReply, { status: 'reserved' }> {
    const reply = this.reserve(changes)
    if (reply.status !== 'reserved') throw new Error(`expected a reservation, got ${JSON.stringify(reply)}`)
    return reply
  }

  /** The outcome of the newest code's send, or of another one. */
  settle(outcome: SettleRequest['outcome'], changes: Partial<SettleRequest> = {}): SettleReply {
    const verificationId = this.state.verifications.find(({ lastCodeId }) => lastCodeId === this.codeId)?.id ?? 'none'
    const request = { verificationId, codeId: this.codeId, outcome, detail: { provider: 'gupshup' }, requestId: 'req-settle' }
    return this.#apply(settle(this.state, { ...request, ...changes }, this.now))
  }

  checkRequest(changes: Partial<CheckRequest> = {}): CheckRequest {
    const attemptKey = changes.attemptKey ?? `attempt-${++this.#attempts}`
    const target: CheckTarget = { purpose: 'login', bindingHash: '' }
    return { target, attemptKey, windows: this.policy.windows, surface: 'v1', requestId: `req-${attemptKey}`, ...changes }
  }

  begin(changes: Partial<CheckRequest> = {}): CheckAnswer | Weighing {
    return this.#apply(beginCheck(this.state, this.checkRequest(changes), this.now))
  }

  /** Lets a guess in; the function given back ends its weighing. */
  letIn(changes: Partial<CheckRequest> = {}): (right: boolean) => CheckAnswer {
    const request = this.checkRequest(changes)
    const begun = this.begin(request)
    if (begun.status !== 'weigh') throw new Error(`expected to be weighed, got ${JSON.stringify(begun)}`)
    return (right) => {
      const weighed = { request, verificationId: begun.verificationId, codeId: begun.code.id, right }
      return this.#apply(endCheck(this.state, weighed, this.now))
    }
  }

  /** A whole check. Where its sends were counted is left out, where that is nowhere: {@link weighed} has it. */
  guess(right: boolean, changes: Partial<CheckRequest> = {}): CheckAnswer {
    const answer = this.weighed(right, changes)
    if (!('counted' in answer) || answer.counted?.length !== 0) return answer
    const { counted: _, ...rest } = answer
    return rest
  }

  /** A whole check, with all that the gate says. */
  weighed(right: boolean, changes: Partial<CheckRequest> = {}): CheckAnswer {
    const request = this.checkRequest(changes)
    const begun = this.begin(request)
    if (begun.status !== 'weigh') return begun
    const weighed = { request, verificationId: begun.verificationId, codeId: begun.code.id, right }
    return this.#apply(endCheck(this.state, weighed, this.now))
  }

  cancel(verificationId: string): CancelReply {
    return this.#apply(cancel(this.state, { verificationId, surface: 'v1', requestId: 'req-cancel' }, this.now))
  }

  /** Carries the outbox to D1 until it is empty. */
  flush(): void {
    while (this.state.outbox.length > 0) {
      const { length } = this.state.outbox
      this.state = deepFreeze(dropBatch(this.state, takeBatch(this.state, this.now), this.now))
      if (this.state.outbox.length >= length) throw new Error('a batch was dropped, and the outbox is as long as before')
    }
  }

  /** Carries out what right codes were given for; of these, some turn out to be impossible by then. */
  fulfil(impossible: readonly string[] = []): Approval[] {
    const approvals = unfulfilledIn(this.state)
    this.state = deepFreeze(dropFulfilled(this.state, approvals, impossible, this.now))
    return approvals
  }

  #apply<Reply>({ state, reply }: Decision<Reply>): Reply {
    this.state = deepFreeze(state)
    return reply
  }
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    Object.values(value).forEach(deepFreeze)
  }
  return value
}
