import type { AuditEventKind } from '../../src/audit/event'
import { DAY_MS, type GateState } from '../../src/otp/gate-state'
import type { Approval, Intent } from '../../src/otp/intent'
import type { CheckAnswer, CheckRequest } from '../../src/otp/rules/guess'
import type { ReserveReply, ReserveRequest, SendPolicy } from '../../src/otp/rules/reserve'
import type { SettleRequest } from '../../src/otp/rules/settle'

interface Send {
  readonly at: number
  readonly codeId: string
  /** Sent for one that was lost, and so without a cooldown before it. */
  readonly isReplacement: boolean
  outcome?: SettleRequest['outcome']
  /** A replacement that nobody took, while it was the newest and in time: as if it had not been. */
  isUndone?: boolean
}

interface Entry {
  readonly id: string
  readonly purpose: string
  readonly sends: Send[]
  guessLimit: number
  letIn: number
  wrong: number
  /** May its newest message be replaced, when that is lost? */
  replaceable: boolean
  ended?: 'approved' | 'locked' | 'canceled'
  answered?: { readonly key: string; readonly at: number; readonly answer: CheckAnswer }
  /** What its code is for, or was given for. */
  intent?: Intent | undefined
  windowMs?: number | undefined
  /** What came with and after the right code. */
  approved?: { readonly at: number; knownBy: string | undefined; readonly communicationId: string }
  accepted?: Approval
  wrongAfter: number
}

/** A guess that the ledger expects to be weighed. */
export interface Expected {
  readonly status: 'weigh'
  readonly verificationId: string
  readonly codeId: string
}

const MINUTE_MS = 60_000

/**
 * What the gate of a number has to answer, worked out the slow way: from a list of all that ever happened, by searching it.
 * It shares no code with the rules, forgets nothing by itself, and looks for a wait by trying times.
 */
export class Ledger {
  readonly entries: Entry[] = []
  readonly sends: Send[] = []
  readonly events: { kind: AuditEventKind; verificationId: string }[] = []
  /** Verifications whose intents are still to be carried out. */
  unfulfilled: string[] = []
  readonly #policy: SendPolicy
  readonly #wrong: number[] = []
  readonly #refusals: number[] = []

  constructor(policy: SendPolicy) {
    this.#policy = policy
  }

  reserve(request: ReserveRequest, now: number): Partial<ReserveReply> {
    const current = this.#find(request.resendOf ?? undefined, request.purpose)
    const goesOn = current !== undefined && this.#goesOn(current, request.policy, now)
    if (request.resendOf !== null && !current) return { status: 'not_found' }
    if (request.resendOf !== null && !goesOn) {
      const isGuessedOut = this.isOpen(current!, now)
      return { status: 'not_pending', now: isGuessedOut ? 'locked' : this.status(current!, now) }
    }
    const isReplacement = request.replaces !== undefined
    const newest = current && live(current)
    if (isReplacement && !(current?.replaceable && `com-${newest!.codeId}` === request.replaces)) {
      return { status: 'not_replaceable' }
    }
    const reason = this.#heldBy(now, isReplacement)
    if (reason) {
      this.#recordRefusal('send.refused', current?.id ?? request.verificationId, now)
      return { status: 'refused', reason, waitMs: this.firstSendAt(now, isReplacement) - now }
    }
    const entry = this.#takeUp(goesOn ? this.#forTheSame(current, request, now) : undefined, request, now)
    const send = { at: now, codeId: request.code.id, isReplacement }
    entry.replaceable = entry.replaceable && !isReplacement && request.replaceable === true
    entry.sends.push(send)
    entry.guessLimit = Math.min(entry.guessLimit, request.policy.guessLimit)
    this.sends.push(send)
    delete entry.answered
    entry.intent = request.intent
    entry.windowMs = request.updateWindowMs
    this.events.push({ kind: 'send.reserved', verificationId: entry.id })
    const guessesLeft = entry.guessLimit - entry.letIn
    return { status: 'reserved', verificationId: entry.id, expiresAt: this.expiresAt(entry), guessesLeft }
  }

  settle(entry: Entry, send: Send, outcome: SettleRequest['outcome'], now: number): 'settled' | 'repeated' {
    if (send.outcome) return 'repeated'
    send.outcome = outcome
    const isNewest = send === entry.sends.at(-1) && now < this.expiresAt(entry)
    send.isUndone = send.isReplacement && outcome === 'rejected' && isNewest && entry.sends.at(-2)?.outcome !== 'rejected'
    this.events.push({ kind: `send.${outcome}`, verificationId: entry.id })
    return 'settled'
  }

