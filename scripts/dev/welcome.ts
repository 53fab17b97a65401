import type { ChildProcess } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { optionValue, pickOptions } from '../wrangler.ts'

/** What the running service says about itself. */
export interface ServiceState {
  readonly healthy: boolean
  /** The code that everybody gets in mock mode, undefined outside it. */
  readonly mockCode: string | undefined
  /** That of payments, undefined where there is no sample loan to try them with. */
  readonly paymentCode: string | undefined
  /** Can leads be tried? In mock mode alone, where no lender is told of them. */
  readonly hasLeads: boolean
  /** Does it want a key of callers? */
  readonly isClosed: boolean
}

/** What is there to try in mock mode. */
export interface Samples {
  /** Digits; undefined where there is no sample loan. */
  readonly paymentCodeLength: number | undefined
  readonly hasLeads: boolean
}

const MOCK_DIGITS = '123456123456'

/** Tells where the service is and what to try, once it has answered a request. */
export function announceWhenReady(dev: ChildProcess, args: readonly string[], samples: Samples): void {
  const stopped = new AbortController()
  dev.once('exit', () => stopped.abort())
  dev.on('message', (message) => {
    const address = addressIn(message, optionValue(args, ['--local-protocol']) ?? 'http')
    if (address !== undefined) void announce(address, args, samples, stopped.signal)
  })
}

/**
 * The address in the message that wrangler sends to its parent when it listens, undefined for every other message.
 * The port is the one in use: wrangler takes the next free one when the default is busy.
 */
export function addressIn(message: unknown, protocol: string): string | undefined {
  try {
    const { event, ip, port } = JSON.parse(String(message)) as { event?: unknown; ip?: unknown; port?: unknown }
    if (event !== 'DEV_SERVER_READY' || typeof port !== 'number') return undefined
    const isLocal = ['localhost', '127.0.0.1', '0.0.0.0', '::', '[::]', '::1', '[::1]', undefined].includes(ip as string)
    return `${protocol}://${isLocal ? 'localhost' : String(ip)}:${port}`
  } catch {
    return undefined
  }
}

async function announce(
  address: string,
  args: readonly string[],
  { paymentCodeLength, hasLeads }: Samples,
  stopped: AbortSignal,
): Promise<void> {
  // The certificate of a local https is nobody's, so the service is not asked there.
  const unknown = { healthy: true, mockCode: undefined, isClosed: false }
  const state = address.startsWith('https:') ? unknown : await firstAnswer(address, stopped)
  if (state === undefined) return
  const isMock = state.mockCode !== undefined
  // The sample's number may be a stranger's, who would get a code for each try outside mock mode.
  const paymentCode = isMock && paymentCodeLength !== undefined ? MOCK_DIGITS.slice(0, paymentCodeLength) : undefined
  console.log(welcome(address, { ...state, paymentCode, hasLeads: isMock && hasLeads }, process.platform, args))
}

/** Listening is not answering: the Worker may still be bundled, or fail to. Undefined when wrangler stopped before. */
async function firstAnswer(
  address: string,
  stopped: AbortSignal,
): Promise<Pick<ServiceState, 'healthy' | 'mockCode' | 'isClosed'> | undefined> {
  while (!stopped.aborted) {
    try {
      const health = await getJson(`${address}/health`, stopped)
      const debug = await getJson(`${address}/debug/whatsapp`, stopped)
      // Of nobody, so that there is nothing to read where nobody wants a key.
      const { status } = await fetch(`${address}/v1/verifications/none`, { signal: stopped })
      return { healthy: health['status'] === 'healthy', mockCode: mockCodeOf(debug), isClosed: status === 401 }
    } catch {
      await pause(300)
    }
  }
  return undefined
}

/** Mock mode has one code, cut or repeated to the length that codes have here. */
function mockCodeOf({ mock, otp }: { mock?: unknown; otp?: { length?: number } }): string | undefined {
  return mock === true ? MOCK_DIGITS.slice(0, otp?.length ?? 6) : undefined
}

