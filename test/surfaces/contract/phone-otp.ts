import { expect } from 'vitest'
import { BEHIND_GUPSHUP } from './behind'
import { type SurfaceUnderTest, expectRefusal, plainComplaint, someText } from './surface'

/** The surfaces of briefs 001 and 004, which share their bodies: `{success, message, data}`. */
export function phoneOtpSurface(
  name: string,
  prefix: string,
  paths: { readonly send: string; readonly resend: string; readonly verify: string },
  differences: { readonly invalid_phone: number; readonly cooldown_active: number },
): SurfaceUnderTest {
  const [send, resend, verify] = [prefix + paths.send, prefix + paths.resend, prefix + paths.verify]
  const answer = (message: string) => ({
    status: 200,
    body: (phone: string) => ({ success: true, message, data: { phone_number: phone } }),
  })
  const surface: SurfaceUnderTest = {
    name,
    prefix,
    lifetimeSeconds: 180,
    codeLength: 6,
    guesses: 5,
    wrongGuessesPerDay: 25,
    ...BEHIND_GUPSHUP,
    unknownFields: 'ignored',
    failureMediaType: 'application/json',
    statuses: {
      invalid_request: 400,
      malformed_json: 400,
      unsupported_media_type: 415,
      payload_too_large: 413,
      route_not_found: 404,
      method_not_allowed: 405,
      send_limit_reached: 429,
      verification_not_found: 404,
      verification_not_pending: 409,
      code_expired: 400,
      code_incorrect: 400,
      too_many_guesses: 429,
      delivery_failed: 502,
      delivery_unknown: 502,
      not_configured: 503,
      misconfigured: 503,
      dependency_unavailable: 503,
      internal: 500,
      ...differences,
    },
    complaint: plainComplaint,
    failure: ({ code, phone = null, retryAfter, guessesLeft }, { requestId }) => ({
      success: false,
      message: code === 'invalid_request' ? expect.stringMatching(/\w/) : someText,
      data: {
        phone_number: phone,
        error: code,
        ...(retryAfter !== undefined && { retry_after: retryAfter }),
        ...(guessesLeft !== undefined && { attempts_left: guessesLeft }),
        ...(code === 'internal' && { request_id: requestId }),
      },
    }),
    routes: [
      { path: send, body: (phone) => ({ phone_number: phone }), phoneField: 'phone_number' },
      { path: resend, body: (phone) => ({ phone_number: phone }), phoneField: 'phone_number' },
      {
        path: verify,
        body: (phone) => ({ phone_number: phone, otp: '123456' }),
        phoneField: 'phone_number',
        codeField: 'otp',
      },
    ],
    methods: { [send]: 'POST', [resend]: 'POST', [verify]: 'POST', [`${prefix}/health`]: 'GET, HEAD' },
    unknownPaths: ['/', '/nothing', `${paths.send}/nothing`, '/%F0%9F%92%A5', '/%E0%A4%A', `${paths.send}%2F`].map(
      (path) => prefix + path,
    ),
    send: (service, phone) => service.post(send, { phone_number: phone }),
    resend: (service, phone) => service.post(resend, { phone_number: phone }),
    verify: (service, phone, code, headers) => service.post(verify, { phone_number: phone, otp: code }, headers),
    sent: answer('OTP sent successfully'),
    resent: answer('OTP resent successfully'),
    verified: () => answer('OTP verified successfully'),
    expectWrongCode: (response, phone, guessesLeft) =>
      expectRefusal(surface, response, { code: 'code_incorrect', phone, guessesLeft }),
  }
  return surface
}
