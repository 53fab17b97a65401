import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { vi } from 'vitest'
import worker from '../../src/index'
import { type BasicApplicationStandIn, createBasicApplicationStandIn } from './vendors/basic-application'
import { type GupshupStandIn, createGupshupStandIn } from './vendors/gupshup'
import { type Msg91StandIn, createMsg91StandIn } from './vendors/msg91'
import { type MshastraStandIn, createMshastraStandIn } from './vendors/mshastra'
import { type TurnstileStandIn, createTurnstileStandIn } from './vendors/turnstile'
import { type TwilioStandIn, createTwilioStandIn } from './vendors/twilio'
import { type WhatsappCloudStandIn, createWhatsappCloudStandIn } from './vendors/whatsapp-cloud'

/** What configures mShastra, behind its stand-in. */
export const MSHASTRA_SETTINGS = {
  SMS_USERNAME: '20261121',
  SMS_PASSWORD: 'test-mshastra-password',
  SMS_SENDER: 'YourApp',
  SMS_API_URL: 'http://mshastra.test/sendsms_api_json.aspx',
} as const

/** What configures Twilio, behind its stand-in. */
export const TWILIO_SETTINGS = {
  TWILIO_ACCOUNT_SID: `AC${'0123456789abcdef'.repeat(2)}`,
  TWILIO_AUTH_TOKEN: 'test-twilio-auth-token',
  TWILIO_PHONE_NUMBER: '+15005550006',
  TWILIO_API_URL: 'http://twilio.test',
} as const

/** What configures MSG91, behind its stand-in. */
export const MSG91_SETTINGS = {
  MSG91_AUTH_KEY: 'test-msg91-auth-key',
  MSG91_TEMPLATE_ID: '5f2e6b1ad6fc05445c2f4d11',
  MSG91_API_URL: 'http://msg91.test',
} as const

/** What configures WhatsApp Cloud, behind its stand-in. */
export const WHATSAPP_CLOUD_SETTINGS = {
  WHATSAPP_ACCESS_TOKEN: 'test-whatsapp-access-token',
  WHATSAPP_PHONE_NUMBER_ID: '106540352242922',
  WHATSAPP_OTP_TEMPLATE: 'login_code',
  WHATSAPP_API_URL: 'http://graph.test/v26.0',
} as const

/** What has pages prove that a person sends, behind the stand-in of Turnstile. */
export const TURNSTILE_SETTINGS = {
  TURNSTILE_SECRET_KEY: '0x4AAAAAAAtestturnstilesecret',
  TURNSTILE_API_URL: 'http://turnstile.test',
} as const

/** What has customers told of their leads, by Gupshup. */
export const NOTICE_SETTINGS = {
  GUPSHUP_LEAD_CREATION_TEMPLATE_ID: 'aaaaaaaa-0000-4000-8000-000000000001',
  GUPSHUP_LEAD_CREATION_SRC_NAME: 'HomiLeads',
  GUPSHUP_LEAD_STATUS_TEMPLATE_ID: 'aaaaaaaa-0000-4000-8000-000000000002',
  GUPSHUP_LEAD_STATUS_SRC_NAME: 'HomiStatus',
} as const

/** No lender: it is configured unless a test takes it away. */
export const NO_LENDER = {
  BASIC_APPLICATION_API_URL: '',
  BASIC_APPLICATION_USER_ID: '',
  BASIC_APPLICATION_API_KEY: '',
} as const

/** What makes the reports of a vendor genuine: the end of an address, or the key of a signature. */
export const GUPSHUP_WEBHOOK = 'test-gupshup-webhook-0123456789abcdef'
export const MSG91_WEBHOOK = 'test-msg91-webhook-0123456789abcdef0'
export const WHATSAPP_CLOUD_WEBHOOK = 'test-meta-app-secret'

