import type { Asker, LimitDeps } from './limit-deps'
import { limiterName } from './limiters'
import type { CountReply } from './rules/usage'
import type { Subject } from './subjects'

/** Where a send, or a guess, was counted: what is needed to take that back, or to tell that its code was typed. */
export interface Counted {
  /** The limiter's name. */
  readonly limiter: string
  /** The slice of its window. Milliseconds since the epoch. */
  readonly at: number
}

/**
 * Counts a send, or a guess, by one rule. A rule that only observes refuses nothing, not even when it cannot be asked.
 * @param counts false: it is refused while a strike is in force, and not counted
 * @returns where it was counted, or how long it is refused; nothing where nobody counts
 * @throws `dependency_unavailable`
 */
export async function countBy(
  { limiters, suspects, rules, log }: LimitDeps,
  { requestId }: Pick<Asker, 'requestId'>,
  { rule, subject }: Subject,
  counts: boolean,
): Promise<readonly (Counted | { readonly waitMs: number })[]> {
  const { mode, windowSeconds, ...figures } = rules[rule]
  if (mode === 'off') return []
  const name = limiterName(rule, subject)
  const request = { rule, subject, mode, requestId, ...figures, windowMs: windowSeconds * 1000, counts }
  let reply: CountReply
  try {
    reply = await limiters.call(name, (limiter) => limiter.count(request))
  } catch (error) {
    if (mode === 'observe') return []
    throw error
  }
  const isStruck = reply.status === 'refused' || reply.struck
  if (isStruck) log('warn', 'limit.struck', { request_id: requestId, reason: rule, outcome: mode })
  if (reply.status === 'refused') {
    suspects.add(name, reply.waitMs)
    return [{ waitMs: reply.waitMs }]
  }
  suspects.delete(name)
  return counts ? [{ limiter: name, at: reply.at }] : []
}
