import { expect } from 'vitest'
import { type StandIns, createService } from '../../support/service'

export type Service = ReturnType<typeof createService>

/** Whatever a surface refuses, by the stable code that it tells. */
export type RefusalCode =
  | 'invalid_request'
  | 'malformed_json'
  | 'unsupported_media_type'
  | 'payload_too_large'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'invalid_phone'
  | 'cooldown_active'
  | 'send_limit_reached'
  | 'verification_not_found'
  | 'verification_not_pending'
  | 'code_expired'
  | 'code_incorrect'
  | 'too_many_guesses'
  | 'delivery_failed'
  | 'delivery_unknown'
  | 'not_configured'
  | 'misconfigured'
  | 'dependency_unavailable'
  | 'internal'

/** A refusal as a test expects it. */
export interface Refusal {
  readonly code: RefusalCode
  /** What the caller gave as the number; null or absent where there was none to give back. */
  readonly phone?: string | null
  /** Seconds, in the header and in the body. Absent: there must be neither. */
  readonly retryAfter?: number
  readonly guessesLeft?: number
  readonly issues?: unknown
  readonly allow?: string
}

/** A route that takes a JSON body. */
export interface JsonRoute {
  readonly path: string
  /** A right body. */
  readonly body: (phone: string) => Record<string, unknown>
  /** Names of its required fields. */
  readonly phoneField?: string
  readonly codeField?: string
  /** Can what it needs come otherwise? Then no body is an empty one. */
  readonly bodyIsOptional?: boolean
}

/** A stand-in, of whatever vendor. */
export interface ContractVendor {
  /** Destinations are digits, without `+`. */
  readonly messages: readonly { readonly destination: string; readonly code: string }[]
  readonly requests: readonly unknown[]
  /** The code of the last well-formed request for a number, whatever the answer was. */
  lastCode(phone: string): string | undefined
}

/** How a vendor's stand-in answers, by the last four digits of the number, each with what it is. */
export interface VendorAnswers {
  readonly nothingSent: readonly (readonly [what: string, suffix: string])[]
  readonly perhapsSent: readonly (readonly [what: string, suffix: string])[]
}

/** What differs between the surfaces that do the same, from DESIGN section 8 and the briefs; never from the code. */
export interface SurfaceUnderTest {
  readonly name: string
  readonly prefix: string
  readonly lifetimeSeconds: number
  readonly codeLength: number
  /** For one verification; and wrong ones for one number in 24 hours. */
  readonly guesses: number
  readonly wrongGuessesPerDay: number
  /** What its vendor needs, beside the settings of all tests. */
  readonly settings: Readonly<Record<string, string>>
  /** Takes its vendor away. A refusal has to name all of these. */
  readonly withoutVendor: Readonly<Record<string, ''>>
  readonly vendorOf: (standIns: StandIns) => ContractVendor
  readonly vendorAnswers: VendorAnswers
  /** The surface that checks its codes, and in whose words; itself where absent. */
  readonly checkedBy?: SurfaceUnderTest
  readonly statuses: Readonly<Record<RefusalCode, number>>
  /** What comes of fields that it does not know. */
  readonly unknownFields: 'refused' | 'ignored'
  readonly failureMediaType: string
  /** The exact body of a refusal; `url` is what was asked. */
  readonly failure: (refusal: Refusal, about: { requestId: string; status: number; url: string }) => object
  /** What it says of a field with this value, undefined where it is missing. */
  readonly complaint: (kind: 'phone' | 'code', field: string, value: unknown) => Complaint
  readonly routes: readonly JsonRoute[]
  /** Routes by their right methods, for asking with wrong ones. */
  readonly methods: Readonly<Record<string, string>>
  readonly unknownPaths: readonly string[]
  readonly send: (service: Service, phone: string) => Promise<Response>
  readonly resend: (service: Service, phone: string) => Promise<Response>
  readonly verify: (service: Service, phone: string, code: string, headers?: Record<string, string>) => Promise<Response>
  readonly sent: Answer
  readonly resent: Answer
  /** @param guessesLeft when the right code was not the first guess */
  readonly verified: (guessesLeft?: number) => Answer
  /** The answer to a wrong code, which is not a refusal everywhere. */
  readonly expectWrongCode: (response: Response, phone: string, guessesLeft: number) => Promise<void>
}

/** What is wrong with a field. */
export interface Complaint {
  /** Stands in the body, between quotes. */
  readonly text: string
  readonly issues: unknown
}

/** A right answer: its status and its exact body. */
export interface Answer {
  readonly status: number
  readonly body: (phone: string) => object
}

/** The service with all that the surface needs. */
export function serviceFor({ settings }: SurfaceUnderTest, changes: Record<string, unknown> = {}): Service {
  return createService({ ...settings, ...changes })
}

/** `field: what is wrong`, as most surfaces say it. */
export function plainComplaint(kind: 'phone' | 'code', field: string, value: unknown): Complaint {
  const message = plainMessage(kind, value)
  return { text: `${field}: ${message}`, issues: [{ path: field, message }] }
}

function plainMessage(kind: 'phone' | 'code', value: unknown): string {
  if (value === undefined) return 'is required'
  if (typeof value !== 'string') return 'must be text'
  if (kind === 'code') return 'must be 4 to 10 digits'
  return value.trim() === '' ? 'is required' : 'is too long'
}

/** Asserts a right answer, key for key. */
export async function expectAnswer(response: Response, { status, body }: Answer, phone: string): Promise<void> {
  expectCommonHeaders(response)
  const said = { status: response.status, type: response.headers.get('content-type'), body: await response.json() }
  expect(said).toEqual({ status, type: 'application/json', body: body(phone) })
  expect(response.headers.get('retry-after')).toBeNull()
}

/** Asserts a refusal in the surface's envelope: status, media type, `Retry-After` and exactly its keys. */
export async function expectRefusal(surface: SurfaceUnderTest, response: Response, refusal: Refusal): Promise<void> {
  const requestId = expectCommonHeaders(response)
  const { url } = response
  const teller = tellerOf(surface, url)
  const status = teller.statuses[refusal.code]
  const said = {
    status: response.status,
    type: response.headers.get('content-type'),
    retryAfter: response.headers.get('retry-after'),
    allow: response.headers.get('allow'),
    body: await response.json(),
  }
  expect(said).toEqual({
    status,
    type: teller.failureMediaType,
    retryAfter: refusal.retryAfter === undefined ? null : String(refusal.retryAfter),
    allow: refusal.allow ?? null,
    body: teller.failure(refusal, { requestId, status, url }),
  })
}

/** In whose words an answer is: the surface's, or those of the one that checks its codes. */
function tellerOf(surface: SurfaceUnderTest, url: string): SurfaceUnderTest {
  const { checkedBy } = surface
  return checkedBy && url !== '' && new URL(url).pathname.startsWith(`${checkedBy.prefix}/`) ? checkedBy : surface
}

/** What every answer has, whatever it says. Gives the request id back. */
export function expectCommonHeaders({ headers }: Response): string {
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-request-id': expect.stringMatching(/^[\w=-]{1,255}$/),
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    'strict-transport-security': expect.stringMatching(/^max-age=\d{8,}/),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'SAMEORIGIN',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
  })
  expect([headers.has('server'), headers.has('x-powered-by')]).toEqual([false, false])
  return headers.get('x-request-id')!
}

/** Some words for a person. */
export const someText: unknown = expect.stringMatching(/^[A-Z].*\.$/s)
