import { abortion, html, json, redirect, sleep } from './http.ts'

/**
 * A local stand-in for Gupshup's WhatsApp template call, as strict as the vendor about method, path, key, content type,
 * number form and template. It uses web standards only, so that one piece of code serves the tests
 * (in workerd), the benchmark and `npm run vendors` (in Node).
 *
 * What it answers depends on the last four digits of the destination: see {@link GUPSHUP_SCENARIOS}. It makes no call of
 * its own: {@link gupshupReceipts} says which events the vendor would post for a message.
 */

/** Where the vendor takes template messages. */
export const GUPSHUP_PATH = '/wa/api/v1/template/msg'

interface Scenario {
  readonly what: string
  /** Whether the message is taken, whatever the answer says. */
  readonly taken: boolean
  readonly answer: (messageId: string) => Response | 'hang' | 'reset'
}

const submitted = (messageId: string) => json(202, { status: 'submitted', messageId })
const error = (httpStatus: number, message: string, code?: number) =>
  json(httpStatus, { status: 'error', message, ...(code !== undefined && { code }) })

/** Every special number, by its last four digits. All others are answered 202 `submitted`. */
export const GUPSHUP_SCENARIOS: Readonly<Record<string, Scenario>> = {
  '0001': { what: '400 "Invalid Destination"', taken: false, answer: () => error(400, 'Invalid Destination') },
  '0002': { what: '202 submitted; its event reports 1002, not on WhatsApp', taken: true, answer: submitted },
  '0003': { what: '202 submitted; its event reports 1012, opted out', taken: true, answer: submitted },
  '0004': { what: '202 submitted; its event reports 1005, template mismatch', taken: true, answer: submitted },
  '0005': { what: '202 submitted; its event reports 1003, no balance', taken: true, answer: submitted },
  '0006': { what: '429 "Too Many Requests"', taken: false, answer: () => error(429, 'Too Many Requests') },
  '0007': { what: '503 with an HTML body', taken: false, answer: () => html(503, 'Service Unavailable') },
  '0008': { what: 'no answer until the caller gives up', taken: true, answer: () => 'hang' },
  '0009': { what: '202 with status "error" in the body', taken: false, answer: () => error(202, 'x') },
  '0010': { what: '202 submitted; its events come twice and out of order', taken: true, answer: submitted },
  '0012': {
    what: '400 with code 131056: too many to one person',
    taken: false,
    answer: () => error(400, 'Pair rate limit', 131056),
  },
  '0013': { what: '503 the first time, then 202 submitted', taken: true, answer: submitted },
  '0014': { what: '202 submitted; the last of its reports is 131026, not deliverable', taken: true, answer: submitted },
  '0016': { what: '200 with status "error" in the body', taken: false, answer: () => error(200, 'x') },
  '0020': { what: '500 with a JSON error', taken: false, answer: () => error(500, 'Internal Server Error') },
  '0021': { what: '200 with an empty body', taken: true, answer: () => new Response('', { status: 200 }) },
  '0022': { what: '200 with text that is not JSON', taken: true, answer: () => new Response('OK, thanks!', { status: 200 }) },
  '0023': { what: 'the connection is reset', taken: true, answer: () => 'reset' },
  '0024': { what: '400 with code 131049: frequency cap', taken: false, answer: () => error(400, 'Not delivered', 131049) },
  '0025': { what: '401 "Authentication Failed"', taken: false, answer: () => error(401, 'Authentication Failed') },
  '0026': { what: '302 to another address', taken: false, answer: () => redirect('http://elsewhere.invalid/') },
  '0027': { what: '202 submitted without a messageId', taken: true, answer: () => json(202, { status: 'submitted' }) },
}

const DEFAULT_SCENARIO: Scenario = { what: '202 submitted', taken: true, answer: submitted }

/** A message that the vendor took, answered or not. */
export interface GupshupMessage {
  readonly messageId: string
  /** Digits, as they came. */
  readonly destination: string
  readonly source: string
  readonly srcName: string
  readonly templateId: string
  readonly params: readonly string[]
  /** The first parameter, where it can be a code; empty in a notice. */
  readonly code: string
}

/** A request as it came, refused ones too. */
export interface GupshupRequest {
  readonly method: string
  readonly url: string
  readonly apiKey: string | null
  readonly contentType: string | null
  readonly body: string
}

export interface GupshupStandInOptions {
  /** The only key that is let in. Any key is, when absent. */
  readonly apiKey?: string
  /** Waited before each answer. */
  readonly delayMs?: number
  /** Called for each message that is taken, before the answer. */
  readonly onMessage?: (message: GupshupMessage) => void
}

export interface GupshupStandIn {
  /** Answers one request. Rejects where the connection would break: then a server destroys the socket. */
  handle(request: Request): Promise<Response>
  readonly messages: readonly GupshupMessage[]
  readonly requests: readonly GupshupRequest[]
  /** The code of the last well-formed request with one for a number (with or without `+`), whatever the answer was. */
  lastCode(destination: string): string | undefined
  /** Forgets everything. */
  reset(): void
}

