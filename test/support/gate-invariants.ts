import { approvalOf } from '../../src/otp/gate-state'
import type { CheckAnswer } from '../../src/otp/rules/guess'
import type { Ledger } from './gate-ledger'
import type { PureGate } from './pure-gate'

interface Told {
  readonly gate: PureGate
  readonly ledger: Ledger
  /** Every guess that was let in, with the code it was weighed against. */
  readonly weighed: readonly { readonly verificationId: string; readonly codeId: string; readonly at: number }[]
  /** Every answer that said approved, with the request that it was given to. */
  readonly approvals: readonly { readonly attemptKey: string; readonly answer: Approved }[]
  readonly dropped: readonly number[]
}

/** The answer to a right code, and with it two others that it shares its type with. */
export type Approved = Extract<CheckAnswer, { approval?: unknown }>

/** Throws where something does not hold. Without `expect`, which is a hundred times slower: it runs after every step. */
export function hold(condition: boolean, what: string): void {
  if (!condition) throw new Error(`does not hold: ${what}`)
}

/** What holds after any step of any story, said without the rules. */
export function holdInvariants(told: Told): void {
  holdSends(told)
  holdReplacements(told)
  holdGuesses(told)
  holdIntents(told)
  holdState(told)
}

function holdSends({ gate: { policy }, ledger: { sends } }: Told): void {
  for (const [index, { at, isReplacement }] of sends.entries()) {
    const last = sends[index - 1]
    hold(
      isReplacement || !last || last.outcome === 'rejected' || at - last.at >= policy.cooldownMs,
      'the cooldown between two sends',
    )
    for (const { limit, windowMs } of policy.windows) {
      const before = sends[index - limit]
      hold(!before || at - before.at >= windowMs, `at most ${limit} sends in ${windowMs} ms`)
    }
  }
}

/** Whatever is reported lost, and how often: a verification has one message for free of the cooldown. */
function holdReplacements({ ledger }: Told): void {
  for (const { sends } of ledger.entries) {
    hold(sends.filter(({ isReplacement }) => isReplacement).length <= 1, 'at most one replacement for a verification')
  }
}

function holdGuesses({ ledger, weighed, approvals }: Told): void {
  for (const [weighedFor, guesses] of Map.groupBy(weighed, ({ verificationId }) => verificationId)) {
    const limit = ledger.entries.find(({ id }) => id === weighedFor)?.guessLimit ?? Infinity
    hold(guesses.length <= limit, `at most ${limit} guesses for a verification`)
  }
  for (const told of Map.groupBy(approvals, ({ answer }) => answer.verificationId).values()) {
    const plain = told.filter(({ answer }) => !answer.approval)
    // The same request asked again is told the same.
    hold(new Set(plain.map(({ attemptKey }) => attemptKey)).size <= 1, 'a code approves at most one request')
    const accepted = new Set(told.flatMap(({ answer: { approval } }) => (approval ? JSON.stringify(approval) : [])))
    hold(accepted.size <= 1, 'a code lets at most one intent through, and that once')
  }
}

function holdIntents({ gate: { state }, weighed }: Told): void {
  const { unfulfilled = [], verifications } = state
  hold(new Set(unfulfilled).size === unfulfilled.length, 'an intent waits once to be carried out')
  const accepted = verifications.filter(approvalOf)
  hold(
    unfulfilled.every((id) => accepted.some((one) => one.id === id)),
    'what is to be carried out was let through',
  )
  for (const { id, accepted: asked, completedAt, expiresAt, updateWindowMs = 0, status } of accepted) {
    const after = asked!.acceptedAt - completedAt!
    hold(
      status === 'approved' && (after === 0 || (after > 0 && after < updateWindowMs)),
      'an intent follows the right code in time',
    )
    hold(
      weighed.some(({ verificationId, at }) => verificationId === id && at < expiresAt),
      'an intent follows a code that was typed in time',
    )
  }
  for (const { proof, status, updateWindowMs } of verifications) {
    hold(proof === undefined || (status === 'approved' && updateWindowMs !== undefined), 'no proof where nothing may follow')
  }
  for (const { wrongProofs = 0, guessLimit } of verifications) {
    hold(wrongProofs <= guessLimit, 'as many guesses at a proof as at a code')
  }
}

function holdState({ gate: { state, now, policy }, ledger, dropped }: Told): void {
  const live = state.verifications.filter(({ status, code, expiresAt }) => status === 'pending' && code && now < expiresAt)
  hold(new Set(live.map(({ purpose }) => purpose)).size === live.length, 'one live code for a purpose')
  for (const { status, code } of state.verifications) {
    hold(status === 'pending' || code === null, `no digest once it is ${status}`)
  }
  const seqs = [...dropped, ...state.outbox.map(({ seq }) => seq)]
  hold(seqs.length === state.seq && seqs.every((seq, index) => seq === index), 'an audit sequence without gaps or repetitions')

  const { outbox, verifications, sends, wrongGuesses } = state
  hold(wrongGuesses.length <= policy.wrongGuessLimit, 'the wrong guesses never exceed the limit of a number')
  hold(JSON.stringify(sends).length < 15 * (ledger.sends.length + 1), 'the sends are small')
  hold(JSON.stringify(verifications).length < 1_000 * (ledger.entries.length + 1), 'the verifications are small')
  hold(JSON.stringify(outbox).length < 300 * (outbox.length + 1), 'the outbox is small')
}
