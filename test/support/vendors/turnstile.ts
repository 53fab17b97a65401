import { abortion, html, json } from './http.ts'

/**
 * A local stand-in for Turnstile's siteverify, as strict as Cloudflare about method, path, secret, length, age and single use
 * of tokens. It uses web standards only. The widget, which a page would get its tokens from, is {@link TurnstileStandIn.solve}.
 */

/** Where Cloudflare says whether a token is good. */
export const TURNSTILE_PATH = '/turnstile/v0/siteverify'

const LONGEST_TOKEN = 2_048
const LIFETIME_MS = 300_000
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** What a widget knows of the challenge that was solved. */
export interface TurnstileChallenge {
  readonly hostname: string
  readonly action: string
  readonly cdata: string
}

interface Issued extends TurnstileChallenge {
  readonly at: number
  /** Set when it was redeemed: the idempotency key of that, or none. */
  redeemedBy?: string | null
}

/** Ways to fail that have nothing to do with the token. `hang` takes it all the same. */
export type TurnstileFault =
  | 'down'
  | 'html'
  | 'hang'
  | 'reset'
  | 'internal-error'
  | 'answer-lost'
  | 'redirect'
  | { readonly body: unknown }

export interface TurnstileRequest {
  readonly contentType: string | null
  readonly fields: Readonly<Record<string, string>>
}

export interface TurnstileStandIn {
  /** Answers one request. Rejects where the connection would break. */
  handle(request: Request): Promise<Response>
  /** Solves a challenge: the token that the page gets. */
  solve(challenge?: Partial<TurnstileChallenge>): string
  /** The next requests fail so, one after the other. */
  failNext(...faults: readonly TurnstileFault[]): void
  readonly requests: readonly TurnstileRequest[]
}

/** One stand-in with its own memory. @param options `clock` in milliseconds since the epoch */
export function createTurnstileStandIn(options: { readonly secretKey: string; readonly clock?: () => number }): TurnstileStandIn {
  const { secretKey, clock = Date.now } = options
  const issued = new Map<string, Issued>()
  const requests: TurnstileRequest[] = []
  const faults: TurnstileFault[] = []

  async function handle(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    if (pathname !== TURNSTILE_PATH) return html(404, 'Not Found')
    if (request.method !== 'POST') return html(405, 'Method Not Allowed')
    const contentType = request.headers.get('content-type')
    const fields = fieldsIn(contentType, await request.text())
    requests.push({ contentType, fields: fields ?? {} })
    const fault = faults.shift()
    if (fault !== undefined) return failing(fault, fields, request.signal)
    return json(200, fields ? verify(fields) : refusal('bad-request'))
  }

  function verify(fields: Readonly<Record<string, string>>): object {
    const { secret = '', response = '', idempotency_key: key = null } = fields
    if (secret === '') return refusal('missing-input-secret')
    if (secret !== secretKey) return refusal('invalid-input-secret')
    if (response === '') return refusal('missing-input-response')
    if (key !== null && !UUID.test(key)) return refusal('bad-request')
    const token = response.length > LONGEST_TOKEN ? undefined : issued.get(response)
    if (!token) return refusal('invalid-input-response')
    const isRepeated = key !== null && token.redeemedBy === key
    const isUsed = token.redeemedBy !== undefined && !isRepeated
    if (isUsed || clock() - token.at >= LIFETIME_MS) return refusal('timeout-or-duplicate')
    token.redeemedBy = key
    const { at, hostname, action, cdata } = token
    return { success: true, 'error-codes': [], challenge_ts: new Date(at).toISOString(), hostname, action, cdata }
  }

  async function failing(
    fault: TurnstileFault,
    fields: Readonly<Record<string, string>> | undefined,
    signal: AbortSignal,
  ): Promise<Response> {
    if (typeof fault === 'object') return json(200, fault.body)
    if (fields && (fault === 'hang' || fault === 'answer-lost')) verify(fields)
    switch (fault) {
      case 'down':
        return json(503, { success: true, 'error-codes': [] })
      case 'html':
        return html(200, 'Just a moment')
      case 'internal-error':
        return json(200, refusal('internal-error'))
      case 'redirect':
        return new Response(null, { status: 302, headers: { location: 'http://elsewhere.invalid/' } })
      case 'hang':
        return abortion(signal)
      case 'reset':
      case 'answer-lost':
        throw new Error('connection reset')
    }
  }

  return {
    handle,
    requests,
    solve(challenge = {}) {
      const token = `1.${crypto.getRandomValues(new Uint8Array(48)).toHex()}`
      issued.set(token, { hostname: 'shop.example.com', action: 'send', cdata: '', ...challenge, at: clock() })
      return token
    },
    failNext: (...next) => void faults.push(...next),
  }
}

function refusal(code: string): object {
  return { success: false, 'error-codes': [code], messages: [] }
}

/** JSON or a form; undefined for anything else. */
function fieldsIn(contentType: string | null, body: string): Readonly<Record<string, string>> | undefined {
  const type = contentType?.split(';')[0]?.trim()
  if (type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(body))
  if (type !== 'application/json') return undefined
  try {
    return JSON.parse(body) as Record<string, string>
  } catch {
    return undefined
  }
}