/** One stand-in with its own memory. */
export function createGupshupStandIn({ apiKey, delayMs = 0, onMessage }: GupshupStandInOptions = {}): GupshupStandIn {
  const messages: GupshupMessage[] = []
  const requests: GupshupRequest[] = []
  const codes = new Map<string, string>()
  const failedOnce = new Set<string>()

  async function handle(request: Request): Promise<Response> {
    const seen = await record(request)
    requests.push(seen)
    if (delayMs > 0) await sleep(delayMs, request.signal)
    const refusal = refusalOf(seen, apiKey)
    if (refusal) return refusal
    const message = parseMessage(seen.body)
    if (typeof message === 'string') return error(400, message)
    if (message.code !== '') codes.set(message.destination, message.code)
    return answer(message, request.signal)
  }

  async function answer(message: GupshupMessage, signal: AbortSignal): Promise<Response> {
    const suffix = message.destination.slice(-4)
    const scenario = GUPSHUP_SCENARIOS[suffix] ?? DEFAULT_SCENARIO
    if (suffix === '0013' && !failedOnce.has(message.destination)) {
      failedOnce.add(message.destination)
      return error(503, 'Service Unavailable')
    }
    if (scenario.taken) {
      messages.push(message)
      onMessage?.(message)
    }
    const reply = scenario.answer(message.messageId)
    if (reply === 'reset') throw new Error('connection reset')
    return reply === 'hang' ? abortion(signal) : reply
  }

  return {
    handle,
    messages,
    requests,
    lastCode: (destination) => codes.get(destination.replace('+', '')),
    reset() {
      messages.length = 0
      requests.length = 0
      codes.clear()
      failedOnce.clear()
    },
  }
}

/** A call that the vendor makes to one of our webhooks. */
export interface GupshupWebhook {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface GupshupWebhookAddress {
  /** The origin of the service. */
  readonly baseUrl: string
  /** The secret at the end of the address. */
  readonly secret: string
  /** When the first event happens, by the vendor's clock, in milliseconds. The others follow a second apart. */
  readonly startAt?: number
}

/** What happens to a message, in the order in which the vendor tells of it. A number is the code of a failure. */
const EVENTS: Readonly<Record<string, readonly (string | number)[]>> = {
  '0002': [1002],
  '0003': [1012],
  '0004': [1005],
  '0005': [1003],
  '0010': ['read', 'read', 'delivered', 'delivered', 'sent', 'sent'],
  // WhatsApp takes it, and cannot deliver it.
  '0014': ['enqueued', 'sent', 131_026],
}

/** The calls, in order, with which the vendor reports on a message that it took. */
export async function gupshupReceipts(
  { messageId, destination }: Pick<GupshupMessage, 'messageId' | 'destination'>,
  { baseUrl, secret, startAt = Date.now() }: GupshupWebhookAddress,
): Promise<readonly GupshupWebhook[]> {
  const events = EVENTS[destination.slice(-4)] ?? ['enqueued', 'sent', 'delivered']
  return events.map((event, index) => {
    const time = startAt + index * 1000
    // Until WhatsApp has the message the vendor's id stands alone, as `id`.
    const isEarly = index === 0 && (event === 'enqueued' || typeof event === 'number')
    const whatsappMessageId = `wamid.${btoa(messageId)}`
    const ids = isEarly ? { id: messageId } : { id: whatsappMessageId, gsId: messageId }
    const payload = payloadOf(event, whatsappMessageId, Math.floor(time / 1000))
    const type = typeof event === 'number' ? 'failed' : event
    return {
      url: `${baseUrl}/webhooks/gupshup/${secret}`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        app: 'HomiAi',
        timestamp: time,
        version: 2,
        type: 'message-event',
        payload: { ...ids, type, destination, payload },
      }),
    }
  })
}

function payloadOf(event: string | number, whatsappMessageId: string, seconds: number): object {
  if (typeof event === 'number') return { code: event, reason: 'Not delivered' }
  return event === 'enqueued' ? { whatsappMessageId, type: 'session' } : { ts: seconds }
}

async function record(request: Request): Promise<GupshupRequest> {
  return {
    method: request.method,
    url: request.url,
    apiKey: request.headers.get('apikey'),
    contentType: request.headers.get('content-type'),
    // Not text(): workerd warns about it on a form.
    body: new TextDecoder().decode(await request.arrayBuffer()),
  }
}

/** What is wrong before the form is looked at. */
function refusalOf({ method, url, apiKey, contentType }: GupshupRequest, wantedKey: string | undefined): Response | undefined {
  if (new URL(url).pathname !== GUPSHUP_PATH) return error(404, 'Not Found')
  if (method !== 'POST') return error(405, 'Method Not Allowed')
  if (!apiKey || (wantedKey !== undefined && apiKey !== wantedKey)) return error(401, 'Authentication Failed')
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/x-www-form-urlencoded') {
    return error(400, 'Content type must be application/x-www-form-urlencoded')
  }
  return undefined
}

/** The message in a form, or what is wrong with it. */
function parseMessage(body: string): GupshupMessage | string {
  const form = new URLSearchParams(body)
  const field = (name: string) => form.get(name) ?? ''
  if (field('channel') !== 'whatsapp') return 'Invalid Channel'
  if (!NUMBER.test(field('source'))) return 'Invalid Source'
  if (!NUMBER.test(field('destination'))) return 'Invalid Destination'
  if (field('src.name') === '') return 'Invalid App Name'
  const template = parseTemplate(field('template'))
  if (!template) return 'Invalid Template'
  const [first = ''] = template.params
  return {
    messageId: crypto.randomUUID(),
    destination: field('destination'),
    source: field('source'),
    srcName: field('src.name'),
    templateId: template.id,
    params: template.params,
    code: CODE.test(first) ? first : '',
  }
}

/** Digits with the country code, and no `+`. */
const NUMBER = /^[1-9]\d{6,14}$/
const CODE = /^\d{4,10}$/
const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

function parseTemplate(text: string): { id: string; params: string[] } | undefined {
  try {
    const { id, params } = JSON.parse(text) as { id?: unknown; params?: unknown }
    const isValid = typeof id === 'string' && UUID.test(id) && Array.isArray(params) && params.length > 0
    return isValid && params.every((param) => typeof param === 'string') ? { id, params } : undefined
  } catch {
    return undefined
  }
}
