import { type Counted, countBy } from './count-by'
import type { Asker, LimitDeps } from './limit-deps'
import { guessSubject } from './subjects'
import { tooMuch } from './too-much'

/**
 * Asks whether a stranger may guess at a code, and counts the guess. It is counted before it is weighed, so that of any
 * number at once no more are weighed than the limit has room for. Of a server nothing is asked.
 * @returns where it was counted: to be cleared if it is right, given back if nobody weighs it
 * @throws `abnormal_usage`, `dependency_unavailable` where the rule is enforced and cannot be asked
 */
export async function admitGuess(deps: LimitDeps, asker: Asker): Promise<readonly Counted[]> {
  const subject = await guessSubject(deps, asker)
  if (!subject) return []
  const given = await countBy(deps, asker, subject, true)
  return given.map((one) => {
    if ('waitMs' in one) throw tooMuch(one.waitMs)
    return one
  })
}
