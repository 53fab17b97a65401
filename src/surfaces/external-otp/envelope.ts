import type { Refusal } from '../../core/app-error'
import { toRfc3339 } from '../../core/clock'
import { ERROR_STATUSES } from '../../http/error-status'
import { refusalText } from '../../http/refusal-text'
import type { Envelope } from '../../http/surface'
import { retryAfterOf } from '../../http/to-refusal'
import type { MessageView } from '../../otp/find-message'
import { createMessageId } from '../../otp/message-id'
import type { SentVerification } from '../../otp/send-verification'
import { failureSchema } from './schemas'

/** `{success:false, message, data:{to_phone, error}}`. */
export function createExternalOtpEnvelope(surface: string): Envelope {
  return {
    surface,
    statuses: ERROR_STATUSES,
    failureSchema,
    failure: (refusal, { requestId, body }) => failure(refusal, requestId, body),
  }
}

/** Key for key what brief 003 shows; the code and the text in mock mode only. */
export function sentBody({ id, message, mock }: SentVerification, to: string) {
  const { provider, status, communicationId, providerMessageId } = message
  const data = mock
    ? { provider, message_id: providerMessageId, status, to, otp_sent: mock.code, message: mock.text, mock: true }
    : { provider, message_id: createMessageId(id, communicationId), status, to }
  return { success: true, data, message: 'OTP sent successfully' }
}

/** The answer to whoever has the id of a message, which is why it says so little. */
export function statusBody(messageId: string, { provider, status, phoneMasked, channel, statusAt }: MessageView) {
  const data = {
    message_id: messageId,
    provider,
    status,
    to: phoneMasked,
    channel,
    ...(statusAt === null ? {} : { updated_at: toRfc3339(statusAt) }),
  }
  return { success: true, data, message: 'Message status retrieved successfully' }
}

function failure(refusal: Refusal, requestId: string, body: unknown): object {
  const retryAfter = retryAfterOf(refusal)
  return {
    success: false,
    message: refusalText(refusal),
    data: {
      to_phone: phoneIn(body),
      error: refusal.code,
      ...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
      ...(refusal.code === 'internal' ? { request_id: requestId } : {}),
    },
  }
}

/** What the caller gave as the number, if it has the size of one. */
function phoneIn(body: unknown): string | null {
  const value = typeof body === 'object' && body !== null && 'to_phone' in body ? body.to_phone : undefined
  return typeof value === 'string' && value.length <= 64 ? value : null
}
