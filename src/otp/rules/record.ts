import type { AuditDetail, AuditEventKind } from '../../audit/event'
import type { GateState } from '../gate-state'

/** Appends one audit event to the outbox, in the same state and so in the same write as the decision it tells of. */
export function recordEvent(
  state: GateState,
  event: {
    readonly verificationId: string
    readonly kind: AuditEventKind
    readonly surface: string
    readonly requestId: string
    readonly detail: AuditDetail
  },
  now: number,
): GateState {
  return {
    ...state,
    seq: state.seq + 1,
    lastActivityAt: now,
    outbox: [...state.outbox, { ...event, seq: state.seq, at: now }],
    verifications: state.verifications.map((verification) =>
      verification.id === event.verificationId ? { ...verification, version: state.seq } : verification,
    ),
  }
}
