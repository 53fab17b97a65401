import { abortion, json, redirect, sleep } from './http.ts'

/**
 * A local stand-in for Meta's WhatsApp Cloud API, messages call, as strict as the vendor about method, path, token, content
 * type, number and what a template needs. It uses web standards only, so that one piece of code serves
 * the tests (in workerd), the benchmark and `npm run vendors` (in Node).
 *
 * What it answers depends on the last four digits of the number: see {@link WHATSAPP_CLOUD_SCENARIOS}. The webhook calls
 * that follow come from {@link whatsappCloudReceipts}; it makes none by itself.
 */

interface Scenario {
  readonly what: string
  /** Whether the message is taken, whatever the answer says. */
  readonly taken: boolean
  readonly answer: (message: WhatsappCloudMessage) => Response | 'hang' | 'reset'
  /** The statuses in each webhook call that follows; a number is a failure with that code. */
  readonly receipts: readonly (readonly (string | number)[])[]
}

const taken = (
  what: string,
  answer: Scenario['answer'] = (message) => accepted(message),
  receipts: Scenario['receipts'] = [['sent'], ['delivered']],
): Scenario => ({ what, taken: true, answer, receipts })
const takenThen = (what: string, ...receipts: Scenario['receipts']) => taken(what, undefined, receipts)
const refused = (what: string, answer: Scenario['answer']): Scenario => ({ what, taken: false, answer, receipts: [] })
const accepted = ({ id, to }: WhatsappCloudMessage, messageStatus = 'accepted', waId = to.replace('+', '')) =>
  json(200, {
    messaging_product: 'whatsapp',
    contacts: [{ input: to, wa_id: waId }],
    messages: [{ id, message_status: messageStatus }],
  })
const held = (messageStatus: string) => (message: WhatsappCloudMessage) => accepted(message, messageStatus)
const page = (words: string, httpStatus = 200) =>
  new Response(words, { status: httpStatus, headers: { 'content-type': 'text/html' } })
const isTransient = { is_transient: true }

/** Every special number, by its last four digits. All others are answered 200, and their messages are delivered. */
export const WHATSAPP_CLOUD_SCENARIOS: Readonly<Record<string, Scenario>> = {
  '0001': refused('400 with code 131021: recipient is sender', () => error(400, 131021)),
  '0002': takenThen('200, later 131026: not on WhatsApp', [131026]),
  '0003': takenThen('200, later 131049: frequency cap', [131049]),
  '0004': refused('400 with code 132001: no such template', () => error(400, 132001)),
  '0005': refused('400 with code 131042: payment', () => error(400, 131042)),
  '0006': refused('429 with code 130429: throughput', () => error(429, 130429)),
  '0007': refused('503 with code 2, transient', () => error(503, 2, isTransient)),
  '0008': taken('no answer until the caller gives up', () => 'hang'),
  '0009': taken('200 with no messages', () => json(200, { messaging_product: 'whatsapp', messages: [] })),
  '0010': takenThen('200, later "read" alone, twice', ['read'], ['read']),
  '0012': refused('429 with code 131056: too many to one person', () => error(429, 131056)),
  '0013': taken('503 the first time, then 200'),
  '0014': taken('200, held to look at its quality', held('held_for_quality_assessment')),
  '0015': taken('200 with another wa_id', (message) => accepted(message, 'accepted', '5511987654321')),
  '0016': refused('200 with an error inside', () => error(200, 131000)),
  '0017': takenThen('200, later "delivered" before "sent", and all again', ['delivered'], ['sent'], ['delivered', 'sent']),
  '0018': takenThen('200, later "sent" and a failure, and "delivered" after all', ['sent', 131000], ['delivered']),
  '0019': takenThen('200, later a failure with an unknown code', [139999]),
  '0020': refused('500 with code 131000', () => error(500, 131000)),
  '0021': taken('200 with an empty body', () => page('')),
  '0022': taken('200 with text that is not JSON', () => page('OK, thanks!')),
  '0023': taken('the connection is reset', () => 'reset'),
  '0024': refused('400 with code 131049: frequency cap', () => error(400, 131049)),
  '0025': refused('401 with code 190: token', () => error(401, 190)),
  '0026': refused('302 to another address', () => redirect('http://elsewhere.invalid/')),
  '0027': taken('200, paused', held('paused')),
  '0028': refused('503 with an HTML body', () => page('<h1>Service Unavailable</h1>', 503)),
  '0029': refused('400 with an unknown code, transient', () => error(400, 139999, isTransient)),
}

