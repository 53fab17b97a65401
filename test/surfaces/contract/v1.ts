import { expect } from 'vitest'
import { BEHIND_GUPSHUP } from './behind'
import { type Service, type SurfaceUnderTest, expectAnswer, plainComplaint, someText } from './surface'

export const VERIFICATION_ID = /^ver_[\w-]{64}$/

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

/** As long as an id is, and of no deployment. */
export const FOREIGN_ID = `ver_${crypto.getRandomValues(new Uint8Array(48)).toBase64({ alphabet: 'base64url', omitPadding: true })}`

/** The time so many seconds from now, as `/v1` shows it. */
export const inSeconds = (seconds: number) => `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`

/** A new verification's body. Indian numbers only. */
export const pendingBody = (phone: string, changes: object = {}) => ({
  id: expect.stringMatching(VERIFICATION_ID),
  status: 'pending',
  to: `+91********${phone.slice(-2)}`,
  channel: 'whatsapp',
  purpose: 'login',
  created_at: inSeconds(0),
  expires_at: inSeconds(300),
  completed_at: null,
  resend_at: inSeconds(60),
  guesses_left: 5,
  communication_id: expect.stringMatching(UUID),
  ...changes,
})

const PATH = '/v1/verifications'

/** Ids by number, for resending and asking by id as a client would. */
const ids = new Map<string, string>()

async function send(service: Service, phone: string): Promise<Response> {
  const response = await service.post(PATH, { to: phone })
  const location = response.headers.get('location')
  if (location) ids.set(phone, location.slice(PATH.length + 1))
  return response
}

/** Our own API; the documented statuses are the ones that the refusals have by themselves. */
export const v1: SurfaceUnderTest = {
  name: 'v1',
  prefix: '/v1',
  lifetimeSeconds: 300,
  codeLength: 6,
  guesses: 5,
  wrongGuessesPerDay: 25,
  ...BEHIND_GUPSHUP,
  unknownFields: 'refused',
  failureMediaType: 'application/problem+json',
  statuses: {
    invalid_request: 400,
    malformed_json: 400,
    unsupported_media_type: 415,
    payload_too_large: 413,
    route_not_found: 404,
    method_not_allowed: 405,
    invalid_phone: 422,
    cooldown_active: 429,
    send_limit_reached: 429,
    verification_not_found: 404,
    verification_not_pending: 409,
    code_expired: 410,
    code_incorrect: 400,
    too_many_guesses: 429,
    delivery_failed: 502,
    delivery_unknown: 502,
    not_configured: 503,
    misconfigured: 503,
    dependency_unavailable: 503,
    internal: 500,
  },
  complaint: plainComplaint,
  failure: ({ code, retryAfter, issues }, { requestId, status }) => ({
    type: `urn:edge-verify:problem:${code}`,
    title: expect.stringMatching(/^[A-Z][a-z ]+$/),
    status,
    detail: code === 'invalid_request' ? expect.stringMatching(/\w/) : someText,
    code,
    request_id: requestId,
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
    ...(code === 'invalid_request' && { errors: issues ?? expect.any(Array) }),
    ...(code === 'delivery_unknown' && { verification_id: expect.stringMatching(VERIFICATION_ID) }),
  }),
  routes: [
    { path: PATH, body: (phone) => ({ to: phone }), phoneField: 'to' },
    { path: `${PATH}/check`, body: (phone) => ({ to: phone, code: '123456' }), phoneField: 'to', codeField: 'code' },
    { path: `${PATH}/${FOREIGN_ID}/check`, body: () => ({ code: '123456' }), codeField: 'code' },
  ],
  methods: {
    [PATH]: 'POST',
    [`${PATH}/${FOREIGN_ID}`]: 'GET, HEAD, DELETE',
    [`${PATH}/${FOREIGN_ID}/check`]: 'POST',
    [`${PATH}/${FOREIGN_ID}/resend`]: 'POST',
  },
  unknownPaths: ['/v1', '/v1/', '/v1/nothing', `${PATH}/${FOREIGN_ID}/nothing`, '/v1/health', '/v1/%F0%9F%92%A5'],
  send,
  resend: (service, phone) => service.request(`${PATH}/${ids.get(phone)}/resend`, { method: 'POST' }),
  verify: (service, phone, code, headers) => service.post(`${PATH}/check`, { to: phone, code }, headers),
  sent: { status: 201, body: (phone) => pendingBody(phone) },
  resent: { status: 200, body: (phone) => pendingBody(phone, { created_at: expect.any(String) }) },
  verified: (guessesLeft = 4) => ({
    status: 200,
    body: () => checkedBody({ status: 'approved', valid: true, guesses_left: guessesLeft }),
  }),
  expectWrongCode: (response, phone, guessesLeft) => {
    const status = guessesLeft === 0 ? 'locked' : 'pending'
    const body = () => checkedBody({ status, valid: false, guesses_left: guessesLeft })
    return expectAnswer(response, { status: 200, body }, phone)
  },
}

const checkedBody = (facts: { status: string; valid: boolean; guesses_left: number }) => ({
  id: expect.stringMatching(VERIFICATION_ID),
  ...facts,
})
