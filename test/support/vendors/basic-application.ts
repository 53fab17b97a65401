import { abortion, json, redirect, sleep } from './http.ts'

/**
 * A local stand-in for the lender's calls that take an application and tell its state, as strict as the lender about
 * method, path, content type, signature and fields. It uses web standards only, so that one piece of code serves the tests
 * (in workerd), the benchmark and `npm run vendors` (in Node, which has to lend it MD5).
 *
 * What it answers to an application depends on the last four digits of the mobile number: see
 * {@link BASIC_APPLICATION_SCENARIOS}. An application that it has, and every question, is answered as it should be.
 */

/** Where the lender takes applications. */
export const BASIC_APPLICATION_CREATE_PATH = '/api/v1/NewApplication/CreateFBBByBasicUser'
/** Where it tells of one: followed by its id, the lender's or ours, and the mobile number. */
export const BASIC_APPLICATION_ACTIVITY_PATH = '/api/v1/Application/Activity/GetActivity'

/** Seconds by which a caller's clock may be wrong. */
export const BASIC_APPLICATION_CLOCK_SKEW = 300

interface Scenario {
  readonly what: string
  /** Whether an application is made, whatever the answer says. */
  readonly made: boolean
  readonly answer: (application: LenderApplication) => Response | 'hang' | 'reset'
}

const taken = (application: LenderApplication) =>
  json(200, { message: 'Application created', isError: false, result: resultOf(application), responseException: null })
const error = (httpStatus: number, exceptionMessage: string, validationErrors: readonly object[] = []) =>
  json(httpStatus, {
    message: 'Request failed',
    isError: true,
    result: null,
    responseException: { exceptionMessage, validationErrors },
  })
const invalid = (fields: readonly string[]) =>
  error(
    400,
    'Validation failed',
    fields.map((field) => ({ field, message: `The field ${field} is invalid.` })),
  )
const text = (httpStatus: number, body: string) => new Response(body, { status: httpStatus })

/** Every special number, by its last four digits. All others are answered 200 with the application. */
export const BASIC_APPLICATION_SCENARIOS: Readonly<Record<string, Scenario>> = {
  '0001': { what: '400 with validationErrors', made: false, answer: () => invalid(['pan']) },
  '0002': { what: '200 with the application that the customer already has, under another id', made: true, answer: taken },
  '0006': { what: '429', made: false, answer: () => error(429, 'Too many requests') },
  '0007': { what: '500, and nothing is made', made: false, answer: () => error(500, 'Object reference not set') },
  '0008': { what: 'no answer until the caller gives up; the application is made', made: true, answer: () => 'hang' },
  '0009': { what: '200 with an empty body; the application is made', made: true, answer: () => text(200, '') },
  '0013': { what: '500 the first time, and nothing is made; then 200', made: true, answer: taken },
  '0016': { what: '200 with isError and no validationErrors; nothing is made', made: false, answer: () => error(200, 'Failed') },
  '0017': { what: '502; the application is made', made: true, answer: () => text(502, '<h1>Bad Gateway</h1>') },
  '0022': { what: '200 with text that is not JSON; the application is made', made: true, answer: () => text(200, 'Thanks!') },
  '0023': { what: 'the connection is reset; the application is made', made: true, answer: () => 'reset' },
  '0025': { what: '401', made: false, answer: () => error(401, 'Unauthorized') },
  '0026': { what: '302 to another address', made: false, answer: () => redirect('http://elsewhere.invalid/') },
  '0027': { what: '200 with an empty body; nothing is made', made: false, answer: () => text(200, '') },
}

const DEFAULT_SCENARIO: Scenario = { what: '200 with the application', made: true, answer: taken }

type Fields = Readonly<Record<string, unknown>>

/** An application that the lender has, whoever was told. */
export interface LenderApplication {
  /** The caller's, a UUID. */
  readonly id: string
  /** The lender's: `B002BJF`. */
  readonly basicAppId: string
  /** Ten digits. */
  readonly mobile: string
  readonly pan: string
  readonly customerId: string
  readonly refId: string
  readonly status: string
  /** All that was handed in. */
  readonly fields: Fields
}

