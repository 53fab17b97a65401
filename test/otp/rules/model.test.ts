import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import type { AuditBatch } from '../../../src/audit/event'
import { DAY_MS } from '../../../src/otp/gate-state'
import type { CheckRequest } from '../../../src/otp/rules/guess'
import type { Approval } from '../../../src/otp/intent'
import { dropBatch, dropFulfilled, isQuiet, takeBatch, unfulfilledIn } from '../../../src/otp/rules/outbox'
import type { ReserveRequest, SendPolicy } from '../../../src/otp/rules/reserve'
import { type Approved, hold, holdInvariants } from '../../support/gate-invariants'
import { type Expected, Ledger } from '../../support/gate-ledger'
import { HOUR_MS, MINUTE_MS, PureGate, anIntent, deepFreeze } from '../../support/pure-gate'

// The same stories each time; another number is other stories, and a failure prints the shortest.
const SEED = 20_261_121
const RUNS = 1_500
const PURPOSES = ['login', 'payment'] as const

const nth = fc.nat(30)
const purpose = fc.constantFrom(...PURPOSES)
const target = fc.oneof(
  { weight: 3, arbitrary: purpose.map((one) => ({ purpose: one, bindingHash: '' })) },
  { weight: 1, arbitrary: nth.map((index) => ({ index })) },
)
const intent = fc.constantFrom('A', 'B').map((name) => anIntent(name))
/** What a code is for, and how long something may follow it. */
const purport = {
  updateWindowMs: fc.constantFrom(undefined, 1_000, 2 * MINUTE_MS, 10 * MINUTE_MS),
  intent: fc.option(intent, { nil: undefined, freq: 2 }),
}
/** What comes with a guess. The code is right or wrong by chance, and so is what it would be known by. */
const brought = fc.record({
  intent: fc.option(intent, { nil: undefined, freq: 3 }),
  presented: fc.option(
    intent.map(({ facts }) => facts),
    { nil: undefined, freq: 1 },
  ),
  onlyRepeat: fc.constantFrom(false, false, false, true),
  vetoed: fc.constantFrom(undefined, undefined, undefined, true),
  proofs: fc.constantFrom(undefined, ['proof'], ['proof'], ['proof'], ['new proof', 'proof'], ['wrong proof']),
})
const steps = {
  reserve: [
    6,
    fc.record({
      purpose,
      guessLimit: fc.option(fc.integer({ min: 1, max: 5 }), { freq: 2 }),
      replaceable: fc.boolean(),
      ...purport,
    }),
  ],
  repeat: [1, fc.record({ nth })],
  resend: [2, fc.record({ nth, replaceable: fc.boolean(), ...purport })],
  replace: [4, fc.record({ nth, back: fc.constantFrom(0, 0, 0, 1) })],
  settle: [4, fc.record({ nth, outcome: fc.constantFrom('accepted', 'rejected', 'unknown') })],
  begin: [12, fc.record({ target, again: fc.option(nth, { freq: 5 }), brought })],
  end: [8, fc.record({ nth, right: fc.boolean() })],
  cancel: [1, fc.record({ nth })],
  tick: [2, fc.record({ ms: fc.nat(150) })],
  wait: [5, fc.record({ ms: fc.constantFrom(999, MINUTE_MS - 1, MINUTE_MS, 2 * MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, DAY_MS) })],
  take: [2, fc.constant({})],
  land: [2, fc.record({ isCarried: fc.boolean() })],
  ask: [2, fc.constant({})],
  fulfil: [2, fc.record({ isCarried: fc.boolean(), impossible: nth })],
  alarm: [1, fc.constant({})],
} as const
type Steps = { [Kind in keyof typeof steps]: (typeof steps)[Kind][1] extends fc.Arbitrary<infer Input> ? Input : never }
type Step = { [Kind in keyof Steps]: { readonly kind: Kind } & Steps[Kind] }[keyof Steps]

const anyStep = fc.oneof(
  ...Object.entries(steps).map(([kind, [weight, input]]) => ({
    weight,
    arbitrary: (input as fc.Arbitrary<object>).map((fields) => ({ kind, ...fields }) as Step),
  })),
)
const anyPolicy: fc.Arbitrary<SendPolicy> = fc.record({
  cooldownMs: fc.constantFrom(0, 1_000, MINUTE_MS),
  windows: fc.tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 4, max: 9 })).map(([short, long]) => [
    { limit: short, windowMs: 10 * MINUTE_MS },
    { limit: long, windowMs: DAY_MS },
  ]),
  lifetimeMs: fc.constantFrom(MINUTE_MS, 3 * MINUTE_MS, 10 * MINUTE_MS),
  guessLimit: fc.integer({ min: 1, max: 5 }),
  wrongGuessLimit: fc.integer({ min: 3, max: 12 }),
})

