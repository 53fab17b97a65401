import { DEPENDENCY_TIMEOUT_MS } from '../../config/limits'
import { refuse } from '../../core/app-error'
import { withTimeout } from '../../core/with-timeout'

/**
 * What D1 answers to a read that somebody waits for.
 * @throws `dependency_unavailable` where it fails, or takes longer than `DEPENDENCY_TIMEOUT_MS`
 */
export async function fromDatabase<T>(read: Promise<T>): Promise<T> {
  return withTimeout(read, DEPENDENCY_TIMEOUT_MS).catch((error: unknown) => {
    throw refuse('dependency_unavailable', { dependency: 'd1' }, error)
  })
}