  begin(request: CheckRequest, now: number): CheckAnswer | Expected {
    const { target } = request
    const entry = 'id' in target ? this.#find(target.id, '') : this.#find(undefined, target.purpose)
    if (!entry) return { status: 'not_found' }
    if (isRepeated(entry, request, now)) return this.#answered(entry)
    if (request.presented && !entry.intent) return { status: 'not_found' }
    const isUnused = !entry.ended && live(entry).outcome !== 'rejected'
    if (isUnused && entry.intent && !request.presented) return { status: 'not_found' }
    const open = this.#openFor(request, now)
    const meant = open.findLast(({ approved }) => request.proofs!.includes(approved!.knownBy!)) ?? entry
    if (this.#comesBack(meant, request)) return this.#after(meant, request, now)
    if (request.onlyRepeat) return open.length > 0 ? this.#after(open.at(-1)!, request, now) : { status: 'not_found' }
    const refusal = this.#refuseGuess(entry, now)
    if (refusal && open.length > 0) return this.#after(open.at(-1)!, request, now)
    if (refusal) {
      this.#recordRefusal('check.refused', entry.id, now)
      return refusal
    }
    if (request.presented && differs(request.presented, entry.intent)) {
      entry.ended = 'canceled'
      this.events.push({ kind: 'check.refused', verificationId: entry.id })
      return { status: 'changed', verificationId: entry.id }
    }
    entry.letIn += 1
    this.#wrong.push(now)
    return { status: 'weigh', verificationId: entry.id, codeId: live(entry).codeId }
  }

  end({ verificationId, codeId }: Expected, request: CheckRequest, right: boolean, now: number): CheckAnswer {
    const { attemptKey } = request
    const entry = this.#find(verificationId, '')
    if (entry && isRepeated(entry, request, now)) return this.#answered(entry)
    const isRight = entry !== undefined && right && live(entry).codeId === codeId
    if (isRight && this.#comesBack(entry, request)) {
      const answer = this.#after(entry, request, now)
      // It was no wrong guess.
      if (answer.status === 'approved') this.#wrong.pop()
      return answer
    }
    // Judged by the time at which it was let in.
    if (!entry || entry.ended || live(entry).outcome === 'rejected') return { status: 'not_found' }
    const answer = isRight ? this.#approve(entry, request, now) : this.#countWrong(entry)
    entry.answered = { key: attemptKey, at: now, answer }
    return this.#answered(entry)
  }

  /** Some were carried out; of these, some had become impossible. */
  fulfil(ids: readonly string[], impossible: readonly string[]): void {
    this.unfulfilled = this.unfulfilled.filter((id) => !ids.includes(id))
    for (const verificationId of impossible) this.events.push({ kind: 'intent.refused', verificationId })
  }

  cancel(entry: Entry, now: number): 'canceled' | 'not_pending' {
    const status = this.status(entry, now)
    if (status === 'canceled') return 'canceled'
    if (status !== 'pending' && status !== 'failed') return 'not_pending'
    entry.ended = 'canceled'
    this.events.push({ kind: 'verification.canceled', verificationId: entry.id })
    return 'canceled'
  }

  status(entry: Entry, now: number) {
    if (entry.ended) return entry.ended
    if (live(entry).outcome === 'rejected') return 'failed'
    return now < this.expiresAt(entry) ? 'pending' : 'expired'
  }

  /** May a resend still go on with it, as far as time and ends decide? */
  isOpen(entry: Entry, now: number): boolean {
    return ['pending', 'failed'].includes(this.status(entry, now)) && now < this.expiresAt(entry)
  }

  expiresAt(entry: Entry): number {
    return live(entry).at + this.#policy.lifetimeMs
  }

  /** The first time at which a send goes through, if nothing else happens. */
  firstSendAt(now: number, isReplacement = false): number {
    const { windows, cooldownMs } = this.#policy
    const slidingOut = this.sends.flatMap(({ at }) => [at + cooldownMs, ...windows.map(({ windowMs }) => at + windowMs)])
    const candidates = [now, ...slidingOut, ...this.#wrong.map((at) => at + DAY_MS)].filter((at) => at >= now)
    return candidates.toSorted((a, b) => a - b).find((at) => !this.#heldBy(at, isReplacement))!
  }

  /** The first time at which the number's wrong guesses leave room for one more. */
  guessesOpenAt(now: number): number {
    const candidates = [now, ...this.#wrong.map((at) => at + DAY_MS)].filter((at) => at >= now)
    return candidates.toSorted((a, b) => a - b).find((at) => !this.#isGuessedOut(at))!
  }

  /**
   * What the gate has forgotten. It may forget one a day after its time.
   * @param isDeleted the whole storage went: then a day after the last word is enough
   */
  forget(state: GateState, now: number, isDeleted: boolean): void {
    const kept = new Set(state.verifications.map(({ id }) => id))
    for (const entry of this.entries.filter(({ id }) => !kept.has(id))) {
      const isNeeded = this.unfulfilled.includes(entry.id)
      if (isNeeded || now < this.expiresAt(entry) + (isDeleted ? 0 : DAY_MS))
        throw new Error(`${entry.id} was forgotten too early`)
      this.entries.splice(this.entries.indexOf(entry), 1)
    }
    const proven = new Set(state.verifications.flatMap(({ id, proof }) => (proof === undefined ? [] : id)))
    for (const entry of this.entries) {
      const { id, approved, windowMs } = entry
      if (approved?.knownBy === undefined || windowMs === undefined || proven.has(id)) continue
      if (now < this.expiresAt(entry) + windowMs) throw new Error(`the proof of ${id} was forgotten too early`)
      approved.knownBy = undefined
    }
  }

  #find(id: string | undefined, purpose: string): Entry | undefined {
    return this.entries.findLast((entry) => (id === undefined ? entry.purpose === purpose : entry.id === id))
  }

  #goesOn(entry: Entry, policy: SendPolicy, now: number): boolean {
    return this.isOpen(entry, now) && entry.letIn < Math.min(entry.guessLimit, policy.guessLimit)
  }

  /** It, or, where the code is for something else now, what begins in its place: with the guesses at it, and without it. */
  #forTheSame(current: Entry, { intent, verificationId }: ReserveRequest, now: number): Entry {
    if (!intent || !current.intent || intent.key === current.intent.key) return current
    this.cancel(current, now)
    const { purpose, guessLimit, letIn, wrong } = current
    return { id: verificationId, purpose, sends: [], guessLimit, letIn, wrong, replaceable: true, wrongAfter: 0 }
  }

  /** The one that goes on, or a new one, becomes the newest, and the only one of its purpose that is open. */
  #takeUp(goingOn: Entry | undefined, { verificationId, purpose }: ReserveRequest, now: number): Entry {
    const counts = { guessLimit: Infinity, letIn: 0, wrong: 0, wrongAfter: 0 }
    const entry = goingOn ?? { id: verificationId, purpose, sends: [], replaceable: true, ...counts }
    const others = this.entries.filter((one) => one !== entry)
    for (const old of others) if (old.purpose === purpose && this.status(old, now) === 'pending') old.ended = 'locked'
    this.entries.splice(0, Infinity, ...others, entry)
    return entry
  }

  #heldBy(at: number, isReplacement = false): 'too_many_guesses' | 'send_limit' | 'cooldown' | undefined {
    if (this.#isGuessedOut(at)) return 'too_many_guesses'
    const isFull = ({ limit, windowMs }: { limit: number; windowMs: number }) =>
      this.sends.filter((send) => send.at + windowMs > at).length >= limit
    if (this.#policy.windows.some(isFull)) return 'send_limit'
    const last = this.sends.at(-1)
    return !isReplacement && last && last.outcome !== 'rejected' && at < last.at + this.#policy.cooldownMs
      ? 'cooldown'
      : undefined
  }

  #isGuessedOut(at: number): boolean {
    return this.#wrong.filter((wrong) => wrong + DAY_MS > at).length >= this.#policy.wrongGuessLimit
  }

  #refuseGuess(entry: Entry, now: number): CheckAnswer | undefined {
    const status = this.status(entry, now)
    const verificationId = entry.id
    if (status === 'expired') return { status: 'expired', verificationId }
    const isFull = status === 'pending' && entry.letIn >= entry.guessLimit
    if (status === 'locked' || isFull) return { status: 'too_many_guesses', verificationId, waitMs: this.firstSendAt(now) - now }
    if (status !== 'pending') return { status: 'not_found' }
    const waitMs = this.guessesOpenAt(now) - now
    return waitMs > 0 ? { status: 'too_many_guesses', verificationId, waitMs } : undefined
  }

