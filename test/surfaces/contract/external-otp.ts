import { expect } from 'vitest'
import { BEHIND_TWILIO, BEHIND_WHATSAPP_CLOUD } from './behind'
import { type SurfaceUnderTest, plainComplaint, someText } from './surface'
import { v1 } from './v1'

export const MESSAGE_ID = /^msg_[\w-]{64}$/
export const SMS_PATH = '/api/v1/external/sms/otp'
export const WHATSAPP_PATH = '/api/v1/external/whatsapp/otp'

/** Brief 003, which sends only: its codes are checked at `/v1`, under the purpose `external`. */
function externalOtpSurface(
  path: string,
  provider: string,
  behind: Pick<SurfaceUnderTest, 'settings' | 'withoutVendor' | 'vendorOf' | 'vendorAnswers'>,
): SurfaceUnderTest {
  const sent = {
    status: 200,
    body: (phone: string) => ({
      success: true,
      data: { provider, message_id: expect.stringMatching(MESSAGE_ID), status: 'queued', to: phone },
      message: 'OTP sent successfully',
    }),
  }
  return {
    name: 'external-otp',
    prefix: '/api/v1/external',
    lifetimeSeconds: 300,
    codeLength: 6,
    guesses: 5,
    wrongGuessesPerDay: 25,
    ...behind,
    checkedBy: v1,
    unknownFields: 'ignored',
    failureMediaType: 'application/json',
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
      code_expired: 400,
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
    failure: ({ code, phone = null, retryAfter }, { requestId }) => ({
      success: false,
      message: code === 'invalid_request' ? expect.stringMatching(/\w/) : someText,
      data: {
        to_phone: phone,
        error: code,
        ...(retryAfter !== undefined && { retry_after: retryAfter }),
        ...(code === 'internal' && { request_id: requestId }),
      },
    }),
    routes: [{ path, body: (phone) => ({ to_phone: phone }), phoneField: 'to_phone', bodyIsOptional: true }],
    methods: { [path]: 'POST', '/api/v1/external/status/x': 'GET, HEAD', '/api/v1/external/whatsapp/webhook': 'GET, HEAD, POST' },
    unknownPaths: [
      '',
      '/',
      '/sms',
      '/sms/otp/x',
      '/status',
      '/status/a/b',
      '/email/otp',
      '/%F0%9F%92%A5',
      '/%E0%A4%A',
      '/sms%2Fotp',
    ].map((rest) => `/api/v1/external${rest}`),
    send: (service, phone) => service.post(path, { to_phone: phone }),
    resend: (service, phone) => service.post(path, { to_phone: phone }),
    verify: (service, phone, code, headers) =>
      service.post('/v1/verifications/check', { to: phone, code, purpose: 'external' }, headers),
    sent,
    resent: sent,
    verified: v1.verified,
    expectWrongCode: v1.expectWrongCode,
  }
}

export const externalSms = externalOtpSurface(SMS_PATH, 'twilio', BEHIND_TWILIO)
export const externalWhatsapp = externalOtpSurface(WHATSAPP_PATH, 'whatsapp_cloud', BEHIND_WHATSAPP_CLOUD)
