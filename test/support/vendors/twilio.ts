import { abortion, html, json, redirect, sleep } from './http.ts'

/**
 * A local stand-in for Twilio's message call, as strict as the vendor about method, path, credentials, content type, number
 * form, sender, length and the address for receipts. It uses web standards only, so that one piece of
 * code serves the tests (in workerd), the benchmark and `npm run vendors` (in Node).
 *
 * What it answers depends on the last four digits of the number: see {@link TWILIO_SCENARIOS}. It makes no calls: those
 * that the vendor would make to our webhook come from {@link twilioReceipts}.
 */

/** Where the vendor takes messages of an account. */
export const twilioPath = (accountSid: string) => `/2010-04-01/Accounts/${accountSid}/Messages.json`

interface Scenario {
  readonly what: string
  /** Whether the message is taken, whatever the answer says. */
  readonly taken: boolean
  readonly answer: (message: TwilioMessage) => Response | 'hang' | 'reset'
}

const created = (message: TwilioMessage) => json(201, resourceOf(message))
const error = (httpStatus: number, code: number, message = 'x') =>
  json(httpStatus, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status: httpStatus })
const refused = (httpStatus: number, code: number) => () => error(httpStatus, code)

/** Every special number, by its last four digits. All others are answered 201, and reported `sent` and `delivered`. */
export const TWILIO_SCENARIOS: Readonly<Record<string, Scenario>> = {
  '0001': { what: '400 with code 21211: no valid number', taken: false, answer: refused(400, 21_211) },
  '0002': { what: '201, then undelivered: 30005, unknown number', taken: true, answer: created },
  '0003': { what: '400 with code 21610: opted out', taken: false, answer: refused(400, 21_610) },
  '0004': { what: '201, then undelivered: 30007, filtered', taken: true, answer: created },
  '0005': { what: '201, then undelivered: 30003, out of reach', taken: true, answer: created },
  '0006': { what: '429 with code 20429', taken: false, answer: refused(429, 20_429) },
  '0007': { what: '503 with an empty body', taken: false, answer: () => new Response(null, { status: 503 }) },
  '0008': { what: 'no answer until the caller gives up', taken: true, answer: () => 'hang' },
  '0009': {
    what: '201 with status "failed" and error code 30008',
    taken: false,
    answer: (message) => json(201, { ...resourceOf(message), status: 'failed', error_code: 30_008 }),
  },
  '0010': { what: '201, then every receipt twice and in reverse', taken: true, answer: created },
  '0011': { what: '400 with code 21408: region switched off', taken: false, answer: refused(400, 21_408) },
  '0013': { what: '503 the first time, then 201', taken: true, answer: created },
  '0014': { what: '201, then sent, and no word of what became of it', taken: true, answer: created },
  '0016': { what: '200 with an error in the body', taken: false, answer: () => json(200, { code: 20_001, status: 400 }) },
  '0020': { what: '500 with a JSON error', taken: false, answer: refused(500, 20_500) },
  '0021': { what: '200 with an empty body', taken: true, answer: () => new Response('', { status: 200 }) },
  '0022': { what: '200 with text that is not JSON', taken: true, answer: () => new Response('OK, thanks!', { status: 200 }) },
  '0023': { what: 'the connection is reset', taken: true, answer: () => 'reset' },
  '0024': { what: '503 with an HTML body', taken: false, answer: () => html(503, 'Service Unavailable') },
  '0025': { what: '401 with code 20003', taken: false, answer: refused(401, 20_003) },
  '0026': { what: '302 to another address', taken: false, answer: () => redirect('http://elsewhere.invalid/') },
  '0027': { what: '201 without a sid', taken: true, answer: () => json(201, { status: 'queued' }) },
  '0028': { what: '201, then failed: 30450, taken for pumping', taken: true, answer: created },
}

const DEFAULT_SCENARIO: Scenario = { what: '201', taken: true, answer: created }

/** A message that the vendor took, answered or not. */
export interface TwilioMessage {
  readonly messageId: string
  readonly accountSid: string
  /** E.164, as it came. */
  readonly destination: string
  readonly from: string | null
  readonly messagingServiceSid: string | null
  readonly text: string
  readonly validityPeriod: string | null
  /** Where the receipts go, fragment included. Null: there are none. */
  readonly statusCallback: string | null
  /** The first run of 4 to 10 digits in the text, or none. */
  readonly code: string
}

/** A request as it came, refused ones too. */
export interface TwilioRequest {
  readonly method: string
  readonly url: string
  readonly authorization: string | null
  readonly contentType: string | null
  readonly body: string
}

export interface TwilioStandInOptions {
  /** The only account and token that are let in. Any are, when absent. */
  readonly accountSid?: string
  readonly authToken?: string
  /** Waited before each answer. */
  readonly delayMs?: number
  /** Called for each message that is taken, before the answer. */
  readonly onMessage?: (message: TwilioMessage) => void
}