const DEFAULT_SCENARIO = taken('200')

/** A template as it was approved. */
export interface WhatsappCloudTemplate {
  readonly category: 'authentication' | 'utility'
  readonly languages: readonly string[]
  /** How many the body has. */
  readonly parameters: number
}

/** What is approved where the options do not say. */
export const WHATSAPP_CLOUD_TEMPLATES: Readonly<Record<string, WhatsappCloudTemplate>> = {
  login_code: { category: 'authentication', languages: ['en_US', 'hi'], parameters: 1 },
  lead_created: { category: 'utility', languages: ['en_US', 'hi'], parameters: 2 },
  office_closed: { category: 'utility', languages: ['en_US'], parameters: 0 },
}

/** A message that the vendor took, answered or not. */
export interface WhatsappCloudMessage {
  readonly id: string
  /** As it came. */
  readonly to: string
  readonly phoneNumberId: string
  readonly template: string
  readonly language: string
  readonly bodyParameters: readonly string[]
  /** Of an authentication template only. */
  readonly buttonParameter: string | undefined
  /** `biz_opaque_callback_data`. */
  readonly callbackData: string | undefined
  /** The first parameter of the body; empty where there is none. */
  readonly code: string
}

/** A request as it came, refused ones too. */
export interface WhatsappCloudRequest {
  readonly method: string
  readonly url: string
  readonly authorization: string | null
  readonly contentType: string | null
  readonly body: string
}

export interface WhatsappCloudStandInOptions {
  /** The only token that is let in. Any is, when absent. */
  readonly accessToken?: string
  /** The only one that exists. Any does, when absent. */
  readonly phoneNumberId?: string
  readonly templates?: Readonly<Record<string, WhatsappCloudTemplate>>
  /** Waited before each answer. */
  readonly delayMs?: number
  /** Called for each message that is taken, before the answer. */
  readonly onMessage?: (message: WhatsappCloudMessage) => void
}

export interface WhatsappCloudStandIn {
  /** Answers one request. Rejects where the connection would break: then a server destroys the socket. */
  handle(request: Request): Promise<Response>
  readonly messages: readonly WhatsappCloudMessage[]
  readonly requests: readonly WhatsappCloudRequest[]
  /** The code of the last well-formed request for a number (with or without `+`), whatever the answer was. */
  lastCode(to: string): string | undefined
  /** Forgets everything. */
  reset(): void
}