/** The rules and the ledger side by side. Each step is told to both, and their answers have to agree. */
class Story {
  readonly gate: PureGate
  readonly ledger: Ledger
  readonly granted: ReserveRequest[] = []
  readonly weighed: { verificationId: string; codeId: string; at: number }[] = []
  readonly approvals: { attemptKey: string; answer: Approved }[] = []
  /** Events that were dropped from the outbox, with the storage they were in: a deleted storage counts from 0 again. */
  dropped: number[] = []
  #inFlight: { expected: Expected; request: CheckRequest; end: ReturnType<PureGate['letIn']> }[] = []
  #keys: string[] = []
  #batch: AuditBatch | undefined
  #asked: readonly Approval[] | undefined

  constructor(policy: SendPolicy) {
    this.gate = new PureGate(policy)
    this.ledger = new Ledger(policy)
  }

  run(step: Step): void {
    const eventsBefore = this.ledger.events.length
    const before = this.gate.state
    this[step.kind](step as never)
    if (step.kind !== 'land' && step.kind !== 'alarm') {
      const told = this.gate.state.outbox.slice(before.outbox.length)
      const expected = this.ledger.events.slice(eventsBefore)
      hold(told.length === expected.length, `${step.kind} records ${expected.length} events`)
      for (const [index, event] of expected.entries()) agrees(told[index]!, event)
      hold(
        told.length > 0 || step.kind === 'begin' || step.kind === 'fulfil' || this.gate.state === before,
        `${step.kind} that says nothing writes nothing`,
      )
    }
    this.ledger.forget(this.gate.state, this.gate.now, step.kind === 'alarm')
    holdInvariants(this)
  }

  reserve(
    input: Pick<ReserveRequest, 'purpose'> & Partial<Loose<ReserveRequest>> & { readonly guessLimit: number | null },
  ): void {
    const { guessLimit, ...facts } = withoutAbsent(input)
    // Surfaces differ in their limits; the number and the verification are the same.
    const policy = guessLimit === null ? this.gate.policy : { ...this.gate.policy, guessLimit }
    const request = this.gate.request({ resendOf: null, ...facts, policy })
    const expected = this.ledger.reserve(request, this.gate.now)
    const reply = this.gate.reserve(request)
    agrees(reply, expected)
    if (reply.status === 'reserved') this.granted.push(request)
  }

  resend({ nth: index, ...facts }: Steps['resend']): void {
    const entry = pick(this.ledger.entries, index)
    this.reserve({ purpose: entry?.purpose ?? 'login', resendOf: entry?.id ?? 'ver-foreign', guessLimit: null, ...facts })
  }

  /** A vendor reports a message as lost: the newest of a verification, or an older one. */
  replace({ nth: index, back }: Steps['replace']): void {
    const entry = pick(this.ledger.entries.toReversed(), index % 3)
    const lost = entry?.sends.at(-1 - back)
    if (!entry || !lost) return
    const replaces = `com-${lost.codeId}`
    this.reserve({ purpose: entry.purpose, resendOf: entry.id, guessLimit: null, replaceable: true, replaces })
  }

  repeat(input: { readonly nth: number }): void {
    const newest = this.gate.state.verifications.map(({ lastCodeId }) => lastCodeId)
    const request = pick(
      this.granted.filter(({ code }) => newest.includes(code.id)),
      input.nth,
    )
    if (!request) return
    const before = this.gate.state
    agrees(this.gate.reserve(request), { status: 'reserved' })
    hold(this.gate.state === before, 'a repeated reservation writes nothing')
  }

  settle({ nth: index, outcome }: { readonly nth: number; readonly outcome: 'accepted' | 'rejected' | 'unknown' }): void {
    const entries = this.ledger.entries.flatMap((entry) => entry.sends.map((send) => ({ entry, send })))
    // The newest first: an outcome mostly comes before the next send.
    const chosen = pick(entries.toReversed(), index % 3)
    if (!chosen) return
    const expected = this.ledger.settle(chosen.entry, chosen.send, outcome, this.gate.now)
    const reply = this.gate.settle(outcome, { verificationId: chosen.entry.id, codeId: chosen.send.codeId })
    agrees(reply, { status: expected })
  }

