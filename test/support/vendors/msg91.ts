import { abortion, html, json, redirect, sleep } from './http.ts'

/**
 * A local stand-in for MSG91's calls that send a code, check it and send another text, as strict as the vendor about
 * method, path, key, content type, number form and fields. It uses web standards only, so that one
 * piece of code serves the tests (in workerd), the benchmark and `npm run vendors` (in Node).
 *
 * What it answers to a message depends on the last four digits of the number: see {@link MSG91_SCENARIOS}. It makes no
 * call of its own: {@link msg91Receipts} says which reports the vendor would post for a message.
 */

/** Where the vendor takes codes, guesses and other texts. */
export const MSG91_OTP_PATH = '/api/v5/otp'
export const MSG91_VERIFY_PATH = '/api/v5/otp/verify'
export const MSG91_FLOW_PATH = '/api/v5/flow'

/** Wrong guesses at one code. How many the vendor lets through is documented nowhere. */
export const MSG91_MAX_GUESSES = 5

interface Scenario {
  readonly what: string
  /** Whether the message is taken, whatever the answer says. */
  readonly taken: boolean
  readonly answer: (message: Msg91Message) => Response | 'hang' | 'reset'
}

/** The id of a code's message stands in its own field, that of another text in `message`. */
const success = ({ requestId, path }: Msg91Message) =>
  json(200, { type: 'success', [path === MSG91_FLOW_PATH ? 'message' : 'request_id']: requestId })
const error = (message: string, code?: string, httpStatus = 200) =>
  json(httpStatus, { type: 'error', message, ...(code !== undefined && { code }) })
const refused = (what: string, message: string, code?: string, httpStatus = 200): Scenario => ({
  what: `${httpStatus} ${what}`,
  taken: false,
  answer: () => error(message, code, httpStatus),
})
const reported = (what: string): Scenario => ({ what: `200 success; its report says ${what}`, taken: true, answer: success })

/** Every special number, by its last four digits. All others are answered 200 `success`. */
export const MSG91_SCENARIOS: Readonly<Record<string, Scenario>> = {
  '0001': refused('error 202: no such number', 'invalid_mobile_number', '202'),
  '0002': reported('2, failed'),
  '0003': reported('9, do-not-disturb'),
  '0004': reported('16, rejected'),
  '0005': refused('error 301: no balance', 'Insufficient balance', '301'),
  '0006': { what: '429 with an HTML body', taken: false, answer: () => html(429, 'Too Many Requests') },
  '0007': { what: '502 with an HTML body', taken: false, answer: () => html(502, 'Bad Gateway') },
  '0008': { what: 'no answer until the caller gives up', taken: true, answer: () => 'hang' },
  '0009': { what: '200 with an empty body', taken: true, answer: () => new Response('', { status: 200 }) },
  '0010': reported('delivered twice, and then 2'),
  '0011': refused('error 418: IP security', 'IP not whitelisted', '418'),
  '0012': refused('error in words: too many to one person', 'OTP retry count maxed out'),
  '0013': { what: '502 the first time, then 200 success', taken: true, answer: success },
  '0014': reported('1 as flat JSON'),
  '0015': reported('delivered as an event'),
  '0016': refused('error that is in no list', 'Something went wrong'),
  '0017': reported('17, blocked number'),
  '0018': reported('failed as an event'),
  '0019': { what: '200 error 311: the same again', taken: true, answer: () => error('Duplicate request', '311') },
  '0020': refused('with a JSON error', 'Internal Server Error', undefined, 500),
  '0021': { what: '200 with an empty body', taken: true, answer: () => new Response('', { status: 200 }) },
  '0022': { what: '200 with text that is not JSON', taken: true, answer: () => new Response('OK, thanks!', { status: 200 }) },
  '0023': { what: 'the connection is reset', taken: true, answer: () => 'reset' },
  '0024': refused('with a JSON error', 'Bad Request', undefined, 400),
  '0025': refused('with a JSON error', 'Unauthorized', undefined, 401),
  '0026': { what: '302 to another address', taken: false, answer: () => redirect('http://elsewhere.invalid/') },
  '0027': { what: '200 success without an id', taken: true, answer: () => json(200, { type: 'success' }) },
  '0028': {
    what: '200 success with the id in message',
    taken: true,
    answer: ({ requestId }) => json(200, { type: 'success', message: requestId }),
  },
}

