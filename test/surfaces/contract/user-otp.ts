import { expect } from 'vitest'
import { BEHIND_MSHASTRA } from './behind'
import { type Complaint, type Refusal, type RefusalCode, type SurfaceUnderTest, expectRefusal, someText } from './surface'

const [SEND, VERIFY] = ['/api/users/send-otp', '/api/users/verify-otp']

/** Brief 002, to the letter; it has no words for the other refusals. */
const TEXTS: Partial<Record<RefusalCode, string>> = {
  invalid_phone: 'Invalid phone number format',
  cooldown_active: 'Too many OTP requests. Please try again later.',
  send_limit_reached: 'Too many OTP requests. Please try again later.',
  delivery_failed: 'Failed to send OTP. Please try again.',
  delivery_unknown: 'Failed to send OTP. Please try again.',
  verification_not_found: 'Invalid OTP code',
  code_incorrect: 'Invalid OTP code',
  code_expired: 'OTP code has expired. Please request a new one.',
}

const answer = (body: object) => ({ status: 200, body: () => body })
const sent = answer({ message: 'OTP sent successfully', status: 'success' })

function failure({ code, retryAfter, guessesLeft }: Refusal, { requestId, url }: { requestId: string; url: string }): object {
  const isVerify = url.includes(VERIFY)
  const ofCode = code === 'too_many_guesses' && !isVerify ? TEXTS.cooldown_active : TEXTS[code]
  return {
    // What it says of a field is looked at by `complaint`.
    message: ofCode ?? (code === 'invalid_request' ? expect.stringMatching(/\w/) : someText),
    status: 'error',
    ...(isVerify && { verified: false }),
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
    ...(guessesLeft !== undefined && { attempts_left: guessesLeft }),
    ...(code === 'internal' && { request_id: requestId }),
  }
}

function complaint(kind: 'phone' | 'code', _field: string, value: unknown): Complaint {
  const isMissing = value === undefined || value === null || (typeof value === 'string' && value.trim() === '')
  if (kind === 'phone') return { text: isMissing ? 'Phone number is required' : TEXTS.invalid_phone!, issues: undefined }
  if (isMissing) return { text: 'OTP code is required', issues: undefined }
  if (typeof value !== 'string')
    return { text: 'OTP must be text, in quotes: a number loses its leading zeros', issues: undefined }
  return { text: /^\d+$/.test(value) ? TEXTS.code_incorrect! : 'OTP must be numeric', issues: undefined }
}

/** Brief 002, whose codes have four digits, and so fewer guesses. */
export const userOtp: SurfaceUnderTest = {
  name: 'user-otp',
  prefix: '/api/users',
  lifetimeSeconds: 300,
  codeLength: 4,
  guesses: 3,
  wrongGuessesPerDay: 10,
  ...BEHIND_MSHASTRA,
  unknownFields: 'ignored',
  failureMediaType: 'application/json',
  statuses: {
    invalid_request: 400,
    malformed_json: 400,
    unsupported_media_type: 415,
    payload_too_large: 413,
    route_not_found: 404,
    method_not_allowed: 405,
    invalid_phone: 400,
    cooldown_active: 429,
    send_limit_reached: 429,
    verification_not_found: 400,
    verification_not_pending: 409,
    code_expired: 400,
    code_incorrect: 400,
    too_many_guesses: 429,
    delivery_failed: 500,
    delivery_unknown: 500,
    not_configured: 503,
    misconfigured: 503,
    dependency_unavailable: 503,
    internal: 500,
  },
  complaint,
  failure,
  routes: [
    { path: SEND, body: (phone) => ({ phone }), phoneField: 'phone' },
    { path: VERIFY, body: (phone) => ({ phone, otp: '1234' }), phoneField: 'phone', codeField: 'otp' },
  ],
  methods: { [SEND]: 'POST', [VERIFY]: 'POST' },
  unknownPaths: [
    '',
    '/',
    '/nothing',
    '/send-otp/nothing',
    '/verify-otp/nothing',
    '/%F0%9F%92%A5',
    '/%E0%A4%A',
    '/send-otp%2F',
  ].map((path) => `/api/users${path}`),
  send: (service, phone) => service.post(SEND, { phone }),
  // A second send is what the brief has for a resend.
  resend: (service, phone) => service.post(SEND, { phone }),
  verify: (service, phone, code, headers) => service.post(VERIFY, { phone, otp: code }, headers),
  sent,
  resent: sent,
  verified: () => answer({ message: 'OTP verified successfully', status: 'success', verified: true }),
  expectWrongCode: (response, phone, guessesLeft) =>
    expectRefusal(userOtp, response, { code: 'code_incorrect', phone, guessesLeft }),
}