async function getJson(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await fetch(url, { signal })
  const text = await response.text()
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    return {}
  }
}

/**
 * What a person sees who has just started the service for the first time.
 * @param args those of the start: they say which database is meant
 */
export function welcome(address: string, state: ServiceState, platform: NodeJS.Platform, args: readonly string[] = []): string {
  const { healthy, mockCode, paymentCode, hasLeads, isClosed } = state
  const curl = curlFor(platform, isClosed)
  const phone = '"phone_number": "+917888888888"'
  return [
    '',
    `edge-verify is at ${address}${mockCode === undefined ? '' : `, in mock mode: nothing is sent, and every code is ${mockCode}`}`,
    ...(healthy ? [] : [`It is not ready for work. What is wrong: ${address}/ready`]),
    ...(isClosed ? [`It wants a key (AUTH_REQUIRED): ${createKey(args)}`] : []),
    '',
    '  send a code    ' + curl(`${address}/send-otp`, `{${phone}}`),
    '  verify it      ' + curl(`${address}/verify-otp`, `{${phone}, "otp": "${mockCode ?? 'the code that arrived'}"}`),
    ...(paymentCode === undefined ? [] : paymentLines(address, paymentCode, curl)),
    ...(hasLeads ? leadLines(address, curl) : []),
    `  the API        ${address}/docs`,
    `  all at once    npm run smoke -- --url ${address}${isClosed ? ' --key <key>' : ''}`,
    ...(isClosed ? [] : ['  with API keys  npm run dev -- --var AUTH_REQUIRED:true    (nobody needs one in development)']),
    '',
    'Ctrl-C stops it.',
    '',
  ].join('\n')
}

/** For all that is there to try. */
const SCOPES = ['verifications:send', 'verifications:check', 'payments:confirm', 'leads:create', 'leads:status']

function createKey(args: readonly string[]): string {
  const where = ['--local', ...pickOptions(args, ['--persist-to', '--config', '-c', '--env', '-e'])]
  return `npm run key -- create --name me --scopes ${SCOPES.join()} ${where.join(' ')}`
}

type Curl = (url: string, body: string) => string

/** The sample loan's repayment, whose customer confirms it. */
function paymentLines(address: string, code: string, curl: Curl): string[] {
  const repayment = '"loan_id": 123, "repayment_id": 456'
  return [
    '  a payment      ' + curl(`${address}/api/v1/otp/send-otp-payment`, `{${repayment}}`),
    '  confirm it     ' + curl(`${address}/api/v1/otp/verify-otp-payment`, `{${repayment}, "otp_code": "${code}"}`),
  ]
}

/** Brief 001's, with a number that there can be. */
const LEAD = {
  loan_type: 'home_loan',
  loan_amount: 5_000_000,
  loan_tenure: 20,
  pan_number: 'ABCDE1234F',
  first_name: 'John',
  last_name: 'Doe',
  gender: 'Male',
  mobile_number: '+917888888888',
  email: 'john.doe@example.com',
  dob: '15/06/1990',
  pin_code: '400001',
}

/** A lead for the lender of mock mode, who takes everything. */
function leadLines(address: string, curl: Curl): string[] {
  return [
    '  a lead         ' + curl(`${address}/api_v1/lead_create`, JSON.stringify(LEAD)),
    '  its status     ' + curl(`${address}/api_v1/lead_status`, `{"mobile_number": "${LEAD.mobile_number}"}`),
  ]
}

function curlFor(platform: NodeJS.Platform, isClosed: boolean): Curl {
  const isWindows = platform === 'win32'
  const header = (text: string) => (isWindows ? `-H "${text}"` : `-H '${text}'`)
  const headers = [...(isClosed ? ['authorization: Bearer <key>'] : []), 'content-type: application/json'].map(header).join(' ')
  return (url, body) => `curl ${url} ${headers} -d ${isWindows ? `"${body.replaceAll('"', '\\"')}"` : `'${body}'`}`
}