export interface TwilioStandIn {
  /** Answers one request. Rejects where the connection would break: then a server destroys the socket. */
  handle(request: Request): Promise<Response>
  readonly messages: readonly TwilioMessage[]
  readonly requests: readonly TwilioRequest[]
  /** The code of the last well-formed request for a number (with or without `+`), whatever the answer was. */
  lastCode(destination: string): string | undefined
  /** Forgets everything. */
  reset(): void
}

/** One stand-in with its own memory. */
export function createTwilioStandIn(options: TwilioStandInOptions = {}): TwilioStandIn {
  const { delayMs = 0, onMessage } = options
  const messages: TwilioMessage[] = []
  const requests: TwilioRequest[] = []
  const codes = new Map<string, string>()
  const failedOnce = new Set<string>()

  async function handle(request: Request): Promise<Response> {
    const seen = await record(request)
    requests.push(seen)
    if (delayMs > 0) await sleep(delayMs, request.signal)
    const accountSid = ACCOUNT_IN_PATH.exec(new URL(seen.url).pathname)?.[1]
    if (accountSid === undefined) return error(404, 20_404)
    if (seen.method !== 'POST') return error(405, 20_004)
    if (!isLetIn(seen, accountSid, options)) return error(401, 20_003)
    const form = formOf(seen)
    const fault = faultOf(form)
    if (fault !== undefined) return error(400, fault)
    const message = toMessage(form, accountSid)
    if (message.code !== '') codes.set(digitsOf(message.destination), message.code)
    return answer(message, request.signal)
  }

  async function answer(message: TwilioMessage, signal: AbortSignal): Promise<Response> {
    const suffix = message.destination.slice(-4)
    const scenario = TWILIO_SCENARIOS[suffix] ?? DEFAULT_SCENARIO
    if (suffix === '0013' && !failedOnce.has(message.destination)) {
      failedOnce.add(message.destination)
      return new Response(null, { status: 503 })
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
    lastCode: (destination) => codes.get(digitsOf(destination)),
    reset() {
      messages.length = 0
      requests.length = 0
      codes.clear()
      failedOnce.clear()
    },
  }
}

/** A call that the vendor makes to our webhook. */
export interface TwilioWebhook {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface TwilioReceiptsOptions {
  readonly authToken: string
  /** The origin to call, where the service is not reached by its public address. What is signed stays the public one. */
  readonly baseUrl?: string
}

/** What becomes of a message, in the order in which the vendor tells of it, with the code of a failure. */
const EVENTS: Readonly<Record<string, readonly (readonly [status: string, errorCode?: string])[]>> = {
  '0002': [['sent'], ['undelivered', '30005']],
  '0004': [['sent'], ['undelivered', '30007']],
  '0005': [['sent'], ['undelivered', '30003']],
  '0010': [['delivered'], ['delivered'], ['sent'], ['sent']],
  '0014': [['queued'], ['sent']],
  '0028': [['failed', '30450']],
}

/** The calls, in order, with which the vendor reports on a message that it took. None without an address for them. */
export async function twilioReceipts(
  message: TwilioMessage,
  { authToken, baseUrl }: TwilioReceiptsOptions,
): Promise<readonly TwilioWebhook[]> {
  if (message.statusCallback === null) return []
  const address = message.statusCallback.split('#')[0]!
  const { origin, pathname, search } = new URL(address)
  const events = EVENTS[message.destination.slice(-4)] ?? [['sent'], ['delivered']]
  return Promise.all(
    events.map(async ([status, errorCode]) => {
      const fields = reportOf(message, status, errorCode)
      return {
        url: (baseUrl ?? origin) + pathname + search,
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
          'x-twilio-signature': await signTwilio(authToken, address, fields),
          'i-twilio-idempotency-token': crypto.randomUUID(),
        },
        body: new URLSearchParams(fields).toString(),
      }
    }),
  )
}

/** The vendor's signature of a call: of its address and, where it posts a form, its fields. */
export async function signTwilio(
  authToken: string,
  address: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<string> {
  let signed = address
  for (const name of Object.keys(fields).toSorted()) signed += name + fields[name]
  const [secret, data] = [authToken, signed].map((text) => new TextEncoder().encode(text))
  const key = await crypto.subtle.importKey('raw', secret!, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.sign('HMAC', key, data!))))
}

