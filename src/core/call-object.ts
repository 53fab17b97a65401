import { refuse } from './app-error'
import { type Log, errorName } from './log'
import { randomFraction } from './random-fraction'
import { withTimeout } from './with-timeout'

const RETRIES = 2
const LONGEST_PAUSE_MS = 150

/** An object's methods as a caller sees them. The platform's stub type takes unions apart, so they are written down here. */
export type RemoteMethods<Remote, Names extends keyof Remote> = {
  readonly [Name in Names]: Remote[Name] extends (...args: infer Args) => infer Reply
    ? (...args: Args) => Promise<Awaited<Reply>>
    : never
}

/**
 * Calls a Durable Object with a fresh stub per attempt. Repeats twice at most, only what the platform calls retryable or
 * what a restart cut off, and never an overloaded object.
 * @param dependency how the object is called in logs and refusals
 * @throws `dependency_unavailable`
 */
export async function callObject<Reply>(
  attempt: () => Promise<Reply>,
  { dependency, timeoutMs, log }: { readonly dependency: string; readonly timeoutMs: number; readonly log: Log },
): Promise<Reply> {
  for (let tries = 1; ; tries++) {
    try {
      return await withTimeout(attempt(), timeoutMs)
    } catch (error) {
      log('warn', `${dependency}.call_failed`, { dependency, attempt: tries, error_name: errorName(error) })
      if (tries > RETRIES || !isRetryable(error)) throw refuse('dependency_unavailable', { dependency }, error)
      await scheduler.wait(randomFraction() * LONGEST_PAUSE_MS)
    }
  }
}

function isRetryable(error: unknown): boolean {
  // Anything can be thrown, null too.
  const flags: { retryable?: boolean; overloaded?: boolean; durableObjectReset?: boolean } = Object(error)
  return !flags.overloaded && Boolean(flags.retryable || flags.durableObjectReset)
}
