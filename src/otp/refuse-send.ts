import { type AppError, refuse } from '../core/app-error'
import { wholeSeconds } from '../core/clock'
import type { ReserveReply } from './rules/reserve'

type Refusal = Exclude<ReserveReply, { status: 'reserved' }>

/** What the gate said to a send that it did not let through, as whoever asked for it is told. */
export function refuseSend(reply: Refusal): AppError {
  switch (reply.status) {
    case 'not_found':
      return refuse('verification_not_found', {})
    case 'not_pending':
      return refuse('verification_not_pending', { status: reply.now })
    case 'not_replaceable':
      return refuse('verification_not_pending', { status: 'replaced' })
    case 'refused':
      return refuseForNow(reply)
  }
}

function refuseForNow({ reason, waitMs, quotas }: Extract<Refusal, { status: 'refused' }>): AppError {
  const wait = { retryAfterSeconds: wholeSeconds(waitMs) }
  switch (reason) {
    case 'cooldown':
      return refuse('cooldown_active', { ...wait, ...(quotas && { quotas }) })
    case 'send_limit':
      return refuse('send_limit_reached', { ...wait, ...(quotas && { quotas }) })
    case 'too_many_guesses':
      return refuse('too_many_guesses', wait)
  }
}
