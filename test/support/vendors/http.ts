/** What the stand-ins of all vendors answer with. Web standards only: it runs in workerd and in Node. */
export function json(httpStatus: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status: httpStatus, headers: { 'content-type': 'application/json' } })
}

/** The page of a proxy, where an API is expected. */
export function html(httpStatus: number, title: string): Response {
  return new Response(`<html><body><h1>${title}</h1></body></html>`, {
    status: httpStatus,
    headers: { 'content-type': 'text/html' },
  })
}

export function redirect(location: string): Response {
  return new Response(null, { status: 302, headers: { location } })
}

/** Resolves after that long, and rejects when the caller gives up. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  const elapsed = Promise.withResolvers<void>()
  const timer = setTimeout(elapsed.resolve, ms)
  await Promise.race([elapsed.promise, abortion(signal)]).finally(() => clearTimeout(timer))
}

/** Rejects when the caller gives up, and never resolves. */
export function abortion(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const giveUp = () => reject(new Error('the caller gave up'))
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
  })
}
