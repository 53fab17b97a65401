import { abortion, html, json, redirect, sleep } from './http.ts'

/**
 * A local stand-in for mShastra's JSON send call, as strict as the vendor about path, method, credentials, number form and
 * fields. It uses web standards only, so that one piece of code serves the tests (in workerd), the
 * benchmark and `npm run vendors` (in Node).
 *
 * What it answers depends on the last four digits of the number: see {@link MSHASTRA_SCENARIOS}. It takes one message a
 * call, as our adapter sends them, and reports nothing later: neither does the vendor.
 */

/** Where the vendor takes messages. */
export const MSHASTRA_PATH = '/sendsms_api_json.aspx'

interface Scenario {
  readonly what: string
  /** Whether the message is taken, whatever the answer says. */
  readonly taken: boolean
  readonly answer: (message: MshastraMessage) => Response | 'hang' | 'reset'
}

const sent = (message: MshastraMessage) => answerTo(message, message.messageId, message.showsCodes ? '000' : 'Message Sent')
/** The vendor leaves blanks where a message has no id. */
const refused = (word: string) => (message: MshastraMessage) => answerTo(message, '   ', word)
const answerTo = ({ destination }: Pick<MshastraMessage, 'destination'>, messageId: string, word: string) =>
  json(200, [{ msg_id: messageId, number: `+${destination}`, str_response: word }])
const text = (words: string) => new Response(words, { status: 200, headers: { 'content-type': 'text/plain' } })

/** Every special number, by its last four digits. All others are answered 200 with `000`. */
export const MSHASTRA_SCENARIOS: Readonly<Record<string, Scenario>> = {
  '0001': { what: '200 with code 001: invalid receiver', taken: false, answer: refused('001') },
  '0003': { what: '200 with code 006: do-not-disturb', taken: false, answer: refused('006') },
  '0005': { what: '200 with the text "No More Credits"', taken: false, answer: refused('No More Credits') },
  '0006': { what: '429 with an HTML body', taken: false, answer: () => html(429, 'Too Many Requests') },
  '0007': { what: '503 with an HTML body', taken: false, answer: () => html(503, 'Service Unavailable') },
  '0008': { what: 'no answer until the caller gives up', taken: true, answer: () => 'hang' },
  '0009': { what: '200 with an HTML body', taken: true, answer: () => html(200, 'Welcome') },
  '0010': {
    what: '200 with "send success" as response',
    taken: true,
    answer: ({ messageId }) => json(200, [{ msg_id: messageId, response: 'send success' }]),
  },
  '0011': { what: '200 with bare text: IP not allowed', taken: false, answer: () => text('Whitelist IP address to use API') },
  '0013': { what: '200 with code 013 the first time, then 000', taken: true, answer: sent },
  '0016': { what: '200 with code 009: profile blocked', taken: false, answer: refused('009') },
  '0020': { what: '500 with a JSON error', taken: false, answer: () => json(500, { Message: 'An error has occurred.' }) },
  '0021': { what: '200 with an empty body', taken: true, answer: () => new Response('', { status: 200 }) },
  '0022': { what: '200 with text that is not JSON', taken: true, answer: () => text('OK, thanks!') },
  '0023': { what: 'the connection is reset', taken: true, answer: () => 'reset' },
  '0024': { what: '400 with an HTML body', taken: false, answer: () => html(400, 'Bad Request') },
  '0025': { what: '401 with an HTML body', taken: false, answer: () => html(401, 'Unauthorized') },
  '0026': { what: '302 to another address', taken: false, answer: () => redirect('http://elsewhere.invalid/') },
  '0027': { what: '200 with 000 and no id', taken: true, answer: (message) => answerTo(message, '', '000') },
  '0028': { what: '200 with code 099, which is in no list', taken: false, answer: refused('099') },
}

const DEFAULT_SCENARIO: Scenario = { what: '200 with 000', taken: true, answer: sent }

/** A message that the vendor took, answered or not. */
export interface MshastraMessage {
  readonly messageId: string
  /** Digits, as they came. */
  readonly destination: string
  readonly sender: string
  readonly text: string
  readonly language: string
  /** Whether it asked for codes in place of texts. */
  readonly showsCodes: boolean
  /** India: the registrations of the text and of its sender. */
  readonly tpid: string | undefined
  readonly peid: string | undefined
  /** The first run of 4 to 10 digits in the text, or none. */
  readonly code: string
}

/** A request as it came, refused ones too. */
export interface MshastraRequest {
  readonly method: string
  readonly url: string
  readonly accept: string | null
  readonly contentType: string | null
  readonly body: string
}

export interface MshastraStandInOptions {
  /** The only profile and password that are let in. Any are, when absent. */
  readonly user?: string
  readonly password?: string
  /** Waited before each answer. */
  readonly delayMs?: number
  /** Called for each message that is taken, before the answer. */
  readonly onMessage?: (message: MshastraMessage) => void
}

