import { DEPENDENCY_TIMEOUT_MS } from '../../config/limits'
import { refuse } from '../../core/app-error'
import { withTimeout } from '../../core/with-timeout'

/**
 * What D1 answers to somebody who waits for it.
 * @param timeoutMs how long, in milliseconds
 * @throws `dependency_unavailable` where it fails, or takes longer
 */
export async function fromDatabase<T>(work: Promise<T>, timeoutMs: number = DEPENDENCY_TIMEOUT_MS): Promise<T> {
  return withTimeout(work, timeoutMs).catch((error: unknown) => {
    throw refuse('dependency_unavailable', { dependency: 'd1' }, error)
  })
}