const DEFAULT_SCENARIO: Scenario = { what: '200 success', taken: true, answer: success }

/** A message that the vendor took, answered or not. */
export interface Msg91Message {
  readonly requestId: string
  readonly path: string
  /** Digits, as they came. */
  readonly destination: string
  readonly templateId: string
  readonly sender: string | undefined
  /** India: the registration of the text. */
  readonly dltTemplateId: string | undefined
  /** What the text's places are filled with, and other fields that the stand-in does not know. */
  readonly variables: Readonly<Record<string, unknown>>
  /** Empty in a text that is no code's. */
  readonly code: string
  /** Milliseconds for which the code is valid. */
  readonly lifetimeMs: number
}

/** A request as it came, refused ones too. */
export interface Msg91Request {
  readonly method: string
  readonly url: string
  readonly authKey: string | null
  readonly contentType: string | null
  readonly body: string
}

export interface Msg91StandInOptions {
  /** The only key that is let in. Any key is, when absent. */
  readonly authKey?: string
  /** Waited before each answer. */
  readonly delayMs?: number
  /** Called for each message that is taken, before the answer. */
  readonly onMessage?: (message: Msg91Message) => void
  /** Milliseconds since the epoch, by which codes expire. */
  readonly now?: () => number
}

export interface Msg91StandIn {
  /** Answers one request. Rejects where the connection would break: then a server destroys the socket. */
  handle(request: Request): Promise<Response>
  readonly messages: readonly Msg91Message[]
  readonly requests: readonly Msg91Request[]
  /** The code of the last well-formed request for a number (with or without `+`), whatever the answer was. */
  lastCode(destination: string): string | undefined
  /** Forgets everything. */
  reset(): void
}

/** What the vendor remembers of the last code that went to a number. */
interface Pending {
  readonly code: string
  readonly expiresAt: number
  wrongGuesses: number
  isVerified: boolean
}

/** One stand-in with its own memory. */
export function createMsg91StandIn(options: Msg91StandInOptions = {}): Msg91StandIn {
  const { authKey, delayMs = 0, onMessage, now = Date.now } = options
  const messages: Msg91Message[] = []
  const requests: Msg91Request[] = []
  const codes = new Map<string, string>()
  const pending = new Map<string, Pending>()
  const failedOnce = new Set<string>()

  async function handle(request: Request): Promise<Response> {
    const seen = await record(request)
    requests.push(seen)
    if (delayMs > 0) await sleep(delayMs, request.signal)
    const { pathname, searchParams } = new URL(seen.url)
    const refusal = refusalOf(seen, pathname, authKey)
    if (refusal) return refusal
    if (pathname === MSG91_VERIFY_PATH) return verify(searchParams.get('mobile') ?? '', searchParams.get('otp') ?? '')
    const message = pathname === MSG91_OTP_PATH ? parseCode(seen, searchParams) : parseFlow(seen)
    if (typeof message === 'string') return error(message)
    if (message.code !== '') codes.set(message.destination, message.code)
    return answer(message, request.signal)
  }

  async function answer(message: Msg91Message, signal: AbortSignal): Promise<Response> {
    const { destination, path, code, lifetimeMs } = message
    const suffix = destination.slice(-4)
    const scenario = MSG91_SCENARIOS[suffix] ?? DEFAULT_SCENARIO
    if (suffix === '0013' && !failedOnce.has(destination)) {
      failedOnce.add(destination)
      return html(502, 'Bad Gateway')
    }
    if (scenario.taken) {
      messages.push(message)
      if (path === MSG91_OTP_PATH) {
        pending.set(destination, { code, expiresAt: now() + lifetimeMs, wrongGuesses: 0, isVerified: false })
      }
      onMessage?.(message)
    }
    const reply = scenario.answer(message)
    if (reply === 'reset') throw new Error('connection reset')
    return reply === 'hang' ? abortion(signal) : reply
  }

  function verify(mobile: string, code: string): Response {
    if (!NUMBER.test(mobile)) return error('Mobile no. empty or not numeric')
    if (!/^\d+$/.test(code)) return error('OTP empty or not numeric')
    const sent = pending.get(mobile)
    if (!sent) return error('Mobile no. not found')
    if (sent.isVerified) return error('Mobile no. already verified')
    if (sent.wrongGuesses >= MSG91_MAX_GUESSES) return error('Max limit reached for this otp verification')
    if (now() >= sent.expiresAt) return error('OTP expired')
    if (code === sent.code) {
      sent.isVerified = true
      return json(200, { type: 'success', message: 'OTP verified success' })
    }
    sent.wrongGuesses += 1
    return error('OTP not match')
  }

  return {
    handle,
    messages,
    requests,
    lastCode: (destination) => codes.get(destination.replace('+', '')),
    reset() {
      messages.length = 0
      requests.length = 0
      for (const memory of [codes, pending, failedOnce]) memory.clear()
    },
  }
}

