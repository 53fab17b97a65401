import { errorName } from '../core/log'
import { type SettledMessage, settledDetail } from '../messaging/settled-detail'
import type { Caller, VerificationDeps } from './deps'
import type { GateClient } from './gate-client'

/** A message with a code that went out, or did not. */
export interface SentMessageFacts extends SettledMessage {
  readonly verificationId: string
  readonly codeId: string
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
    detail: settledDetail(deps.config.prices, sent),
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
