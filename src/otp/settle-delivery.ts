import type { SettledDetail } from '../audit/event'
import { priceOf } from '../config/prices'
import { errorName } from '../core/log'
import type { Delivery } from '../messaging/deliver'
import type { OtpMessage } from '../messaging/message'
import { segmentsOf } from '../messaging/templates/segments'
import type { Template } from '../messaging/templates/template'
import type { Caller, VerificationDeps } from './deps'
import type { GateClient } from './gate-client'

/** A message that went out, or did not. */
export interface SentMessageFacts {
  readonly verificationId: string
  readonly codeId: string
  /** ISO 3166, of the number. */
  readonly country: string
  readonly message: Pick<OtpMessage, 'text' | 'communicationId'>
  readonly template: Template
  readonly delivery: Delivery
}

/**
 * Tells the gate what came of a send. Waits only where the answer depends on it: after a rejection the caller may try
 * again at once, so the cooldown has to be back.
 */
export async function settleDelivery(
  deps: VerificationDeps,
  caller: Caller,
  gate: GateClient,
  sent: SentMessageFacts,
): Promise<void> {
  const { verificationId, codeId, delivery } = sent
  const request = {
    verificationId,
    codeId,
    outcome: delivery.status,
    detail: settledDetail(deps, sent),
    requestId: caller.requestId,
  }
  const settled = gate
    .call((remote) => remote.settle(request))
    // The verification works without it; the audit then says, truly, that the outcome is not known.
    .catch((error: unknown) =>
      deps.log('error', 'settle.failed', { verification_id: verificationId, error_name: errorName(error) }),
    )
  if (delivery.status === 'rejected') await settled
  else caller.defer(settled)
}

function settledDetail(
  { config }: Pick<VerificationDeps, 'config'>,
  { delivery, message, template, country }: SentMessageFacts,
): SettledDetail {
  const segments = delivery.channel === 'sms' && delivery.textIsOurs ? segmentsOf(message.text).segments : null
  const sentTemplate = isSent(template, delivery) ? template : null
  const price =
    delivery.status === 'accepted' && delivery.provider !== null
      ? priceOf(config.prices, { provider: delivery.provider, channel: delivery.channel, country })
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
    currency: price === undefined ? null : (config.prices?.currency ?? null),
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