/** The Worker's `fetch` under changed settings or bindings, with all that it defers done before the answer is given back. */
export function createService(changes: Record<string, unknown> = {}) {
  const serviceEnv = { ...env, ...changes } as Env
  async function request(path: string, init?: RequestInit): Promise<Response> {
    const ctx = createExecutionContext()
    const asked = new Request(`http://service.test${path}`, init)
    const response = await worker.fetch(asked, serviceEnv, ctx)
    await waitOnExecutionContext(ctx)
    // As a client has it, so that a test can tell whose answer it is.
    return Object.defineProperty(response, 'url', { value: asked.url })
  }
  return {
    request,
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      request(path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
  }
}

/** A service in mock mode. */
export const createMockService = () => createService({ PIONEER_FLAG_MOCK_OTP_ENABLED: 'true' })

/** One of each vendor, with its own memory. */
export interface StandIns {
  readonly gupshup: GupshupStandIn
  readonly mshastra: MshastraStandIn
  readonly twilio: TwilioStandIn
  readonly msg91: Msg91StandIn
  readonly whatsappCloud: WhatsappCloudStandIn
  readonly lender: BasicApplicationStandIn
  readonly turnstile: TurnstileStandIn
}

/** Puts the stand-ins behind `fetch`, each at its vendor's host; every other address fails, since no test may reach the network. */
export function standInForVendors(): StandIns {
  const standIns: StandIns = {
    gupshup: createGupshupStandIn({ apiKey: env.GUPSHUP_API_KEY }),
    mshastra: createMshastraStandIn({ user: MSHASTRA_SETTINGS.SMS_USERNAME, password: MSHASTRA_SETTINGS.SMS_PASSWORD }),
    twilio: createTwilioStandIn({
      accountSid: TWILIO_SETTINGS.TWILIO_ACCOUNT_SID,
      authToken: TWILIO_SETTINGS.TWILIO_AUTH_TOKEN,
    }),
    msg91: createMsg91StandIn({ authKey: MSG91_SETTINGS.MSG91_AUTH_KEY }),
    whatsappCloud: createWhatsappCloudStandIn({
      accessToken: WHATSAPP_CLOUD_SETTINGS.WHATSAPP_ACCESS_TOKEN,
      phoneNumberId: WHATSAPP_CLOUD_SETTINGS.WHATSAPP_PHONE_NUMBER_ID,
    }),
    lender: createBasicApplicationStandIn({
      userId: env.BASIC_APPLICATION_USER_ID,
      apiKey: env.BASIC_APPLICATION_API_KEY,
    }),
    turnstile: createTurnstileStandIn({ secretKey: TURNSTILE_SETTINGS.TURNSTILE_SECRET_KEY }),
  }
  const byHost = new Map<string, { handle(request: Request): Promise<Response> }>([
    [hostOf(env.GUPSHUP_API_URL), standIns.gupshup],
    [hostOf(MSHASTRA_SETTINGS.SMS_API_URL), standIns.mshastra],
    [hostOf(TWILIO_SETTINGS.TWILIO_API_URL), standIns.twilio],
    [hostOf(MSG91_SETTINGS.MSG91_API_URL), standIns.msg91],
    [hostOf(WHATSAPP_CLOUD_SETTINGS.WHATSAPP_API_URL), standIns.whatsappCloud],
    [hostOf(env.BASIC_APPLICATION_API_URL), standIns.lender],
    [hostOf(TURNSTILE_SETTINGS.TURNSTILE_API_URL), standIns.turnstile],
  ])
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const request = new Request(input, init)
    const standIn = byHost.get(hostOf(request.url))
    if (!standIn) throw new Error(`no test may call ${request.url}`)
    return standIn.handle(request)
  })
  return standIns
}

const hostOf = (url: string) => new URL(url).host

/** {@link standInForVendors}, for tests that know one vendor only. */
export function standInForGupshup(): GupshupStandIn {
  return standInForVendors().gupshup
}

let phones = 0

/** An Indian mobile number that no other test of the file has used. @param lastDigits for a scenario of the stand-in */
export function uniquePhone(lastDigits = '5555'): string {
  phones += 1
  return `+9198${String(phones).padStart(4, '0')}${lastDigits}`
}

/** Any code but the right one. */
export function wrongCode(right: string, nth = 1): string {
  return String((Number(right) + nth) % 10 ** right.length).padStart(right.length, '0')
}