  #approve(entry: Entry, request: CheckRequest, now: number): CheckAnswer {
    entry.ended = 'approved'
    entry.approved = { at: now, knownBy: request.proofs?.[0], communicationId: `com-${live(entry).codeId}` }
    this.#wrong.pop()
    this.events.push({ kind: 'check.approved', verificationId: entry.id })
    if (entry.intent ?? request.intent) this.#accept(entry, request, now)
    return this.#approvedAnswer(entry)
  }

  #accept(entry: Entry, request: CheckRequest, now: number): void {
    const intent = (entry.intent ??= request.intent)!
    const { surface, requestId } = request
    const { communicationId } = entry.approved!
    entry.accepted = { verificationId: entry.id, intent, acceptedAt: now, communicationId, surface, requestId }
    this.unfulfilled.push(entry.id)
    this.events.push({ kind: 'intent.accepted', verificationId: entry.id })
  }

  /** With what was let through by now, whenever that was. */
  #approvedAnswer(entry: Entry): CheckAnswer {
    const guessesLeft = Math.max(0, entry.guessLimit - entry.letIn)
    const approval = entry.accepted && { approval: entry.accepted }
    return { status: 'approved', verificationId: entry.id, guessesLeft, ...approval }
  }

  #answered(entry: Entry): CheckAnswer {
    const { answer } = entry.answered!
    return answer.status === 'approved' ? this.#approvedAnswer(entry) : answer
  }

  /** Does somebody come back after the right code, with something that could follow or have followed it? */
  #comesBack({ ended, approved, windowMs, intent }: Entry, request: CheckRequest): boolean {
    if (ended !== 'approved' || approved?.knownBy === undefined || windowMs === undefined) return false
    if (!intent) return request.intent !== undefined && !request.onlyRepeat
    if (!request.intent) return request.presented !== undefined
    return request.intent.key === intent.key || !request.onlyRepeat
  }

  /** Those of a target whose right code something may follow, or has, the newest last. */
  #openFor({ target, intent, proofs, onlyRepeat }: CheckRequest, now: number): Entry[] {
    if ('id' in target || !intent || !proofs) return []
    return this.entries.filter((entry) => {
      const { purpose, ended, approved, windowMs, accepted } = entry
      if (purpose !== target.purpose || ended !== 'approved' || windowMs === undefined) return false
      if (approved?.knownBy === undefined || now >= (accepted ? this.expiresAt(entry) : approved.at) + windowMs) return false
      return entry.intent ? entry.intent.key === intent.key : !onlyRepeat
    })
  }

  #after(entry: Entry, request: CheckRequest, now: number): CheckAnswer {
    const verificationId = entry.id
    const refuse = (answer: CheckAnswer) => {
      this.#recordRefusal('check.refused', verificationId, now)
      return answer
    }
    const { accepted, intent, windowMs, approved } = entry
    const isOther = (request.intent ?? intent)?.key !== intent?.key || differs(request.presented ?? {}, intent)
    if (intent && isOther) return refuse({ status: 'used', verificationId })
    const over = (accepted ? this.expiresAt(entry) : approved!.at) + windowMs!
    if (now >= over) return refuse({ status: 'too_late', verificationId })
    if (this.guessesOpenAt(now) > now || entry.wrongAfter >= entry.guessLimit) {
      return refuse({ status: 'too_many_guesses', verificationId, waitMs: this.firstSendAt(now) - now })
    }
    const isKnown = request.vetoed !== true && (request.proofs ?? []).includes(approved!.knownBy!)
    if (!isKnown) {
      entry.wrongAfter += 1
      this.#wrong.push(now)
      this.events.push({ kind: 'check.incorrect', verificationId })
      const guessesLeft = Math.max(0, entry.guessLimit - entry.wrongAfter)
      return { status: 'incorrect_after_approval', verificationId, guessesLeft }
    }
    if (!accepted) this.#accept(entry, request, now)
    return this.#approvedAnswer(entry)
  }

  #countWrong(entry: Entry): CheckAnswer {
    entry.wrong += 1
    if (entry.wrong >= entry.guessLimit) entry.ended = 'locked'
    this.events.push({ kind: 'check.incorrect', verificationId: entry.id })
    const status = entry.ended ? 'incorrect_and_locked' : 'incorrect'
    return { status, verificationId: entry.id, guessesLeft: Math.max(0, entry.guessLimit - entry.letIn) }
  }

  #recordRefusal(kind: 'send.refused' | 'check.refused', verificationId: string, now: number): void {
    if (this.#refusals.filter((at) => at > now - 60 * MINUTE_MS).length >= 10) return
    this.#refusals.push(now)
    this.events.push({ kind, verificationId })
  }
}

function differs(presented: Intent['facts'], intent: Intent | undefined): boolean {
  return Object.keys(presented).some((name) => presented[name] !== intent?.facts[name])
}

/** The send whose code counts: the newest, but that a replacement which nobody took leaves things as they were. */
function live({ sends }: Entry): Send {
  const newest = sends.at(-1)!
  return newest.isUndone ? sends.at(-2)! : newest
}

/** Is it the attempt that was answered just now? What was right elsewhere is not right for whom it is wrong anyway. */
function isRepeated({ answered }: Entry, { attemptKey, vetoed }: CheckRequest, now: number): boolean {
  if (answered?.key !== attemptKey || now - answered.at >= MINUTE_MS) return false
  return vetoed !== true || answered.answer.status !== 'approved'
}
