/** Above two providers' timeouts of eight seconds, after which the service answers by itself. */
const TIMEOUT_MS = 20_000

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body where it is a JSON object, otherwise an empty one. */
  readonly json: Readonly<Record<string, unknown>>
}

export interface Client {
  readonly get: (path: string) => Promise<Answer>
  /** @param body sent as JSON; a text goes out as it is */
  readonly post: (path: string, body: object | string) => Promise<Answer>
}

/** There was no answer at all. The message is one line for a person. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
}

/**
 * Calls the service at `address`. Both methods throw {@link NoAnswerError} only.
 * @param key sent as a bearer token, where there is one
 */
export function createClient(address: string, timeoutMs = TIMEOUT_MS, key?: string): Client {
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` }
  const request = async (path: string, init: RequestInit, headers: Record<string, string> = {}): Promise<Answer> => {
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await fetch(address + path, { ...init, headers: { ...authorization, ...headers }, signal })
      const text = await response.text()
      return { status: response.status, headers: response.headers, text, json: toObject(text) }
    } catch (error) {
      throw new NoAnswerError(reasonOf(error, timeoutMs), { cause: error })
    }
  }
  return {
    get: (path) => request(path, {}),
    post: (path, body) =>
      request(
        path,
        {
          method: 'POST',
          body: typeof body === 'string' ? body : JSON.stringify(body),
          // Following would turn it into a GET.
          redirect: 'manual',
        },
        { 'content-type': 'application/json' },
      ),
  }
}

function toObject(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function reasonOf(error: unknown, timeoutMs: number): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } }
  if (name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} seconds`
  if (cause?.code === 'ECONNREFUSED') return 'connection refused: nothing listens there'
  if (cause?.code === 'ENOTFOUND') return 'there is no such host'
  return oneLine(cause?.message || cause?.code || message)
}

/** Text from elsewhere, fit for one line of the terminal. */
export function oneLine(text: string): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 199)}…` : line
}
