import { parseJson } from '../../core/decode'

/** The part of `fetch` that an adapter needs. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** What every adapter that calls a vendor is given. */
export interface VendorHttp {
  readonly fetch: Fetch
  /** For the whole exchange, the reading of the body included. */
  readonly timeoutMs: number
}

export interface VendorCall extends VendorHttp {
  readonly url: string
  readonly init: RequestInit
}

/** What came of an exchange. `json` is undefined where the text is not JSON. */
export type VendorReply =
  | { readonly kind: 'replied'; readonly httpStatus: number; readonly text: string; readonly json: unknown }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'connection_lost' }

/** Beyond this a body is not a vendor's reply. The rest is not read. */
export const REPLY_LIMIT_BYTES = 64 * 1024

/** The runtime's `fetch`, looked up at each call, so that a test can put another in its place. */
export const systemFetch: Fetch = (url, init) => globalThis.fetch(url, init)

/**
 * One exchange with a vendor, and the only place that makes one. Redirects are not followed: they would carry the
 * credentials to an address that nobody configured. Never throws, and gives no error out: an error of `fetch` can quote
 * the address, and what it says beyond "no answer" is of no use to the caller.
 */
export async function callVendor({ fetch, timeoutMs, url, init }: VendorCall): Promise<VendorReply> {
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    // workerd knows no redirect mode 'error'. The race holds where a fetch or a body does not heed its signal.
    return await Promise.race([exchange(fetch, url, { ...init, signal, redirect: 'manual' }), rejectOnAbort(signal)])
  } catch {
    return { kind: signal.aborted ? 'timeout' : 'connection_lost' }
  }
}

async function exchange(fetch: Fetch, url: string, init: RequestInit): Promise<VendorReply> {
  const response = await fetch(url, init)
  const text = await readText(response)
  return { kind: 'replied', httpStatus: response.status, text, json: parseJson(text) }
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let room = REPLY_LIMIT_BYTES
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk.subarray(0, room), { stream: true })
    room -= chunk.byteLength
    if (room <= 0) break
  }
  return text + decoder.decode()
}