/** One stand-in with its own memory. */
export function createWhatsappCloudStandIn(options: WhatsappCloudStandInOptions = {}): WhatsappCloudStandIn {
  const { templates = WHATSAPP_CLOUD_TEMPLATES, delayMs = 0, onMessage } = options
  const messages: WhatsappCloudMessage[] = []
  const requests: WhatsappCloudRequest[] = []
  const codes = new Map<string, string>()
  const failedOnce = new Set<string>()

  async function handle(request: Request): Promise<Response> {
    const seen = await record(request)
    requests.push(seen)
    if (delayMs > 0) await sleep(delayMs, request.signal)
    const message = refusalOf(seen, options) ?? parseMessage(seen, templates)
    if (message instanceof Response) return message
    codes.set(message.to.replace('+', ''), message.code)
    return answer(message, request.signal)
  }

  async function answer(message: WhatsappCloudMessage, signal: AbortSignal): Promise<Response> {
    const suffix = message.to.slice(-4)
    const scenario = WHATSAPP_CLOUD_SCENARIOS[suffix] ?? DEFAULT_SCENARIO
    if (suffix === '0013' && !failedOnce.has(message.to)) {
      failedOnce.add(message.to)
      return error(503, 2, isTransient)
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
    lastCode: (to) => codes.get(to.replace('+', '')),
    reset() {
      messages.length = 0
      requests.length = 0
      codes.clear()
      failedOnce.clear()
    },
  }
}

export interface WhatsappCloudReceiptOptions {
  /** Origin of the service. */
  readonly baseUrl: string
  readonly appSecret: string
  /** When the first event happens, in milliseconds since the epoch: each further one is a second later. */
  readonly startAt?: number
}

/** The webhook calls that Meta makes for a message, in order, signed. */
export async function whatsappCloudReceipts(
  message: Pick<WhatsappCloudMessage, 'id' | 'to' | 'phoneNumberId' | 'callbackData'>,
  { baseUrl, appSecret, startAt = Date.now() }: WhatsappCloudReceiptOptions,
) {
  const { receipts: posts } = WHATSAPP_CLOUD_SCENARIOS[message.to.slice(-4)] ?? DEFAULT_SCENARIO
  let seconds = Math.floor(startAt / 1000)
  const bodies = posts.map((events) =>
    eventBody(
      message,
      events.map((event) => statusOf(message, event, seconds++)),
    ),
  )
  return Promise.all(
    bodies.map(async (body) => ({
      url: `${baseUrl}/webhooks/whatsapp_cloud`,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': await signBody(body, appSecret) },
      body,
    })),
  )
}

/** `X-Hub-Signature-256` for a body. */
export async function signBody(body: string, appSecret: string): Promise<string> {
  const bytes = (words: string) => new TextEncoder().encode(words)
  const key = await crypto.subtle.importKey('raw', bytes(appSecret), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const digest = new Uint8Array(await crypto.subtle.sign('HMAC', key, bytes(body)))
  return `sha256=${Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}

function statusOf(
  { id, to, callbackData }: Pick<WhatsappCloudMessage, 'id' | 'to' | 'callbackData'>,
  event: string | number,
  at: number,
) {
  return {
    id,
    status: typeof event === 'number' ? 'failed' : event,
    timestamp: String(at),
    recipient_id: to.replace('+', ''),
    ...(callbackData !== undefined && { biz_opaque_callback_data: callbackData }),
    ...(typeof event === 'number'
      ? { errors: [{ code: event, title: 'Not sent', message: 'Not sent', error_data: { details: 'Why – in words.' } }] }
      : { pricing: { billable: true, pricing_model: 'PMP', category: 'authentication', type: 'regular' } }),
  }
}

/** Meta writes slashes, and all that is not ASCII, with a backslash: who signs what they made of the JSON is found out. */
function eventBody({ phoneNumberId }: Pick<WhatsappCloudMessage, 'phoneNumberId'>, statuses: readonly object[]): string {
  const metadata = { display_phone_number: '15550000000', phone_number_id: phoneNumberId, href: 'https://graph.facebook.com/' }
  const value = { messaging_product: 'whatsapp', metadata, statuses }
  const body = {
    object: 'whatsapp_business_account',
    entry: [{ id: '102290129340398', changes: [{ field: 'messages', value }] }],
  }
  return JSON.stringify(body)
    .replaceAll('/', '\\/')
    .replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

async function record(request: Request): Promise<WhatsappCloudRequest> {
  return {
    method: request.method,
    url: request.url,
    authorization: request.headers.get('authorization'),
    contentType: request.headers.get('content-type'),
    body: new TextDecoder().decode(await request.arrayBuffer()),
  }
}

/** What is wrong before the body is looked at. */
function refusalOf(
  { method, url, authorization, contentType }: WhatsappCloudRequest,
  { accessToken, phoneNumberId }: WhatsappCloudStandInOptions,
): Response | undefined {
  const id = idInPath(url)
  if (id === undefined) return error(400, 2500)
  const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1]
  if (token === undefined || (accessToken !== undefined && token !== accessToken)) return error(401, 190)
  // Meta's answer to a wrong method as well as to a wrong id.
  if (method !== 'POST' || (phoneNumberId !== undefined && id !== phoneNumberId)) return error(400, 100, { error_subcode: 33 })
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json' ? undefined : error(400, 100)
}

function idInPath(url: string): string | undefined {
  return /^\/v\d+\.\d+\/(\d+)\/messages$/.exec(new URL(url).pathname)?.[1]
}

interface Component {
  readonly type?: unknown
  readonly sub_type?: unknown
  readonly index?: unknown
  readonly parameters?: readonly { readonly type?: unknown; readonly text?: unknown }[]
}

/** The message in a body, or the refusal of it. */
function parseMessage({ url, body }: WhatsappCloudRequest, templates: Readonly<Record<string, WhatsappCloudTemplate>>) {
  const sent = parseJson(body)
  if (sent?.messaging_product !== 'whatsapp' || sent.type !== 'template') return error(400, 100)
  if (typeof sent.to !== 'string' || typeof sent.template?.name !== 'string') return error(400, 131008)
  if (!NUMBER.test(sent.to) || !isCallbackData(sent.biz_opaque_callback_data)) return error(400, 131009)
  const { name, language, components = [] } = sent.template
  const approved = Object.hasOwn(templates, name) ? templates[name] : undefined
  if (!approved?.languages.includes(language?.code ?? '')) return error(400, 132001)
  if (!Array.isArray(components)) return error(400, 100)
  const bodyParameters = textsOf(components.find(({ type }) => type === 'body'))
  const buttonParameters = textsOf(components.find(isCodeButton))
  const isAuthentication = approved.category === 'authentication'
  if (bodyParameters?.length !== approved.parameters) return error(400, 132000)
  if (buttonParameters?.length !== (isAuthentication ? 1 : 0)) return error(400, 132000)
  if (isAuthentication && [...bodyParameters, ...buttonParameters].some(({ length }) => length > 15)) return error(400, 132005)
  return {
    id: `wamid.${btoa(crypto.randomUUID())}`,
    to: sent.to,
    phoneNumberId: idInPath(url)!,
    template: name,
    language: language!.code,
    bodyParameters,
    buttonParameter: buttonParameters[0],
    callbackData: sent.biz_opaque_callback_data,
    code: bodyParameters[0] ?? '',
  }
}

/** Digits with the country code; a `+` is taken. */
const NUMBER = /^\+?[1-9]\d{6,14}$/

function isCallbackData(data: unknown): boolean {
  return data === undefined || (typeof data === 'string' && data.length <= 512)
}

function isCodeButton({ type, sub_type, index }: Component): boolean {
  return type === 'button' && sub_type === 'url' && String(index) === '0'
}

/** The parameters of a component, which may be absent; undefined where one is no text. */
function textsOf(component: Component | undefined): readonly string[] | undefined {
  const texts = (component?.parameters ?? []).map(({ type, text: value }) => (type === 'text' ? value : undefined))
  return texts.every((value) => typeof value === 'string' && value !== '') ? (texts as string[]) : undefined
}

interface Body {
  readonly messaging_product?: unknown
  readonly type?: unknown
  readonly to?: unknown
  readonly biz_opaque_callback_data?: string
  readonly template?: { readonly name: string; readonly language?: { readonly code: string }; readonly components?: Component[] }
}

function parseJson(body: string): Body | undefined {
  try {
    return JSON.parse(body) as Body
  } catch {
    return undefined
  }
}

/** Meta's envelope of an error. Its text begins with the code, as theirs does. */
function error(httpStatus: number, code: number, more: object = {}): Response {
  const details = { messaging_product: 'whatsapp', details: 'In words.' }
  const about = { message: `(#${code}) In words.`, type: 'OAuthException', code, error_data: details, fbtrace_id: 'AbCdEf' }
  return json(httpStatus, { error: { ...about, ...more } })
}
