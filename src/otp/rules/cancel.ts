import { type Decision, type GateState, type Verification, statusAt, withVerification } from '../gate-state'
import { recordEvent } from './record'

export interface CancelRequest {
  readonly verificationId: string
  readonly surface: string
  readonly requestId: string
}

export type CancelReply =
  | { readonly status: 'canceled' }
  | { readonly status: 'not_found' }
  | { readonly status: 'not_pending'; readonly now: ReturnType<typeof statusAt> }

/** Ends a verification that nobody needs any more: its code is worth nothing from here on. Repeating it is no error. */
export function cancel(state: GateState, request: CancelRequest, now: number): Decision<CancelReply> {
  const verification = state.verifications.find(({ id }) => id === request.verificationId)
  if (!verification) return { state, reply: { status: 'not_found' } }
  const status = statusAt(verification, now)
  if (status === 'canceled') return { state, reply: { status: 'canceled' } }
  if (status !== 'pending' && status !== 'failed') return { state, reply: { status: 'not_pending', now: status } }

  const canceled: Verification = { ...verification, status: 'canceled', code: null, completedAt: now }
  const event = { ...request, kind: 'verification.canceled', detail: {} } as const
  return { state: recordEvent(withVerification(state, canceled), event, now), reply: { status: 'canceled' } }
}
