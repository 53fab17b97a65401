/** Thrown by {@link withTimeout} when the time is up. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
}

/**
 * The promise's value, or a {@link TimeoutError} after `timeoutMs` milliseconds. The work itself goes on: what cannot be
 * cancelled (KV, D1 and calls to objects take no signal) is only no longer waited for.
 */
export async function withTimeout<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  const expiry = Promise.withResolvers<never>()
  const timer = setTimeout(() => expiry.reject(new TimeoutError(`no answer in ${timeoutMs} ms`)), timeoutMs)
  try {
    return await Promise.race([work, expiry.promise])
  } finally {
    clearTimeout(timer)
  }
}
