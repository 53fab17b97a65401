import { type Decision, type GateState, type Verification, statusAt, withVerification } from '../gate-state'
import { recordEvent } from './record'
import { findTarget } from './target'

export interface CancelRequest {
  readonly verificationId: string
  readonly surface: string
  readonly requestId: string
  /** Only of this owner. Absent: of any. */
  readonly owner?: string
}

export type CancelReply =
  | { readonly status: 'canceled' }
  | { readonly status: 'not_found' }
  | { readonly status: 'not_pending'; readonly now: ReturnType<typeof statusAt> }

/** Ends a verification that nobody needs any more: its code is worth nothing from here on. Repeating it is no error. */
export function cancel(state: GateState, request: CancelRequest, now: number): Decision<CancelReply> {
  const { owner, ...asked } = request
  const verification = findTarget(state, { id: request.verificationId, ...(owner !== undefined && { owner }) })
  if (!verification) return { state, reply: { status: 'not_found' } }
  const status = statusAt(verification, now)
  if (status === 'canceled') return { state, reply: { status: 'canceled' } }
  if (status !== 'pending' && status !== 'failed') return { state, reply: { status: 'not_pending', now: status } }

  const canceled: Verification = { ...verification, status: 'canceled', code: null, completedAt: now }
  const event = { ...asked, kind: 'verification.canceled', detail: {} } as const
  return { state: recordEvent(withVerification(state, canceled), event, now), reply: { status: 'canceled' } }
}
