import type { BasicApplicationConfig } from '../../config/providers/basic-application'
import type { Clock } from '../../core/clock'
import { callVendor, type VendorHttp, type VendorReply } from '../../messaging/providers/http'
import { phoneDigits } from '../../phone/phone-digits'
import type { Application, Lender } from './lender'
import { readFind, readStatus, readSubmit } from './read-reply'
import { createCleaner } from './without-personal'

// The lender's "Basic Application API": JSON over HTTP, every call signed with MD5 and HMAC-SHA-512. It has no public
// documentation: the paths, the auth and the fields are settings, and all that depends on them stands in this file.

const CONTENT_TYPE = 'application/json-patch+json'
const NATIONAL_DIGITS = 10

type Payload = Readonly<Record<string, string | number | boolean>>

/** What we do not know of a customer, or do not use. A constant of the configuration takes the place of any of them. */
const UNKNOWN_FIELDS = {
  annualIncome: 0,
  customerId: '',
  city: '',
  district: '',
  state: '',
  createdFromPemId: '',
  remarks: '',
  applicationAssignedToRm: '',
  qrShortCode: '',
  // No score, of no kind.
  creditScore: 0,
  creditScoreTypeId: '',
  isLeadPrefilled: false,
  includeCreditScore: false,
}

/** A call as it is signed. */
export interface SignedCall {
  readonly userId: string
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly body: string | undefined
  /** Whole seconds since the Unix epoch. */
  readonly timestamp: number
  readonly nonce: string
}

/** The lender as an adapter. It asks once for each call: who repeats knows what came before. */
export function createBasicApplication(config: BasicApplicationConfig, http: VendorHttp, clock: Clock): Lender {
  // A lender may repeat what it was sent, in what is kept of its reply.
  const secrets = [config.apiKey]
  const call = async (method: SignedCall['method'], path: string, body?: string): Promise<VendorReply> => {
    const url = config.apiUrl + path
    const headers = {
      accept: 'text/plain',
      'content-type': CONTENT_TYPE,
      ...(await authHeaders(config, clock, { method, url, body })),
    }
    const init = { method, headers, ...(body !== undefined && { body }) }
    return callVendor({ fetch: http.fetch, timeoutMs: config.timeoutMs, url, init })
  }
  return {
    async submit(application) {
      const body = toJson(toPayload(application, config.constants), config.jsonStyle)
      return readSubmit(await call('POST', config.createPath, body), createCleaner(application.personal, secrets))
    },
    async find({ id, personal }) {
      const path = fillPath(config.lookupPath, { id, mobile: toMobile(personal.phone) })
      return readFind(await call('GET', path), id, createCleaner(personal, secrets))
    },
    async statusOf({ applicationId, personal }) {
      const path = fillPath(config.statusPath, { application_id: applicationId, mobile: toMobile(personal.phone) })
      return readStatus(await call('GET', path), applicationId, createCleaner(personal, secrets))
    },
  }
}

/** An application in the lender's fields. */
export function toPayload(application: Application, constants: BasicApplicationConfig['constants']): Payload {
  const { id, loanType, loanAmount, loanTenureYears, personal } = application
  return {
    ...UNKNOWN_FIELDS,
    ...constants,
    id,
    loanType,
    loanAmountReq: loanAmount,
    loanTenure: loanTenureYears,
    firstName: personal.firstName,
    lastName: personal.lastName,
    gender: personal.gender ?? '',
    dateOfBirth: personal.dateOfBirth,
    mobile: toMobile(personal.phone),
    email: personal.email,
    pan: personal.pan,
    pincode: personal.pinCode,
  }
}

/**
 * A payload as text. What is signed are its bytes; should the lender sign what it reads and writes again, then in the
 * style of Python, as its own clients do: spaces after separators and ASCII only.
 */
export function toJson(payload: Payload, style: BasicApplicationConfig['jsonStyle']): string {
  if (style === 'compact') return JSON.stringify(payload)
  const fields = Object.entries(payload).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  return `{${fields.join(', ')}}`.replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** HMAC-SHA-512 of {@link textToSign} under the bytes of the key, in base64. */
export async function signRequest(apiKey: string, call: SignedCall): Promise<string> {
  const encode = (text: string) => new TextEncoder().encode(text)
  const key = await crypto.subtle.importKey('raw', encode(apiKey), { name: 'HMAC', hash: 'SHA-512' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encode(await textToSign(call)))).toBase64()
}

/** All of a call in one row, without separators: the address without its scheme and in lower case, the body as its MD5. */
export async function textToSign({ userId, method, url, body, timestamp, nonce }: SignedCall): Promise<string> {
  const { host, pathname, searchParams } = new URL(url)
  const query = new URLSearchParams([...searchParams].filter(([, value]) => value !== '')).toString()
  const address = (host + pathname).toLowerCase() + (query === '' ? '' : `?${query}`)
  return userId + timestamp + address + method.toLowerCase() + nonce + (body === undefined ? '' : await md5(body))
}

/** workerd has MD5 beside what the standard knows. */
async function md5(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('MD5', new TextEncoder().encode(text))).toHex()
}

async function authHeaders(
  { auth, userId, apiKey }: BasicApplicationConfig,
  clock: Clock,
  call: Pick<SignedCall, 'method' | 'url' | 'body'>,
): Promise<Readonly<Record<string, string>>> {
  if (auth === 'headers') return { UserId: userId, ApiKey: apiKey }
  const timestamp = Math.floor(clock() / 1000)
  const nonce = crypto.randomUUID()
  const signature = await signRequest(apiKey, { ...call, userId, timestamp, nonce })
  return { UserId: userId, CurrentTimestamp: String(timestamp), Nonce: nonce, Authorization: `Signature ${signature}` }
}

function fillPath(template: string, places: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{(\w+)\}/g, (_place, name: string) => encodeURIComponent((places[name] ?? '').toWellFormed()))
}

/** As the lender has numbers: Indian ones, without the country code. */
function toMobile(e164: string): string {
  return phoneDigits(e164).slice(-NATIONAL_DIGITS)
}