function reportOf(message: TwilioMessage, status: string, errorCode: string | undefined): Record<string, string> {
  return {
    ...(errorCode !== undefined && { ErrorCode: errorCode }),
    ...(message.messagingServiceSid !== null && { MessagingServiceSid: message.messagingServiceSid }),
    // With a service the vendor chooses one of its numbers.
    From: message.from ?? '+15005550006',
    To: message.destination,
    ApiVersion: '2010-04-01',
    AccountSid: message.accountSid,
    MessageSid: message.messageId,
    MessageStatus: status,
    SmsSid: message.messageId,
    SmsStatus: status,
    ...(status === 'delivered' && { RawDlrDoneDate: '2611211130' }),
  }
}

async function record(request: Request): Promise<TwilioRequest> {
  return {
    method: request.method,
    url: request.url,
    authorization: request.headers.get('authorization'),
    contentType: request.headers.get('content-type'),
    // Not text(): workerd warns about it on a form.
    body: new TextDecoder().decode(await request.arrayBuffer()),
  }
}

const ACCOUNT_IN_PATH = /^\/2010-04-01\/Accounts\/(AC[\da-zA-Z]{32})\/Messages\.json$/
/** With the `+`. */
const E164 = /^\+[1-9]\d{6,14}$/
const SERVICE_SID = /^MG[\da-zA-Z]{32}$/
const MAX_BODY_LENGTH = 1600
const MAX_VALIDITY_SECONDS = 36_000

/** The user must be the account in the path, and the token its own. */
function isLetIn({ authorization }: TwilioRequest, account: string, { accountSid, authToken }: TwilioStandInOptions): boolean {
  const [, user, token] = /^([^:]+):(.+)$/.exec(decodeBasic(authorization)) ?? []
  return user === account && (accountSid ?? account) === account && token !== undefined && (authToken ?? token) === token
}

function decodeBasic(authorization: string | null): string {
  try {
    return atob(/^Basic (\S+)$/.exec(authorization ?? '')?.[1] ?? '')
  } catch {
    return ''
  }
}

/** The fields. The vendor sees none where the body is not said to be a form. */
function formOf({ contentType, body }: TwilioRequest): URLSearchParams {
  const isForm = contentType?.split(';')[0]?.trim().toLowerCase() === 'application/x-www-form-urlencoded'
  return new URLSearchParams(isForm ? body : '')
}

/** The vendor's code for what is wrong with a form. */
function faultOf(form: URLSearchParams): number | undefined {
  const field = (name: string) => form.get(name) ?? ''
  if (field('To') === '') return 21_604
  if (!E164.test(field('To'))) return 21_211
  if (form.has('From') === form.has('MessagingServiceSid')) return 21_603
  if (form.has('From') && !E164.test(field('From'))) return 21_212
  if (form.has('MessagingServiceSid') && !SERVICE_SID.test(field('MessagingServiceSid'))) return 21_705
  if (field('Body') === '') return 21_602
  if (field('Body').length > MAX_BODY_LENGTH) return 21_617
  if (form.has('ValidityPeriod') && !isValidity(field('ValidityPeriod'))) return 20_001
  return form.has('StatusCallback') && !isCallback(field('StatusCallback')) ? 21_609 : undefined
}

function isValidity(seconds: string): boolean {
  return /^\d{1,5}$/.test(seconds) && Number(seconds) >= 1 && Number(seconds) <= MAX_VALIDITY_SECONDS
}

/** An absolute address whose host has no underscore. */
function isCallback(address: string): boolean {
  const url = URL.parse(address)
  return url !== null && /^https?:$/.test(url.protocol) && !url.hostname.includes('_')
}

function toMessage(form: URLSearchParams, accountSid: string): TwilioMessage {
  const text = form.get('Body') ?? ''
  return {
    messageId: `SM${crypto.randomUUID().replaceAll('-', '')}`,
    accountSid,
    destination: form.get('To') ?? '',
    from: form.get('From'),
    messagingServiceSid: form.get('MessagingServiceSid'),
    text,
    validityPeriod: form.get('ValidityPeriod'),
    statusCallback: form.get('StatusCallback'),
    code: /(?<!\d)\d{4,10}(?!\d)/.exec(text)?.[0] ?? '',
  }
}

/** The message as the vendor shows it in an answer. */
function resourceOf(message: TwilioMessage): object {
  return {
    sid: message.messageId,
    account_sid: message.accountSid,
    messaging_service_sid: message.messagingServiceSid,
    to: message.destination,
    from: message.from,
    body: message.text,
    status: message.messagingServiceSid === null ? 'queued' : 'accepted',
    error_code: null,
    error_message: null,
    num_segments: '1',
    direction: 'outbound-api',
    api_version: '2010-04-01',
    date_created: new Date().toUTCString().replace('GMT', '+0000'),
    date_sent: null,
    uri: `${twilioPath(message.accountSid).replace('.json', '')}/${message.messageId}.json`,
  }
}

function digitsOf(e164: string): string {
  return e164.replace('+', '')
}