/** A call that the vendor makes to one of our webhooks. */
export interface Msg91Webhook {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Msg91WebhookAddress {
  /** The origin of the service. */
  readonly baseUrl: string
  /** The secret at the end of the address. */
  readonly secret: string
  /** When the first report is made, by the vendor's clock, in milliseconds. The others follow a second apart. */
  readonly startAt?: number
}

/** What happens to a message, in the order in which the vendor tells of it, by the number of the status. */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  '0002': [2],
  '0003': [9],
  '0004': [16],
  '0010': [1, 1, 2],
  '0017': [17],
  '0018': [2],
}

/** The forms of reports, the oldest first, by the numbers that do not get the oldest one. */
const FORMS: Readonly<Record<string, 'flat' | 'event'>> = { '0014': 'flat', '0015': 'event', '0018': 'event' }

/** The calls, in order, with which the vendor reports on a message that it took. */
export async function msg91Receipts(
  { requestId, destination }: Pick<Msg91Message, 'requestId' | 'destination'>,
  { baseUrl, secret, startAt = Date.now() }: Msg91WebhookAddress,
): Promise<readonly Msg91Webhook[]> {
  const suffix = destination.slice(-4)
  return (STATUSES[suffix] ?? [1]).map((status, index) => ({
    url: `${baseUrl}/webhooks/msg91/${secret}`,
    method: 'POST',
    ...reportOf({ requestId, number: destination, status, at: startAt + index * 1000 }, FORMS[suffix]),
  }))
}

interface Report {
  readonly requestId: string
  readonly number: string
  readonly status: number
  /** Milliseconds since the epoch. */
  readonly at: number
}

function reportOf({ requestId, number, status, at }: Report, form: 'flat' | 'event' | undefined) {
  const desc = status === 1 ? 'DELIVERED' : 'FAILED'
  const date = new Date(at).toISOString().slice(0, 19).replace('T', ' ')
  const account = { requestId, userId: '1', campaignName: 'API', senderId: 'DEMOOO' }
  if (form === 'event') {
    const event = { event: desc.toLowerCase(), data: [{ INMSID: requestId, ts: at, description: desc, meta: {} }] }
    return jsonCall([event])
  }
  // Numbers come as texts as well.
  if (form === 'flat') return jsonCall({ ...account, date, number, amount: 1, credit: 1, status: String(status), desc })
  const report = {
    date,
    number,
    status: String(status),
    desc,
    amount: '1',
    clientid: '',
    credit: '1',
    ctCode: '',
    failedReason: '',
  }
  const data = JSON.stringify([{ ...account, report: [report] }])
  return {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ data }).toString(),
  }
}

function jsonCall(body: object) {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
}

async function record(request: Request): Promise<Msg91Request> {
  return {
    method: request.method,
    url: request.url,
    authKey: request.headers.get('authkey'),
    contentType: request.headers.get('content-type'),
    // Not text(): workerd warns about it on a form.
    body: new TextDecoder().decode(await request.arrayBuffer()),
  }
}