  begin(input: Steps['begin']): void {
    const to = 'index' in input.target ? { id: pick(this.ledger.entries, input.target.index)?.id ?? 'ver-foreign' } : input.target
    const again = input.again === null ? undefined : pick(this.#keys, input.again)
    const request = this.gate.checkRequest(withoutAbsent({ target: to, attemptKey: again, ...input.brought }))
    const expected = this.ledger.begin(request, this.gate.now)
    if (expected.status !== 'weigh') {
      const answer = this.gate.begin(request)
      agrees(answer, expected)
      if (answer.status === 'approved') this.approvals.push({ attemptKey: request.attemptKey, answer })
      return
    }
    const end = this.gate.letIn(request)
    this.weighed.push({ ...expected, at: this.gate.now })
    this.#inFlight.push({ expected, request, end })
    this.#keys.push(request.attemptKey)
  }

  end({ nth: index, right }: { readonly nth: number; readonly right: boolean }): void {
    const flight = pick(this.#inFlight, index)
    if (!flight) return
    this.#inFlight = this.#inFlight.filter((one) => one !== flight)
    // The gate weighs what was vetoed as wrong.
    const isRight = right && flight.request.vetoed !== true
    const expected = this.ledger.end(flight.expected, flight.request, isRight, this.gate.now)
    const answer = flight.end(isRight)
    agrees(answer, expected)
    if (answer.status === 'approved') this.approvals.push({ attemptKey: flight.request.attemptKey, answer })
  }

  cancel(input: { readonly nth: number }): void {
    const entry = pick(this.ledger.entries, input.nth)
    const expected = entry ? this.ledger.cancel(entry, this.gate.now) : 'not_found'
    agrees(this.gate.cancel(entry?.id ?? 'ver-foreign'), { status: expected })
  }

  tick({ ms }: { readonly ms: number }): void {
    this.gate.wait(ms)
  }

  /** Longer than any check takes: those under way died with their object, and nobody hears of them again. */
  wait({ ms }: { readonly ms: number }): void {
    this.#inFlight = []
    this.gate.wait(ms)
  }

  take(): void {
    this.#batch = takeBatch(this.gate.state, this.gate.now)
    for (const { id, version } of this.#batch.records) {
      const newest = this.gate.state.outbox.findLast((event) => event.verificationId === id)
      hold(version === newest?.seq, 'the version of a record is the number of its newest event')
    }
  }

  land({ isCarried }: { readonly isCarried: boolean }): void {
    const [batch, before] = [this.#batch, this.gate.state]
    this.#batch = undefined
    if (!batch || !isCarried) return
    this.gate.state = deepFreeze(dropBatch(before, batch, this.gate.now))
    const kept = new Set(this.gate.state.outbox)
    const gone = before.outbox.filter((event) => !kept.has(event))
    hold(gone.length === batch.events.length && gone.every((event) => batch.events.includes(event)), 'drops what was carried')
    const isExpired = this.gate.state.verifications.some(({ code, expiresAt }) => code && this.gate.now >= expiresAt)
    hold(!isExpired, 'no digest of an expired code outlives a flush')
    const isOver = this.gate.state.verifications.some(
      ({ proof, expiresAt, updateWindowMs = 0 }) => proof !== undefined && this.gate.now >= expiresAt + updateWindowMs,
    )
    hold(!isOver, 'no proof that nobody can come back with outlives a flush')
    this.dropped.push(...gone.map(({ seq }) => seq))
  }

  ask(): void {
    this.#asked = unfulfilledIn(this.gate.state)
    hold(
      isSame(this.#asked.map(({ verificationId }) => verificationId).toSorted(), this.ledger.unfulfilled.toSorted()),
      'asks for all',
    )
  }

  fulfil({ isCarried, impossible }: Steps['fulfil']): void {
    const asked = this.#asked
    this.#asked = undefined
    if (!asked || !isCarried) return
    const ids = asked.map(({ verificationId }) => verificationId)
    const refused = ids.filter((_, index) => index === impossible)
    this.ledger.fulfil(ids, refused)
    this.gate.state = deepFreeze(dropFulfilled(this.gate.state, asked, refused, this.gate.now))
  }

  alarm(): void {
    const { state, now } = this.gate
    if (!isQuiet(state, now)) return
    hold(state.outbox.length === 0 && now >= state.lastActivityAt + DAY_MS, 'only a quiet gate is deleted')
    hold(this.ledger.unfulfilled.length === 0, 'nothing that is to be carried out is deleted')
    this.gate.state = new PureGate().state
    this.dropped = []
    this.#batch = undefined
    this.#asked = undefined
  }
}

/** Every field that is expected has that value. */
function agrees(actual: object, expected: object): void {
  const fields = actual as Record<string, unknown>
  const differs = Object.entries(expected).some(([name, value]) => !isSame(fields[name], value))
  if (differs) throw new Error(`the gate says ${JSON.stringify(actual)}, the ledger ${JSON.stringify(expected)}`)
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return one === other
  const [a, b] = [Object.entries(one), Object.entries(other)]
  return a.length === b.length && a.every(([name, value]) => isSame(value, (other as Record<string, unknown>)[name]))
}

type Loose<T> = { [Name in keyof T]: T[Name] | undefined }

/** Without the fields that are undefined: absent is what a request says where it has none. */
function withoutAbsent<T extends object>(fields: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never
}

function pick<T>(items: readonly T[], index: number): T | undefined {
  return items[index % Math.max(1, items.length)]
}

it(`the gate answers as a list of all that ever happened would, in ${RUNS} stories`, { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(anyPolicy, fc.array(anyStep, { minLength: 20, maxLength: 120, size: 'max' }), (policy, story) => {
      const told = new Story(policy)
      for (const step of story) told.run(step)
      const { state } = told.gate
      expect(structuredClone(state)).toEqual(state)
      expect(JSON.parse(JSON.stringify(state))).toEqual(state)
    }),
    { numRuns: RUNS, seed: SEED },
  )
})