export interface MshastraStandIn {
  /** Answers one request. Rejects where the connection would break: then a server destroys the socket. */
  handle(request: Request): Promise<Response>
  readonly messages: readonly MshastraMessage[]
  readonly requests: readonly MshastraRequest[]
  /** The code of the last well-formed request for a number (with or without `+`), whatever the answer was. */
  lastCode(destination: string): string | undefined
  /** Forgets everything. */
  reset(): void
}

/** One stand-in with its own memory. */
export function createMshastraStandIn(options: MshastraStandInOptions = {}): MshastraStandIn {
  const { delayMs = 0, onMessage } = options
  const messages: MshastraMessage[] = []
  const requests: MshastraRequest[] = []
  const codes = new Map<string, string>()
  const failedOnce = new Set<string>()

  async function handle(request: Request): Promise<Response> {
    const seen = await record(request)
    requests.push(seen)
    if (delayMs > 0) await sleep(delayMs, request.signal)
    if (new URL(seen.url).pathname !== MSHASTRA_PATH) return html(404, 'Not Found')
    if (seen.method !== 'POST') return html(405, 'Method Not Allowed')
    const sms = elementOf(seen)
    if (!sms) return text('Enter Mobile')
    const fault = faultOf(sms, options)
    if (fault) return answerTo({ destination: fieldOf(sms, 'number') }, '', fault[sms.showerror === 'C' ? 0 : 1])
    const message = toMessage(sms)
    if (message.code !== '') codes.set(message.destination, message.code)
    return answer(message, request.signal)
  }

  async function answer(message: MshastraMessage, signal: AbortSignal): Promise<Response> {
    const suffix = message.destination.slice(-4)
    const scenario = MSHASTRA_SCENARIOS[suffix] ?? DEFAULT_SCENARIO
    if (suffix === '0013' && !failedOnce.has(message.destination)) {
      failedOnce.add(message.destination)
      return refused('013')(message)
    }
    if (scenario.taken) {
      messages.push(message)
      onMessage?.(message)
    }
    const reply = scenario.answer(message)
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

async function record(request: Request): Promise<MshastraRequest> {
  const { method, url, headers } = request
  // Not text(): workerd warns about it on a form.
  const body = new TextDecoder().decode(await request.arrayBuffer())
  return { method, url, accept: headers.get('accept'), contentType: headers.get('content-type'), body }
}

type Sms = Readonly<Record<string, unknown>>

/** The one element of the array, where the request is JSON. */
function elementOf({ contentType, body }: MshastraRequest): Sms | undefined {
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json') return undefined
  try {
    const [sms, ...others] = JSON.parse(body) as readonly unknown[]
    return typeof sms === 'object' && sms !== null && others.length === 0 ? (sms as Sms) : undefined
  } catch {
    return undefined
  }
}

/** Digits with the country code, and no `+`. */
const NUMBER = /^[1-9]\d{6,14}$/
const LANGUAGES = ['English', 'Unicode', 'Unicode/English']

/** What is wrong with a message, as a code and as a text. */
function faultOf(sms: Sms, { user, password }: MshastraStandInOptions): readonly [string, string] | undefined {
  const field = (name: string) => fieldOf(sms, name)
  if (field('user') === '' || (user !== undefined && field('user') !== user)) return ['010', 'Invalid Profile Id']
  if (field('pwd') === '' || (password !== undefined && field('pwd') !== password)) return ['005', 'Invalid Password']
  if (field('number') === '') return ['008', 'Enter Mobile']
  if (!NUMBER.test(field('number'))) return ['001', 'Invalid Mobile No']
  if (field('sender') === '' || field('sender').length > 13) return ['012', 'Invalid Sender']
  const isPlain = /^[\n\r -~]*$/.test(field('msg'))
  const fits = LANGUAGES.includes(field('language')) && (isPlain || field('language') !== 'English')
  return field('msg') === '' || !fits ? ['003', 'Enter text'] : undefined
}

function fieldOf(sms: Sms, name: string): string {
  const value = sms[name]
  return typeof value === 'string' ? value : ''
}

function toMessage(sms: Sms): MshastraMessage {
  const registration = (name: string) => (sms[name] === undefined ? undefined : fieldOf(sms, name))
  return {
    messageId: String(100_000_000 + (crypto.getRandomValues(new Uint32Array(1))[0]! % 900_000_000)),
    destination: fieldOf(sms, 'number'),
    sender: fieldOf(sms, 'sender'),
    text: fieldOf(sms, 'msg'),
    language: fieldOf(sms, 'language'),
    showsCodes: sms.showerror === 'C',
    tpid: registration('tpid'),
    peid: registration('peid'),
    code: /(?<!\d)\d{4,10}(?!\d)/.exec(fieldOf(sms, 'msg'))?.[0] ?? '',
  }
}