/** A request as it came, refused ones too. */
export interface BasicApplicationRequest {
  readonly method: string
  readonly url: string
  /** Where it was sent to, with a port where it is not the usual one. */
  readonly host: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface BasicApplicationStandInOptions {
  readonly userId: string
  readonly apiKey: string
  /** In hexadecimal digits. The standard has none: workerd's own, when absent. */
  readonly md5?: (bytes: Uint8Array) => Promise<string>
  /** Waited before each answer. */
  readonly delayMs?: number
  /** Milliseconds since the epoch, by which signatures are too old. */
  readonly clock?: () => number
  /** Called for each application that is made, before the answer. */
  readonly onApplication?: (application: LenderApplication) => void
}

export interface BasicApplicationStandIn {
  /** Answers one request. Rejects where the connection would break: then a server destroys the socket. */
  handle(request: Request): Promise<Response>
  readonly applications: readonly LenderApplication[]
  readonly requests: readonly BasicApplicationRequest[]
  /** Moves an application on. */
  setStatus(basicAppId: string, status: string): void
  /** Down, it answers 503 to everything. */
  down(isDown: boolean): void
  /** Forgets everything, and is up. */
  reset(): void
}

/** One stand-in with its own memory. */
export function createBasicApplicationStandIn(options: BasicApplicationStandInOptions): BasicApplicationStandIn {
  const { delayMs = 0, onApplication } = options
  const applications: LenderApplication[] = []
  const requests: BasicApplicationRequest[] = []
  const nonces = new Set<string>()
  const failedOnce = new Set<string>()
  let isDown = false

  async function handle(request: Request): Promise<Response> {
    const seen = await record(request)
    requests.push(seen)
    if (delayMs > 0) await sleep(delayMs, request.signal)
    if (isDown) return text(503, '<h1>Service Unavailable</h1>')
    const refusal = refusalOf(seen) ?? (await strangerOf(seen, options))
    if (refusal) return refusal
    const nonce = seen.headers['nonce']!
    if (nonces.has(nonce)) return error(401, 'Nonce was used before')
    nonces.add(nonce)
    return seen.method === 'GET' ? tell(new URL(seen.url).pathname) : take(seen.body, request.signal)
  }

  async function take(body: string, signal: AbortSignal): Promise<Response> {
    const fields = parseFields(body)
    if (!fields) return invalid(['body'])
    const wrong = wrongFields(fields)
    if (wrong.length > 0) return invalid(wrong)
    const { id, mobile, pan } = fields as Readonly<Record<string, string>>
    const known = applications.find((application) => isSame(application.id, id!))
    if (known) return taken(known)
    const suffix = mobile!.slice(-4)
    const scenario = BASIC_APPLICATION_SCENARIOS[suffix] ?? DEFAULT_SCENARIO
    if (suffix === '0013' && !failedOnce.has(mobile!)) {
      failedOnce.add(mobile!)
      return error(500, 'Object reference not set')
    }
    const earlier = applications.find((one) => suffix === '0002' && one.mobile === mobile && one.pan === pan)
    const application = earlier ?? make(suffix === '0002' ? { ...fields, id: crypto.randomUUID() } : fields)
    if (scenario.made && !earlier) {
      applications.push(application)
      onApplication?.(application)
    }
    const reply = scenario.answer(application)
    if (reply === 'reset') throw new Error('connection reset')
    return reply === 'hang' ? abortion(signal) : reply
  }

  function make(fields: Fields): LenderApplication {
    const { id, mobile, pan } = fields as Readonly<Record<'id' | 'mobile' | 'pan', string>>
    let basicAppId = randomId()
    while (applications.some((one) => one.basicAppId === basicAppId)) basicAppId = randomId()
    const [customerId, refId] = [crypto.randomUUID(), crypto.randomUUID()]
    return { id, basicAppId, mobile, pan, customerId, refId, status: 'Under Review', fields }
  }

  /** Both halves have to be right: whoever has only an id learns nothing. */
  function tell(pathname: string): Response {
    const [id, mobile] = pathname
      .slice(BASIC_APPLICATION_ACTIVITY_PATH.length + 1)
      .split('/')
      .map(decodeURIComponent)
    const application = applications.find((one) => one.mobile === mobile && (one.basicAppId === id || isSame(one.id, id!)))
    return application
      ? json(200, { message: 'Ok', isError: false, result: resultOf(application), responseException: null })
      : json(200, { message: 'No records found', isError: false, result: null, responseException: null })
  }

  return {
    handle,
    applications,
    requests,
    setStatus(basicAppId, status) {
      const index = applications.findIndex((one) => one.basicAppId === basicAppId)
      if (index === -1) throw new Error(`there is no application ${basicAppId}`)
      applications[index] = { ...applications[index]!, status }
    },
    down(nowDown) {
      isDown = nowDown
    },
    reset() {
      applications.length = 0
      requests.length = 0
      for (const memory of [nonces, failedOnce]) memory.clear()
      isDown = false
    },
  }
}

/** What the lender says of an application: with it, who it is of. */
function resultOf({ id, basicAppId, mobile, pan, customerId, refId, status, fields }: LenderApplication) {
  const { loanType, loanAmountReq, loanTenure, firstName, lastName, email, dateOfBirth, pincode } = fields
  return {
    id,
    basicAppId,
    loanType,
    loanAmountReq,
    loanTenure,
    applicationStatus: 'Lead',
    applicationStage: 'Fulfilment',
    latestStatus: status,
    applicationAssignedToRm: '2f6f3f0e-6ad4-4a5e-8d43-3a8b9a0a7c11',
    primaryBorrower: {
      customerId,
      firstName,
      lastName,
      fullName: `${String(firstName)} ${String(lastName)}`,
      mobile,
      email,
      pan,
      dateOfBirth: `${String(dateOfBirth)}T00:00:00`,
      pincode,
    },
    applicationComments: [{ refId, comment: `New lead of ${String(firstName)} ${String(lastName)}, ${mobile}` }],
  }
}

async function record(request: Request): Promise<BasicApplicationRequest> {
  const headers = Object.fromEntries(request.headers)
  return {
    method: request.method,
    url: request.url,
    // A server knows by this name only how it was called.
    host: headers['host'] ?? new URL(request.url).host,
    headers,
    body: new TextDecoder().decode(await request.arrayBuffer()),
  }
}

/** What is wrong before it matters who is calling. */
function refusalOf({ method, url, headers }: BasicApplicationRequest): Response | undefined {
  const { pathname } = new URL(url)
  const isCreate = pathname === BASIC_APPLICATION_CREATE_PATH
  if (!isCreate && !ACTIVITY.test(pathname)) return error(404, 'Not found')
  if (method !== (isCreate ? 'POST' : 'GET')) return error(405, 'Method not allowed')
  if (headers['content-type'] !== 'application/json-patch+json') return error(415, 'Unsupported media type')
  return undefined
}

const ACTIVITY = new RegExp(`^${BASIC_APPLICATION_ACTIVITY_PATH}/[^/]+/\\d{10}$`)

/** Lets in who signed as this user, just now. */
async function strangerOf(
  request: BasicApplicationRequest,
  { userId, apiKey, md5 = workerdMd5, clock = Date.now }: BasicApplicationStandInOptions,
): Promise<Response | undefined> {
  const { userid, currenttimestamp = '', nonce = '', authorization } = request.headers
  if (userid !== userId) return error(401, 'Unknown user')
  const isInTime = Math.abs(clock() / 1000 - Number(currenttimestamp)) <= BASIC_APPLICATION_CLOCK_SKEW
  if (!/^\d{10}$/.test(currenttimestamp) || !isInTime) return error(401, 'Timestamp is out of range')
  if (!UUID.test(nonce)) return error(401, 'Nonce is invalid')
  const { pathname, search } = new URL(request.url)
  const body = new TextEncoder().encode(request.body)
  const signed = [
    userId,
    currenttimestamp,
    request.host.toLowerCase(),
    pathname.toLowerCase(),
    search,
    request.method.toLowerCase(),
    nonce,
    body.length === 0 ? '' : await md5(body),
  ].join('')
  return authorization === `Signature ${await hmac(apiKey, signed)}` ? undefined : error(401, 'Signature is invalid')
}

async function workerdMd5(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('MD5', bytes)).toHex()
}

