import type { DeliveryStatus } from '../../audit/delivery-status'
import { type GateState, ownerIn } from '../gate-state'

/** One message, by our id or by its provider's. */
export type MessageTarget = { readonly communicationId: string } | { readonly providerMessageId: string }

/** A message as its gate knows it. */
export interface FoundMessage {
  readonly communicationId: string
  readonly provider: string | null
  readonly providerMessageId: string | null
  readonly status: DeliveryStatus
  readonly channel: string
  /** E.164. */
  readonly phone: string
  /** Whose verification it was sent for; empty: nobody's. Absent in a reply of older code. */
  readonly owner?: string
}

/** The newest message of a verification, where it is the one that is looked for; null where none is. Reads only. */
export function findMessage(state: GateState, target: MessageTarget): FoundMessage | null {
  for (const one of state.verifications.toReversed()) {
    const { message, channel } = one
    if (message && matches(message, target)) return { ...message, channel, phone: state.phone, owner: ownerIn(one) }
  }
  return null
}

function matches(
  message: { readonly communicationId: string; readonly providerMessageId: string | null },
  target: MessageTarget,
) {
  return 'communicationId' in target
    ? message.communicationId === target.communicationId
    : message.providerMessageId === target.providerMessageId
}