const METHODS: Readonly<Record<string, string>> = {
  [MSG91_OTP_PATH]: 'POST',
  [MSG91_FLOW_PATH]: 'POST',
  [MSG91_VERIFY_PATH]: 'GET',
}

/** What is wrong before the fields are looked at. */
function refusalOf({ method, authKey }: Msg91Request, path: string, wantedKey: string | undefined): Response | undefined {
  if (METHODS[path] === undefined) return error('Not Found', undefined, 404)
  if (method !== METHODS[path]) return error('Method Not Allowed', undefined, 405)
  if (!authKey) return error('Auth Key missing', '201')
  return wantedKey !== undefined && authKey !== wantedKey ? error('Invalid authkey', '201') : undefined
}

/** Digits with the country code, and no `+`. */
const NUMBER = /^[1-9]\d{9,14}$/

type Fields = Readonly<Record<string, unknown>>

/** The message with a code, or what is wrong with it. A field can stand in the query or in the body, where it wins. */
function parseCode(request: Msg91Request, query: URLSearchParams): Msg91Message | string {
  const body = fieldsOf(request)
  if (!body) return 'Invalid content type or JSON'
  const {
    template_id,
    mobile,
    otp,
    otp_length = '4',
    otp_expiry = '1440',
    sender,
    DLT_TE_ID,
    ...variables
  } = {
    ...Object.fromEntries(query),
    ...body,
  } as Fields
  if (!isText(template_id)) return 'Template ID missing'
  if (!isText(mobile) || !NUMBER.test(mobile)) return 'Mobile no. empty or not numeric'
  if (!isText(otp_length) || !/^[4-9]$/.test(otp_length)) return 'Invalid OTP length'
  if (!isText(otp_expiry) || !/^[1-9]\d{0,4}$/.test(otp_expiry)) return 'Invalid OTP expiry'
  const code = otp ?? randomDigits(Number(otp_length))
  if (!isText(code) || !/^\d{4,9}$/.test(code)) return 'OTP empty or not numeric'
  return {
    requestId: randomHex(),
    path: MSG91_OTP_PATH,
    destination: mobile,
    templateId: template_id,
    sender: isText(sender) ? sender : undefined,
    dltTemplateId: isText(DLT_TE_ID) ? DLT_TE_ID : undefined,
    variables,
    code,
    lifetimeMs: Number(otp_expiry) * 60_000,
  }
}

/** The one text of a flow call, or what is wrong with it. */
function parseFlow(request: Msg91Request): Msg91Message | string {
  const { template_id, recipients, sender, short_url } = fieldsOf(request) ?? {}
  if (!isText(template_id)) return 'Template ID missing'
  if (short_url !== undefined && short_url !== '0' && short_url !== '1') return 'Invalid short_url'
  const [recipient, ...others] = Array.isArray(recipients) ? (recipients as unknown[]) : []
  const { mobiles, ...variables } = isFields(recipient) ? recipient : {}
  if (others.length > 0 || !isText(mobiles)) return 'Please enter atleast one number to send sms.'
  if (!NUMBER.test(mobiles)) return 'Mobile no. empty or not numeric'
  return {
    requestId: randomHex(),
    path: MSG91_FLOW_PATH,
    destination: mobiles,
    templateId: template_id,
    sender: isText(sender) ? sender : undefined,
    dltTemplateId: undefined,
    variables,
    code: isText(variables.otp) ? variables.otp : '',
    lifetimeMs: 0,
  }
}

/** The fields in a body, which must be JSON by its type as well. */
function fieldsOf({ contentType, body }: Msg91Request): Fields | undefined {
  if (contentType?.split(';')[0]?.trim().toLowerCase() !== 'application/json') return undefined
  try {
    const fields: unknown = JSON.parse(body)
    return isFields(fields) ? fields : undefined
  } catch {
    return undefined
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}

function randomHex(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function randomDigits(count: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(count)), (byte) => byte % 10).join('')
}
