import type { NoticeKind } from '../../config/notices'
import { FIRST_SUBMISSION_PAUSE_MS, LONGEST_SUBMISSION_PAUSE_MS, SUBMISSION_GIVE_UP_MS } from '../../config/limits'
import type { AuditDetail } from '../../audit/event'
import { FIRST_STATUS, type LeadEventKind, type LeadRow } from '../lead'
import type { SubmitOutcome } from '../lender/lender'

/** What is to become of a lead, as one write: its columns, the row of its history, and what the customer is told. */
export interface LeadChange {
  readonly set: Partial<LeadRow>
  readonly event: { readonly kind: LeadEventKind; readonly detail: AuditDetail }
  readonly notice?: { readonly kind: NoticeKind; readonly status: string | null }
}

type Tried = Pick<LeadRow, 'attempts' | 'waitingSince' | 'status' | 'statusAt'>

/**
 * What an attempt to submit a lead makes of it. Whatever is not certain is tried again, with growing pauses, until it is
 * given up for good.
 * @param now milliseconds since the epoch
 * @param jitter 0 to 1; spreads leads that wait for the same outage
 */
export function afterAttempt(lead: Tried, outcome: SubmitOutcome, now: number, jitter: number): LeadChange {
  switch (outcome.status) {
    case 'accepted': {
      const { applicationId, customerId, relationId, response } = outcome.application
      // What the lender told by itself meanwhile is newer than what it answers; what it told before the lead was asked for again is not.
      const isTold = lead.status !== null && lead.statusAt !== null && lead.statusAt >= lead.waitingSince
      const status = (isTold ? lead.status : outcome.application.status) ?? FIRST_STATUS
      return {
        set: {
          ...OVER,
          submission: 'submitted',
          failure: null,
          applicationId,
          customerId,
          relationId,
          status,
          statusAt: isTold ? lead.statusAt : now,
          lenderResponse: response ?? null,
        },
        event: { kind: 'submission.accepted', detail: { attempt: lead.attempts, application_id: applicationId, status } },
        notice: { kind: 'lead_created', status },
      }
    }
    case 'refused':
      return {
        set: {
          ...OVER,
          submission: 'refused',
          failure: outcome.reason,
          // Whatever was told of it before is not so.
          status: null,
          statusAt: null,
          lenderResponse: outcome.response ?? null,
        },
        event: { kind: 'submission.refused', detail: { attempt: lead.attempts, reason: outcome.reason } },
      }
    case 'failed':
    case 'unknown':
      return afterFailure(lead, outcome, now, jitter)
  }
}

const OVER = { nextAttemptAt: null, inDoubt: false } as const

function afterFailure(
  { attempts, waitingSince }: Tried,
  { status, reason, httpStatus }: Extract<SubmitOutcome, { status: 'failed' | 'unknown' }>,
  now: number,
  jitter: number,
): LeadChange {
  const inDoubt = status === 'unknown'
  const detail = { attempt: attempts, reason, http_status: httpStatus, in_doubt: inDoubt }
  const deadline = waitingSince + SUBMISSION_GIVE_UP_MS
  if (now >= deadline) {
    return {
      set: { submission: 'given_up', nextAttemptAt: null, inDoubt, failure: reason },
      event: { kind: 'submission.given_up', detail },
    }
  }
  // The last attempt is made when the time is up, and not a long pause before.
  const nextAttemptAt = Math.min(deadline, now + pauseAfter(attempts, jitter))
  return { set: { nextAttemptAt, inDoubt, failure: reason }, event: { kind: `submission.${status}`, detail } }
}

/** Twice as long after each attempt, up to an hour. Milliseconds. */
function pauseAfter(attempts: number, jitter: number): number {
  const pause = FIRST_SUBMISSION_PAUSE_MS * 2 ** Math.min(attempts - 1, 20)
  return Math.round(Math.min(LONGEST_SUBMISSION_PAUSE_MS, pause) * (0.8 + 0.2 * jitter))
}

/** What a lead becomes that is asked for once more after the lender refused it, or after it was given up. */
export function resumed(now: number): LeadChange {
  return {
    set: { submission: 'waiting', attempts: 0, waitingSince: now, nextAttemptAt: now },
    event: { kind: 'submission.resumed', detail: {} },
  }
}