async function hmac(secret: string, signed: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-512' }
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(signed))).toBase64()
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

const isText = (value: unknown) => typeof value === 'string'
const isFlag = (value: unknown) => typeof value === 'boolean'
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
const isAmount = (value: unknown) => isCount(value) && value !== 0
const matches = (pattern: RegExp) => (value: unknown) => typeof value === 'string' && pattern.test(value)

/** Every field that an application has to have, filled or not. */
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  id: matches(UUID),
  loanType: matches(/^(HL|LAP|PL|BL|CL|EL)$/),
  loanAmountReq: isAmount,
  loanTenure: isAmount,
  firstName: matches(/\S/),
  lastName: matches(/\S/),
  gender: isText,
  dateOfBirth: (value) => matches(/^\d{4}-\d\d-\d\d$/)(value) && !Number.isNaN(Date.parse(String(value))),
  mobile: matches(/^[6-9]\d{9}$/),
  email: matches(/^[^\s@]+@[^\s@]+$/),
  pan: matches(/^[A-Z]{5}\d{4}[A-Z]$/),
  pincode: matches(/^[1-9]\d{5}$/),
  annualIncome: isCount,
  creditScore: isCount,
  creditScoreTypeId: isText,
  customerId: isText,
  city: isText,
  district: isText,
  state: isText,
  createdFromPemId: isText,
  remarks: isText,
  applicationAssignedToRm: isText,
  qrShortCode: isText,
  isLeadPrefilled: isFlag,
  includeCreditScore: isFlag,
}

function wrongFields(fields: Fields): string[] {
  return Object.keys(FIELDS).filter((name) => !FIELDS[name]!(fields[name]))
}

function parseFields(body: string): Fields | undefined {
  try {
    const fields: unknown = JSON.parse(body)
    return typeof fields === 'object' && fields !== null && !Array.isArray(fields) ? (fields as Fields) : undefined
  } catch {
    return undefined
  }
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

const ID_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Seven characters, of which the first is the lender's. */
function randomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6))
  return `B${Array.from(bytes, (byte) => ID_CHARACTERS[byte % ID_CHARACTERS.length]).join('')}`
}
