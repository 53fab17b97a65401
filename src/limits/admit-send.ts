import { type Budget, reserveBudget } from './budget'
import { type Counted, countBy } from './count-by'
import type { Asker, LimitDeps } from './limit-deps'
import { limiterName } from './limiters'
import type { MessageCosts } from './message-costs'
import { type Admission, withdrawSend } from './settle-send'
import { type Subject, subjectsOf } from './subjects'
import { tooMuch } from './too-much'

/** What is asked of the rules. */
export interface WantedSend {
  readonly phone: { readonly e164: string; readonly country: string }
  /** `weighed`: refused while a strike is in force, and not counted. `costs`: what replaces a lost message only costs. */
  readonly weight: 'counted' | 'weighed' | 'costs'
  readonly costs: Pick<MessageCosts, 'dearest'>
}

/**
 * Asks every rule, all at once, whether a message may be sent, and counts it there. Where one says no, the others are given
 * back after the answer.
 * @throws `abnormal_usage`, `budget_exhausted`, `dependency_unavailable` where a rule that is enforced cannot be asked
 */
export async function admitSend(deps: LimitDeps, asker: Asker, { phone, weight, costs }: WantedSend): Promise<Admission> {
  const counts = weight === 'counted'
  const subjects = weight === 'costs' ? [] : await subjectsOf(deps, asker, phone)
  const isSuspect = ({ rule, subject }: Subject) => deps.suspects.has(limiterName(rule, subject))
  const suspects = subjects.filter(isSuspect)
  const first = suspects.length === 0 ? undefined : await admitBy(deps, asker, suspects, undefined, counts)
  const others = subjects.filter((one) => !suspects.includes(one))
  try {
    const rest = await admitBy(deps, asker, others, costs, counts)
    return { counted: [...(first?.counted ?? []), ...rest.counted], budget: rest.budget }
  } catch (error) {
    if (first) withdrawSend(deps, asker, first)
    throw error
  }
}

async function admitBy(
  deps: LimitDeps,
  asker: Asker,
  subjects: readonly Subject[],
  costs: WantedSend['costs'] | undefined,
  counts: boolean,
): Promise<Admission> {
  const [answers, [spending]] = await Promise.all([
    Promise.allSettled(subjects.map((subject) => countBy(deps, asker, subject, counts))),
    Promise.allSettled([costs && reserveBudget(deps, asker, costs.dearest)]),
  ])
  const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
  const admission = {
    counted: given.filter((one): one is Counted => 'at' in one),
    budget: spending.status === 'fulfilled' ? spending.value : undefined,
  }
  const waits = given.flatMap((one) => ('waitMs' in one ? one.waitMs : []))
  const refusal = waits.length > 0 ? tooMuch(Math.max(...waits)) : failureIn([...answers, spending])
  if (refusal === undefined) return admission
  withdrawSend(deps, asker, admission)
  throw refusal
}

/** The budget's before the others', which are only that a rule cannot be asked. */
function failureIn(answers: readonly PromiseSettledResult<readonly object[] | Budget | undefined>[]): unknown {
  return answers.findLast((one) => one.status === 'rejected')?.reason
}
