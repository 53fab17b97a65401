import type { AbuseRule } from '../config/abuse'
import { LIMITER_CALL_TIMEOUT_MS } from '../config/limits'
import { type RemoteMethods, callObject } from '../core/call-object'
import type { Log } from '../core/log'
import type { LimiterObject } from './limiter'

/** A limiter's methods as a caller sees them. */
export type LimiterMethods = RemoteMethods<LimiterObject, 'count' | 'giveBack' | 'verify' | 'spend' | 'correct' | 'lift'>

/** The limiters of a deployment, by name. */
export interface Limiters {
  /** @throws `dependency_unavailable` where the object cannot be reached */
  call<Reply>(name: string, method: (limiter: LimiterMethods) => Promise<Reply>): Promise<Reply>
}

/** Where there is one limiter for all: what it counts by. */
export const WHOLE_DEPLOYMENT = 'deployment'

/** The name of the limiter of a rule and what it counts by. */
export function limiterName(rule: AbuseRule, subject: string): string {
  return `${rule}:${subject}`
}

/** The rule that a name is of. */
export function ruleOf(name: string): string {
  return name.slice(0, name.indexOf(':'))
}

export function createLimiters(namespace: DurableObjectNamespace<LimiterObject>, log: Log): Limiters {
  return {
    call: (name, method) =>
      callObject(() => method(namespace.get(namespace.idFromName(name)) as unknown as LimiterMethods), {
        dependency: 'limits',
        timeoutMs: LIMITER_CALL_TIMEOUT_MS,
        log,
      }),
  }
}
