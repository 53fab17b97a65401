import type { SettledDetail } from '../audit/event'
import { type MessagePrices, priceOf } from '../config/prices'
import type { Delivery } from './deliver'
import type { Message } from './message'
import { segmentsOf } from './templates/segments'
import type { Template } from './templates/template'

/** A message that went out, or did not. */
export interface SettledMessage {
  readonly message: Pick<Message, 'text' | 'communicationId'>
  readonly template: Template | null
  readonly delivery: Delivery
  /** ISO 3166, of the number. */
  readonly country: string
}

/** What came of a message, as the audit keeps it. @param template null: none of ours, only one of the vendor's */
export function settledDetail(
  prices: MessagePrices | undefined,
  { delivery, message, template, country }: SettledMessage,
): SettledDetail {
  const segments = delivery.channel === 'sms' && delivery.textIsOurs ? segmentsOf(message.text).segments : null
  const sentTemplate = template && isSent(template, delivery) ? template : null
  const price =
    delivery.status === 'accepted' && delivery.provider !== null
      ? priceOf(prices, { provider: delivery.provider, channel: delivery.channel, country })
      : undefined
  return {
    communication_id: message.communicationId,
    template_id: sentTemplate?.templateId ?? null,
    template_version: sentTemplate?.version ?? null,
    channel: delivery.channel,
    provider: delivery.provider,
    provider_message_id: delivery.providerMessageId,
    delivery_status: delivery.deliveryStatus,
    reason: delivery.reason,
    provider_code: delivery.providerCode,
    segments,
    cost_micros: price === undefined ? null : price * (segments ?? 1),
    currency: price === undefined ? null : (prices?.currency ?? null),
    attempts: delivery.attempts.map((attempt) => ({
      at: attempt.at,
      provider: attempt.provider,
      channel: attempt.channel,
      status: attempt.status,
      reason: attempt.reason,
      provider_code: attempt.providerCode,
      http_status: attempt.httpStatus,
      duration_ms: attempt.durationMs,
    })),
  }
}

/** A vendor with texts of its own sends ours where the template names one there, or a registration that it goes by. */
function isSent({ vendorTemplates, dltTemplateId }: Template, { provider, textIsOurs }: Delivery): boolean {
  if (provider === null || textIsOurs) return true
  return dltTemplateId !== null || (provider !== 'mock' && vendorTemplates[provider] !== undefined)
}
